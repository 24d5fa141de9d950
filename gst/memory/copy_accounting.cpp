// SPDX-License-Identifier: LGPL-2.1-or-later
// Counting frame moves and writing the counts into a stats structure.
#include "memory/copy_accounting.h"

#include <string>

namespace av1hw {

const char* frame_move_name(FrameMove move) {
  static constexpr std::array<const char*, frame_move_count> names = {
      "same-object", "import", "gpu-copy", "upload", "download", "system-copy"};
  return names[static_cast<size_t>(move)];
}

void CopyAccounting::count(FrameMove move, uint64_t bytes) {
  Move& m = moves_[static_cast<size_t>(move)];
  m.frames.fetch_add(1, std::memory_order_relaxed);
  m.bytes.fetch_add(bytes, std::memory_order_relaxed);
}

void CopyAccounting::reset() {
  for (Move& m : moves_) {
    m.frames = 0;
    m.bytes = 0;
  }
}

void CopyAccounting::add_to(GstStructure* stats) const {
  for (size_t i = 0; i < frame_move_count; i++) {
    const std::string name = frame_move_name(static_cast<FrameMove>(i));
    gst_structure_set(stats, (name + "-frames").c_str(), G_TYPE_UINT64, moves_[i].frames.load(),
                      (name + "-bytes").c_str(), G_TYPE_UINT64, moves_[i].bytes.load(), nullptr);
  }
}

}  // namespace av1hw
