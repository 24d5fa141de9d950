// SPDX-License-Identifier: LGPL-2.1-or-later
// The encoder: headers in, tiles out, and a decoder that says what they are.
#include "refdrv/encode/software_encoder.h"

#include <algorithm>
#include <format>
#include <optional>
#include <utility>

#include "refdrv/encode/bitstream.h"
#include "refdrv/encode/frame_setup.h"
#include "refdrv/encode/motion_field.h"
#include "refdrv/encode/planes.h"
#include "refdrv/encode/tile_writer.h"
#include "refdrv/nv/parser/frame_header.h"
#include "refdrv/resynth/stream_decoder.h"

namespace refdrv {

namespace {

using encode::FrameState;
using encode::HeaderBits;
using encode::SavedFrame;

class Encoder final : public SoftwareEncoder {
 public:
  explicit Encoder(StreamDecoder decoder) : decoder_(std::move(decoder)) {}

  Result<> set_sequence(std::span<const uint8_t> payload) override;
  Result<EncodedFrame> code(std::span<const uint8_t> frame_header, size_t bits,
                            unsigned temporal_id, const SourceView& source) override;
  Result<> show_existing(std::span<const uint8_t> frame_header, size_t bits) override;

 private:
  Result<nv::FrameHeader> parse(const HeaderBits& bits, unsigned temporal_id) const;
  encode::CdfContexts first_cdfs(const nv::FrameHeader& header) const;
  Result<DecodedPlanes> decode(const HeaderBits& bits, std::span<const uint8_t> tile_group,
                               unsigned temporal_id);
  void store(const nv::FrameHeader& header, std::shared_ptr<const SavedFrame> frame);

