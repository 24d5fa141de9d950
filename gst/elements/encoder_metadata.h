// SPDX-License-Identifier: LGPL-2.1-or-later
// ITU-T T.35 payloads for the bitstream from what a frame's buffer carries.
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <span>
#include <vector>

namespace av1hw {

// Appends the payloads that `buffer` carries: captions, then T.35 metas. Captions in other forms
// than CEA-708 cc_data are left out.
void collect_t35(GstBuffer* buffer, std::vector<std::vector<uint8_t>>& payloads);

}  // namespace av1hw
