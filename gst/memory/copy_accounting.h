// SPDX-License-Identifier: LGPL-2.1-or-later
// Counts of how frames moved through an element: what its `stats` property shows and tests assert.
#pragma once

#include <gst/gst.h>

#include <array>
#include <atomic>
#include <cstdint>

namespace av1hw {

// Every move of a frame is one of these.
enum class FrameMove : uint8_t {
  SameObject,  // handed on as it is
  Import,      // another API's view of the same memory; no copy
  GpuCopy,     // copied or converted on the device
  Upload,      // system memory to device
  Download,    // device to system memory
  SystemCopy,  // system memory to system memory
};
inline constexpr size_t frame_move_count = 6;

// The field that a move has in `stats` ("same-object", "import", "gpu-copy", ...).
const char* frame_move_name(FrameMove move);

// Written on streaming threads, read by whoever gets the property: hence the atomics.
class CopyAccounting {
 public:
  // `bytes`: what was read or written by the move; 0 for SameObject and Import.
  void count(FrameMove move, uint64_t bytes = 0);
  uint64_t frames(FrameMove move) const { return moves_[static_cast<size_t>(move)].frames; }
  uint64_t bytes(FrameMove move) const { return moves_[static_cast<size_t>(move)].bytes; }
  void reset();
  // Adds "<move>-frames" and "<move>-bytes" (uint64) of every move to `stats`.
  void add_to(GstStructure* stats) const;

 private:
  struct Move {
    std::atomic<uint64_t> frames{0};
    std::atomic<uint64_t> bytes{0};
  };
  std::array<Move, frame_move_count> moves_;
};

}  // namespace av1hw
