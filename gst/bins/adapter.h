// SPDX-License-Identifier: LGPL-2.1-or-later
// What goes between two elements that agree on no memory or no format: as little as possible.
#pragma once

#include <gst/gst.h>

#include <string>

#include "base/result.h"
#include "memory/copy_accounting.h"
#include "memory/handles.h"

namespace av1hw {

struct Adapter {
  ElementHandle element;  // a bin with the pads "sink" and "src"
  std::string text;       // the elements in it, in order: "cudadownload ! videoconvert"
  FrameMove move;         // what becomes of each frame
};

// Raw video that make_adapter() can turn into system memory of some format: what to say to
// upstream that has nothing else.
CapsHandle adaptable_caps();

// Turns frames of `caps` (fixed) into what `taken` allows, in system memory. Fails where no
// installed element does.
Result<Adapter> make_adapter(const GstCaps* caps, const GstCaps* taken);

// Turns frames of one of `given`, in system memory, into the device memory of `taken`. Fails where
// no installed element does.
Result<Adapter> make_upload(const GstCaps* given, const GstCaps* taken);

}  // namespace av1hw
