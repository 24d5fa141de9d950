// SPDX-License-Identifier: LGPL-2.1-or-later
// What is peculiar to a VA driver, by the string that it names itself with.
#pragma once

#include <string_view>

namespace av1hw {

struct VaQuirks {
  // libgstva opens displays of drivers that it knows, and of others only if GST_VA_ALL_DRIVERS is
  // set to 1.
  bool known_to_gstreamer = false;
  // Film grain differs from the specification's in a few samples, so that a decoder which applies
  // it exactly is the better choice where the user did not ask for it to be applied here.
  bool inexact_film_grain = false;
  // It writes frame headers anew, with sizes rounded up to VASurfaceAttribAlignmentSize, or to
  // these where it does not tell (log2 of luma samples; 0: it keeps to the header that it gets).
  unsigned header_width_log2 = 0;
  unsigned header_height_log2 = 0;
  // It chooses tile columns by itself, one where the specification allows it.
  bool chooses_tile_columns = false;
  // It refuses tiles that are narrower or lower than this, in superblocks.
  unsigned min_tile_superblocks = 1;
  // Levels of quality are not a scale but bits: VaQualityBits.
  bool quality_is_bits = false;
  // Its video engine is told whether a picture begins with the default probabilities, and not with
  // whose it begins otherwise.
  bool primary_is_last = false;
};

// Of a vaQueryVendorString().
VaQuirks va_quirks(std::string_view vendor);

}  // namespace av1hw
