// SPDX-License-Identifier: LGPL-2.1-or-later
// Headers for tests, as the resynthesiser writes them.
#pragma once

#include <cstdint>
#include <vector>

#include "refdrv/nv/parser/frame_header.h"
#include "refdrv/resynth/frame_writer.h"
#include "refdrv/resynth/picture.h"

namespace refdrv::test {

struct MadeHeader {
  std::vector<uint8_t> bytes;
  size_t bits = 0;
};

// A frame without in-loop filters; fields may be changed before a header is made of it.
Picture plain_picture(FrameType type, unsigned width, unsigned height);

// Follows what the headers store, as later ones are read by it.
class HeaderMaker {
 public:
  explicit HeaderMaker(const SequenceParams& sequence);

  const std::vector<uint8_t>& sequence() const { return sequence_payload_; }
  const nv::SequenceHeader& parsed_sequence() const { return sequence_; }
  const nv::Slots& slots() const { return slots_; }
  // Inter frames name `reference` by all names.
  MadeHeader make(const Picture& picture, uint8_t refresh_frame_flags, uint8_t reference = 0);
  // The last header that was made, as it is read before it is stored.
  const nv::FrameHeader& last() const { return last_; }

 private:
  std::vector<uint8_t> sequence_payload_;
  nv::SequenceHeader sequence_;
  nv::Slots slots_;
  nv::FrameHeader last_;
};

}  // namespace refdrv::test
