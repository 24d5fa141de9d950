// SPDX-License-Identifier: LGPL-2.1-or-later
// libcuda: timeline semaphores that a Vulkan device in this process exported. As all work here they
// are waited for, and signalled, by the call itself.
#include <unistd.h>

#include <map>
#include <optional>

#include "refdrv/nv/driver.h"
#include "refdrv/nv/shared_semaphore.h"

using namespace refdrv;
using namespace refdrv::nv;

namespace {

// A GPU would wait for ever.
constexpr uint64_t patience_nanoseconds = 60'000'000'000;

class ImportedSemaphores {
 public:
  CUexternalSemaphore add(const SharedSemaphore& semaphore) {
    const std::scoped_lock lock(mutex_);
    const auto handle = reinterpret_cast<CUexternalSemaphore>(next_ += 16);
    imported_.emplace(handle, semaphore);
    return handle;
  }
  bool remove(CUexternalSemaphore handle) {
    const std::scoped_lock lock(mutex_);
    return imported_.erase(handle) > 0;
  }
  std::optional<SharedSemaphore> find(CUexternalSemaphore handle) const {
    const std::scoped_lock lock(mutex_);
    const auto found = imported_.find(handle);
    if (found == imported_.end()) return std::nullopt;
    return found->second;
  }

 private:
  mutable std::mutex mutex_;
  std::map<CUexternalSemaphore, SharedSemaphore> imported_;
  uintptr_t next_ = 0x1000;
};

// Never destroyed, as the driver.
ImportedSemaphores& imported_semaphores = *new ImportedSemaphores;

// `use` of each semaphore with its value; false: it did not work.
template <typename Use>
CUresult for_each(const char* call, const CUexternalSemaphore* semaphores,
                  const CUDA_EXTERNAL_SEMAPHORE_SIGNAL_PARAMS* params, unsigned count,
                  CUstream stream, Use use) {
  Driver* driver = nullptr;
  if (const auto error = enter(call, Needs::Context, driver)) return error;
  if (!semaphores || !params || !is_stream(*driver, stream))
    return driver->misuse(call, "an argument is missing, or there is no such stream");
  for (unsigned i = 0; i < count; i++) {
    const std::optional<SharedSemaphore> found = imported_semaphores.find(semaphores[i]);
    if (!found) return driver->misuse(call, "no such semaphore", invalid_handle);
    if (!use(*found, params[i].params.fence.value)) return unknown_error;
  }
  return success;
}

}  // namespace

// The descriptor is the driver's from here on.
REFDRV_API CUresult cuImportExternalSemaphore(CUexternalSemaphore* handle,
                                              const CUDA_EXTERNAL_SEMAPHORE_HANDLE_DESC* desc) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Context, driver)) return error;
  if (!handle || !desc) return driver->misuse(__func__, "an argument is missing");
  if (desc->type != CU_EXTERNAL_SEMAPHORE_HANDLE_TYPE_TIMELINE_SEMAPHORE_FD) return not_supported;
  SharedSemaphore semaphore = {.magic = 0};
  const int fd = desc->handle.fd;
  if (pread(fd, &semaphore, sizeof semaphore, 0) != sizeof semaphore || !semaphore.is_valid())
    return not_supported;
  *handle = imported_semaphores.add(semaphore);
  close(fd);
  return success;
}

REFDRV_API CUresult cuDestroyExternalSemaphore(CUexternalSemaphore handle) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Context, driver)) return error;
  return imported_semaphores.remove(handle) ? success
                                            : driver->misuse(__func__, "no such semaphore");
}

REFDRV_API CUresult cuWaitExternalSemaphoresAsync(const CUexternalSemaphore* semaphores,
                                                  const CUDA_EXTERNAL_SEMAPHORE_WAIT_PARAMS* params,
                                                  unsigned count, CUstream stream) {
  return for_each(__func__, semaphores, params, count, stream,
                  [](const SharedSemaphore& semaphore, uint64_t value) {
                    return semaphore.wait(semaphore.object, value, patience_nanoseconds) == 0;
                  });
}

REFDRV_API CUresult cuSignalExternalSemaphoresAsync(
    const CUexternalSemaphore* semaphores, const CUDA_EXTERNAL_SEMAPHORE_SIGNAL_PARAMS* params,
    unsigned count, CUstream stream) {
  return for_each(__func__, semaphores, params, count, stream,
                  [](const SharedSemaphore& semaphore, uint64_t value) {
                    return semaphore.signal(semaphore.object, value) == 0;
                  });
}
