// SPDX-License-Identifier: LGPL-2.1-or-later
// Makes hidden frames of shown ones, which are all that libaom codes without delay.
#include "refdrv/nv/frame_hider.h"

#include <bit>
#include <format>

#include "refdrv/nv/parser/obu.h"
#include "refdrv/nv/temporal_unit.h"

namespace refdrv::nv {

namespace {

// uncompressed_header() begins with show_existing_frame, frame_type of two bits, show_frame, and
// for hidden frames showable_frame.
constexpr size_t show_frame_bit = 3;
constexpr uint8_t show_header_obu = 0x1a;  // OBU_FRAME_HEADER with a size
constexpr uint8_t show_existing_frame = 0x80;
constexpr unsigned slot_shift = 4;
constexpr uint8_t trailing_bit = 0x08;

class BitCopier {
 public:
  void put(bool bit) {
    if (bits_ % 8 == 0) bytes_.push_back(0);
    if (bit) bytes_.back() |= static_cast<uint8_t>(0x80 >> bits_ % 8);
    bits_++;
  }
  void copy(std::span<const uint8_t> from, size_t begin, size_t end) {
    for (size_t i = begin; i < end; i++) put((from[i / 8] >> (7 - i % 8) & 1) != 0);
  }
  std::vector<uint8_t> take() { return std::move(bytes_); }

 private:
  std::vector<uint8_t> bytes_;
  size_t bits_ = 0;
};

}  // namespace

Result<FrameHider::Found> FrameHider::read(std::span<const uint8_t> unit) {
  ObuReader reader(unit, false);
  std::optional<Found> found;
  while (true) {
    const auto next = reader.next();
    if (!next) return std::unexpected(next.error());
    if (!*next) break;
    const Obu& obu = **next;
    if (obu.type == ObuType::SequenceHeader) {
      auto sequence = parse_sequence_header(obu.payload);
      if (!sequence) return std::unexpected(sequence.error());
      sequence_ = std::move(*sequence);
    }
    if (obu.type != ObuType::Frame) continue;
    if (!sequence_ || found) return fault(Fault::System, "libaom's unit is not of one frame");
    auto header =
        parse_frame_header(obu.payload, *sequence_, slots_, obu.temporal_id, obu.spatial_id);
    if (!header) return std::unexpected(header.error());
    found = Found{.header = std::move(*header), .obu = obu.whole, .payload = obu.payload};
  }
  if (!found) return fault(Fault::System, "libaom's unit has no frame");
  for (unsigned i = 0; i < slot_count; i++) {
    if (found->header.refresh_frame_flags >> i & 1) {
      slots_[i] = {.valid = true, .header = found->header};
    }
  }
  return *found;
}

Result<> FrameHider::follow(std::span<const uint8_t> unit) {
  const auto found = read(unit);
  return found ? Result<>{} : std::unexpected(found.error());
}

Result<std::vector<uint8_t>> FrameHider::hide(std::span<const uint8_t> unit) {
  const auto found = read(unit);
  if (!found) return std::unexpected(found.error());
  const auto& header = found->header;
  if (header.is_intra() || header.refresh_frame_flags == 0) {
    return fault(Fault::System,
                 std::format("a frame of type {} that refreshes {:#x} cannot be hidden",
                             static_cast<unsigned>(header.av1.frame_type),
                             static_cast<unsigned>(header.refresh_frame_flags)));
  }
  hidden_slot_ = static_cast<unsigned>(std::countr_zero(header.refresh_frame_flags));

  BitCopier copier;
  copier.copy(found->payload, 0, show_frame_bit);
  copier.put(false);  // show_frame
  copier.put(true);   // showable_frame
  copier.copy(found->payload, show_frame_bit + 1, header.bits);
  std::vector<uint8_t> payload = copier.take();
  const auto tiles = found->payload.subspan(header.bytes);
  payload.insert(payload.end(), tiles.begin(), tiles.end());

  std::vector<uint8_t> hidden(unit.begin(), unit.begin() + (found->obu.data() - unit.data()));
  hidden.push_back(found->obu[0]);
  put_leb128(hidden, payload.size());
  hidden.insert(hidden.end(), payload.begin(), payload.end());
  return hidden;
}

std::vector<uint8_t> FrameHider::show() const {
  return {show_header_obu, 1,
          static_cast<uint8_t>(show_existing_frame | hidden_slot_ << slot_shift | trailing_bit)};
}

}  // namespace refdrv::nv
