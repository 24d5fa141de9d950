// SPDX-License-Identifier: LGPL-2.1-or-later
// A Vulkan device for tests of the compositor's engine, and pictures to compose.
#pragma once

#include <gst/video/video.h>
#include <gtest/gtest.h>
#include "vulkan/gst_vulkan.h"

#include <cstdint>
#include <string>
#include <vector>

#include "composite/planner.h"
#include "vulkan/compositor/engine.h"

namespace av1hw {

// Opened once a process; with the validation layer where AV1HW_VK_VALIDATE is set.
class VulkanDevice {
 public:
  static VulkanDevice& get();
  // Why there is none; empty where there is.
  const std::string& absent() const { return absent_; }
  GstVulkanInstance* instance() const { return instance_; }
  GstVulkanDevice* device() const { return device_; }
  GstVulkanQueue* queue() const { return queue_; }
  bool is_validated() const { return validated_; }
  // What the validation layer said since the last call.
  std::vector<std::string> take_messages();
  // Of all tests but those with settings of their own: drivers take their time for kernels.
  CompositeEngine& engine();
  void close();

 private:
  VulkanDevice();
  std::string open();
  bool enable_validation();
  void listen();

  std::string absent_;
  GstVulkanInstance* instance_ = nullptr;
  GstVulkanDevice* device_ = nullptr;
  GstVulkanQueue* queue_ = nullptr;
  bool validated_ = false;
  VkDebugUtilsMessengerEXT messenger_ = VK_NULL_HANDLE;
  std::unique_ptr<CompositeEngine> engine_;
};

// A picture in system memory.
struct Picture {
  GstVideoInfo info;
  std::vector<uint8_t> data;

  SystemPlanes planes() const;
  WritableSystemPlanes writable();
  // A component's code, of a sample of its own plane. `layout`: of info.
  unsigned code(const SampleLayout& layout, unsigned component, int x, int y) const;
};

GstVideoInfo video_info(GstVideoFormat format, int width, int height,
                        const char* colorimetry = nullptr);
Picture blank_picture(const GstVideoInfo& info);
// Every code its format can have, at random; the same for the same seed.
Picture noise(const GstVideoInfo& info, uint32_t seed);
// One code a component.
Picture solid(const GstVideoInfo& info, std::array<unsigned, 4> codes);

class ComposeTest : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;
  CompositeEngine& engine() { return VulkanDevice::get().engine(); }
  // From system memory to system memory.
  Picture compose(const CanvasSettings& canvas, const std::vector<LayerInput>& bottom_up,
                  const std::vector<const Picture*>& pictures);
};

}  // namespace av1hw
