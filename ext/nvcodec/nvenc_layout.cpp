// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads strides and offsets of a frame, and holds them to its memory and to what NVENC takes.
#include "nvcodec/nvenc_layout.h"

#include <format>

#include "nvcodec/nvenc_params.h"

namespace av1hw {
namespace {

constexpr size_t pitch_alignment = 4;

FramePlanes planes_of(const GstVideoInfo& info, const GstVideoMeta* meta) {
  FramePlanes planes;
  for (unsigned p = 0; p < GST_VIDEO_INFO_N_PLANES(&info); p++) {
    planes.offset[p] = meta ? meta->offset[p] : GST_VIDEO_INFO_PLANE_OFFSET(&info, p);
    planes.stride[p] = meta ? meta->stride[p] : GST_VIDEO_INFO_PLANE_STRIDE(&info, p);
  }
  return planes;
}

// In the layouts that NVENC takes, the first component of each plane has the plane's number.
bool lies_within(const FramePlanes& planes, const GstVideoInfo& info, unsigned plane, size_t size) {
  const auto rows = static_cast<size_t>(GST_VIDEO_INFO_COMP_HEIGHT(&info, plane));
  const size_t row_bytes = static_cast<size_t>(GST_VIDEO_INFO_COMP_WIDTH(&info, plane)) *
                           static_cast<size_t>(GST_VIDEO_INFO_COMP_PSTRIDE(&info, plane));
  if (planes.stride[plane] <= 0 || rows == 0 || planes.offset[plane] > size) return false;
  const auto stride = static_cast<size_t>(planes.stride[plane]);
  return stride >= row_bytes && stride * (rows - 1) + row_bytes <= size - planes.offset[plane];
}

}  // namespace

Result<FramePlanes> find_planes(GstBuffer* frame, const GstVideoInfo& info, size_t size) {
  const GstVideoMeta* meta = gst_buffer_get_video_meta(frame);
  if (meta && (meta->format != GST_VIDEO_INFO_FORMAT(&info) ||
               meta->width != static_cast<guint>(info.width) ||
               meta->height != static_cast<guint>(info.height) ||
               meta->n_planes != GST_VIDEO_INFO_N_PLANES(&info))) {
    return fail(ErrorCode::InvalidData,
                std::format("a buffer is a {}x{} {} frame, its caps say {}x{} {}", meta->width,
                            meta->height, gst_video_format_to_string(meta->format), info.width,
                            info.height, GST_VIDEO_INFO_NAME(&info)));
  }
  const FramePlanes planes = planes_of(info, meta);
  for (unsigned plane = 0; plane < GST_VIDEO_INFO_N_PLANES(&info); plane++) {
    if (!lies_within(planes, info, plane, size))
      return fail(ErrorCode::InvalidData,
                  std::format("plane {} of a {}x{} {} frame lies outside its {} bytes", plane,
                              info.width, info.height, GST_VIDEO_INFO_NAME(&info), size));
  }
  return planes;
}

std::optional<NvencLayout> nvenc_layout(const FramePlanes& planes, const GstVideoInfo& info,
                                        void* address, size_t size) {
  const auto pitch = static_cast<size_t>(planes.stride[0]);
  if (pitch % pitch_alignment != 0 || planes.offset[1] <= planes.offset[0]) return std::nullopt;
  const size_t luma_bytes = planes.offset[1] - planes.offset[0];
  const size_t rows = luma_bytes / pitch;
  const bool planar = GST_VIDEO_INFO_N_PLANES(&info) == 3;
  const auto chroma_pitch = static_cast<int>(planar ? pitch / 2 : pitch);
  if (luma_bytes % pitch != 0 || rows > UINT32_MAX ||
      rows < static_cast<size_t>(GST_VIDEO_INFO_HEIGHT(&info)) || planes.stride[1] != chroma_pitch)
    return std::nullopt;
  if (planar && (planes.stride[2] != chroma_pitch ||
                 planes.offset[2] != planes.offset[1] + pitch / 2 * (rows / 2)))
    return std::nullopt;
  // All that is registered, with rows beyond the picture's.
  if (pitch * (rows + rows / 2) > size - planes.offset[0]) return std::nullopt;
  return NvencLayout{.address = static_cast<uint8_t*>(address) + planes.offset[0],
                     .width = static_cast<uint32_t>(GST_VIDEO_INFO_WIDTH(&info)),
                     .rows = static_cast<uint32_t>(rows),
                     .pitch = static_cast<uint32_t>(pitch),
                     .format = nvenc_buffer_format(GST_VIDEO_INFO_FORMAT(&info))};
}

}  // namespace av1hw
