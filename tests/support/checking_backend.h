// SPDX-License-Identifier: LGPL-2.1-or-later
// A DecodeBackend that decodes nothing, and holds its caller to every promise of the interface.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "codec/decode_backend.h"

namespace av1hw::test {

// One submit().
struct SubmittedPicture {
  unsigned surface = 0;  // counted from 1, in the order of acquire()
  GstAV1FrameType frame_type = GST_AV1_KEY_FRAME;
  bool shown = false;
  unsigned width = 0;  // upscaled
  unsigned height = 0;
  unsigned tiles = 0;
  unsigned tile_groups = 0;
  bool apply_grain = false;
  bool in_input = false;               // its data was not copied
  std::array<unsigned, 8> slots = {};  // surfaces; 0: none
};

// What the backend is to do, and what was done with it. Outlives the backend.
struct BackendScript {
  unsigned max_in_flight = 4;
  // Surfaces that there are; 0: as few as a decoder can do with.
  unsigned surfaces = 0;
  bool knows_no_format = false;
  // Answers instead of success, by the number of the call, counted from 0.
  std::map<unsigned, Error> configure_errors, acquire_errors, submit_errors, wait_errors,
      output_errors;
  // Where the input lies that the next submit() may refer to.
  std::span<const uint8_t> input;
  bool keeps_pictures = true;  // writes `submitted` down

  std::vector<std::string> violations;  // promises that were broken
  std::vector<StreamConfig> configs;
  std::vector<SubmittedPicture> submitted;
  std::vector<unsigned> put_out;  // surfaces
  unsigned configures = 0, acquires = 0, submits = 0, waits = 0, outputs = 0, flushes = 0;
  unsigned most_surfaces = 0;  // that were out at one time
  unsigned most_unwaited = 0;  // pictures that were submitted and not waited for, at one time
  uint64_t tile_bytes = 0;
};

std::unique_ptr<DecodeBackend> make_checking_backend(BackendScript& script);

}  // namespace av1hw::test
