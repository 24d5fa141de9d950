// SPDX-License-Identifier: LGPL-2.1-or-later
// The CUDA driver's state, which libcuda.so.1 holds and libnvcuvid.so.1 uses.
#include "refdrv/nv/driver.h"

#include "refdrv/nv/cuda_errors.h"

namespace refdrv::nv {

Driver::Driver(Machine& machine) : machine_(machine), memory_(machine.profile().memory_bytes) {}

CUresult Driver::misuse(std::string_view call, std::string_view what, CUresult code) {
  machine_.misuse(call, what);
  return code;
}

CUresult Driver::failure(std::string_view call, const Error& error) {
  switch (error.fault) {
  case Fault::Client: return misuse(call, error.message);
  case Fault::Unsupported: return not_supported;
  case Fault::System: return out_of_memory;
  case Fault::Stream: break;
  }
  return unknown_error;
}

void Driver::catch_up(CUstream stream) {
  if (is_default(stream)) {
    work_.catch_up_all();
  } else {
    work_.catch_up(stream);
  }
}

Driver* driver() {
  // Never destroyed, as the machine.
  static Driver* const instance = [] {
    Machine* machine = refdrv::machine(Api::Cuda);
    return machine ? new Driver(*machine) : nullptr;
  }();
  return instance;
}

CUresult enter(std::string_view call, Needs needs, Driver*& out) {
  Driver* instance = driver();
  if (!instance) return no_device;
  if (const auto interruption = instance->machine().enter(call)) {
    if (interruption->device_lost) return device_lost;
    const auto code = error_code(interruption->error);
    if (code) return *code;
    instance->machine().misuse(
        call, "the fault script's '" + interruption->error + "' is no error of CUDA's");
    return unknown_error;
  }
  if (needs != Needs::Nothing && !instance->initialized) {
    return instance->misuse(call, "before cuInit", not_initialized);
  }
  if (needs == Needs::Context && !current_context()) {
    return instance->misuse(call, "no context is current to this thread", invalid_context);
  }
  out = instance;
  return success;
}

bool is_default(CUstream stream) {
  return reinterpret_cast<uintptr_t>(stream) <= 2;  // 1: legacy, 2: of the thread
}

bool is_stream(Driver& driver, CUstream stream) {
  return is_default(stream) || driver.streams.contains(stream);
}

}  // namespace refdrv::nv
