// SPDX-License-Identifier: LGPL-2.1-or-later
// The decoded picture buffer: 8 slots of what later frames refer to (AV1 specification 7.20, 7.21).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "codec/decode_backend.h"

namespace av1hw {

// How samples are coded; what differs in it can't serve as a reference.
struct SampleFormat {
  uint8_t bit_depth = 8;
  bool mono_chrome = false;
  bool subsampling_x = true;
  bool subsampling_y = true;

  bool operator==(const SampleFormat&) const = default;
};

// A decoded frame, as a reference and as a picture that may be shown later.
struct StoredFrame {
  DecodeSurfaceRef surface;  // nullptr: there is none, or it was lost
  ReferenceSlot slot;
  SampleFormat samples;
  PictureFormat format;
  bool grain_dropped = false;
};

class ReferenceSlots {
 public:
  void clear() { slots_ = {}; }
  // The reference frame update process: bit i of `refresh_frame_flags` is for slot i.
  void store(uint8_t refresh_frame_flags, const StoredFrame& frame);
  // The frame that was to go there could not be decoded.
  void lose(uint8_t refresh_frame_flags) { store(refresh_frame_flags, {}); }

  const StoredFrame& operator[](size_t index) const { return slots_[index]; }
  std::array<ReferenceSlot, GST_AV1_NUM_REF_FRAMES> for_driver() const;

  // Why `frame` can't be decoded with these references; empty: it can.
  std::optional<std::string> problem(const GstAV1FrameHeaderOBU& frame,
                                     const SampleFormat& samples) const;

 private:
  std::array<StoredFrame, GST_AV1_NUM_REF_FRAMES> slots_;
};

}  // namespace av1hw
