// SPDX-License-Identifier: LGPL-2.1-or-later
// How libva loads the driver and ends it, and what every call begins with.
#include "refdrv/va/driver.h"

#include <thread>

#include "refdrv/va/va_errors.h"

namespace refdrv::va {

namespace {

// A device that is gone answers so in the drivers that there are.
constexpr VAStatus device_lost = VA_STATUS_ERROR_OPERATION_FAILED;

VAStatus interrupted(Machine& machine, const char* call) {
  const auto interruption = machine.enter(call);
  if (!interruption) return VA_STATUS_SUCCESS;
  if (interruption->device_lost) return device_lost;
  if (const auto code = status_code(interruption->error)) return *code;
  machine.misuse(call, "the fault script's '" + interruption->error + "' is no error of libva's");
  return static_cast<VAStatus>(VA_STATUS_ERROR_UNKNOWN);
}

VAStatus terminate(VADriverContextP context) {
  auto* driver = static_cast<Driver*>(context->pDriverData);
  {
    const Call call(context, "vaTerminate");
    auto& counters = driver->machine.counters();
    counters.add("left_configs", driver->configs.size());
    counters.add("left_contexts", driver->contexts.size());
    counters.add("left_buffers", driver->buffers.size());
    counters.add("left_images", driver->images.size());
    counters.add("left_surfaces", driver->surfaces.size());
    live_surfaces() -= static_cast<unsigned>(driver->surfaces.size());
  }
  context->pDriverData = nullptr;
  delete driver;
  return VA_STATUS_SUCCESS;
}

constexpr auto unimplemented = [](auto...) -> VAStatus { return VA_STATUS_ERROR_UNIMPLEMENTED; };

// What libva wants to be there. It answers itself for what may be missing.
void set_unsupported(VADriverVTable& table) {
  table.vaPutSurface = unimplemented;
  table.vaSetImagePalette = unimplemented;
  table.vaQuerySubpictureFormats = [](VADriverContextP, VAImageFormat*, unsigned*,
                                      unsigned* count) -> VAStatus {
    *count = 0;
    return VA_STATUS_SUCCESS;
  };
  table.vaCreateSubpicture = unimplemented;
  table.vaDestroySubpicture = unimplemented;
  table.vaSetSubpictureImage = unimplemented;
  table.vaSetSubpictureChromakey = unimplemented;
  table.vaSetSubpictureGlobalAlpha = unimplemented;
  table.vaAssociateSubpicture = unimplemented;
  table.vaDeassociateSubpicture = unimplemented;
  table.vaLockSurface = unimplemented;
  table.vaUnlockSurface = unimplemented;
}

VAStatus query_display_attributes(VADriverContextP context, VADisplayAttribute*, int* count) {
  Call call(context, "vaQueryDisplayAttributes");
  if (call.status) return call.status;
  *count = 0;
  return VA_STATUS_SUCCESS;
}

VAStatus get_display_attributes(VADriverContextP context, VADisplayAttribute* list, int count) {
  Call call(context, "vaGetDisplayAttributes");
  if (call.status) return call.status;
  for (int i = 0; i < count; i++) {
    list[i].flags = VA_DISPLAY_ATTRIB_NOT_SUPPORTED;
    if (list[i].type != VADisplayPCIID) continue;
    list[i].flags = VA_DISPLAY_ATTRIB_GETTABLE;
    list[i].value = call.profile().pci_vendor << 16 | call.profile().pci_device;
  }
  return VA_STATUS_SUCCESS;
}

}  // namespace

std::atomic<unsigned>& live_surfaces() {
  static std::atomic<unsigned> count{0};
  return count;
}

Call::Call(VADriverContextP context, const char* name)
    : driver_(*static_cast<Driver*>(context->pDriverData)), name_(name) {
  status = interrupted(driver_.machine, name);
  lock_ = std::unique_lock(driver_.mutex);
}

void Call::wait_until(std::chrono::steady_clock::time_point time) {
  if (std::chrono::steady_clock::now() >= time) return;
  lock_.unlock();
  std::this_thread::sleep_until(time);
  lock_.lock();
}

VAStatus Call::misuse(std::string_view what, VAStatus code) {
  driver_.machine.misuse(name_, what);
  return code;
}

VAStatus Call::failure(const Error& error) {
  switch (error.fault) {
  case Fault::Client: return misuse(error.message);
  case Fault::Unsupported: return VA_STATUS_ERROR_UNIMPLEMENTED;
  case Fault::System: return VA_STATUS_ERROR_ALLOCATION_FAILED;
  case Fault::Stream: break;
  }
  return VA_STATUS_ERROR_DECODING_ERROR;
}

}  // namespace refdrv::va

#define REFDRV_API extern "C" __attribute__((visibility("default")))

// For tests in the same process, which find it with dlsym().
REFDRV_API uint64_t refdrv_va_count(const char* name) {
  refdrv::Machine* machine = refdrv::machine(refdrv::Api::VaApi);
  return machine ? machine->counters().value(name) : 0;
}

// libva looks for its own minor version, then for each lower one.
REFDRV_API VAStatus __vaDriverInit_1_20(VADriverContextP context) {
  using namespace refdrv::va;
  refdrv::Machine* machine = refdrv::machine(refdrv::Api::VaApi);
  if (!machine) return VA_STATUS_ERROR_UNIMPLEMENTED;
  if (const VAStatus status = interrupted(*machine, "vaInitialize")) return status;
  context->pDriverData = new Driver(*machine);
  context->version_major = VA_MAJOR_VERSION;
  context->version_minor = VA_MINOR_VERSION;
  context->max_profiles = 4;
  context->max_entrypoints = 4;
  context->max_attributes = 64;
  context->max_image_formats = 8;
  context->max_subpic_formats = 1;
  context->max_display_attributes = 1;
  context->str_vendor = machine->profile().vendor.c_str();
  VADriverVTable& table = *context->vtable;
  table.vaTerminate = terminate;
  table.vaQueryDisplayAttributes = query_display_attributes;
  table.vaGetDisplayAttributes = get_display_attributes;
  table.vaSetDisplayAttributes = unimplemented;
  set_unsupported(table);
  set_config_functions(table);
  set_surface_functions(table);
  set_buffer_functions(table);
  set_image_functions(table);
  set_picture_functions(table);
  set_processing_functions(*context->vtable_vpp);
  return VA_STATUS_SUCCESS;
}
