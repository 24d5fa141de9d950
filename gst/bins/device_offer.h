// SPDX-License-Identifier: LGPL-2.1-or-later
// A device for upstream, while it is not known yet which encoder will get its frames.
#pragma once

#include <gst/gst.h>

#include <memory>
#include <mutex>
#include <span>

#include "memory/memory_bridge.h"
#include "registry/candidate_source.h"

namespace av1hw {

// Elements that make frames look for a device when they are started, which is before the bin has an
// encoder. On any thread.
class DeviceOffer {
 public:
  explicit DeviceOffer(GstElement* bin) : bin_(bin) {}

  // Answers a CONTEXT query for the API of frames that the first of `encoders` which takes another
  // one's has copied on its device. False: it asks for something else, or none does.
  bool answer(GstQuery* query, std::span<const CandidateSource> encoders);
  void close();

 private:
  GstElement* const bin_;
  std::mutex mutex_;  // of the pointer
  std::shared_ptr<MemoryBridge> bridge_;
};

}  // namespace av1hw
