// SPDX-License-Identifier: LGPL-2.1-or-later
// A sync file becomes the payload of a binary semaphore for one wait, and a signalled one becomes a
// sync file.
#include "vulkan/dmabuf/dma_sync.h"

#include <algorithm>
#include <utility>

#include "vulkan/vk_result.h"

namespace av1hw {
namespace {

constexpr VkExternalSemaphoreHandleTypeFlagBits handle_type =
    VK_EXTERNAL_SEMAPHORE_HANDLE_TYPE_SYNC_FD_BIT;
constexpr int patience_milliseconds = 20'000;

VkExternalSemaphoreFeatureFlags sync_file_features(VkPhysicalDevice device) {
  VkPhysicalDeviceExternalSemaphoreInfo info = {};
  info.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_SEMAPHORE_INFO;
  info.handleType = handle_type;
  VkExternalSemaphoreProperties properties = {};
  properties.sType = VK_STRUCTURE_TYPE_EXTERNAL_SEMAPHORE_PROPERTIES;
  vkGetPhysicalDeviceExternalSemaphoreProperties(device, &info, &properties);
  return properties.externalSemaphoreFeatures;
}

Result<SemaphoreHandle> make_semaphore(VkDevice device, bool exportable) {
  VkExportSemaphoreCreateInfo exported = {};
  exported.sType = VK_STRUCTURE_TYPE_EXPORT_SEMAPHORE_CREATE_INFO;
  exported.handleTypes = handle_type;
  VkSemaphoreCreateInfo info = {};
  info.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO;
  if (exportable) info.pNext = &exported;
  VkSemaphore semaphore = VK_NULL_HANDLE;
  if (Result<> made = vk_result(vkCreateSemaphore(device, &info, nullptr, &semaphore),
                                "vkCreateSemaphore for a sync file");
      !made) {
    return std::unexpected(made.error());
  }
  return SemaphoreHandle(device, semaphore);
}

}  // namespace

DmaSync::DmaSync(DmaDevicePtr device) : device_(std::move(device)) {
  GstVulkanDevice* gst = device_->gst();
  if (!gst_vulkan_device_is_extension_enabled(gst, VK_KHR_EXTERNAL_SEMAPHORE_FD_EXTENSION_NAME))
    return;
  const VkExternalSemaphoreFeatureFlags features =
      sync_file_features(gst_vulkan_device_get_physical_device(gst));
  if (features & VK_EXTERNAL_SEMAPHORE_FEATURE_IMPORTABLE_BIT)
    import_ = reinterpret_cast<PFN_vkImportSemaphoreFdKHR>(
        gst_vulkan_device_get_proc_address(gst, "vkImportSemaphoreFdKHR"));
  if (features & VK_EXTERNAL_SEMAPHORE_FEATURE_EXPORTABLE_BIT)
    export_ = reinterpret_cast<PFN_vkGetSemaphoreFdKHR>(
        gst_vulkan_device_get_proc_address(gst, "vkGetSemaphoreFdKHR"));
}

Result<std::optional<SemaphorePoint>> DmaSync::before(std::span<const int> fds, bool for_write) {
  const auto late = [] {
    return fail(ErrorCode::Failed, "a DMA-BUF is still in use by another device after 20 seconds");
  };
  Fd all;
  for (const int fd : fds) {
    std::optional<Fd> one = export_sync_file(fd, for_write);
    if (!one) {
      // What is no DMA-BUF is always ready.
      if (!wait_for_descriptor(fd, for_write, patience_milliseconds)) return late();
      continue;
    }
    // Most are: a decoder pushes frames that are decoded.
    if (!*one || wait_for_descriptor(one->get(), false, 0)) continue;
    if (!import_) {
      if (!wait_for_descriptor(one->get(), false, patience_milliseconds)) return late();
      continue;
    }
    Fd both = all ? merge_sync_files(all.get(), one->get()) : std::move(*one);
    if (!both && !wait_for_descriptor(one->get(), false, patience_milliseconds)) return late();
    if (both) all = std::move(both);
  }
  if (!all) return std::nullopt;
  const Result<SemaphorePoint> point = import(std::move(all));
  if (!point) return std::unexpected(point.error());
  return *point;
}

Result<SemaphorePoint> DmaSync::import(Fd sync_file) {
  Result<SemaphoreHandle> semaphore = take_free();
  if (!semaphore) return std::unexpected(semaphore.error());
  VkImportSemaphoreFdInfoKHR info = {};
  info.sType = VK_STRUCTURE_TYPE_IMPORT_SEMAPHORE_FD_INFO_KHR;
  info.semaphore = semaphore->get();
  info.flags = VK_SEMAPHORE_IMPORT_TEMPORARY_BIT;
  info.handleType = handle_type;
  info.fd = sync_file.get();
  if (Result<> done = vk_result(import_(device_->get(), &info), "vkImportSemaphoreFdKHR"); !done)
    return std::unexpected(done.error());
  // It is the driver's now.
  static_cast<void>(sync_file.release());
  const SemaphorePoint point = {semaphore->get(), 0};
  given_.push_back(std::move(*semaphore));
  return point;
}

Result<SemaphoreHandle> DmaSync::take_free() {
  if (free_.empty()) return make_semaphore(device_->get(), false);
  SemaphoreHandle taken = std::move(free_.back());
  free_.pop_back();
  return taken;
}

Result<std::optional<SemaphorePoint>> DmaSync::signal() {
  if (!export_) return std::nullopt;
  if (signal_.get() == VK_NULL_HANDLE) {
    Result<SemaphoreHandle> made = make_semaphore(device_->get(), true);
    if (!made) return std::unexpected(made.error());
    signal_ = std::move(*made);
  }
  return SemaphorePoint{signal_.get(), 0};
}

// Exporting a sync file takes the semaphore's payload, as a wait does: it serves the next frame.
bool DmaSync::publish(std::span<const int> fds) {
  if (!export_ || signal_.get() == VK_NULL_HANDLE) return false;
  VkSemaphoreGetFdInfoKHR info = {};
  info.sType = VK_STRUCTURE_TYPE_SEMAPHORE_GET_FD_INFO_KHR;
  info.semaphore = signal_.get();
  info.handleType = handle_type;
  int fd = -1;
  if (export_(device_->get(), &info, &fd) != VK_SUCCESS) {
    // Still signalled, or to be: it can't be signalled again. The CPU waits for this frame, so that
    // nobody uses the semaphore any more when the next one comes.
    export_ = nullptr;
    return false;
  }
  const Fd sync_file(fd);
  // Done already.
  if (!sync_file) return true;
  return std::ranges::all_of(
      fds, [&](int dma_buf) { return import_sync_file(dma_buf, sync_file.get()); });
}

void DmaSync::submitted(uint64_t frame) {
  // What failed may have been submitted before it did, under the value after the last; a payload
  // that nobody waits for stays with its semaphore.
  const uint64_t used_by = frame > 0 ? frame : last_ + 1;
  if (frame > 0) last_ = frame;
  for (SemaphoreHandle& each : given_) used_.push_back({std::move(each), used_by});
  given_.clear();
}

void DmaSync::done(uint64_t frame) {
  const auto kept =
      std::ranges::partition(used_, [frame](const Used& each) { return each.frame > frame; });
  for (Used& each : kept) free_.push_back(std::move(each.semaphore));
  used_.erase(kept.begin(), kept.end());
}

}  // namespace av1hw
