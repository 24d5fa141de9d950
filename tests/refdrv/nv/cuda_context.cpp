// SPDX-License-Identifier: LGPL-2.1-or-later
// libcuda: contexts and which of them is current, streams, events.
//
// Work is done at once, whatever stream it is given to: a stream has always caught up, unless
// streams are late (stream_work.h).
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "refdrv/nv/driver.h"

using namespace refdrv;
using namespace refdrv::nv;

namespace {

thread_local std::vector<CUcontext> context_stack;

CUresult check_stream(Driver& driver, const char* call, CUstream stream) {
  return is_stream(driver, stream) ? success
                                   : driver.misuse(call, "no such stream", invalid_handle);
}

CUresult check_event(Driver& driver, const char* call, CUevent event) {
  return driver.events.contains(event) ? success
                                       : driver.misuse(call, "no such event", invalid_handle);
}

}  // namespace

namespace refdrv::nv {

CUcontext current_context() {
  if (context_stack.empty() || !context_stack.back()) return nullptr;
  Driver* instance = driver();
  return instance && instance->contexts.contains(context_stack.back()) ? context_stack.back()
                                                                       : nullptr;
}

}  // namespace refdrv::nv

REFDRV_API CUresult cuCtxCreate_v2(CUcontext* context, unsigned, CUdevice device) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Init, driver)) return error;
  if (!context || device != 0) return driver->misuse(__func__, "no such device", invalid_device);
  *context = driver->contexts.add();
  context_stack.push_back(*context);
  return success;
}

REFDRV_API CUresult cuCtxDestroy_v2(CUcontext context) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Init, driver)) return error;
  if (!driver->contexts.remove(context)) {
    return driver->misuse(__func__, "no such context", invalid_context);
  }
  if (!context_stack.empty() && context_stack.back() == context) context_stack.pop_back();
  return success;
}

REFDRV_API CUresult cuCtxPushCurrent_v2(CUcontext context) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Init, driver)) return error;
  if (!driver->contexts.contains(context)) {
    return driver->misuse(__func__, "no such context", invalid_context);
  }
  context_stack.push_back(context);
  return success;
}

REFDRV_API CUresult cuCtxPopCurrent_v2(CUcontext* context) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Init, driver)) return error;
  if (context_stack.empty()) {
    return driver->misuse(__func__, "no context is current to this thread", invalid_context);
  }
  if (context) *context = context_stack.back();
  context_stack.pop_back();
  return success;
}

REFDRV_API CUresult cuCtxSetCurrent(CUcontext context) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Init, driver)) return error;
  if (context && !driver->contexts.contains(context)) {
    return driver->misuse(__func__, "no such context", invalid_context);
  }
  if (!context_stack.empty()) context_stack.pop_back();
  if (context) context_stack.push_back(context);
  return success;
}

REFDRV_API CUresult cuCtxGetCurrent(CUcontext* context) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Init, driver)) return error;
  if (!context) return invalid_value;
  *context = current_context();
  return success;
}

REFDRV_API CUresult cuCtxGetDevice(CUdevice* device) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Context, driver)) return error;
  if (!device) return invalid_value;
  *device = 0;
  return success;
}

REFDRV_API CUresult cuCtxSynchronize(void) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Context, driver)) return error;
  driver->work().catch_up_all();
  return success;
}

REFDRV_API CUresult cuCtxSetLimit(CUlimit, size_t) {
  Driver* driver = nullptr;
  return enter(__func__, Needs::Context, driver);
}

REFDRV_API CUresult cuCtxGetLimit(size_t* value, CUlimit) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Context, driver)) return error;
  if (!value) return invalid_value;
  *value = 0;
  return success;
}

REFDRV_API CUresult cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice device) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Init, driver)) return error;
  if (!context || device != 0) return driver->misuse(__func__, "no such device", invalid_device);
  const std::scoped_lock lock(driver->primary_mutex);
  if (driver->primary_uses++ == 0) driver->primary_context = driver->contexts.add();
  *context = driver->primary_context;
  return success;
}

REFDRV_API CUresult cuDevicePrimaryCtxRelease(CUdevice) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Init, driver)) return error;
  const std::scoped_lock lock(driver->primary_mutex);
  if (driver->primary_uses == 0) {
    return driver->misuse(__func__, "the primary context is not retained", invalid_context);
  }
  if (--driver->primary_uses == 0) driver->contexts.remove(driver->primary_context);
  return success;
}

REFDRV_API CUresult cuDevicePrimaryCtxSetFlags(CUdevice, unsigned) {
  Driver* driver = nullptr;
  return enter(__func__, Needs::Init, driver);
}

