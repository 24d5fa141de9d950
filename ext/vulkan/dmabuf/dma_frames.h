// SPDX-License-Identifier: LGPL-2.1-or-later
// An element's frames in DMA-BUFs, as the engine's sources and targets.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "memory/copy_accounting.h"
#include "vulkan/dmabuf/dma_imports.h"
#include "vulkan/dmabuf/dma_sync.h"

namespace av1hw {

// For one element. usable() and makes() may be called by any thread, the rest by one at a time.
class DmaFrames {
 public:
  explicit DmaFrames(GstElement* element) : element_(element) {}

  // What `device` does with DMA-BUFs, which is referenced; where it does nothing, why not is
  // logged.
  void open(GstVulkanDevice* device);
  // After the engine is gone.
  void close();

  // `caps` with those DMA-BUFs alone that the open device reads (or, for the canvas, writes).
  CapsHandle usable(CapsHandle caps, bool written) const;
  // Can the device make DMA-BUFs of its own? Else it writes into downstream's alone.
  bool makes() const;
  // For the canvas: not active, and configured for `caps`.
  Result<PoolHandle> make_pool(GstCaps* caps, unsigned min) const;
  // Can frames of this pool, which is active, be written? It gives one to try.
  Result<> check_pool(GstBufferPool* pool, const DrmPicture& picture, const SampleLayout& layout);

  // InvalidData: a buffer that is not what its caps say.
  Result<SourceFrame> source(GstBuffer* buffer, const DrmPicture& picture,
                             const SampleLayout& layout, CopyAccounting& moves);
  Result<TargetFrame> target(GstBuffer* canvas, const DrmPicture& picture,
                             const SampleLayout& layout, CopyAccounting& moves);
  // After compose() with that target: whoever uses the canvas next waits for the frame.
  Result<> written(const TargetFrame& target, CompositeEngine& engine, const Ticket& ticket);
  // After each compose(), whatever became of it (null: nothing): what source() made may go.
  void release_sources(const CompositeEngine& engine, const Ticket* ticket);

 private:
  Result<decltype(SourceFrame::planes)> reach(const DmaPlanes& planes, const DrmPicture& picture,
                                              const SampleLayout& layout, DmaUse use);
  Result<LinearPlanes> buffers(const DmaPlanes& planes);
  Result<ImagePlanes> images(const DmaPlanes& planes, const DrmPicture& picture,
                             const SampleLayout& layout, DmaUse use);

  GstElement* const element_;
  std::shared_ptr<DmaImports> imports_;  // null: the device does nothing with DMA-BUFs
  std::unique_ptr<DmaSync> sync_;
  std::vector<MemoryHandle> images_;  // of the frame at hand
  std::vector<int> fds_;              // of the picture at hand
  std::vector<int> target_fds_;

  mutable std::mutex lock_;
  struct Taken {
    bool open = false;
    bool makes = false;
    std::vector<DrmModifiers> read, written;
  };
  Taken taken_;
};

}  // namespace av1hw
