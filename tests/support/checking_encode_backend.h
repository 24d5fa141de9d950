// SPDX-License-Identifier: LGPL-2.1-or-later
// An EncodeBackend that codes nothing, and holds its caller to every promise of the interface.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "codec/encode_backend.h"

namespace av1hw::test {

// One submit().
struct SubmittedEncode {
  uint64_t input = 0;  // GST_BUFFER_OFFSET of the frame
  FrameHeaderParams header;
  EncodeRate rate;
  bool rate_changed = false;
  std::vector<RegionOfInterest> regions;
};

// What the backend is to do, and what was done with it. Outlives the backend. All but `limits` and
// the errors is by `lock`, while an encoder is at work.
struct EncodeScript {
  EncodeLimits limits;
  // Surfaces that there are of either kind; 0: no end of them.
  unsigned inputs = 0, targets = 0;
  // Answers instead of success, by the number of the call, counted from 0.
  std::map<unsigned, Error> open_errors, configure_errors, input_errors, acquire_errors,
      submit_errors, wait_errors;

  std::mutex lock;
  std::condition_variable changed;
  bool holds_pictures = false;          // wait() does not return meanwhile
  std::vector<std::string> violations;  // promises that were broken
  std::vector<EncodeStream> streams;    // configure()
  std::vector<SubmittedEncode> submitted;
  unsigned opens = 0, configures = 0, inputs_made = 0, acquires = 0, submits = 0, waits = 0;
  unsigned waited = 0;         // wait() calls that have returned
  unsigned most_unwaited = 0;  // pictures that were submitted and not waited for, at one time
  unsigned alive = 0;          // surfaces
  unsigned most_inputs = 0;    // surfaces of frames that came in, at one time

  void hold_pictures();
  void let_pictures_go();
  // What a picture's tile data begins with, so that streams tell which frame they show.
  static std::vector<uint8_t> mark(uint64_t input);
  std::string complaints();
};

std::unique_ptr<EncodeBackend> make_checking_encode_backend(EncodeScript& script);

}  // namespace av1hw::test
