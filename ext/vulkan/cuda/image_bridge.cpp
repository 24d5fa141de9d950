// SPDX-License-Identifier: LGPL-2.1-or-later
// Finds out on which device the images are, and how their samples get from there to CUDA.
#include "vulkan/cuda/image_bridge.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>
#include <utility>

#include "memory/memory_bridge.h"
#include "vulkan/cuda/image_copies.h"
#include "vulkan/cuda/shared_buffer.h"
#include "vulkan/element/image_frames.h"
#include "vulkan/element/vk_contexts.h"
#include "vulkan/lost_device.h"
#include "vulkan/vk_uuid.h"

namespace av1hw {
namespace {

// Semi-planar 4:2:0, which is what encoders read.
constexpr std::array formats = {GST_VIDEO_FORMAT_NV12, GST_VIDEO_FORMAT_P010_10LE};

bool has_extension(VkPhysicalDevice device, const char* name) {
  uint32_t count = 0;
  vkEnumerateDeviceExtensionProperties(device, nullptr, &count, nullptr);
  std::vector<VkExtensionProperties> extensions(count);
  if (vkEnumerateDeviceExtensionProperties(device, nullptr, &count, extensions.data()) < 0)
    return false;
  return std::ranges::any_of(extensions, [name](const VkExtensionProperties& extension) {
    return std::strcmp(extension.extensionName, name) == 0;
  });
}

// Those that libgstvulkan's elements ask their neighbours for.
bool asks_for_vulkan(GstQuery* query) {
  if (GST_QUERY_TYPE(query) != GST_QUERY_CONTEXT) return false;
  const gchar* type = nullptr;
  gst_query_parse_context_type(query, &type);
  return std::strcmp(type, GST_VULKAN_INSTANCE_CONTEXT_TYPE_STR) == 0 ||
         std::strcmp(type, GST_VULKAN_DEVICE_CONTEXT_TYPE_STR) == 0;
}

std::string uuid_of(GstVulkanDevice* device) {
  return device_uuid(gst_vulkan_device_get_physical_device(device));
}

class ImageBridge final : public MemoryBridge {
 public:
  explicit ImageBridge(const BridgeEnds& ends) : ends_(ends), contexts_(ends.element) {}

  void open(GstObject* context, GstMiniObject* stream) override {
    context_ = cuda_ref(reinterpret_cast<GstCudaContext*>(context));
    stream_ = cuda_ref(reinterpret_cast<GstCudaStream*>(stream));
  }
  void close() override {
    copies_.reset();
    device_.reset();
    stream_.reset();
    context_.reset();
    contexts_.close();
  }
  void set_context(GstContext* context) override { contexts_.set_context(context); }
  bool handle_context_query(GstQuery* query) override;
  CapsHandle usable(CapsHandle caps) const override;
  Result<PoolHandle> make_pool(GstCaps* caps, unsigned min_buffers) override;
  Result<Copy> copy(GstBuffer* frame, const GstVideoInfo& info) override;

 private:
  void open_device();
  Result<> ensure_copies(GstVulkanDevice* device, const GstVideoInfo& info);
  Result<std::unique_ptr<ImageCopies>> make_shared(const ImageSource& source) const;
  void warn(const char* text, const std::string& why) const;

  const BridgeEnds ends_;
  VkContexts contexts_;
  // Neighbours may ask at once; who is asked while it looks for a device asks itself.
  std::recursive_mutex opening_;
  bool is_opening_ = false;

