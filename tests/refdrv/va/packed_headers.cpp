// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads the OBUs that a client packed: where their parts are, and what drivers change of them.
#include "refdrv/va/packed_headers.h"

#include <bit>
#include <format>

#include "refdrv/resynth/bit_writer.h"

namespace refdrv::va {

namespace {

constexpr unsigned most_size_bytes = 8;
constexpr unsigned quantizer_bits = 8;
constexpr unsigned level_bits = 6;

void copy_bits(std::span<const uint8_t> from, size_t begin, size_t end, BitWriter& to) {
  for (size_t at = begin; at < end; at++) to.flag(from[at / 8] >> (7 - at % 8) & 1);
}

// The bit that trailing_bits() begins with.
size_t trailing_position(std::span<const uint8_t> payload) {
  size_t bytes = payload.size();
  while (bytes > 0 && payload[bytes - 1] == 0) bytes--;
  if (bytes == 0) return 0;
  return bytes * 8 - 1 - static_cast<size_t>(std::countr_zero(payload[bytes - 1]));
}

Result<> read_size(std::span<const uint8_t> bytes, PackedObu& obu) {
  uint64_t value = 0;
  for (unsigned i = 0; i < most_size_bytes; i++) {
    if (obu.size_offset + i >= bytes.size())
      return client_fault("a packed header's obu_size is cut off");
    const uint8_t byte = bytes[obu.size_offset + i];
    value |= static_cast<uint64_t>(byte & 0x7f) << (7 * i);
    if (byte & 0x80) continue;
    obu.size_bytes = i + 1;
    obu.size = static_cast<size_t>(value);
    return {};
  }
  return client_fault("a packed header's obu_size has more than 8 bytes");
}

void write_loop_filter(std::span<const uint8_t> payload, const nv::FrameHeader& header,
                       const nv::SequenceHeader& sequence, const FrameChoice& choice,
                       BitWriter& to) {
  const auto& at = header.positions;
  if (at.loop_filter == at.cdef) return;
  const bool had_chroma = !sequence.mono_chrome && (header.av1.loop_filter_level[0] != 0 ||
                                                    header.av1.loop_filter_level[1] != 0);
  to.f(level_bits, choice.filter_level);
  to.f(level_bits, choice.filter_level);
  if (choice.filter_level != 0 && !sequence.mono_chrome) {
    to.f(level_bits, choice.chroma_level);
    to.f(level_bits, choice.chroma_level);
  }
  copy_bits(payload, at.loop_filter + (had_chroma ? 4 : 2) * level_bits, at.cdef, to);
}

void write_cdef(const nv::FrameHeader& header, const nv::SequenceHeader& sequence,
                const FrameChoice& choice, BitWriter& to) {
  if (header.positions.cdef == header.positions.cdef_end) return;
  to.f(2, choice.cdef_damping_minus_3);
  to.f(2, 0);  // cdef_bits
  to.f(6, choice.cdef_strength);
  if (!sequence.mono_chrome) to.f(6, choice.cdef_strength);
}

}  // namespace

Result<PackedObu> read_packed_obu(std::span<const uint8_t> bytes) {
  PackedObu obu;
  const uint8_t header = bytes[0];
  if (header & 0x81) return client_fault("a packed header begins with no OBU header");
  obu.type = static_cast<nv::ObuType>(header >> 3 & 15);
  obu.has_extension = (header & 4) != 0;
  obu.size_offset = obu.has_extension ? 2 : 1;
  if (obu.has_extension) {
    if (bytes.size() < 2) return client_fault("a packed OBU header is cut off");
    obu.temporal_id = bytes[1] >> 5;
    obu.spatial_id = bytes[1] >> 3 & 3;
  }
  if (!(header & 2)) return client_fault("a packed OBU does not tell its size");
  if (const auto size = read_size(bytes, obu); !size) return std::unexpected(size.error());
  obu.whole = bytes;
  obu.payload = bytes.subspan(obu.size_offset + obu.size_bytes);
  if (obu.type != nv::ObuType::Frame && obu.size != obu.payload.size()) {
    return client_fault(std::format("obu_size is {} in a packed header of which {} bytes follow",
                                    obu.size, obu.payload.size()));
  }
  return obu;
}

Size coded_size(const EncoderProfile& encoder, Size size) {
  if (!encoder.writes_headers) return size;
  const auto align = [](uint32_t value, uint32_t to) { return (value + to - 1) / to * to; };
  Size coded{align(size.width, encoder.alignment.width),
             align(size.height, encoder.alignment.height)};
  // As VCN 4 has it: what is a multiple of 8 rows but not of 16 gets two more.
  if (encoder.alignment.height == 16 && size.height % 8 == 0 && size.height % 16 != 0) {
    coded.height = size.height + 2;
  }
  return coded;
}

std::vector<uint8_t> with_size(std::span<const uint8_t> payload, const nv::SequenceHeader& header,
                               Size size) {
  const auto width_bits = static_cast<unsigned>(std::bit_width(size.width - 1));
  const auto height_bits = static_cast<unsigned>(std::bit_width(size.height - 1));
  BitWriter to;
  copy_bits(payload, 0, header.frame_size_position, to);
  to.f(4, width_bits - 1);
  to.f(4, height_bits - 1);
  to.f(width_bits, size.width - 1);
  to.f(height_bits, size.height - 1);
  copy_bits(payload,
            header.frame_size_position + 8 + header.frame_width_bits + header.frame_height_bits,
            trailing_position(payload), to);
  to.trailing_bits();
  return to.bytes();
}

HeaderBits unchanged(std::span<const uint8_t> payload, const nv::FrameHeader& header) {
  BitWriter to;
  copy_bits(payload, 0, header.bits, to);
  return {.bytes = to.bytes(), .bits = to.bit_position()};
}

HeaderBits with_choice(std::span<const uint8_t> payload, const nv::FrameHeader& header,
                       const nv::SequenceHeader& sequence, const FrameChoice& choice) {
  const auto& at = header.positions;
  BitWriter to;
  copy_bits(payload, 0, at.quantization, to);
  to.f(quantizer_bits, choice.base_q_idx);
  copy_bits(payload, at.quantization + quantizer_bits, at.loop_filter, to);
  write_loop_filter(payload, header, sequence, choice, to);
  write_cdef(header, sequence, choice, to);
  copy_bits(payload, at.cdef_end, header.bits, to);
  return {.bytes = to.bytes(), .bits = to.bit_position()};
}

}  // namespace refdrv::va
