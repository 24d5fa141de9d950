// SPDX-License-Identifier: LGPL-2.1-or-later
// AV1CodecConfigurationRecord ("av1C", AV1-ISOBMFF 2.3.3) and the codecs string (5).
#include "av1/codec_config.h"

#include <format>
#include <utility>

#include "av1/bit_reader.h"
#include "av1/bit_writer.h"
#include "av1/obu_writer.h"

namespace av1hw {
namespace {

constexpr size_t av1c_fixed_size = 4;  // bytes before configOBUs
constexpr unsigned max_presentation_delay = 16;

void write_fixed_part(BitWriter& w, const SequenceHeader& seq, unsigned initial_delay) {
  const OperatingPoint& op = seq.operating_points[0];
  const ColorConfig& color = seq.color;
  w.flag(true);  // marker
  w.bits(1, 7);  // version
  w.bits(seq.seq_profile, 3);
  w.bits(op.seq_level_idx, 5);
  w.bits(op.seq_tier, 1);
  w.flag(color.bit_depth > 8);
  w.flag(color.bit_depth == 12);
  w.flag(color.mono_chrome);
  w.bits(color.subsampling_x, 1);
  w.bits(color.subsampling_y, 1);
  w.bits(color.chroma_sample_position, 2);
  w.bits(0, 3);
  const bool has_delay = initial_delay >= 1 && initial_delay <= max_presentation_delay;
  w.flag(has_delay);
  w.bits(has_delay ? initial_delay - 1 : 0, 4);
}

}  // namespace

Result<std::vector<uint8_t>> make_codec_data(const Obu& sequence_header,
                                             unsigned initial_presentation_delay) {
  if (sequence_header.type != ObuType::SequenceHeader) {
    return fail(ErrorCode::InvalidData,
                std::format("codec_data starts with a sequence header, not with {}",
                            obu_type_name(sequence_header.type)));
  }
  const auto sequence = parse_sequence_header(sequence_header.payload);
  if (!sequence) return std::unexpected(sequence.error());
  BitWriter w;
  write_fixed_part(w, *sequence, initial_presentation_delay);
  w.append(write_obu(ObuType::SequenceHeader, sequence_header.payload));
  return std::move(w).take();
}

Result<CodecConfig> parse_codec_data(std::span<const uint8_t> codec_data) {
  if (codec_data.size() < av1c_fixed_size) {
    return fail(ErrorCode::InvalidData,
                std::format("codec_data has {} bytes, fewer than an av1C's 4", codec_data.size()));
  }
  BitReader r(codec_data);
  const bool marker = r.flag();
  const uint32_t version = r.bits(7);
  if (!marker || version != 1) {
    return fail(ErrorCode::InvalidData, "codec_data is no av1C of version 1");
  }
  CodecConfig config;
  config.seq_profile = static_cast<uint8_t>(r.bits(3));
  config.seq_level_idx_0 = static_cast<uint8_t>(r.bits(5));
  config.seq_tier_0 = static_cast<uint8_t>(r.bits(1));
  const bool high_bitdepth = r.flag();
  const bool twelve_bit = r.flag();
  config.bit_depth = high_bitdepth ? (twelve_bit ? 12 : 10) : 8;
  config.monochrome = r.flag();
  config.chroma_subsampling_x = static_cast<uint8_t>(r.bits(1));
  config.chroma_subsampling_y = static_cast<uint8_t>(r.bits(1));
  config.chroma_sample_position = static_cast<uint8_t>(r.bits(2));
  r.bits(3);
  const bool has_delay = r.flag();
  const uint32_t delay_minus_one = r.bits(4);
  if (has_delay) config.initial_presentation_delay = static_cast<uint8_t>(delay_minus_one + 1);
  const auto obus = codec_data.subspan(av1c_fixed_size);
  config.config_obus.assign(obus.begin(), obus.end());
  return config;
}

std::string codec_string(const SequenceHeader& sequence) {
  const OperatingPoint& op = sequence.operating_points[0];
  const ColorConfig& color = sequence.color;
  std::string text = std::format("av01.{}.{:02}{}.{:02}", sequence.seq_profile, op.seq_level_idx,
                                 op.seq_tier != 0 ? 'H' : 'M', color.bit_depth);
  // Without the optional part: 4:2:0, BT.709 throughout, limited range.
  const bool implied_colors = !color.color_description_present ||
                              (color.color_primaries == 1 && color.transfer_characteristics == 1 &&
                               color.matrix_coefficients == 1);
  const bool implied_samples = !color.mono_chrome && color.subsampling_x == 1 &&
                               color.subsampling_y == 1 && color.chroma_sample_position == 0;
  if (implied_colors && implied_samples && !color.color_range) return text;
  text += std::format(".{}.{}{}{}.{:02}.{:02}.{:02}.{}", color.mono_chrome ? 1 : 0,
                      color.subsampling_x, color.subsampling_y, color.chroma_sample_position,
                      color.color_primaries, color.transfer_characteristics,
                      color.matrix_coefficients, color.color_range ? 1 : 0);
  return text;
}

}  // namespace av1hw
