// SPDX-License-Identifier: LGPL-2.1-or-later
// Device memory that a decoder gives: what the element needs to negotiate it, and to leave it.
#pragma once

#include <gst/video/video.h>

#include <memory>
#include <span>

#include "base/driver_calls.h"
#include "base/result.h"
#include "memory/handles.h"
#include "memory/memory_path.h"
#include "memory/video_pool.h"

namespace av1hw {

// One device's memory, shared by the element (caps, pools, contexts) and by its DecodeBackend. Made
// with the element; touches the device from open() to close(). Called with the element's stream
// lock, but for the context functions.
class OutputMemory {
 public:
  virtual ~OutputMemory() = default;

  // Takes the device, from the pipeline's contexts where `element` can get one.
  virtual Result<> open(GstElement* element) = 0;
  virtual void close() = 0;
  // GstElementClass::set_context: true if it was the device of this element.
  virtual bool set_context(GstElement* element, GstContext* context) = 0;
  // Answers a CONTEXT query.
  virtual bool handle_context_query(GstElement* element, GstQuery* query) = 0;

  // Where frames can leave, the cheapest first. What the device decodes into is the first one;
  // System is always last, and means a download.
  virtual std::span<const MemoryDomain> domains() const = 0;
  // `caps` (of system memory) for `domain`: with its feature, and for DmaBuf with the drm-format
  // that a real allocation had. `wanted`: what downstream takes, before anything was decoded; of
  // several layouts, the first that it takes is chosen. nullptr: the choice stays. NotSupported:
  // this format can't leave this way.
  virtual Result<CapsHandle> caps_for(MemoryDomain domain, const GstVideoInfo& info, GstCaps* caps,
                                      GstCaps* wanted) = 0;
  // A pool, not active yet, for what is decoded into or copied into and then leaves as `domain`.
  virtual Result<PoolHandle> make_pool(MemoryDomain domain, const GstVideoInfo& info, GstCaps* caps,
                                       const MemoryNeeds& needs) = 0;
  // Copies device memory into a system memory buffer with a GstVideoMeta or of `info`'s layout.
  // Gives the bytes copied.
  virtual Result<uint64_t> download(GstBuffer* from, GstBuffer* to, const GstVideoInfo& info) = 0;

  // Every call of the device's driver that may hang is marked here, by whoever makes it.
  const std::shared_ptr<DriverCalls>& calls() const { return calls_; }

 private:
  const std::shared_ptr<DriverCalls> calls_ = std::make_shared<DriverCalls>();
};

}  // namespace av1hw
