// SPDX-License-Identifier: LGPL-2.1-or-later
// What the bitstream's headers say of a picture's format, in GStreamer's terms.
#include "codec/bitstream_format.h"

#include <algorithm>
#include <numeric>

namespace av1hw {

GstVideoColorimetry bitstream_colorimetry(bool full_range, unsigned primaries, unsigned transfer,
                                          unsigned matrix, bool rgb) {
  GstVideoColorimetry c;
  c.range = full_range ? GST_VIDEO_COLOR_RANGE_0_255 : GST_VIDEO_COLOR_RANGE_16_235;
  c.primaries = gst_video_color_primaries_from_iso(primaries);
  c.transfer = gst_video_transfer_function_from_iso(transfer);
  c.matrix = gst_video_color_matrix_from_iso(matrix);
  // Identity without being R'G'B' is illegal; say that it is unknown instead of claiming RGB.
  if (c.matrix == GST_VIDEO_COLOR_MATRIX_RGB && !rgb) c.matrix = GST_VIDEO_COLOR_MATRIX_UNKNOWN;
  return c;
}

GstVideoChromaSite bitstream_chroma_site(unsigned chroma_sample_position) {
  switch (chroma_sample_position) {
  case 1: return GST_VIDEO_CHROMA_SITE_H_COSITED;
  case 2: return GST_VIDEO_CHROMA_SITE_COSITED;
  default: return GST_VIDEO_CHROMA_SITE_UNKNOWN;
  }
}

void set_render_size(PictureFormat& format, uint32_t render_width, uint32_t render_height) {
  if (render_width == 0 || render_height == 0) return;
  const uint64_t n = static_cast<uint64_t>(format.height) * render_width;
  const uint64_t d = static_cast<uint64_t>(format.width) * render_height;
  // An encoder that codes frames smaller rounds their size. Within a sample's error the shape is
  // the same, and the pixels are square.
  const uint64_t difference = n > d ? n - d : d - n;
  if (difference < std::max(render_width, render_height)) return;
  const uint64_t divisor = std::gcd(n, d);
  if (n / divisor > G_MAXINT || d / divisor > G_MAXINT) return;
  format.par_n = static_cast<int>(n / divisor);
  format.par_d = static_cast<int>(d / divisor);
}

void set_frame_rate(PictureFormat& format, uint32_t time_scale, uint32_t num_units_in_display_tick,
                    uint32_t num_ticks_per_picture) {
  const uint64_t n = time_scale;
  const uint64_t d = uint64_t{num_units_in_display_tick} * num_ticks_per_picture;
  if (n == 0 || d == 0) return;
  const uint64_t divisor = std::gcd(n, d);
  if (n / divisor > G_MAXINT || d / divisor > G_MAXINT) return;
  format.fps_n = static_cast<int>(n / divisor);
  format.fps_d = static_cast<int>(d / divisor);
}

PictureFormat sequence_format(const SequenceHeader& sequence, GstVideoFormat video_format) {
  PictureFormat format;
  format.format = video_format;
  const ColorConfig& color = sequence.color;
  const bool rgb = video_format != GST_VIDEO_FORMAT_UNKNOWN &&
                   GST_VIDEO_FORMAT_INFO_IS_RGB(gst_video_format_get_info(video_format));
  format.colorimetry =
      bitstream_colorimetry(color.color_range, color.color_primaries,
                            color.transfer_characteristics, color.matrix_coefficients, rgb);
  if (!color.mono_chrome && color.subsampling_x != 0 && color.subsampling_y != 0) {
    format.chroma_site = bitstream_chroma_site(color.chroma_sample_position);
  }
  const TimingInfo& timing = sequence.timing_info;
  if (sequence.timing_info_present && timing.equal_picture_interval) {
    set_frame_rate(format, timing.time_scale, timing.num_units_in_display_tick,
                   timing.num_ticks_per_picture);
  }
  return format;
}

}  // namespace av1hw
