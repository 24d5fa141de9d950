// SPDX-License-Identifier: LGPL-2.1-or-later
// Changes finished temporal units: puts OBUs into them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace av1hw {

// `unit` (section 5, one shown frame, the last of its frames) with the whole `obus` just before
// that frame, where metadata belongs that is about it. Where `unit` has no frame they come last.
std::vector<uint8_t> insert_before_shown_frame(std::span<const uint8_t> unit,
                                               std::span<const uint8_t> obus);

}  // namespace av1hw
