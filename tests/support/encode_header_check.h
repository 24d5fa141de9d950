// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads the frame headers that an encode backend is given, and compares them with what it is told
// that they say.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "codec/encode_backend.h"
#include "codec/header_parser.h"

namespace av1hw::test {

class EncodeHeaderCheck {
 public:
  // Faults go to `faults`, which outlives the check.
  explicit EncodeHeaderCheck(std::vector<std::string>& faults) : faults_(faults) {}

  // A key frame's sequence OBU is the stream's, and starts a sequence.
  void take_sequence(const EncodePicture& picture);
  // `whole`: the picture's OBU with tiles. The next pictures refer to it.
  void take_frame(const EncodePicture& picture, std::span<const uint8_t> whole);

 private:
  void expect(bool holds, const std::string& fault) {
    if (!holds) faults_.push_back(fault);
  }
  void check_start(const EncodePicture& picture);
  void check_offsets(const EncodePicture& picture);
  void compare_structure(const EncodePicture& picture);
  void compare_tools(const EncodePicture& picture);
  void compare_sizes(const EncodePicture& picture);

  std::vector<std::string>& faults_;
  HeaderParser parser_;
};

}  // namespace av1hw::test
