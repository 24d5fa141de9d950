// SPDX-License-Identifier: LGPL-2.1-or-later
// Writes sequence_header_obu() (AV1 specification 5.5).
#pragma once

#include <cstdint>
#include <vector>

#include "av1/sequence_header.h"

namespace av1hw {

// An OBU_SEQUENCE_HEADER's payload with its trailing bits. What parse_sequence_header() reads from
// it equals `seq`, if that came from there or keeps to the specification.
std::vector<uint8_t> write_sequence_header(const SequenceHeader& seq);

}  // namespace av1hw
