// SPDX-License-Identifier: LGPL-2.1-or-later
// Streams that have headers as an encoder writes them, and nothing but zeros for tiles.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "av1/frame_header_writer.h"

namespace av1hw::testing {

struct CodedHeader {
  FrameHeaderParams params;
  WrittenFrameHeader header;
  std::vector<uint8_t> obu;  // a whole OBU_FRAME, or OBU_FRAME_HEADER of show_existing_frame
};

struct CodedHeaders {
  SequenceHeader sequence;
  std::vector<uint8_t> sequence_obu;
  std::vector<CodedHeader> frames;

  // Section 5, with temporal delimiters.
  std::vector<uint8_t> stream() const;
};

// A stream of a random structure, size and format, with random values of whatever the syntax lets
// an encoder choose.
CodedHeaders random_headers(std::mt19937& random);

}  // namespace av1hw::testing
