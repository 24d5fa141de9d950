// SPDX-License-Identifier: LGPL-2.1-or-later
// What a parser's sequence callback is told: the size of the frame to come, its samples, its
// colour.
#include "refdrv/nv/parser/picture_format.h"

#include <cstring>
#include <numeric>

namespace refdrv::nv {

namespace {

// Eight slots and the picture that is decoded; twice that where grain needs pictures of its own.
constexpr unsigned char surfaces = 9;

cudaVideoChromaFormat chroma_format(const SequenceHeader& sequence) {
  if (sequence.mono_chrome) return cudaVideoChromaFormat_Monochrome;
  if (sequence.subsampling_y) return cudaVideoChromaFormat_420;
  return sequence.subsampling_x ? cudaVideoChromaFormat_422 : cudaVideoChromaFormat_444;
}

}  // namespace

CUVIDEOFORMATEX video_format(const SequenceHeader& sequence, const FrameHeader& frame) {
  CUVIDEOFORMATEX extended = {};
  CUVIDEOFORMAT& format = extended.format;
  format.codec = cudaVideoCodec_AV1;
  if (sequence.equal_picture_interval) {
    format.frame_rate.numerator = sequence.time_scale;
    format.frame_rate.denominator =
        sequence.num_units_in_display_tick * sequence.num_ticks_per_picture;
  }
  format.progressive_sequence = 1;
  format.bit_depth_luma_minus8 = static_cast<unsigned char>(sequence.bit_depth - 8);
  format.bit_depth_chroma_minus8 = format.bit_depth_luma_minus8;
  format.min_num_decode_surfaces =
      static_cast<unsigned char>(sequence.film_grain_params_present ? 2 * surfaces : surfaces);
  format.coded_width = frame.av1.width;
  format.coded_height = frame.av1.height;
  format.display_area.right = static_cast<int>(frame.av1.width);
  format.display_area.bottom = static_cast<int>(frame.av1.height);
  format.chroma_format = chroma_format(sequence);
  const int divisor = static_cast<int>(std::gcd(frame.av1.width, frame.av1.height));
  format.display_aspect_ratio.x = format.display_area.right / divisor;
  format.display_aspect_ratio.y = format.display_area.bottom / divisor;
  format.video_signal_description.video_format = 5;  // unspecified
  format.video_signal_description.video_full_range_flag = sequence.full_range;
  format.video_signal_description.color_primaries = sequence.color_primaries;
  format.video_signal_description.transfer_characteristics = sequence.transfer_characteristics;
  format.video_signal_description.matrix_coefficients = sequence.matrix_coefficients;
  format.seqhdr_data_length = sizeof extended.av1;
  extended.av1.max_width = sequence.max_width;
  extended.av1.max_height = sequence.max_height;
  return extended;
}

bool is_same(const CUVIDEOFORMATEX& a, const CUVIDEOFORMATEX& b) {
  return std::memcmp(&a, &b, sizeof a) == 0;
}

}  // namespace refdrv::nv
