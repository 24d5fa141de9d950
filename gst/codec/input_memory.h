// SPDX-License-Identifier: LGPL-2.1-or-later
// Device memory that an encoder takes: what the element needs to negotiate it.
#pragma once

#include <gst/video/video.h>

#include <memory>

#include "base/driver_calls.h"
#include "base/result.h"
#include "memory/handles.h"
#include "memory/memory_path.h"

namespace av1hw {

// One device's memory, shared by the element (contexts, pools) and by its Encoder. Made with the
// element; touches the device from open() to close(). Called with the element's stream lock, but
// for the context functions and usable().
class InputMemory {
 public:
  virtual ~InputMemory() = default;

  // Takes the device, from the pipeline's contexts where `element` can get one.
  virtual Result<> open(GstElement* element) = 0;
  virtual void close() = 0;
  // GstElementClass::set_context: true if it was the device of this element.
  virtual bool set_context(GstElement* element, GstContext* context) = 0;
  // Answers a CONTEXT query.
  virtual bool handle_context_query(GstElement* element, GstQuery* query) = 0;

  // `caps` (raw video) without frames of a device that is known not to be this one. On any thread.
  virtual CapsHandle usable(CapsHandle caps) const { return caps; }

  // A pool, configured and not active yet, whose frames of `caps` (with the feature of `domain`)
  // the encoder takes without a copy: producers are offered it. nullptr: none is better than
  // their own.
  virtual Result<PoolHandle> make_pool(MemoryDomain domain, const GstVideoInfo& info, GstCaps* caps,
                                       unsigned min_buffers) = 0;

  // Every call of the device's driver that may hang is marked here, by whoever makes it.
  const std::shared_ptr<DriverCalls>& calls() const { return calls_; }

 private:
  const std::shared_ptr<DriverCalls> calls_ = std::make_shared<DriverCalls>();
};

}  // namespace av1hw
