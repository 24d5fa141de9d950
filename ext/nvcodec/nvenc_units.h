// SPDX-License-Identifier: LGPL-2.1-or-later
// Cuts what NVENC gives into temporal units, one a shown frame, and puts metadata into them.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "av1/obu.h"
#include "base/result.h"
#include "codec/encoder.h"

namespace av1hw {

// A frame that went in.
struct NvencFrame {
  uint64_t number = 0;
  std::vector<uint8_t> metadata;  // whole OBUs that belong right before it
};

struct NvencUnit {
  std::vector<uint8_t> data;
  uint64_t number = 0;
  bool key_frame = false;
};

// Drivers put hidden frames in front of the one that is shown next. Should one hand them out by
// themselves, or several shown frames at once, units are still what they have to be. Frames are
// shown in the order in which they went in.
class NvencUnits {
 public:
  // `key_metadata`: whole OBUs that follow each key frame's sequence header.
  explicit NvencUnits(std::vector<uint8_t> key_metadata) : key_metadata_(std::move(key_metadata)) {}

  // The next picture's output, and the frame that went in with it; gives the units that are whole
  // now, until the next call. Failed: it is no AV1, or shows more frames than went in.
  Result<std::span<const NvencUnit>> add(NvencFrame frame, std::span<const uint8_t> output);
  // The next frame starts a coded video sequence. Gives how many frames went in and were never
  // shown; what was put out of their units is dropped.
  size_t reset();
  // Whether any OBU so far was of a temporal layer above the first.
  bool has_layers() const { return has_layers_; }

 private:
  Result<> add_frame(const Obu& obu);
  Result<> add_sequence(const Obu& obu);
  void begin(size_t bytes);
  void finish();
  void append(const Obu& obu);
  void append(std::span<const uint8_t> bytes);

  const std::vector<uint8_t> key_metadata_;
  std::deque<NvencFrame> frames_;
  std::vector<uint8_t> sequence_;              // OBU, the last one
  bool reduced_still_picture_header_ = false;  // that one's
  bool has_layers_ = false;
  std::vector<NvencUnit> units_;  // of which `complete_` are; their memory is used again
  size_t complete_ = 0;
  // Of the unit that is not complete.
  std::vector<uint8_t> data_;
  bool has_sequence_ = false;
  bool shown_ = false;
  bool key_ = false;
};

}  // namespace av1hw
