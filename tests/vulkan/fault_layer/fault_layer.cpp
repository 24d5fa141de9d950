// SPDX-License-Identifier: LGPL-2.1-or-later
// A Vulkan layer for tests: answers some calls with errors, as AV1HW_VK_FAULTS says (fault_plan.h).
// A device that was lost stays lost, and does nothing any more. Counts what is alive, too.
#include <vulkan/vk_layer.h>
#include <vulkan/vulkan.h>

#include <atomic>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "fault_plan.h"
#include "semaphore_sharing.h"

namespace av1hw::test {
namespace {

// What dispatchable handles of one instance, or of one device, have in common.
template <typename Handle>
void* key_of(Handle handle) {
  return *reinterpret_cast<void**>(handle);
}

struct Instance {
  VkInstance handle = VK_NULL_HANDLE;
  PFN_vkGetInstanceProcAddr next = nullptr;
};

struct Device {
  VkDevice handle = VK_NULL_HANDLE;
  PFN_vkGetDeviceProcAddr next = nullptr;
  std::atomic<bool> lost = false;
  std::mutex lock;
  std::map<VkDeviceMemory, uint64_t> sizes;

  template <typename Function>
  Function function(const char* name) const {
    return reinterpret_cast<Function>(next(handle, name));
  }
};

FaultPlan plan;
std::atomic<int64_t> live_objects = 0;
std::mutex handles_lock;
std::map<void*, std::shared_ptr<Instance>> instances;
std::map<void*, std::shared_ptr<Device>> devices;

template <typename Object>
std::shared_ptr<Object> find(const std::map<void*, std::shared_ptr<Object>>& all, void* key) {
  const std::lock_guard guard(handles_lock);
  const auto found = all.find(key);
  return found == all.end() ? nullptr : found->second;
}

// What a device was given before is done first: memory that goes is then nobody's any more.
void lose(Device& device) {
  device.function<PFN_vkDeviceWaitIdle>("vkDeviceWaitIdle")(device.handle);
  device.lost = true;
}

// A call that a lost device refuses, and that may fail before. What is created is counted.
template <const char* const& Name, typename Function>
struct Faulty;
template <const char* const& Name, typename Handle, typename... Arguments>
struct Faulty<Name, VkResult(VKAPI_PTR*)(Handle, Arguments...)> {
  using Function = VkResult(VKAPI_PTR*)(Handle, Arguments...);
  static VKAPI_ATTR VkResult VKAPI_CALL call(Handle handle, Arguments... arguments) {
    const std::shared_ptr<Device> device = find(devices, key_of(handle));
    const FaultPlan::Verdict verdict = plan.judge(Name);
    if (device->lost) return VK_ERROR_DEVICE_LOST;
    if (verdict.loses_device) lose(*device);
    if (verdict.answer) return *verdict.answer;
    const VkResult result = device->function<Function>(Name)(handle, arguments...);
    if (result == VK_SUCCESS && std::string_view(Name).starts_with("vkCreate")) live_objects++;
    return result;
  }
};

// A call that ends what was created.
template <const char* const& Name, typename Function>
struct Ending;
template <const char* const& Name, typename Object>
struct Ending<Name, void(VKAPI_PTR*)(VkDevice, Object, const VkAllocationCallbacks*)> {
  using Function = void(VKAPI_PTR*)(VkDevice, Object, const VkAllocationCallbacks*);
  static VKAPI_ATTR void VKAPI_CALL call(VkDevice handle, Object object,
                                         const VkAllocationCallbacks* callbacks) {
    find(devices, key_of(handle))->template function<Function>(Name)(handle, object, callbacks);
    if (object != VK_NULL_HANDLE) live_objects--;
  }
};

#define INTERCEPTED(kind, name)                 \
  constexpr const char* text_of_##name = #name; \
  constexpr auto* our_##name = &kind<text_of_##name, PFN_##name>::call;

INTERCEPTED(Faulty, vkQueueSubmit)
INTERCEPTED(Faulty, vkQueueSubmit2)
INTERCEPTED(Faulty, vkQueueWaitIdle)
INTERCEPTED(Faulty, vkDeviceWaitIdle)
INTERCEPTED(Faulty, vkWaitSemaphores)
INTERCEPTED(Faulty, vkGetSemaphoreCounterValue)
INTERCEPTED(Faulty, vkWaitForFences)
INTERCEPTED(Faulty, vkGetFenceStatus)
INTERCEPTED(Faulty, vkCreateComputePipelines)
INTERCEPTED(Faulty, vkCreateBuffer)
INTERCEPTED(Faulty, vkCreateImage)
INTERCEPTED(Faulty, vkCreateImageView)
INTERCEPTED(Faulty, vkCreateCommandPool)
INTERCEPTED(Faulty, vkCreateDescriptorPool)
INTERCEPTED(Faulty, vkCreateSemaphore)
INTERCEPTED(Faulty, vkCreateFence)
INTERCEPTED(Ending, vkDestroyPipeline)
INTERCEPTED(Ending, vkDestroyBuffer)
INTERCEPTED(Ending, vkDestroyImage)
INTERCEPTED(Ending, vkDestroyImageView)
INTERCEPTED(Ending, vkDestroyCommandPool)
INTERCEPTED(Ending, vkDestroyDescriptorPool)
INTERCEPTED(Ending, vkDestroySemaphore)
INTERCEPTED(Ending, vkDestroyFence)

VKAPI_ATTR VkResult VKAPI_CALL allocate_memory(VkDevice handle, const VkMemoryAllocateInfo* info,
                                               const VkAllocationCallbacks* callbacks,
                                               VkDeviceMemory* memory) {
  const std::shared_ptr<Device> device = find(devices, key_of(handle));
  const FaultPlan::Verdict verdict = plan.judge("vkAllocateMemory");
  if (verdict.loses_device) lose(*device);
  if (verdict.answer) return *verdict.answer;
  if (!plan.reserve(info->allocationSize)) return VK_ERROR_OUT_OF_DEVICE_MEMORY;
  const VkResult result =
      device->function<PFN_vkAllocateMemory>("vkAllocateMemory")(handle, info, callbacks, memory);
  if (result != VK_SUCCESS) {
    plan.release(info->allocationSize);
    return result;
  }
  live_objects++;
  const std::lock_guard guard(device->lock);
  device->sizes[*memory] = info->allocationSize;
  return result;
}

VKAPI_ATTR void VKAPI_CALL free_memory(VkDevice handle, VkDeviceMemory memory,
                                       const VkAllocationCallbacks* callbacks) {
  const std::shared_ptr<Device> device = find(devices, key_of(handle));
  {
    const std::lock_guard guard(device->lock);
    if (const auto found = device->sizes.find(memory); found != device->sizes.end()) {
      plan.release(found->second);
      device->sizes.erase(found);
      live_objects--;
    }
  }
  device->function<PFN_vkFreeMemory>("vkFreeMemory")(handle, memory, callbacks);
}

VKAPI_ATTR VkResult VKAPI_CALL create_semaphore(VkDevice handle, const VkSemaphoreCreateInfo* info,
                                                const VkAllocationCallbacks* callbacks,
                                                VkSemaphore* made) {
  if (!plan.shares_semaphores()) return our_vkCreateSemaphore(handle, info, callbacks, made);
  const WithoutExport plain(info);
  return our_vkCreateSemaphore(handle, info, callbacks, made);
}

VKAPI_ATTR VkResult VKAPI_CALL get_semaphore_fd(VkDevice handle,
                                                const VkSemaphoreGetFdInfoKHR* info, int* fd) {
  const std::shared_ptr<Device> device = find(devices, key_of(handle));
  const auto driver = [&](const char* name) { return device->next(handle, name); };
  if (plan.shares_semaphores()) return share_semaphore(handle, driver, info->semaphore, fd);
  const auto get = device->function<PFN_vkGetSemaphoreFdKHR>("vkGetSemaphoreFdKHR");
  return get ? get(handle, info, fd) : VK_ERROR_EXTENSION_NOT_PRESENT;
}

VKAPI_ATTR void VKAPI_CALL destroy_device(VkDevice handle, const VkAllocationCallbacks* callbacks) {
  const std::shared_ptr<Device> device = find(devices, key_of(handle));
  {
    const std::lock_guard guard(handles_lock);
    devices.erase(key_of(handle));
  }
  device->function<PFN_vkDestroyDevice>("vkDestroyDevice")(handle, callbacks);
}

// The loader hands a layer what comes after it in the chain that it was created with.
template <typename Link, typename CreateInfo>
Link* link_in(const CreateInfo* info, VkStructureType type) {
  for (auto* each = static_cast<const VkBaseInStructure*>(info->pNext); each; each = each->pNext) {
    auto* link = reinterpret_cast<Link*>(const_cast<VkBaseInStructure*>(each));
    if (each->sType == type && link->function == VK_LAYER_LINK_INFO) return link;
  }
  return nullptr;
}

VKAPI_ATTR VkResult VKAPI_CALL create_device(VkPhysicalDevice physical,
                                             const VkDeviceCreateInfo* info,
                                             const VkAllocationCallbacks* callbacks,
                                             VkDevice* made) {
  const FaultPlan::Verdict verdict = plan.judge("vkCreateDevice");
  if (verdict.answer) return *verdict.answer;
  const std::shared_ptr<Instance> instance = find(instances, key_of(physical));
  auto* link = link_in<VkLayerDeviceCreateInfo>(info, VK_STRUCTURE_TYPE_LOADER_DEVICE_CREATE_INFO);
  if (!instance || !link) return VK_ERROR_INITIALIZATION_FAILED;
  auto device = std::make_shared<Device>();
  device->next = link->u.pLayerInfo->pfnNextGetDeviceProcAddr;
  const auto create = reinterpret_cast<PFN_vkCreateDevice>(
      link->u.pLayerInfo->pfnNextGetInstanceProcAddr(instance->handle, "vkCreateDevice"));
  link->u.pLayerInfo = link->u.pLayerInfo->pNext;
  VkDeviceCreateInfo of_driver = *info;
  std::vector<const char*> extensions(info->ppEnabledExtensionNames,
                                      info->ppEnabledExtensionNames + info->enabledExtensionCount);
  if (plan.shares_semaphores())
    std::erase_if(extensions, [](const char* e) { return !std::strcmp(e, sharing_extension); });
  of_driver.ppEnabledExtensionNames = extensions.data();
  of_driver.enabledExtensionCount = static_cast<uint32_t>(extensions.size());
  const VkResult result = create(physical, &of_driver, callbacks, made);
  if (result != VK_SUCCESS) return result;
  device->handle = *made;
  const std::lock_guard guard(handles_lock);
  devices[key_of(*made)] = std::move(device);
  return result;
}

VKAPI_ATTR VkResult VKAPI_CALL create_instance(const VkInstanceCreateInfo* info,
                                               const VkAllocationCallbacks* callbacks,
                                               VkInstance* made) {
  auto* link =
      link_in<VkLayerInstanceCreateInfo>(info, VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO);
  if (!link) return VK_ERROR_INITIALIZATION_FAILED;
  auto instance = std::make_shared<Instance>();
  instance->next = link->u.pLayerInfo->pfnNextGetInstanceProcAddr;
  const auto create =
      reinterpret_cast<PFN_vkCreateInstance>(instance->next(VK_NULL_HANDLE, "vkCreateInstance"));
  link->u.pLayerInfo = link->u.pLayerInfo->pNext;
  const VkResult result = create(info, callbacks, made);
  if (result != VK_SUCCESS) return result;
  plan.read();
  instance->handle = *made;
  const std::lock_guard guard(handles_lock);
  instances[key_of(*made)] = std::move(instance);
  return result;
}

VKAPI_ATTR void VKAPI_CALL destroy_instance(VkInstance handle,
                                            const VkAllocationCallbacks* callbacks) {
  const std::shared_ptr<Instance> instance = find(instances, key_of(handle));
  {
    const std::lock_guard guard(handles_lock);
    instances.erase(key_of(handle));
  }
  reinterpret_cast<PFN_vkDestroyInstance>(instance->next(handle, "vkDestroyInstance"))(handle,
                                                                                       callbacks);
}

VKAPI_ATTR void VKAPI_CALL get_properties(VkPhysicalDevice physical,
                                          VkPhysicalDeviceProperties* properties) {
  const std::shared_ptr<Instance> instance = find(instances, key_of(physical));
  reinterpret_cast<PFN_vkGetPhysicalDeviceProperties>(
      instance->next(instance->handle, "vkGetPhysicalDeviceProperties"))(physical, properties);
  if (plan.pretends_discrete()) properties->deviceType = VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU;
}

VKAPI_ATTR void VKAPI_CALL get_properties2(VkPhysicalDevice physical,
                                           VkPhysicalDeviceProperties2* properties) {
  const std::shared_ptr<Instance> instance = find(instances, key_of(physical));
  reinterpret_cast<PFN_vkGetPhysicalDeviceProperties2>(
      instance->next(instance->handle, "vkGetPhysicalDeviceProperties2"))(physical, properties);
  if (plan.pretends_discrete())
    properties->properties.deviceType = VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU;
}

VKAPI_ATTR VkResult VKAPI_CALL enumerate_extensions(VkPhysicalDevice physical, const char* layer,
                                                    uint32_t* count,
                                                    VkExtensionProperties* extensions) {
  const std::shared_ptr<Instance> instance = find(instances, key_of(physical));
  const auto next = reinterpret_cast<PFN_vkEnumerateDeviceExtensionProperties>(
      instance->next(instance->handle, "vkEnumerateDeviceExtensionProperties"));
  if (layer || !plan.shares_semaphores()) return next(physical, layer, count, extensions);
  const auto driver = [&](uint32_t* number, VkExtensionProperties* all) {
    return next(physical, nullptr, number, all);
  };
  return enumerate_with_sharing(driver, count, extensions);
}

VKAPI_ATTR void VKAPI_CALL get_semaphore_properties(
    VkPhysicalDevice physical, const VkPhysicalDeviceExternalSemaphoreInfo* info,
    VkExternalSemaphoreProperties* properties) {
  const std::shared_ptr<Instance> instance = find(instances, key_of(physical));
  reinterpret_cast<PFN_vkGetPhysicalDeviceExternalSemaphoreProperties>(
      instance->next(instance->handle, "vkGetPhysicalDeviceExternalSemaphoreProperties"))(
      physical, info, properties);
  if (plan.shares_semaphores() && asks_for_timelines(info))
    properties->externalSemaphoreFeatures |= VK_EXTERNAL_SEMAPHORE_FEATURE_EXPORTABLE_BIT;
}

struct Entry {
  const char* name;
  PFN_vkVoidFunction function;
};

template <typename Function>
PFN_vkVoidFunction any(Function function) {
  return reinterpret_cast<PFN_vkVoidFunction>(function);
}

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL device_function(VkDevice handle, const char* name);
VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL instance_function(VkInstance handle, const char* name);

#define ENTRY(name) {#name, any(our_##name)}
#define ENTRIES(name) \
  {#name, any(our_##name)}, { #name "KHR", any(our_##name) }

PFN_vkVoidFunction known_device_function(const char* name) {
  static const Entry entries[] = {
      {"vkGetDeviceProcAddr", any(device_function)},
      {"vkDestroyDevice", any(destroy_device)},
      {"vkAllocateMemory", any(allocate_memory)},
      {"vkFreeMemory", any(free_memory)},
      ENTRY(vkQueueSubmit),
      ENTRIES(vkQueueSubmit2),
      ENTRY(vkQueueWaitIdle),
      ENTRY(vkDeviceWaitIdle),
      ENTRIES(vkWaitSemaphores),
      ENTRIES(vkGetSemaphoreCounterValue),
      ENTRY(vkWaitForFences),
      ENTRY(vkGetFenceStatus),
      ENTRY(vkCreateComputePipelines),
      ENTRY(vkCreateBuffer),
      ENTRY(vkCreateImage),
      ENTRY(vkCreateImageView),
      ENTRY(vkCreateCommandPool),
      ENTRY(vkCreateDescriptorPool),
      {"vkCreateSemaphore", any(create_semaphore)},
      {"vkGetSemaphoreFdKHR", any(get_semaphore_fd)},
      ENTRY(vkCreateFence),
      ENTRY(vkDestroyPipeline),
      ENTRY(vkDestroyBuffer),
      ENTRY(vkDestroyImage),
      ENTRY(vkDestroyImageView),
      ENTRY(vkDestroyCommandPool),
      ENTRY(vkDestroyDescriptorPool),
      ENTRY(vkDestroySemaphore),
      ENTRY(vkDestroyFence),
  };
  for (const Entry& entry : entries) {
    if (std::strcmp(entry.name, name) == 0) return entry.function;
  }
  return nullptr;
}

PFN_vkVoidFunction known_instance_function(const char* name) {
  static const Entry entries[] = {
      {"vkGetInstanceProcAddr", any(instance_function)},
      {"vkCreateInstance", any(create_instance)},
      {"vkDestroyInstance", any(destroy_instance)},
      {"vkCreateDevice", any(create_device)},
      {"vkEnumerateDeviceExtensionProperties", any(enumerate_extensions)},
      {"vkGetPhysicalDeviceExternalSemaphoreProperties", any(get_semaphore_properties)},
      {"vkGetPhysicalDeviceExternalSemaphorePropertiesKHR", any(get_semaphore_properties)},
      {"vkGetPhysicalDeviceProperties", any(get_properties)},
      {"vkGetPhysicalDeviceProperties2", any(get_properties2)},
      {"vkGetPhysicalDeviceProperties2KHR", any(get_properties2)},
  };
  for (const Entry& entry : entries) {
    if (std::strcmp(entry.name, name) == 0) return entry.function;
  }
  return nullptr;
}

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL device_function(VkDevice handle, const char* name) {
  if (const PFN_vkVoidFunction known = known_device_function(name)) return known;
  const std::shared_ptr<Device> device = find(devices, key_of(handle));
  return device ? device->next(handle, name) : nullptr;
}

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL instance_function(VkInstance handle, const char* name) {
  if (const PFN_vkVoidFunction known = known_instance_function(name)) return known;
  if (const PFN_vkVoidFunction known = known_device_function(name)) return known;
  if (handle == VK_NULL_HANDLE) return nullptr;
  const std::shared_ptr<Instance> instance = find(instances, key_of(handle));
  return instance ? instance->next(handle, name) : nullptr;
}

}  // namespace
}  // namespace av1hw::test

extern "C" [[gnu::visibility("default")]] VKAPI_ATTR VkResult VKAPI_CALL
vkNegotiateLoaderLayerInterfaceVersion(VkNegotiateLayerInterface* interface) {
  if (interface->sType != LAYER_NEGOTIATE_INTERFACE_STRUCT ||
      interface->loaderLayerInterfaceVersion < 2)
    return VK_ERROR_INITIALIZATION_FAILED;
  interface->loaderLayerInterfaceVersion = 2;
  interface->pfnGetInstanceProcAddr = av1hw::test::instance_function;
  interface->pfnGetDeviceProcAddr = av1hw::test::device_function;
  interface->pfnGetPhysicalDeviceProcAddr = nullptr;
  return VK_SUCCESS;
}

// Memory and objects of all devices that were created and not destroyed.
extern "C" [[gnu::visibility("default")]] int64_t av1hw_live_vulkan_objects() {
  return av1hw::test::live_objects;
}
