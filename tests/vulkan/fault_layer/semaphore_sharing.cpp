// SPDX-License-Identifier: LGPL-2.1-or-later
// A memfd that says which functions to call.
#include "semaphore_sharing.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <list>
#include <mutex>
#include <vector>

#include "refdrv/nv/shared_semaphore.h"

namespace av1hw::test {
namespace {

struct Exported {
  VkDevice device;
  VkSemaphore semaphore;
  PFN_vkWaitSemaphores wait;
  PFN_vkSignalSemaphore signal;
};

// As long as the process: an importer may have them until then.
Exported* keep(const Exported& exported) {
  static std::mutex lock;
  static auto& all = *new std::list<Exported>;
  const std::lock_guard guard(lock);
  all.push_back(exported);
  return &all.back();
}

int wait(void* object, uint64_t value, uint64_t nanoseconds) {
  const auto& exported = *static_cast<Exported*>(object);
  VkSemaphoreWaitInfo info = {};
  info.sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO;
  info.semaphoreCount = 1;
  info.pSemaphores = &exported.semaphore;
  info.pValues = &value;
  return exported.wait(exported.device, &info, nanoseconds);
}

int signal(void* object, uint64_t value) {
  const auto& exported = *static_cast<Exported*>(object);
  VkSemaphoreSignalInfo info = {};
  info.sType = VK_STRUCTURE_TYPE_SEMAPHORE_SIGNAL_INFO;
  info.semaphore = exported.semaphore;
  info.value = value;
  return exported.signal(exported.device, &info);
}

template <typename Info>
VkBaseOutStructure* base_of(const Info* info) {
  return reinterpret_cast<VkBaseOutStructure*>(const_cast<Info*>(info));
}

}  // namespace

bool asks_for_timelines(const VkPhysicalDeviceExternalSemaphoreInfo* info) {
  for (const VkBaseOutStructure* each = base_of(info); each; each = each->pNext) {
    if (each->sType == VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO)
      return info->handleType == VK_EXTERNAL_SEMAPHORE_HANDLE_TYPE_OPAQUE_FD_BIT &&
             reinterpret_cast<const VkSemaphoreTypeCreateInfo*>(each)->semaphoreType ==
                 VK_SEMAPHORE_TYPE_TIMELINE;
  }
  return false;
}

WithoutExport::WithoutExport(const VkSemaphoreCreateInfo* info) {
  for (VkBaseOutStructure* each = base_of(info); each->pNext; each = each->pNext) {
    if (each->pNext->sType != VK_STRUCTURE_TYPE_EXPORT_SEMAPHORE_CREATE_INFO) continue;
    before_ = each;
    removed_ = each->pNext;
    each->pNext = removed_->pNext;
    return;
  }
}

WithoutExport::~WithoutExport() {
  if (before_) before_->pNext = removed_;
}

VkResult share_semaphore(VkDevice device, const FindFunction& find, VkSemaphore semaphore,
                         int* fd) {
  Exported* exported =
      keep({.device = device,
            .semaphore = semaphore,
            .wait = reinterpret_cast<PFN_vkWaitSemaphores>(find("vkWaitSemaphores")),
            .signal = reinterpret_cast<PFN_vkSignalSemaphore>(find("vkSignalSemaphore"))});
  refdrv::nv::SharedSemaphore shared;
  shared.process = static_cast<uint64_t>(getpid());
  shared.object = exported;
  shared.wait = wait;
  shared.signal = signal;
  *fd = memfd_create("av1hw-semaphore", MFD_CLOEXEC);
  if (*fd < 0 || write(*fd, &shared, sizeof shared) != sizeof shared)
    return VK_ERROR_OUT_OF_HOST_MEMORY;
  return VK_SUCCESS;
}

VkResult enumerate_with_sharing(const Enumerate& driver, uint32_t* count,
                                VkExtensionProperties* extensions) {
  uint32_t known = 0;
  if (const VkResult result = driver(&known, nullptr); result != VK_SUCCESS) return result;
  std::vector<VkExtensionProperties> all(known);
  if (const VkResult result = driver(&known, all.data()); result != VK_SUCCESS) return result;
  // The loader may have it of the layer's manifest by now.
  std::erase_if(all, [](const VkExtensionProperties& extension) {
    return std::strcmp(extension.extensionName, sharing_extension) == 0;
  });
  VkExtensionProperties one_more = {};
  std::strcpy(one_more.extensionName, sharing_extension);
  one_more.specVersion = 1;
  all.push_back(one_more);
  const auto room = *count;
  *count = static_cast<uint32_t>(all.size());
  if (!extensions) return VK_SUCCESS;
  if (room < *count) *count = room;
  std::memcpy(extensions, all.data(), *count * sizeof *extensions);
  return *count < all.size() ? VK_INCOMPLETE : VK_SUCCESS;
}

}  // namespace av1hw::test
