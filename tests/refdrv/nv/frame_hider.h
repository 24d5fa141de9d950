// SPDX-License-Identifier: LGPL-2.1-or-later
// Makes hidden frames of shown ones, which are all that libaom codes without delay.
//
// Of a group the last picture is coded first, hidden, and the others refer to it; it is shown
// by a frame header of its own at the end. All that changes in a coded frame are two bits of its
// header. Its order hint stays that of the order of coding.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "refdrv/nv/parser/frame_header.h"

namespace refdrv::nv {

// Follows one stream of the encoder's. Every unit goes through follow() or hide(), in order.
class FrameHider {
 public:
  Result<> follow(std::span<const uint8_t> unit);
  // The unit with its frame hidden; error unless it is one inter frame that is stored.
  Result<std::vector<uint8_t>> hide(std::span<const uint8_t> unit);
  // The OBU that shows the frame which was hidden last.
  std::vector<uint8_t> show() const;

 private:
  // The unit's frame, and where its OBU lies.
  struct Found {
    FrameHeader header;
    std::span<const uint8_t> obu;
    std::span<const uint8_t> payload;
  };
  Result<Found> read(std::span<const uint8_t> unit);

  std::optional<SequenceHeader> sequence_;
  Slots slots_;
  unsigned hidden_slot_ = 0;
};

}  // namespace refdrv::nv
