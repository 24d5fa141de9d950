// SPDX-License-Identifier: LGPL-2.1-or-later
// What two backends have in common: one GPU, and copies between their kinds of memory on it.
#pragma once

#include <span>

#include "registry/capability.h"

namespace av1hw {

// Encoders also take what is copied within their device: a device with its UUID, of whichever
// backend, copies frames into memory that the encoder takes (DeviceReport::copies). Their `memory`
// names it after memory of their own, and before system memory.
void add_device_copies(std::span<BackendReport* const> reports);

}  // namespace av1hw
