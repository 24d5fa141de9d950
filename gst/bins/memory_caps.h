// SPDX-License-Identifier: LGPL-2.1-or-later
// Which memory raw video is in, as caps say it.
#pragma once

#include <gst/gst.h>

#include <string>

#include "memory/handles.h"

namespace av1hw {

// The memory of the first structure of `caps`: "memory:CUDAMemory"; "memory:SystemMemory" where
// they name none; empty for caps that leave it open.
std::string memory_of(const GstCaps* caps);

// Whether `caps` (fixed) are raw video outside of system memory.
bool in_device_memory(const GstCaps* caps);

// The raw video of `caps` in device memory first, then the rest; each in the order that it had.
CapsHandle device_memory_first(const GstCaps* caps);

// The raw video of `caps` in system memory.
CapsHandle system_memory_only(const GstCaps* caps);

// `caps` (raw video, writable) in `memory`, whatever they named before; empty: in any.
void set_memory(GstCaps* caps, const std::string& memory);

}  // namespace av1hw
