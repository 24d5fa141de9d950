// SPDX-License-Identifier: LGPL-2.1-or-later
// Which pictures the interfaces allow a client to ask for.
#pragma once

#include "refdrv/resynth/picture.h"
#include "refdrv/resynth/result.h"

namespace refdrv {

// Looks at the picture alone, not at what was decoded before it. Everything that passes can be
// written as a frame header without losing bits.
Result<> validate(const Picture& picture);

}  // namespace refdrv
