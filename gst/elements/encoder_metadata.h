// SPDX-License-Identifier: LGPL-2.1-or-later
// ITU-T T.35 payloads for the bitstream from what a frame's buffer carries.
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <span>
#include <vector>

namespace av1hw {

// CEA-708 cc_data (triples, as GstVideoCaptionMeta has them) as an ATSC A/53 part 4 payload,
// country code first. Empty where `cc_data` is none: no triples, more than 31, or a torn one.
std::vector<uint8_t> make_atsc_captions(std::span<const uint8_t> cc_data);

// Appends the payloads that `buffer` carries: captions, then T.35 metas. Captions in other forms
// than CEA-708 cc_data are left out.
void collect_t35(GstBuffer* buffer, std::vector<std::vector<uint8_t>>& payloads);

}  // namespace av1hw
