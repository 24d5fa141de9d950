// SPDX-License-Identifier: LGPL-2.1-or-later
// What a pipeline shows, to compare it with another's.
#pragma once

#include <gst/video/video.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "bins/pipeline.h"

namespace av1hw::test {

struct Frame {
  std::vector<uint8_t> bytes;  // rows without padding
  GstVideoInfo info;
};

// How frames moved through the element "c", by its `stats`.
struct Moves {
  uint64_t frames = 0, imports = 0, copies = 0, copied_bytes = 0, uploaded = 0, downloaded = 0;
};

struct Played {
  std::vector<Frame> frames;  // that reached the element "sink", in system memory
  Moves moves;
  std::vector<std::string> warnings;
};

// Plays a line to its end, once it is `prepare`d; what does not end well fails the test.
Played play(const std::string& line, const std::function<void(const Pipeline&)>& prepare = {});
// Plays to the end or to an error, which the pipeline knows.
Played play(Pipeline& pipeline);
// The frames alone of a line that needs no element "c".
std::vector<Frame> frames_of(const std::string& line);

// "", or where two pictures differ: the frame, how many bytes, by how much, and the first place.
std::string compare(const std::vector<Frame>& frames, const std::vector<Frame>& expected);

}  // namespace av1hw::test
