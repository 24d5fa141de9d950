// SPDX-License-Identifier: LGPL-2.1-or-later
// Makes the semaphore in Vulkan, and gives CUDA a file descriptor of it.
#include "vulkan/cuda/shared_timeline.h"

#include <unistd.h>

#include "vulkan/vk_result.h"

namespace av1hw {
namespace {

constexpr VkExternalSemaphoreHandleTypeFlagBits handle_type =
    VK_EXTERNAL_SEMAPHORE_HANDLE_TYPE_OPAQUE_FD_BIT;

VkSemaphoreTypeCreateInfo timeline_type() {
  VkSemaphoreTypeCreateInfo type = {};
  type.sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO;
  type.semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE;
  return type;
}

bool exports_timelines(VkPhysicalDevice device) {
  VkSemaphoreTypeCreateInfo type = timeline_type();
  VkPhysicalDeviceExternalSemaphoreInfo info = {};
  info.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_SEMAPHORE_INFO;
  info.pNext = &type;
  info.handleType = handle_type;
  VkExternalSemaphoreProperties properties = {};
  properties.sType = VK_STRUCTURE_TYPE_EXTERNAL_SEMAPHORE_PROPERTIES;
  vkGetPhysicalDeviceExternalSemaphoreProperties(device, &info, &properties);
  return properties.externalSemaphoreFeatures & VK_EXTERNAL_SEMAPHORE_FEATURE_EXPORTABLE_BIT;
}

}  // namespace

SharedTimeline::SharedTimeline(GstVulkanDevice* device, GstCudaContext* context)
    : device_(GST_VULKAN_DEVICE(gst_object_ref(device))), context_(cuda_ref(context)) {}

SharedTimeline::~SharedTimeline() {
  if (imported_) {
    const PushedCuda current(context_.get());
    CuDestroyExternalSemaphore(imported_);
  }
  vkDestroySemaphore(device_->device, semaphore_, nullptr);
}

Result<std::unique_ptr<SharedTimeline>> SharedTimeline::make(GstVulkanDevice* device,
                                                             GstCudaContext* context) {
  if (!exports_timelines(gst_vulkan_device_get_physical_device(device)))
    return fail(ErrorCode::NotSupported, "the Vulkan driver does not share timeline semaphores");
  std::unique_ptr<SharedTimeline> made(new SharedTimeline(device, context));
  Result<> done = made->make_semaphore();
  if (done) done = made->import_into_cuda();
  if (!done) return std::unexpected(done.error());
  return made;
}

Result<> SharedTimeline::make_semaphore() {
  VkExportSemaphoreCreateInfo exported = {};
  exported.sType = VK_STRUCTURE_TYPE_EXPORT_SEMAPHORE_CREATE_INFO;
  exported.handleTypes = handle_type;
  VkSemaphoreTypeCreateInfo type = timeline_type();
  type.pNext = &exported;
  VkSemaphoreCreateInfo info = {};
  info.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO;
  info.pNext = &type;
  return vk_result(vkCreateSemaphore(device_->device, &info, nullptr, &semaphore_),
                   "vkCreateSemaphore");
}

Result<> SharedTimeline::import_into_cuda() {
  const auto get_fd = device_function<PFN_vkGetSemaphoreFdKHR>(
      device_.get(), VK_KHR_EXTERNAL_SEMAPHORE_FD_EXTENSION_NAME, "vkGetSemaphoreFdKHR");
  if (!get_fd)
    return fail(ErrorCode::NotSupported,
                "the Vulkan device was opened without VK_KHR_external_semaphore_fd");
  VkSemaphoreGetFdInfoKHR info = {};
  info.sType = VK_STRUCTURE_TYPE_SEMAPHORE_GET_FD_INFO_KHR;
  info.semaphore = semaphore_;
  info.handleType = handle_type;
  int fd = -1;
  if (Result<> got = vk_result(get_fd(device_->device, &info, &fd), "vkGetSemaphoreFdKHR"); !got)
    return got;
  const PushedCuda current(context_.get());
  Result<> done = current.check();
  if (done) {
    CUDA_EXTERNAL_SEMAPHORE_HANDLE_DESC handle = {};
    handle.type = CU_EXTERNAL_SEMAPHORE_HANDLE_TYPE_TIMELINE_SEMAPHORE_FD;
    handle.handle.fd = fd;
    done = cuda_result(CuImportExternalSemaphore(&imported_, &handle), "cuImportExternalSemaphore");
  }
  // Only of what was imported the descriptor is CUDA's.
  if (!done) close(fd);
  return done;
}

Result<SemaphorePoint> SharedTimeline::signal(CUstream stream) {
  CUDA_EXTERNAL_SEMAPHORE_SIGNAL_PARAMS params = {};
  params.params.fence.value = value_ + 1;
  if (Result<> done = cuda_result(CuSignalExternalSemaphoresAsync(&imported_, &params, 1, stream),
                                  "cuSignalExternalSemaphoresAsync");
      !done) {
    return std::unexpected(done.error());
  }
  return SemaphorePoint{semaphore_, ++value_};
}

Result<> SharedTimeline::wait(CUstream stream, const SemaphorePoint& point) {
  CUDA_EXTERNAL_SEMAPHORE_WAIT_PARAMS params = {};
  params.params.fence.value = point.value;
  return cuda_result(CuWaitExternalSemaphoresAsync(&imported_, &params, 1, stream),
                     "cuWaitExternalSemaphoresAsync");
}

}  // namespace av1hw
