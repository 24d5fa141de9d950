// SPDX-License-Identifier: LGPL-2.1-or-later
// GstAV1Parser, kept away from input that it can't take.
#pragma once

#include <gst/codecparsers/gstav1parser.h>

#include <cstddef>

#include "av1/obu.h"
#include "av1/sequence_header.h"
#include "base/result.h"
#include "base/unique_handle.h"

namespace av1hw {

// Parses frame headers, and follows the state that they inherit from each other. Finding OBUs and
// tiles is left to ObuReader and TileCollector, which take any input, and reading sequence headers
// to parse_sequence_header().
class HeaderParser {
 public:
  HeaderParser() : parser_(gst_av1_parser_new()) {}

  // Forgets the sequence and all references.
  void reset();
  // A new coded video sequence: forgets all references. InvalidData: GstAV1Parser refuses it.
  Result<> set_sequence(const SequenceHeader& sequence);
  const GstAV1SequenceHeaderOBU& sequence() const { return sequence_; }

  // Parses an OBU_FRAME or OBU_FRAME_HEADER of that sequence. Gives the size of the header: where
  // the tile group starts in an OBU_FRAME's payload.
  Result<size_t> parse(const Obu& obu);
  // Of the last parse() that succeeded. Of one that failed the size is there, if it got so far;
  // else it is 0.
  const GstAV1FrameHeaderOBU& frame() const { return frame_.frame_header; }
  // The reference frame update process for frame(), decoded or lost.
  void update_references();

 private:
  void fill_references();
  Result<> correct_superres();
  size_t tile_group_offset() const;

  UniqueHandle<GstAV1Parser, gst_av1_parser_free> parser_;
  GstAV1SequenceHeaderOBU sequence_ = {};
  GstAV1FrameOBU frame_ = {};
};

}  // namespace av1hw
