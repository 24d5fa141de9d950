// SPDX-License-Identifier: LGPL-2.1-or-later
// The sequence header of a stream whose encoder leaves writing it to us.
#pragma once

#include <gst/video/video.h>

#include <cstdint>

#include "av1/sequence_header.h"
#include "base/result.h"

namespace av1hw {

// seq_profile that AV1 codes a raw format in (specification, 6.4.1): 0 main, 1 high, 2
// professional.
unsigned profile_of_format(GstVideoFormat format);

// What an encoder was found to use, or can be told to use, of the tools that a sequence allows.
struct CodingTools {
  bool use_128x128_superblock = false;
  bool enable_filter_intra = false;
  bool enable_intra_edge_filter = false;
  bool enable_interintra_compound = false;
  bool enable_masked_compound = false;
  bool enable_warped_motion = false;
  bool enable_dual_filter = false;
  bool enable_jnt_comp = false;
  bool enable_ref_frame_mvs = false;
  bool enable_superres = false;
  bool enable_cdef = false;
  bool enable_restoration = false;
  bool separate_uv_delta_q = false;
  unsigned order_hint_bits = 7;  // 0..8; 0: none
};

struct CodedSequence {
  GstVideoInfo info = {};    // of what comes in
  unsigned coded_width = 0;  // luma samples that are coded: those that come in, or more
  unsigned coded_height = 0;
  unsigned temporal_layers = 1;  // 1..3
  uint64_t peak_bitrate = 0;     // bit/s; 0: not known
  unsigned tile_columns = 1;
  unsigned tiles = 1;
};

// With the lowest level that holds, of the main tier where one does, for each operating point: the
// first has all temporal layers, each further one a layer less. InvalidSettings: AV1 codes no such
// format, or no such size.
Result<SequenceHeader> make_sequence_header(const CodedSequence& coded, const CodingTools& tools);

}  // namespace av1hw
