// SPDX-License-Identifier: LGPL-2.1-or-later
// The start of uncompressed_header() (AV1 specification 5.9.2): what a frame is and what it
// replaces.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "av1/obu.h"
#include "av1/sequence_header.h"
#include "base/result.h"

namespace av1hw {

constexpr unsigned num_ref_frames = 8;
constexpr uint8_t primary_ref_none = 7;
constexpr uint8_t all_frames = 0xff;

enum class FrameType : uint8_t { Key = 0, Inter = 1, IntraOnly = 2, Switch = 3 };

const char* frame_type_name(FrameType type);  // "KEY_FRAME", ...

// frame_size() and render_size() (5.9.5, 5.9.6), in luma samples.
struct FrameSize {
  uint32_t upscaled_width = 0;
  uint32_t frame_height = 0;
  uint32_t render_width = 0;
  uint32_t render_height = 0;
};

// uncompressed_header() up to and including refresh_frame_flags; of intra frames up to their size.
struct FrameHeader {
  bool show_existing_frame = false;
  uint8_t frame_to_show_map_idx = 0;      // with show_existing_frame only
  FrameType frame_type = FrameType::Key;  // of the frame that is shown, with show_existing_frame
  bool show_frame = true;
  bool showable_frame = false;
  bool error_resilient_mode = false;
  uint32_t frame_presentation_time = 0;
  bool disable_cdf_update = false;
  bool allow_screen_content_tools = false;
  bool force_integer_mv = false;
  uint32_t current_frame_id = 0;  // display_frame_id with show_existing_frame
  bool frame_size_override_flag = false;
  uint8_t order_hint = 0;
  uint8_t primary_ref_frame = primary_ref_none;
  uint8_t refresh_frame_flags = 0;  // bit i: the frame goes into reference slot i
  // Of intra frames whose header is not cut off before it; others may take it from a reference.
  std::optional<FrameSize> size;

  bool is_intra() const {
    return frame_type == FrameType::Key || frame_type == FrameType::IntraOnly;
  }
};

// Follows a stream's sequence and frame headers. Copyable, so that a caller may look ahead.
class FrameHeaderParser {
 public:
  // The header that frames refer to from now on.
  void set_sequence(const SequenceHeader& sequence) { sequence_ = sequence; }
  const std::optional<SequenceHeader>& sequence() const { return sequence_; }

  // Parses an OBU_FRAME or OBU_FRAME_HEADER and takes note of what it puts into the reference
  // slots. InvalidData: no sequence header came yet, the header is cut off or contradicts what came
  // before.
  Result<FrameHeader> parse(const Obu& obu);

 private:
  std::optional<SequenceHeader> sequence_;
  // RefFrameType; empty for a slot that nothing was put into.
  std::array<std::optional<FrameType>, num_ref_frames> ref_frame_type_;
};

// What a temporal unit is to those that seek, drop and start in the middle.
struct TemporalUnitInfo {
  unsigned frames = 0;        // frame headers, those of show_existing_frame included
  unsigned shown_frames = 0;  // more than one only with spatial layers
  bool has_sequence_header = false;
  // Decoding can start here, and the first frame is shown: a sequence header and a shown key frame.
  bool random_access_point = false;
  // Nothing refers to what is in it: it may be left out and everything else decodes as before.
  bool droppable = false;
};

// Looks through a temporal unit's headers and takes `parser` along. InvalidData as soon as
// something in it can't be parsed; the message names the OBU and its offset in the packet.
Result<TemporalUnitInfo> inspect_temporal_unit(std::span<const uint8_t> packet, ObuFraming framing,
                                               FrameHeaderParser& parser);

}  // namespace av1hw
