// SPDX-License-Identifier: LGPL-2.1-or-later
// An element's frames in CUDA memory, as the engine's sources and targets.
#pragma once

#include <gst/video/video.h>

#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "memory/copy_accounting.h"
#include "memory/handles.h"
#include "vulkan/compositor/engine.h"

namespace av1hw {

inline constexpr const char* cuda_memory_feature = "memory:CUDAMemory";

// For one element. set_context(), handle_query() and usable() may be called by any thread, the rest
// by one at a time.
class CudaFrames {
 public:
  explicit CudaFrames(GstElement* element);
  ~CudaFrames();
  CudaFrames(const CudaFrames&) = delete;
  CudaFrames& operator=(const CudaFrames&) = delete;

  // `raw` (video/x-raw, system memory), and the same in CUDA memory of the formats that libgstcuda
  // has. Just `raw` where this was built without CUDA, or the driver is not there.
  static CapsHandle add_caps(CapsHandle raw);
  // Does the caps' first structure have CUDA memory?
  static bool are_cuda(const GstCaps* caps);

  // Whether frames can be shared with `device`, which is referenced; why not is logged. A CUDA
  // context is made when it is first needed.
  void open(GstVulkanDevice* device);
  // Where the device is lost: whoever waits for a canvas goes on. Before anything is given back.
  void let_go();
  // After the engine is gone.
  void close();
  // `caps`, without CUDA memory where a device is open that can't share it.
  CapsHandle usable(CapsHandle caps) const;
  // Whether source() can read this frame: it is CUDA memory of the pipeline's context. libgstcuda
  // gives such also where the caps say system memory; the rest is for mapping.
  bool reads(GstBuffer* buffer);
  // Whether target() can: it is of a pool of ours as well.
  bool writes(GstBuffer* canvas);

  // GstElementClass::set_context, and a context query of a neighbour.
  void set_context(GstContext* context);
  bool handle_query(GstQuery* query) const;

  // For an allocation query, or for the canvas. Not active, and configured for `caps`.
  Result<PoolHandle> make_pool(GstCaps* caps, const GstVideoInfo& info, unsigned min);

  // A frame: source() of each picture, order(), target(), the engine's compose(), submitted().
  // Then, or where any of it fails, end_frame(), on the same thread. source() and target() may be
  // left out. `moves` counts what it takes: nothing but an import where the memory is of our pool.
  Result<SourceFrame> source(GstBuffer* buffer, const GstVideoInfo& info, CopyAccounting& moves);
  // Has the frame wait for the streams that its sources are written on: one wait for each that has
  // something left to do, in whichever of `sources`.
  Result<> order(std::span<SourceFrame> sources);
  Result<TargetFrame> target(GstBuffer* canvas, CopyAccounting& moves);
  // Whoever uses the canvas's stream waits for the frame.
  Result<> submitted(const TargetFrame& target, CompositeEngine& engine, const Ticket& ticket);
  // Copies of pictures that the frame did not show go.
  void end_frame();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace av1hw
