// SPDX-License-Identifier: LGPL-2.1-or-later
// Headers for tests, as the resynthesiser writes them.
#include "refdrv/encode/header_maker.h"

#include <gtest/gtest.h>

#include "refdrv/nv/parser/obu.h"
#include "refdrv/resynth/sequence_writer.h"

namespace refdrv::test {

namespace {

constexpr uint8_t no_tile = 0;

}  // namespace

Picture plain_picture(FrameType type, unsigned width, unsigned height) {
  Picture picture;
  picture.sequence.enable_order_hint = true;
  picture.sequence.order_hint_bits = 7;
  picture.frame_type = type;
  picture.upscaled_width = width;
  picture.frame_height = height;
  picture.quantization.base_q_idx = 100;
  picture.tx_mode = 1;
  picture.tile_info.uniform = true;
  picture.tiles = {std::span(&no_tile, 1)};
  return picture;
}

HeaderMaker::HeaderMaker(const SequenceParams& sequence)
    : sequence_payload_(write_sequence_header(sequence)) {
  const auto parsed = nv::parse_sequence_header(sequence_payload_);
  EXPECT_TRUE(parsed);
  if (parsed) sequence_ = *parsed;
}

MadeHeader HeaderMaker::make(const Picture& picture, uint8_t refresh_frame_flags,
                             uint8_t reference) {
  const SavedPicture nothing;
  FrameCoding coding;
  coding.refresh_frame_flags = refresh_frame_flags;
  coding.slots.fill(reference);
  coding.references.fill(&nothing);
  const auto frame = write_frame(picture, coding);
  EXPECT_TRUE(frame) << frame.error().message;
  const auto obu = nv::ObuReader(frame->obu, false).next();
  EXPECT_TRUE(obu && *obu);
  const auto payload = (*obu)->payload;
  const auto header = nv::parse_frame_header(payload, sequence_, slots_, 0, 0);
  EXPECT_TRUE(header) << header.error().message;
  if (!header) return {};
  last_ = *header;
  for (unsigned slot = 0; slot < nv::slot_count; slot++) {
    if (!(header->refresh_frame_flags >> slot & 1)) continue;
    slots_[slot].valid = true;
    slots_[slot].header = *header;
  }
  return {{payload.begin(), payload.begin() + static_cast<ptrdiff_t>(header->bytes)}, header->bits};
}

}  // namespace refdrv::test
