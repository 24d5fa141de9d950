// SPDX-License-Identifier: LGPL-2.1-or-later
// Opens the device as elements do, through libgstvulkan.
#include "compose_fixture.h"

#include <cstdio>
#include <cstring>
#include <mutex>
#include <random>

#include "base/unique_handle.h"

namespace av1hw {
namespace {

constexpr const char* validation_layer = "VK_LAYER_KHRONOS_validation";

std::mutex messages_lock;
std::vector<std::string> messages;

VKAPI_ATTR VkBool32 VKAPI_CALL note(VkDebugUtilsMessageSeverityFlagBitsEXT,
                                    VkDebugUtilsMessageTypeFlagsEXT,
                                    const VkDebugUtilsMessengerCallbackDataEXT* data, void*) {
  const std::lock_guard lock(messages_lock);
  messages.emplace_back(data->pMessage);
  return VK_FALSE;
}

void store(uint8_t* at, unsigned bytes, unsigned value) {
  for (unsigned i = 0; i < bytes; i++) at[i] = static_cast<uint8_t>(value >> (8 * i));
}

unsigned load(const uint8_t* at, unsigned bytes) {
  unsigned value = 0;
  for (unsigned i = 0; i < bytes; i++) value |= unsigned{at[i]} << (8 * i);
  return value;
}

int component_width(const SampleLayout& layout, unsigned c) {
  const int sub = c == 1 || c == 2 ? layout.sub_x : 0;
  return (layout.width + (1 << sub) - 1) >> sub;
}

int component_height(const SampleLayout& layout, unsigned c) {
  const int sub = c == 1 || c == 2 ? layout.sub_y : 0;
  return (layout.height + (1 << sub) - 1) >> sub;
}

// Sets the codes of every component; `code(component, x, y)`.
template <typename Code>
Picture painted(const GstVideoInfo& info, Code code) {
  Picture picture = blank_picture(info);
  const Result<SampleLayout> layout = sample_layout(info);
  EXPECT_TRUE(layout) << layout.error().message;
  for (unsigned c = 0; c < (layout->alpha_depth > 0 ? 4u : 3u); c++) {
    const ComponentLayout& where = layout->components[c];
    const unsigned depth = c == 3 ? layout->alpha_depth : layout->depth;
    for (int y = 0; y < component_height(*layout, c); y++) {
      for (int x = 0; x < component_width(*layout, c); x++) {
        uint8_t* at = picture.data.data() + info.offset[where.plane] +
                      y * info.stride[where.plane] + x * where.step + where.offset;
        const unsigned value = code(c, x, y) & ((1u << depth) - 1);
        store(at, layout->word_bytes, load(at, layout->word_bytes) | value << where.shift);
      }
    }
  }
  return picture;
}

}  // namespace

VulkanDevice& VulkanDevice::get() {
  static VulkanDevice device;
  return device;
}

VulkanDevice::VulkanDevice() {
  absent_ = open();
  if (absent_.empty()) return;
  close();
  std::fprintf(stderr, "SKIPPED: no Vulkan device to test with: %s\n", absent_.c_str());
}

bool VulkanDevice::enable_validation() {
  return gst_vulkan_instance_fill_info(instance_, nullptr) &&
         gst_vulkan_instance_enable_layer(instance_, validation_layer) &&
         gst_vulkan_instance_enable_extension(instance_, VK_EXT_DEBUG_UTILS_EXTENSION_NAME);
}

void VulkanDevice::listen() {
  const auto create = reinterpret_cast<PFN_vkCreateDebugUtilsMessengerEXT>(
      vkGetInstanceProcAddr(instance_->instance, "vkCreateDebugUtilsMessengerEXT"));
  VkDebugUtilsMessengerCreateInfoEXT info = {};
  info.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT;
  info.messageSeverity = VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT |
                         VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT;
  info.messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT |
                     VK_DEBUG_UTILS_MESSAGE_TYPE_PERFORMANCE_BIT_EXT;
  info.pfnUserCallback = note;
  create(instance_->instance, &info, nullptr, &messenger_);
}

std::string VulkanDevice::open() {
  GError* raw = nullptr;
  const auto reason = [&raw](const char* otherwise) {
    const GErrorPtr error(raw);
    return std::string(error ? error->message : otherwise);
  };
  instance_ = gst_vulkan_instance_new();
  gst_object_ref_sink(instance_);
  if (g_getenv("AV1HW_VK_VALIDATE")) {
    validated_ = enable_validation();
    if (!validated_) return "the layer VK_LAYER_KHRONOS_validation is not installed";
  }
  if (!gst_vulkan_instance_open(instance_, &raw)) return reason("no instance");
  if (validated_) listen();
  device_ = gst_vulkan_instance_create_device(instance_, &raw);
  if (!device_) return reason("no device");
  if (!gst_vulkan_device_open(device_, &raw)) return reason("the device can't be opened");
  queue_ = gst_vulkan_device_select_queue(device_, VK_QUEUE_COMPUTE_BIT);
  if (!queue_) return "no queue that computes";
  return "";
}

CompositeEngine& VulkanDevice::engine() {
  if (!engine_) {
    auto made = CompositeEngine::make(device_, queue_);
    if (!made) g_error("%s", made.error().message.c_str());
    engine_ = std::move(*made);
  }
  return *engine_;
}

void VulkanDevice::close() {
  engine_.reset();
  if (messenger_ != VK_NULL_HANDLE) {
    const auto destroy = reinterpret_cast<PFN_vkDestroyDebugUtilsMessengerEXT>(
        vkGetInstanceProcAddr(instance_->instance, "vkDestroyDebugUtilsMessengerEXT"));
    destroy(instance_->instance, std::exchange(messenger_, VK_NULL_HANDLE), nullptr);
  }
  gst_clear_object(&queue_);
  gst_clear_object(&device_);
  gst_clear_object(&instance_);
}

std::vector<std::string> VulkanDevice::take_messages() {
  const std::lock_guard lock(messages_lock);
  return std::exchange(messages, {});
}

SystemPlanes Picture::planes() const {
  SystemPlanes planes;
  for (unsigned i = 0; i < GST_VIDEO_INFO_N_PLANES(&info); i++) {
    planes.data[i] = data.data() + info.offset[i];
    planes.stride[i] = static_cast<uint32_t>(info.stride[i]);
  }
  return planes;
}

WritableSystemPlanes Picture::writable() {
  WritableSystemPlanes planes;
  for (unsigned i = 0; i < GST_VIDEO_INFO_N_PLANES(&info); i++) {
    planes.data[i] = data.data() + info.offset[i];
    planes.stride[i] = static_cast<uint32_t>(info.stride[i]);
  }
  return planes;
}

unsigned Picture::code(const SampleLayout& layout, unsigned component, int x, int y) const {
  const ComponentLayout& where = layout.components[component];
  const unsigned depth = component == 3 ? layout.alpha_depth : layout.depth;
  const uint8_t* at = data.data() + info.offset[where.plane] + y * info.stride[where.plane] +
                      x * where.step + where.offset;
  return load(at, layout.word_bytes) >> where.shift & ((1u << depth) - 1);
}

GstVideoInfo video_info(GstVideoFormat format, int width, int height, const char* colorimetry) {
  GstVideoInfo info;
  gst_video_info_init(&info);
  gst_video_info_set_format(&info, format, static_cast<guint>(width), static_cast<guint>(height));
  if (colorimetry) gst_video_colorimetry_from_string(&info.colorimetry, colorimetry);
  return info;
}

Picture blank_picture(const GstVideoInfo& info) { return {info, std::vector<uint8_t>(info.size)}; }

Picture noise(const GstVideoInfo& info, uint32_t seed) {
  std::mt19937 random(seed);
  return painted(info, [&](unsigned, int, int) { return static_cast<unsigned>(random()); });
}

Picture solid(const GstVideoInfo& info, std::array<unsigned, 4> codes) {
  return painted(info, [&](unsigned c, int, int) { return codes[c]; });
}

void ComposeTest::SetUp() {
  VulkanDevice& vulkan = VulkanDevice::get();
  if (!vulkan.absent().empty()) GTEST_SKIP() << vulkan.absent();
  vulkan.take_messages();
}

void ComposeTest::TearDown() {
  for (const std::string& message : VulkanDevice::get().take_messages()) {
    ADD_FAILURE() << message;
  }
}

Picture ComposeTest::compose(const CanvasSettings& canvas, const std::vector<LayerInput>& bottom_up,
                             const std::vector<const Picture*>& pictures) {
  Picture result = blank_picture(canvas.info);
  const Result<FramePlan> plan = plan_frame(canvas, bottom_up);
  EXPECT_TRUE(plan) << plan.error().message;
  if (!plan) return result;
  std::vector<SourceFrame> sources;
  for (const Picture* picture : pictures) sources.push_back({.planes = picture->planes()});
  const Result<Ticket> ticket = engine().compose(*plan, sources, {});
  EXPECT_TRUE(ticket) << ticket.error().message;
  if (!ticket) return result;
  const Result<uint64_t> bytes = engine().download(*ticket, result.writable());
  EXPECT_TRUE(bytes) << bytes.error().message;
  return result;
}

}  // namespace av1hw