REFDRV_API CUresult cuDevicePrimaryCtxGetState(CUdevice, unsigned* flags, int* active) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Init, driver)) return error;
  if (!flags || !active) return invalid_value;
  const std::scoped_lock lock(driver->primary_mutex);
  *flags = 0;
  *active = driver->primary_uses > 0 ? 1 : 0;
  return success;
}

REFDRV_API CUresult cuStreamCreate(CUstream* stream, unsigned) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Context, driver)) return error;
  if (!stream) return invalid_value;
  *stream = driver->streams.add();
  return success;
}

REFDRV_API CUresult cuStreamDestroy_v2(CUstream stream) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Init, driver)) return error;
  if (!driver->streams.remove(stream)) {
    return driver->misuse(__func__, "no such stream", invalid_handle);
  }
  driver->work().forget(stream);
  return success;
}

REFDRV_API CUresult cuStreamSynchronize(CUstream stream) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Context, driver)) return error;
  if (const auto error = check_stream(*driver, __func__, stream)) return error;
  driver->catch_up(stream);
  return success;
}

REFDRV_API CUresult cuStreamQuery(CUstream stream) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Context, driver)) return error;
  if (const auto error = check_stream(*driver, __func__, stream)) return error;
  driver->catch_up(stream);
  return success;
}

// Also where streams are late it is the caller who waits.
REFDRV_API CUresult cuStreamWaitValue64_v2(CUstream stream, CUdeviceptr address, uint64_t value,
                                           unsigned flags) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Context, driver)) return error;
  if (const auto error = check_stream(*driver, __func__, stream)) return error;
  if (address % sizeof value != 0) return driver->misuse(__func__, "the address is not aligned");
  if (flags != 0) return not_supported;  // but for CU_STREAM_WAIT_VALUE_GEQ
  const auto bytes = driver->memory().bytes(address, sizeof value);
  if (!bytes) return driver->failure(__func__, bytes.error());
  const std::atomic_ref<uint64_t> there(*reinterpret_cast<uint64_t*>(bytes->data()));
  constexpr auto patience = std::chrono::seconds(120);
  const auto end = std::chrono::steady_clock::now() + patience;
  while (static_cast<int64_t>(there.load(std::memory_order_acquire) - value) < 0) {
    if (std::chrono::steady_clock::now() > end)
      return driver->misuse(__func__, "the value never comes");
    std::this_thread::sleep_for(std::chrono::microseconds(50));
  }
  return success;
}

REFDRV_API CUresult cuStreamWaitEvent(CUstream stream, CUevent event, unsigned) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Context, driver)) return error;
  if (const auto error = check_stream(*driver, __func__, stream)) return error;
  if (const auto error = check_event(*driver, __func__, event)) return error;
  if (is_default(stream)) {
    driver->work().catch_up(event);
  } else if (driver->machine().late_streams()) {
    driver->work().wait(stream, event);
  }
  return success;
}

REFDRV_API CUresult cuStreamAddCallback(CUstream stream, CUstreamCallback* callback, void* data,
                                        unsigned) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Context, driver)) return error;
  if (const auto error = check_stream(*driver, __func__, stream)) return error;
  if (!callback) return invalid_value;
  driver->catch_up(stream);
  callback(stream, success, data);
  return success;
}

REFDRV_API CUresult cuEventCreate(CUevent* event, unsigned) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Context, driver)) return error;
  if (!event) return invalid_value;
  *event = driver->events.add();
  return success;
}

REFDRV_API CUresult cuEventDestroy_v2(CUevent event) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Init, driver)) return error;
  if (!driver->events.remove(event)) {
    return driver->misuse(__func__, "no such event", invalid_handle);
  }
  driver->work().forget(event);
  return success;
}

REFDRV_API CUresult cuEventRecord(CUevent event, CUstream stream) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Context, driver)) return error;
  if (const auto error = check_event(*driver, __func__, event)) return error;
  if (const auto error = check_stream(*driver, __func__, stream)) return error;
  if (is_default(stream)) {
    driver->work().catch_up_all();
  } else if (driver->machine().late_streams()) {
    driver->work().record(event, stream);
  }
  return success;
}

REFDRV_API CUresult cuEventSynchronize(CUevent event) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Init, driver)) return error;
  if (const auto error = check_event(*driver, __func__, event)) return error;
  driver->work().catch_up(event);
  return success;
}

REFDRV_API CUresult cuEventQuery(CUevent event) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Init, driver)) return error;
  if (const auto error = check_event(*driver, __func__, event)) return error;
  driver->work().catch_up(event);
  return success;
}