  StreamDecoder decoder_;
  std::optional<nv::SequenceHeader> sequence_;
  std::vector<uint8_t> sequence_payload_;
  bool send_sequence_ = true;
  nv::Slots slots_;
  encode::SavedFrames saved_;
};

Result<> Encoder::set_sequence(std::span<const uint8_t> payload) {
  const auto parsed = nv::parse_sequence_header(payload);
  if (!parsed) return std::unexpected(parsed.error());
  if (sequence_ && std::ranges::equal(payload, sequence_payload_)) return {};
  sequence_ = *parsed;
  sequence_payload_.assign(payload.begin(), payload.end());
  send_sequence_ = true;
  slots_ = {};
  saved_ = {};
  return {};
}

Result<nv::FrameHeader> Encoder::parse(const HeaderBits& bits, unsigned temporal_id) const {
  if (!sequence_) return client_fault("a frame header before any sequence header");
  if (bits.data.size() < (bits.bits + 7) / 8) {
    return client_fault(
        std::format("a frame header of {} bits in {} bytes", bits.bits, bits.data.size()));
  }
  const auto header = nv::parse_frame_header(bits.data.first((bits.bits + 7) / 8), *sequence_,
                                             slots_, temporal_id, 0);
  if (!header) return header;
  if (header->bits != bits.bits) {
    return client_fault(
        std::format("a frame header is said to have {} bits, and has {}", bits.bits, header->bits));
  }
  return header;
}

encode::CdfContexts Encoder::first_cdfs(const nv::FrameHeader& header) const {
  if (header.primary_ref_frame == nv::no_primary_reference) {
    return encode::CdfContexts::defaults(header.av1.base_qindex);
  }
  encode::CdfContexts cdfs = saved_[header.ref_frame_idx[header.primary_ref_frame]]->cdfs;
  cdfs.clear_counts();
  return cdfs;
}

Result<DecodedPlanes> Encoder::decode(const HeaderBits& bits, std::span<const uint8_t> tile_group,
                                      unsigned temporal_id) {
  encode::UnitParts parts;
  if (send_sequence_) parts.sequence = sequence_payload_;
  parts.header = bits;
  parts.tile_group = tile_group;
  parts.layered = sequence_->operating_points[0].idc != 0;
  parts.temporal_id = temporal_id;
  auto decoded = decoder_.decode(encode::temporal_unit(parts));
  send_sequence_ = !decoded;
  return decoded;
}

void Encoder::store(const nv::FrameHeader& header, std::shared_ptr<const SavedFrame> frame) {
  for (unsigned slot = 0; slot < nv::slot_count; slot++) {
    if (!(header.refresh_frame_flags >> slot & 1)) continue;
    slots_[slot].valid = true;
    slots_[slot].header = header;
    saved_[slot] = frame;
  }
}

// 7.20.
SavedFrame save(const FrameState& frame, const encode::CdfContexts& cdfs, encode::Planes planes) {
  SavedFrame saved;
  saved.planes = std::move(planes);
  saved.cdfs = cdfs;
  saved.mi_rows = frame.mi_rows;
  saved.mi_cols = frame.mi_cols;
  saved.is_intra = frame.header.is_intra();
  saved.order_hints = frame.order_hints;
  saved.motion_refs = encode::saved_motion_refs(frame);
  if (!frame.segmentation.enabled()) return saved;
  // 7.4: a map that is not updated stays as it was.
  if (!frame.segmentation.update_map()) {
    saved.segment_ids = frame.previous_segment_ids;
    return saved;
  }
  saved.segment_ids.reserve(frame.modes.size());
  for (const encode::ModeInfo& mode : frame.modes) saved.segment_ids.push_back(mode.segment_id);
  return saved;
}

Result<EncodedFrame> Encoder::code(std::span<const uint8_t> frame_header, size_t bits,
                                   unsigned temporal_id, const SourceView& source) {
  const HeaderBits header_bits{frame_header, bits};
  const auto header = parse(header_bits, temporal_id);
  if (!header) return std::unexpected(header.error());
  if (header->show_existing_frame) {
    return client_fault("show_existing_frame is 1: there is nothing to code");
  }
  if (const auto can = encode::check_supported(*header); !can) {
    return std::unexpected(can.error());
  }
  const auto planes = encode::read_source(source, *sequence_, *header);
  if (!planes) return std::unexpected(planes.error());
  auto frame = encode::set_up_frame(*sequence_, *header, slots_, saved_, *planes);
  if (!frame) return std::unexpected(frame.error());
  const auto tiles = encode::write_tiles(*frame, first_cdfs(*header));
  if (!tiles) return std::unexpected(tiles.error());
  auto coded = encode::assemble_tiles(*header, tiles->tiles);
  if (!coded) return coded;
  const auto decoded = decode(header_bits, coded->tile_group, temporal_id);
  if (!decoded) return std::unexpected(decoded.error());
  auto saved = std::make_shared<SavedFrame>(
      save(*frame, tiles->saved, encode::read_decoded(decoded->view())));
  coded->reconstruction = std::make_shared<const Reconstruction>(
      encode::to_reconstruction(saved->planes, sequence_->bit_depth));
  store(*header, std::move(saved));
  return coded;
}

Result<> Encoder::show_existing(std::span<const uint8_t> frame_header, size_t bits) {
  const HeaderBits header_bits{frame_header, bits};
  const auto header = parse(header_bits, 0);
  if (!header) return std::unexpected(header.error());
  if (!header->show_existing_frame) return client_fault("show_existing_frame is 0");
  if (const auto shown = decode(header_bits, {}, 0); !shown) {
    return std::unexpected(shown.error());
  }
  if (header->refresh_frame_flags == nv::all_slots) {
    slots_.fill(nv::Slot(slots_[header->existing_slot]));
    saved_.fill(std::shared_ptr(saved_[header->existing_slot]));
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<SoftwareEncoder>> SoftwareEncoder::create() {
  auto decoder = StreamDecoder::create(StreamDecoder::Output::All);
  if (!decoder) return std::unexpected(decoder.error());
  return std::make_unique<Encoder>(std::move(*decoder));
}

}  // namespace refdrv
