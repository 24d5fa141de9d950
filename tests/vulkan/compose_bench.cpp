// SPDX-License-Identifier: LGPL-2.1-or-later
// What a frame takes on the device, by its timestamps, beside the bandwidth that the device copies
// with; and how many frames a second come out of system memory and go there.
#include <gst/gst.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "../composite/support.h"
#include "compose_bench_system.h"
#include "test_frame.h"
#include "vk_device_fixture.h"
#include "vulkan/compositor/frame_slot.h"

namespace av1hw::test {
namespace {

// A GPU that has nothing to do lowers its clocks, and takes a while to raise them.
constexpr auto warm_up = std::chrono::milliseconds(1500);
constexpr auto per_case = std::chrono::milliseconds(300);
constexpr size_t fewest_frames = 30;

// Whether to go on: for so long, and for so many.
class Until {
 public:
  explicit Until(std::chrono::milliseconds least)
      : end_(std::chrono::steady_clock::now() + least) {}
  bool more(size_t done) const {
    return done < fewest_frames || std::chrono::steady_clock::now() < end_;
  }

 private:
  std::chrono::steady_clock::time_point end_;
};

struct Case {
  const char* name;
  GstVideoFormat format;
  int width, height, layers;
  enum class Kind { Tiled, Scaled, Blended } kind;
  Memory memory;
};

// What a frame must read and write at the least: what is shown of every layer, and the canvas.
double least_bytes(const Case& each, const GstVideoInfo& canvas) {
  const double one = static_cast<double>(canvas.size);
  // Of layers that are shrunk by half all samples are read.
  const double read = each.kind == Case::Kind::Blended  ? one * each.layers
                      : each.kind == Case::Kind::Scaled ? one * 4
                                                        : one;
  return read + one;
}

int columns_of(int layers) {
  int columns = 1;
  while (columns * columns < layers) columns++;
  return columns;
}

FramePlan plan_of(const Case& each, const GstVideoInfo& canvas, const GstVideoInfo& picture) {
  std::vector<LayerInput> layers;
  const int columns = columns_of(each.layers);
  for (int i = 0; i < each.layers; i++) {
    LayerInput layer = {.input = static_cast<size_t>(i), .info = &picture};
    if (each.kind == Case::Kind::Blended) {
      layer.settings.alpha = 0.8;
    } else {
      layer.settings.width = each.width / columns;
      layer.settings.height = each.height / columns;
      layer.settings.xpos = i % columns * layer.settings.width;
      layer.settings.ypos = i / columns * layer.settings.height;
    }
    layers.push_back(layer);
  }
  return *plan_frame(canvas_of(canvas), layers);
}

GstVideoInfo picture_info(const Case& each) {
  const int columns = columns_of(each.layers);
  if (each.kind == Case::Kind::Blended) return info_of(each.format, each.width, each.height);
  const int more = each.kind == Case::Kind::Scaled ? 2 : 1;
  return info_of(each.format, each.width / columns * more, each.height / columns * more);
}

uint64_t median(std::vector<uint64_t> times) {
  std::ranges::sort(times);
  return times[times.size() / 2];
}

// Nanoseconds of a frame.
uint64_t measure(CompositeEngine& engine, const Case& each) {
  const GstVideoInfo canvas = info_of(each.format, each.width, each.height);
  const GstVideoInfo picture = picture_info(each);
  std::vector<std::unique_ptr<DeviceFrame>> kept;
  std::vector<SourceFrame> sources;
  for (int i = 0; i < each.layers; i++) {
    kept.push_back(DeviceFrame::make(each.memory, picture, false, DeviceBuffer::Use::OnDevice));
    if (!kept.back()) return 0;
    sources.push_back({.planes = kept.back()->planes()});
  }
  const auto canvas_frame =
      DeviceFrame::make(each.memory, canvas, true, DeviceBuffer::Use::OnDevice);
  if (!canvas_frame) return 0;
  const TargetFrame target = {.planes = canvas_frame->target_planes()};
  const FramePlan plan = plan_of(each, canvas, picture);
  std::vector<uint64_t> times;
  const Until until(per_case);
  while (until.more(times.size())) {
    const Result<Ticket> ticket = engine.compose(plan, sources, target);
    if (!ticket || !engine.wait(*ticket)) {
      std::fprintf(stderr, "%s\n", ticket ? "the device was lost" : ticket.error().message.c_str());
      std::exit(1);
    }
    times.push_back(engine.device_time(*ticket).value_or(0));
  }
  engine.collect();
  return median(times);
}

// Bytes read and written a nanosecond, of one copy of 256 MiB.
double copy_bandwidth() {
  constexpr VkDeviceSize size = 256 << 20;
  VulkanDevice& vulkan = VulkanDevice::get();
  const auto memory = std::move(*DeviceMemory::make(vulkan.device()));
  const DeviceBuffer from =
      std::move(*DeviceBuffer::make(*memory, DeviceBuffer::Use::OnDevice, size));
  const DeviceBuffer to =
      std::move(*DeviceBuffer::make(*memory, DeviceBuffer::Use::OnDevice, size));
  const auto ring = std::move(*FrameRing::make(vulkan.queue(), 1, VK_NULL_HANDLE, 0, true));
  FrameSlot& slot = ring->slot_for(0);
  std::vector<uint64_t> times;
  const Until until(warm_up);
  while (until.more(times.size())) {
    if (!ring->begin(slot)) return 0;
    const VkBufferCopy region = {0, 0, size};
    vkCmdCopyBuffer(slot.commands, from.get(), to.get(), 1, &region);
    if (!ring->end(slot)) return 0;
    VkSubmitInfo info = {};
    info.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO;
    info.commandBufferCount = 1;
    info.pCommandBuffers = &slot.commands;
    vkQueueSubmit(vulkan.queue()->queue, 1, &info, VK_NULL_HANDLE);
    vkQueueWaitIdle(vulkan.queue()->queue);
    times.push_back(ring->device_time(slot).value_or(0));
  }
  times.erase(times.begin(), times.begin() + static_cast<ptrdiff_t>(times.size() / 2));
  const uint64_t time = median(times);
  return time ? 2.0 * size / static_cast<double>(time) : 0;
}

// `part`: "system" is system memory alone.
void run(const std::string& part) {
  VulkanDevice& vulkan = VulkanDevice::get();
  if (!vulkan.absent().empty()) {
    std::printf("no Vulkan device: %s\n", vulkan.absent().c_str());
    return;
  }
  const double bandwidth = copy_bandwidth();
  std::printf("%s: a copy moves %.1f GB/s\n",
              vulkan.device()->physical_device->properties.deviceName, bandwidth);
  bench_system_memory();
  if (part == "system") return;
  EngineSettings settings;
  settings.timestamps = true;
  const auto engine = std::move(*CompositeEngine::make(vulkan.device(), vulkan.queue(), settings));
  for (const auto& [width, height] : {std::pair{1920, 1080}, {3840, 2160}}) {
    for (const int layers : {1, 4, 16}) {
      for (const auto& [kind, kind_name] : {std::pair{Case::Kind::Tiled, "1:1"},
                                            {Case::Kind::Scaled, "halved"},
                                            {Case::Kind::Blended, "blended"}}) {
        for (const Memory memory : {Memory::Linear, Memory::Images}) {
          const Case each = {kind_name, GST_VIDEO_FORMAT_NV12, width, height, layers, kind, memory};
          const uint64_t time = measure(*engine, each);
          const double moved = time ? least_bytes(each, info_of(each.format, width, height)) /
                                          static_cast<double>(time)
                                    : 0;
          std::printf("%4dp %2d layers %-8s %-7s %9.1f us %8.1f GB/s %5.2f of a copy\n", height,
                      layers, kind_name, memory_name(memory), static_cast<double>(time) / 1000,
                      moved, bandwidth > 0 ? moved / bandwidth : 0);
          std::fflush(stdout);
        }
      }
    }
  }
}

}  // namespace
}  // namespace av1hw::test

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  av1hw::test::run(argc > 1 ? argv[1] : "");
  av1hw::test::VulkanDevice::get().close();
}
