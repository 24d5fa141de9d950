// SPDX-License-Identifier: LGPL-2.1-or-later
// dav1d's picture descriptions as PictureFormat, memory needs and metadata.
#include "cpu/dav1d_picture.h"

#include <array>
#include <string>

#include "codec/bitstream_format.h"
#include "codec/hdr_metadata.h"

namespace av1hw {
namespace {

// [depth][layout], depth 0..2 being 8, 10 and 12 bits; layout I400, I420, I422, I444.
constexpr std::array<std::array<GstVideoFormat, 4>, 3> yuv_formats = {{
    {GST_VIDEO_FORMAT_GRAY8, GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_Y42B, GST_VIDEO_FORMAT_Y444},
    {GST_VIDEO_FORMAT_GRAY10_LE16, GST_VIDEO_FORMAT_I420_10LE, GST_VIDEO_FORMAT_I422_10LE,
     GST_VIDEO_FORMAT_Y444_10LE},
    {GST_VIDEO_FORMAT_GRAY16_LE, GST_VIDEO_FORMAT_I420_12LE, GST_VIDEO_FORMAT_I422_12LE,
     GST_VIDEO_FORMAT_Y444_12LE},
}};
constexpr std::array<GstVideoFormat, 3> rgb_formats = {
    GST_VIDEO_FORMAT_GBR, GST_VIDEO_FORMAT_GBR_10LE, GST_VIDEO_FORMAT_GBR_12LE};

GstVideoFormat video_format(const Dav1dPictureParameters& p, const Dav1dSequenceHeader& sequence) {
  const int depth = (p.bpc - 8) / 2;
  if (depth < 0 || depth > 2 || p.layout > DAV1D_PIXEL_LAYOUT_I444) return GST_VIDEO_FORMAT_UNKNOWN;
  if (p.layout == DAV1D_PIXEL_LAYOUT_I444 && sequence.mtrx == DAV1D_MC_IDENTITY) {
    return rgb_formats[depth];
  }
  return yuv_formats[depth][p.layout];
}

GstVideoMasteringDisplayInfo mastering_display(const Dav1dMasteringDisplay& from) {
  HdrMdcv mdcv;
  for (size_t i = 0; i < mdcv.primaries.size(); i++) {
    mdcv.primaries[i] = {from.primaries[i][0], from.primaries[i][1]};
  }
  mdcv.white_point = {from.white_point[0], from.white_point[1]};
  mdcv.luminance_max = from.max_luminance;
  mdcv.luminance_min = from.min_luminance;
  return mastering_display_info(mdcv);
}

}  // namespace

unsigned dav1d_sample_shift(const Dav1dPictureParameters& parameters) {
  return parameters.layout == DAV1D_PIXEL_LAYOUT_I400 && parameters.bpc == 12 ? 4 : 0;
}

Result<PictureFormat> dav1d_picture_format(const Dav1dPicture& picture) {
  const Dav1dSequenceHeader& sequence = *picture.seq_hdr;
  PictureFormat format;
  format.format = video_format(picture.p, sequence);
  if (format.format == GST_VIDEO_FORMAT_UNKNOWN) {
    return fail(ErrorCode::NotSupported,
                "no video format of GStreamer's has " + std::to_string(picture.p.bpc) +
                    " bits and chroma layout " + std::to_string(picture.p.layout));
  }
  format.width = picture.p.w;
  format.height = picture.p.h;
  const bool rgb = GST_VIDEO_FORMAT_INFO_IS_RGB(gst_video_format_get_info(format.format));
  format.colorimetry =
      bitstream_colorimetry(sequence.color_range, sequence.pri, sequence.trc, sequence.mtrx, rgb);
  if (picture.p.layout == DAV1D_PIXEL_LAYOUT_I420) {
    format.chroma_site = bitstream_chroma_site(sequence.chr);
  }
  // Not only with have_render_size: a frame may take its render size from a reference.
  if (picture.frame_hdr) {
    set_render_size(format, static_cast<uint32_t>(picture.frame_hdr->render_width),
                    static_cast<uint32_t>(picture.frame_hdr->render_height));
  }
  if (sequence.timing_info_present && sequence.equal_picture_interval) {
    set_frame_rate(format, sequence.time_scale, sequence.num_units_in_tick,
                   sequence.num_ticks_per_picture);
  }
  if (picture.mastering_display) {
    format.mastering_display = mastering_display(*picture.mastering_display);
  }
  if (picture.content_light) {
    format.content_light =
        content_light_level({picture.content_light->max_content_light_level,
                             picture.content_light->max_frame_average_light_level});
  }
  return format;
}

MemoryNeeds dav1d_memory_needs(const Dav1dPictureParameters& parameters, unsigned frame_delay) {
  constexpr unsigned size_align = 128;
  auto padded = [](int n) {
    return (static_cast<unsigned>(n) + size_align - 1) / size_align * size_align;
  };
  MemoryNeeds needs;
  gst_video_alignment_reset(&needs.alignment);
  unsigned row = padded(parameters.w);
  // Rows that lie a multiple of 1 KiB apart fall into the same cache sets.
  const unsigned sample_bytes = parameters.bpc > 8 ? 2 : 1;
  if (row * sample_bytes % 1024 == 0) row += DAV1D_PICTURE_ALIGNMENT / sample_bytes;
  needs.alignment.padding_right = row - static_cast<unsigned>(parameters.w);
  needs.alignment.padding_bottom = padded(parameters.h) - static_cast<unsigned>(parameters.h);
  for (unsigned& mask : needs.alignment.stride_align) mask = DAV1D_PICTURE_ALIGNMENT - 1;
  needs.address_align = DAV1D_PICTURE_ALIGNMENT - 1;
  needs.tail_padding = DAV1D_PICTURE_ALIGNMENT;
  // All reference slots, one picture a frame thread with and without grain, and two on their way
  // out.
  needs.held_buffers = DAV1D_NUM_REF_FRAMES + 2 * frame_delay + 2;
  return needs;
}

bool dav1d_has_film_grain(const Dav1dPicture& picture) {
  const Dav1dFilmGrainData& grain = picture.frame_hdr->film_grain.data;
  return grain.num_y_points > 0 || grain.num_uv_points[0] > 0 || grain.num_uv_points[1] > 0 ||
         (grain.clip_to_restricted_range && grain.chroma_scaling_from_luma);
}

std::vector<ItuT35> dav1d_itu_t35(const Dav1dPicture& picture) {
  std::vector<ItuT35> all;
  for (size_t i = 0; i < picture.n_itut_t35; i++) {
    const Dav1dITUTT35& from = picture.itut_t35[i];
    ItuT35 payload{from.country_code};
    if (from.country_code == 0xff) payload.push_back(from.country_code_extension_byte);
    payload.insert(payload.end(), from.payload, from.payload + from.payload_size);
    all.push_back(std::move(payload));
  }
  return all;
}

}  // namespace av1hw