  // Of the thread that copies.
  CudaContextRef context_;
  CudaStreamRef stream_;
  DeviceRef device_;  // of the copies
  GstVideoInfo info_ = {};
  std::unique_ptr<ImageCopies> copies_;
};

void ImageBridge::warn(const char* text, const std::string& why) const {
  GST_ELEMENT_WARNING(ends_.element, RESOURCE, SETTINGS, ("%s", text), ("%s", why.c_str()));
}

// libgstvulkan opens devices without the extensions that sharing takes. The pipeline is asked for
// one as well, so that this is no call of the driver's alone.
void ImageBridge::open_device() {
  const std::scoped_lock guard(opening_);
  if (is_opening_ || contexts_.device()) return;
  is_opening_ = true;
  if (const Result<OpenVulkan> opened = contexts_.open(ends_.uuid); !opened)
    GST_INFO_OBJECT(ends_.element, "no Vulkan device: %s", opened.error().message.c_str());
  is_opening_ = false;
}

bool ImageBridge::handle_context_query(GstQuery* query) {
  if (contexts_.handle_query(query)) return true;
  if (!asks_for_vulkan(query)) return false;
  open_device();
  return contexts_.handle_query(query);
}

CapsHandle ImageBridge::usable(CapsHandle caps) const {
  const DeviceRef device = contexts_.device();
  if (!device || uuid_of(device.get()) == ends_.uuid) return caps;
  caps.reset(gst_caps_make_writable(caps.release()));
  gst_caps_filter_and_map_in_place(
      caps.get(),
      [](GstCapsFeatures* features, GstStructure*, gpointer) -> gboolean {
        return !gst_caps_features_contains(features, GST_CAPS_FEATURE_MEMORY_VULKAN_IMAGE);
      },
      nullptr);
  return caps;
}

Result<PoolHandle> ImageBridge::make_pool(GstCaps* caps, unsigned min_buffers) {
  const DeviceRef device = contexts_.device();
  if (!device || is_lost(device.get())) return PoolHandle();
  ImageFrames images;
  images.open(device.get());
  return images.make_pool(caps, min_buffers);
}

Result<std::unique_ptr<ImageCopies>> ImageBridge::make_shared(const ImageSource& source) const {
  if (uuid_of(source.device) != ends_.uuid)
    return fail(ErrorCode::NotSupported,
                std::string("they are on another GPU than this element (") +
                    source.device->physical_device->properties.deviceName + ")");
  constexpr const char* needed = VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME;
  if (!gst_vulkan_device_is_extension_enabled(source.device, needed))
    return fail(ErrorCode::NotSupported,
                std::string("the pipeline's Vulkan device was opened without ") + needed +
                    ": let this element be there before those that make the frames, or enable "
                    "it where the application opens the device");
  return copies_in_cuda(source, context_.get(), stream_.get());
}

Result<> ImageBridge::ensure_copies(GstVulkanDevice* device, const GstVideoInfo& info) {
  if (copies_ && device_.get() == device && gst_video_info_is_equal(&info_, &info)) return {};
  copies_.reset();
  device_.reset(GST_VULKAN_DEVICE(gst_object_ref(device)));
  info_ = info;
  const ImageSource source = {.device = device, .info = info, .calls = ends_.calls};
  Result<std::unique_ptr<ImageCopies>> made = make_shared(source);
  if (!made && made.error().code != ErrorCode::DeviceLost) {
    const std::string why = made.error().message;
    made = copies_in_system_memory(source);
    if (made) warn("Frames in Vulkan images go through system memory: slower.", why);
  }
  if (!made) return std::unexpected(made.error());
  copies_ = std::move(*made);
  if (const std::string why = copies_->obstacle(); !why.empty())
    warn("The CPU has to wait between Vulkan and CUDA: slower.", why);
  return {};
}

Result<MemoryBridge::Copy> ImageBridge::copy(GstBuffer* frame, const GstVideoInfo& info) {
  if (!ImageFrames::is_image(frame))
    return fail(ErrorCode::InvalidData, "a frame is in no Vulkan image, though its caps say so");
  GstVulkanDevice* device =
      reinterpret_cast<GstVulkanImageMemory*>(gst_buffer_peek_memory(frame, 0))->device;
  if (is_lost(device)) return fail(ErrorCode::DeviceLost, "the Vulkan device was lost");
  if (Result<> ready = ensure_copies(device, info); !ready) return std::unexpected(ready.error());
  return copies_->of(frame);
}

}  // namespace

std::vector<std::string> cuda_image_formats(VkPhysicalDevice device) {
  std::vector<std::string> found;
  if (!has_extension(device, VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME) ||
      !SharedBuffer::is_supported(device))
    return found;
  for (const GstVideoFormat format : formats) {
    if (gst_vulkan_format_get_map(format)) found.emplace_back(gst_video_format_to_string(format));
  }
  return found;
}

void register_image_bridge() {
  register_memory_bridge(MemoryDomain::Vulkan, MemoryDomain::Cuda, [](const BridgeEnds& ends) {
    return std::unique_ptr<MemoryBridge>(std::make_unique<ImageBridge>(ends));
  });
}

}  // namespace av1hw
