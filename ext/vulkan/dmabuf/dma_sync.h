// SPDX-License-Identifier: LGPL-2.1-or-later
// Waits for those who use a DMA-BUF, and tells them of us: sync files as Vulkan's semaphores, or
// the CPU where a driver has none of these.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "vulkan/compositor/engine.h"
#include "vulkan/compositor/vk_handle.h"
#include "vulkan/dmabuf/dma_objects.h"
#include "vulkan/dmabuf/sync_file.h"

namespace av1hw {

class DmaSync {
 public:
  explicit DmaSync(DmaDevicePtr device);

  // What the device must wait for before it reads, or writes, these DMA-BUFs; nothing: they are
  // ready, perhaps after a wait by the CPU. Failed: whoever uses them is not done within 20 s.
  Result<std::optional<SemaphorePoint>> before(std::span<const int> fds, bool for_write);
  // What a frame signals that is written into DMA-BUFs; nothing: the driver makes no sync files.
  Result<std::optional<SemaphorePoint>> signal();
  // Once that frame is submitted: puts it into the DMA-BUFs. False: the CPU has to wait for it.
  bool publish(std::span<const int> fds);

  // The semaphores that before() gave since are this frame's, or, with 0, nobody's.
  void submitted(uint64_t frame);
  // Frames up to this are done: their semaphores serve again.
  void done(uint64_t frame);

 private:
  Result<SemaphorePoint> import(Fd sync_file);
  Result<SemaphoreHandle> take_free();

  const DmaDevicePtr device_;
  PFN_vkImportSemaphoreFdKHR import_ = nullptr;  // null: the driver imports no sync files
  PFN_vkGetSemaphoreFdKHR export_ = nullptr;     // null: nor exports any
  struct Used {
    SemaphoreHandle semaphore;
    uint64_t frame = 0;
  };
  std::vector<Used> used_;
  uint64_t last_ = 0;  // of the engine's frames
  std::vector<SemaphoreHandle> given_, free_;
  SemaphoreHandle signal_;
};

}  // namespace av1hw
