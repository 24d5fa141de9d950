// SPDX-License-Identifier: LGPL-2.1-or-later
// The device of an encoder element: opened and closed with it, shared with its neighbours, watched.
#pragma once

#include <gst/gst.h>

#include <memory>

#include "codec/input_memory.h"
#include "elements/driver_watch.h"

namespace av1hw {

class EncoderDevice {
 public:
  // `memory`: nullptr where the encoder has no device; everything then does nothing.
  EncoderDevice(GstElement* element, std::unique_ptr<InputMemory> memory)
      : element_(element), memory_(std::move(memory)) {}

  InputMemory* memory() const { return memory_.get(); }

  // False: the error was posted. `driver_timeout` as DriverWatch's.
  bool open(unsigned driver_timeout);
  void close();
  // On any thread: `caps` of the sink pad without frames of another device.
  CapsHandle usable(CapsHandle caps) const {
    return memory_ ? memory_->usable(std::move(caps)) : std::move(caps);
  }
  // On any thread.
  void set_context(GstContext* context);
  // A CONTEXT query for the device; false: any other.
  bool handle_query(GstQuery* query);
  // Adds to an ALLOCATION query a pool whose frames need no copy; or none, and the least number of
  // frames, where producers' own serve. False: the frames are not in memory that the device has,
  // and there is no pool for them.
  bool propose_allocation(GstQuery* query, unsigned min_buffers);

  // The driver did not return for too long, which was said.
  bool hung() const { return watch_.hung(); }
  void forget_hang() { watch_.forget(); }

 private:
  GstElement* const element_;
  const std::unique_ptr<InputMemory> memory_;
  DriverWatch watch_;  // while the device is open
};

}  // namespace av1hw
