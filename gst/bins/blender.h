// SPDX-License-Identifier: LGPL-2.1-or-later
// Which element blends: a choice behind one function, as for the codecs.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "bins/report.h"
#include "memory/handles.h"

namespace av1hw {

enum class BlenderChoice : uint8_t {
  Auto,  // a GPU's, else the CPU's
  Vk,    // vkcompositor, also on a Vulkan device that is a CPU
  Cpu,   // GStreamer's compositor
};

struct Blender {
  ElementHandle element;  // has request pads sink_%u with the compositor's properties
  Report report;
};

// Creates the element that blends: one that opened, of what was asked for. Unavailable: there is
// none, and the message says why.
Result<Blender> choose_blender(BlenderChoice choice);

}  // namespace av1hw
