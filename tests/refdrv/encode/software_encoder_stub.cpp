// SPDX-License-Identifier: LGPL-2.1-or-later
// Stands in for the software encoder: tiles of arbitrary bytes.
#include "refdrv/encode/software_encoder.h"
#include "refdrv/nv/parser/frame_header.h"

namespace refdrv {
namespace {

class Stub final : public SoftwareEncoder {
 public:
  Result<> set_sequence(std::span<const uint8_t> payload) override {
    auto header = nv::parse_sequence_header(payload);
    if (!header) return std::unexpected(header.error());
    sequence_ = *header;
    return {};
  }
  Result<CodedFrame> code(std::span<const uint8_t> frame_header, size_t, unsigned temporal_id,
                          const SourceView& source) override {
    auto header = nv::parse_frame_header(frame_header, sequence_, slots_, temporal_id, 0);
    if (!header) return std::unexpected(header.error());
    for (unsigned i = 0; i < 8; i++) {
      if (header->refresh_frame_flags >> i & 1) slots_[i] = {.valid = true, .header = *header};
    }
    CodedFrame frame;
    const size_t tiles = size_t{header->av1.num_tile_cols} * header->av1.num_tile_rows;
    frame.tile_group.resize(32 * tiles, 0x5a);
    for (size_t i = 0; i < tiles; i++) frame.tiles.push_back({.offset = 32 * i, .size = 32});
    auto picture = std::make_shared<Reconstruction>();
    picture->width = source.width;
    picture->height = source.height;
    const size_t bytes = sequence_.bit_depth > 8 ? 2 : 1;
    for (unsigned p = 0; p < 3; p++) {
      const size_t w = p ? (source.width + 1) / 2 : source.width;
      const size_t h = p ? (source.height + 1) / 2 : source.height;
      picture->planes[p].assign(source.planes[p].data, source.planes[p].data + w * h * bytes);
    }
    frame.reconstruction = picture;
    return frame;
  }
  Result<> show_existing(std::span<const uint8_t>, size_t) override { return {}; }

 private:
  nv::SequenceHeader sequence_;
  nv::Slots slots_;
};

}  // namespace

Result<std::unique_ptr<SoftwareEncoder>> SoftwareEncoder::create() {
  return std::make_unique<Stub>();
}

}  // namespace refdrv
