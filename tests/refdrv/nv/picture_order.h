// SPDX-License-Identifier: LGPL-2.1-or-later
// Which pictures are key frames, which bidirectional, and for how many an encoder has to wait.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

namespace refdrv::nv {

enum class PictureRole : uint8_t { Key, Forward, Bidirectional };

struct PlannedPicture {
  uint64_t number = 0;  // as given to add()
  PictureRole role = PictureRole::Forward;
};

// As NVENC's picture type decision: groups of `interval` pictures, the last of them predicted
// forward and the others from both sides; a key frame is a group of its own and ends the one
// before.
class PictureOrder {
 public:
  struct Settings {
    uint32_t key_period = 0;  // pictures from one key frame to the next; 0: the first one only
    unsigned interval = 1;    // 1: no bidirectional ones; 0: key frames only
    unsigned lookahead = 0;   // pictures that are looked at before a group is coded
  };

  // What was added before keeps its place.
  void configure(const Settings& settings) { settings_ = settings; }
  // The next picture is a key frame.
  void restart() { since_key_ = 0; }

  // What can be coded now, in display order; nothing: more input is needed.
  std::vector<PlannedPicture> add(uint64_t number, bool force_key);
  // The rest, at the end of the stream.
  std::vector<PlannedPicture> flush();

 private:
  struct Waiting {
    uint64_t number = 0;
    bool key = false;
  };

  size_t group_size(bool at_end) const;
  std::vector<PlannedPicture> take(bool at_end);

  Settings settings_;
  uint32_t since_key_ = 0;
  std::deque<Waiting> waiting_;
};

}  // namespace refdrv::nv
