// SPDX-License-Identifier: LGPL-2.1-or-later
// Finds, opens and shares a Vulkan device.
#include "vulkan/element/vk_contexts.h"

#include <charconv>
#include <cstring>
#include <format>
#include <vector>

#include "vulkan/element/compute_queue.h"
#include "vulkan/lost_device.h"
#include "vulkan/vk_pci.h"
#include "vulkan/vk_uuid.h"

namespace av1hw {
namespace {

// What frames from elsewhere come by; each is used where the device has it.
constexpr const char* wanted_extensions[] = {
    VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME,
    VK_KHR_EXTERNAL_SEMAPHORE_FD_EXTENSION_NAME,
    VK_EXT_EXTERNAL_MEMORY_DMA_BUF_EXTENSION_NAME,
    VK_EXT_IMAGE_DRM_FORMAT_MODIFIER_EXTENSION_NAME,
    VK_EXT_QUEUE_FAMILY_FOREIGN_EXTENSION_NAME,
    VK_EXT_MEMORY_BUDGET_EXTENSION_NAME,
    VK_EXT_PCI_BUS_INFO_EXTENSION_NAME,
};

std::string text_and_free(GError* error) {
  std::string text = error ? error->message : "no reason given";
  g_clear_error(&error);
  return text;
}

const VkPhysicalDeviceProperties& properties(const GstVulkanPhysicalDevice* device) {
  return device->properties;
}

bool is_software(const GstVulkanPhysicalDevice* device) {
  return properties(device).deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU;
}

std::string describe(const GstVulkanPhysicalDevice* device) {
  return std::format("vk{} ({})", device->device_index, properties(device).deviceName);
}

bool matches(const GstVulkanPhysicalDevice* device, const std::string& wanted) {
  if (wanted.empty()) return true;
  if (wanted == std::format("vk{}", device->device_index)) return true;
  if (pci_address(device->device) == wanted || device_uuid(device->device) == wanted) return true;
  return std::strstr(properties(device).deviceName, wanted.c_str()) != nullptr;
}

std::vector<GstHandle<GstVulkanPhysicalDevice>> physical_devices(GstVulkanInstance* instance) {
  std::vector<GstHandle<GstVulkanPhysicalDevice>> devices;
  for (guint i = 0; i < instance->n_physical_devices; i++) {
    GstVulkanPhysicalDevice* device = gst_vulkan_physical_device_new(instance, i);
    if (device) devices.emplace_back(device);
  }
  return devices;
}

void enable_extensions(GstVulkanDevice* device) {
  for (const char* name : wanted_extensions) {
    if (gst_vulkan_physical_device_get_extension_info(device->physical_device, name, nullptr))
      gst_vulkan_device_enable_extension(device, name);
  }
}

Result<> open_once(GstVulkanDevice* device, bool is_new) {
  GError* error = nullptr;
  if (is_new ? open_with_copy_queue(device, &error) : gst_vulkan_device_open(device, &error))
    return {};
  return fail(ErrorCode::Unavailable,
              std::format("{} could not be opened: {}", describe(device->physical_device),
                          text_and_free(error)));
}

}  // namespace

void VkContexts::set_context(GstContext* context) {
  std::lock_guard guard(lock_);
  GstVulkanInstance* instance = instance_.release();
  GstVulkanDevice* device = device_.release();
  // Takes and gives back references where the context is one of Vulkan's.
  gst_vulkan_handle_set_context(element_, context, nullptr, &instance);
  if (std::strcmp(gst_context_get_context_type(context), GST_VULKAN_DEVICE_CONTEXT_TYPE_STR) == 0 &&
      (!device || is_lost(device))) {
    gst_clear_object(&device);
    gst_context_get_vulkan_device(context, &device);
  }
  instance_.reset(instance);
  device_.reset(device);
}

bool VkContexts::handle_query(GstQuery* query) const {
  if (GST_QUERY_TYPE(query) != GST_QUERY_CONTEXT) return false;
  std::lock_guard guard(lock_);
  if (is_lost(device_.get())) return false;
  return gst_vulkan_handle_context_query(element_, query, nullptr, instance_.get(),
                                         device_.get()) ||
         (queue_ && gst_vulkan_queue_handle_context_query(element_, query, queue_.get()));
}

Result<> VkContexts::ensure_instance() {
  GstVulkanInstance* instance = nullptr;
  {
    std::lock_guard guard(lock_);
    if (instance_) instance = GST_VULKAN_INSTANCE(gst_object_ref(instance_.get()));
  }
  // Asks the pipeline, which may answer through set_context(); so no lock is held.
  const bool found = gst_vulkan_ensure_element_data(element_, nullptr, &instance);
  InstanceRef handle(instance);
  if (!found || !handle)
    return fail(ErrorCode::Unavailable,
                "no Vulkan instance could be made: is a Vulkan driver installed "
                "(mesa-vulkan-drivers, or the GPU vendor's)?");
  GError* error = nullptr;
  if (!gst_vulkan_instance_open(handle.get(), &error))
    return fail(ErrorCode::Unavailable, "the Vulkan loader answered: " + text_and_free(error));
  std::lock_guard guard(lock_);
  instance_ = std::move(handle);
  return {};
}

Result<DeviceRef> VkContexts::shared_device(const std::string& wanted) {
  {
    std::lock_guard guard(lock_);
    if (device_ && !is_lost(device_.get()))
      return DeviceRef(GST_VULKAN_DEVICE(gst_object_ref(device_.get())));
  }
  GstVulkanDevice* device = nullptr;
  gst_vulkan_device_run_context_query(element_, &device);
  DeviceRef shared(device);
  // A neighbour that does not know yet, or that can't change.
  if (is_lost(shared.get())) shared.reset();
  if (!shared || matches(shared->physical_device, wanted)) return shared;
  return fail(ErrorCode::Unavailable,
              std::format("the pipeline works on {}, and the property `device` asks for {}: frames "
                          "can't be shared between two devices",
                          describe(shared->physical_device), wanted));
}

Result<DeviceRef> VkContexts::new_device(const std::string& wanted) {
  InstanceRef instance;
  {
    std::lock_guard guard(lock_);
    if (instance_) instance.reset(GST_VULKAN_INSTANCE(gst_object_ref(instance_.get())));
  }
  if (!instance) return fail(ErrorCode::Unavailable, "the element was closed meanwhile");
  const auto devices = physical_devices(instance.get());
  const GstVulkanPhysicalDevice* chosen = nullptr;
  std::string seen;
  for (const auto& device : devices) {
    seen += (seen.empty() ? "" : ", ") + describe(device.get());
    if (!matches(device.get(), wanted)) continue;
    if (!chosen || (is_software(chosen) && !is_software(device.get()))) chosen = device.get();
  }
  if (!chosen)
    return fail(ErrorCode::Unavailable,
                seen.empty() ? "the Vulkan drivers that are installed found no device"
                             : std::format("there is no Vulkan device {}, but {}", wanted, seen));
  DeviceRef device(gst_vulkan_device_new(const_cast<GstVulkanPhysicalDevice*>(chosen)));
  enable_extensions(device.get());
  return device;
}

// So that elements which come later, and those in other bins, work on this device too.
void VkContexts::tell_pipeline(GstVulkanDevice* device) {
  GstContext* context = gst_context_new(GST_VULKAN_DEVICE_CONTEXT_TYPE_STR, TRUE);
  gst_context_set_vulkan_device(context, device);
  gst_element_post_message(element_,
                           gst_message_new_have_context(GST_OBJECT_CAST(element_), context));
}

// The pipeline's, what others have in place of the one that was lost, or a new one.
Result<DeviceRef> VkContexts::find_device(const std::string& wanted) {
  Result<DeviceRef> device = shared_device(wanted);
  if (!device || *device) return device;
  const std::scoped_lock guard(successor_lock());
  if (lost_) {
    if (DeviceRef successor = successor_of(lost_.get())) return successor;
  }
  device = new_device(wanted);
  if (!device) return device;
  if (Result<> opened = open_once(device->get(), true); !opened)
    return std::unexpected(opened.error());
  if (lost_) set_successor(lost_.get(), device->get());
  return device;
}

// Of elements that run already, where this one is put between them. Null: none has one.
QueueRef VkContexts::neighbours_queue() const {
  GstVulkanQueue* queue = nullptr;
  gst_vulkan_queue_run_context_query(element_, &queue);
  return QueueRef(queue);
}

Result<OpenVulkan> VkContexts::open(const std::string& wanted) {
  if (Result<> instance = ensure_instance(); !instance) return std::unexpected(instance.error());
  Result<DeviceRef> device = find_device(wanted);
  if (!device) return std::unexpected(device.error());
  lost_.reset();
  if (Result<> opened = open_once(device->get(), false); !opened)
    return std::unexpected(opened.error());
  QueueRef queue = compute_queue(device->get(), neighbours_queue().get());
  if (!queue)
    return fail(ErrorCode::NotSupported,
                describe((*device)->physical_device) + " has no queue that computes");
  tell_pipeline(device->get());
  OpenVulkan found;
  found.software = is_software((*device)->physical_device);
  found.device.reset(GST_VULKAN_DEVICE(gst_object_ref(device->get())));
  found.queue.reset(GST_VULKAN_QUEUE(gst_object_ref(queue.get())));
  found.copies = copy_queue(device->get());
  std::lock_guard guard(lock_);
  device_ = std::move(*device);
  queue_ = std::move(queue);
  return found;
}

void VkContexts::close() {
  std::lock_guard guard(lock_);
  queue_.reset();
  device_.reset();
  lost_.reset();
  instance_.reset();
}

DeviceRef VkContexts::device() const {
  std::lock_guard guard(lock_);
  return DeviceRef(device_ ? GST_VULKAN_DEVICE(gst_object_ref(device_.get())) : nullptr);
}

bool VkContexts::hides_lost_device(const GstQuery* query) const {
  if (GST_QUERY_TYPE(query) != GST_QUERY_CONTEXT) return false;
  const gchar* type = nullptr;
  gst_query_parse_context_type(const_cast<GstQuery*>(query), &type);
  std::lock_guard guard(lock_);
  return is_lost(device_.get()) && std::strcmp(type, GST_VULKAN_DEVICE_CONTEXT_TYPE_STR) == 0;
}

bool VkContexts::is_lost_at(GstPad* pad) const {
  const GstHandle<GstQuery> query(gst_query_new_context(GST_VULKAN_DEVICE_CONTEXT_TYPE_STR));
  if (!gst_pad_peer_query(pad, query.get())) return false;
  GstContext* context = nullptr;
  gst_query_parse_context(query.get(), &context);
  GstVulkanDevice* device = nullptr;
  if (context) gst_context_get_vulkan_device(context, &device);
  const DeviceRef owned(device);
  return is_lost(device);
}

void VkContexts::forget_device() {
  std::lock_guard guard(lock_);
  queue_.reset();
  if (is_lost(device_.get())) lost_ = std::move(device_);
}

}  // namespace av1hw
