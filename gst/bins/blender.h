// SPDX-License-Identifier: LGPL-2.1-or-later
// Which element blends: a choice behind one function, as for the codecs.
#pragma once

#include "base/result.h"
#include "bins/report.h"
#include "memory/handles.h"

namespace av1hw {

struct Blender {
  ElementHandle element;  // has request pads sink_%u with the compositor's properties
  Report report;
};

// Creates the element that blends. GStreamer's compositor, which works on system memory, is the one
// candidate there is.
Result<Blender> choose_blender();

}  // namespace av1hw
