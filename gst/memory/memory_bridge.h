// SPDX-License-Identifier: LGPL-2.1-or-later
// Frames of one kind of device memory, copied within the device into another kind: what one
// backend does for the elements of another that has the same GPU.
#pragma once

#include <gst/video/video.h>

#include <cstdint>
#include <memory>
#include <string>

#include "base/driver_calls.h"
#include "base/result.h"
#include "memory/handles.h"
#include "memory/memory_path.h"

namespace av1hw {

// For one element. set_context(), handle_context_query() and usable() may be called by any thread,
// the others by one at a time.
class MemoryBridge {
 public:
  virtual ~MemoryBridge() = default;

  // Copies are made for `context` and read in the order of `stream` (nullptr: of none). Of
  // MemoryDomain::Cuda these are a GstCudaContext and a GstCudaStream; both are referenced. The
  // frames' device is opened by the first of them.
  virtual void open(GstObject* context, GstMiniObject* stream) = 0;
  // Nobody may be reading a copy any more.
  virtual void close() = 0;

  // GstElementClass::set_context.
  virtual void set_context(GstContext* context) = 0;
  // A CONTEXT query. A neighbour that asks for the frames' API is given its device, opened for it
  // with what sharing takes, unless the pipeline has one. False: asks for something else, or there
  // is no such device.
  virtual bool handle_context_query(GstQuery* query) = 0;
  // `caps` (raw video) without frames of a device that is known not to be the copies'.
  virtual CapsHandle usable(CapsHandle caps) const = 0;
  // A pool of frames of `caps` that can be copied, configured and not active yet; nullptr: none is
  // better than the producer's own.
  virtual Result<PoolHandle> make_pool(GstCaps* caps, unsigned min_buffers) = 0;

  struct Copy {
    BufferHandle frame;  // keeps the frame that it was made of
    uint64_t bytes = 0;  // that were written
    bool on_device = true;
  };
  // A copy of `frame`, which its reader need not wait for. Where the two can't share memory it is
  // in system memory, until the next call, and the element says so once. InvalidData: it is no
  // frame of this kind. NotSupported: it can't be copied, or not as `info` says. DeviceLost.
  virtual Result<Copy> copy(GstBuffer* frame, const GstVideoInfo& info) = 0;
};

// What a bridge is made for: `element`, which outlives it; the marks of its calls; the GPU
// (DeviceReport::uuid).
struct BridgeEnds {
  GstElement* element = nullptr;
  std::shared_ptr<DriverCalls> calls;
  std::string uuid;
};
using MakeMemoryBridge = std::unique_ptr<MemoryBridge> (*)(const BridgeEnds& ends);

// Called while the plugin is loaded.
void register_memory_bridge(MemoryDomain from, MemoryDomain to, MakeMemoryBridge make);
// nullptr: no backend of this build has one.
std::unique_ptr<MemoryBridge> make_memory_bridge(MemoryDomain from, MemoryDomain to,
                                                 const BridgeEnds& ends);

}  // namespace av1hw
