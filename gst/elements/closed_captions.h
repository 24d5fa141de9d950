// SPDX-License-Identifier: LGPL-2.1-or-later
// Closed captions (CEA-708 cc_data) as ITU-T T.35 payloads, and back: ATSC A/53 part 4, 6.2.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace av1hw {

// The payload, country code first, of cc_data triples as GstVideoCaptionMeta has them. Empty where
// `cc_data` is none: no triples, more than 31, or a torn one.
std::vector<uint8_t> make_atsc_captions(std::span<const uint8_t> cc_data);

// The cc_data triples within such a payload. Empty where it is something else, is cut off, or says
// that its captions are not to be used.
std::span<const uint8_t> find_atsc_captions(std::span<const uint8_t> itu_t35);

}  // namespace av1hw
