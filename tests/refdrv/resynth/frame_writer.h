// SPDX-License-Identifier: LGPL-2.1-or-later
// The frame OBU of the rebuilt stream: a header made of a picture's parameters, and its tiles.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "refdrv/resynth/picture.h"
#include "refdrv/resynth/result.h"

namespace refdrv {

// What later headers say relative to an earlier picture.
struct SavedPicture {
  SurfaceId surface = no_surface;
  uint8_t order_hint = 0;
  std::array<WarpParams, refs_per_frame> global_motion = {};
};

// What the rebuilt stream decides for itself.
struct FrameCoding {
  uint8_t refresh_frame_flags = 0;
  // For inter frames: the slot of each reference in the rebuilt stream, and what it holds.
  std::array<uint8_t, refs_per_frame> slots = {};
  std::array<const SavedPicture*, refs_per_frame> references = {};
};

struct CodedFrame {
  std::vector<uint8_t> obu;
  // Where refresh_frame_flags is in `obu`; 0 where the header implies it.
  size_t refresh_bit_position = 0;
};

// Whether a picture replaces all slots, by rule.
bool is_shown_key_frame(const Picture& picture);
bool is_intra(const Picture& picture);

// Every frame is coded as shown, so that dav1d gives its samples out at once. A hidden key frame
// becomes an intra-only one, which decodes the same and leaves the other slots alone; a switch
// frame becomes an inter frame; error_resilient_mode is never set, for all that it implies is
// coded.
Result<CodedFrame> write_frame(const Picture& picture, const FrameCoding& coding);

}  // namespace refdrv
