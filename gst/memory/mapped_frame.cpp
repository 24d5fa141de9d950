// SPDX-License-Identifier: LGPL-2.1-or-later
// Maps video frames, and checks that their planes are where the caps and metas claim.
#include "memory/mapped_frame.h"

#include <format>
#include <utility>

namespace av1hw {

Result<MappedFrame> MappedFrame::map_read(GstBuffer* buffer, const GstVideoInfo& info) {
  return map(buffer, info, GST_MAP_READ);
}

Result<MappedFrame> MappedFrame::map_write(GstBuffer* buffer, const GstVideoInfo& info) {
  return map(buffer, info, GST_MAP_WRITE);
}

Result<MappedFrame> MappedFrame::map(GstBuffer* buffer, const GstVideoInfo& info,
                                     GstMapFlags flags) {
  // Looked at here because gst_video_frame_map() takes a contradiction for a programming error.
  const GstVideoMeta* meta = gst_buffer_get_video_meta(buffer);
  if (meta && (meta->format != GST_VIDEO_INFO_FORMAT(&info) ||
               meta->width != static_cast<guint>(info.width) ||
               meta->height != static_cast<guint>(info.height))) {
    return fail(ErrorCode::InvalidData,
                std::format("a buffer is a {}x{} {} frame, its caps say {}x{} {}", meta->width,
                            meta->height, gst_video_format_to_string(meta->format), info.width,
                            info.height, GST_VIDEO_INFO_NAME(&info)));
  }
  MappedFrame mapped;
  if (!gst_video_frame_map(&mapped.frame_, &info, buffer, flags)) {
    mapped.frame_.buffer = nullptr;
    return fail(
        ErrorCode::InvalidData,
        std::format("a buffer of {} bytes can't be mapped as a {}x{} {} frame ({} bytes): it "
                    "is smaller than its caps say, or not in system memory",
                    gst_buffer_get_size(buffer), info.width, info.height,
                    GST_VIDEO_INFO_NAME(&info), GST_VIDEO_INFO_SIZE(&info)));
  }
  if (const Result<> sane = mapped.check(); !sane) return std::unexpected(sane.error());
  return mapped;
}

MappedFrame::MappedFrame(MappedFrame&& other) noexcept : frame_(other.frame_) {
  other.frame_.buffer = nullptr;
}

MappedFrame::~MappedFrame() {
  if (frame_.buffer) gst_video_frame_unmap(&frame_);
}

Result<> MappedFrame::check() const {
  for (unsigned p = 0; p < planes(); p++) {
    if (stride(p) < 0 || static_cast<size_t>(stride(p)) < row_bytes(p) ||
        plane(p).size() > available(p)) {
      return fail(
          ErrorCode::InvalidData,
          std::format("plane {} of a {}x{} {} frame lies outside its buffer", p, frame_.info.width,
                      frame_.info.height, GST_VIDEO_INFO_NAME(&frame_.info)));
    }
  }
  return {};
}

size_t MappedFrame::available(unsigned plane) const {
  const GstMapInfo& memory = frame_.map[plane].data ? frame_.map[plane] : frame_.map[0];
  const auto* data = static_cast<const uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&frame_, plane));
  const uint8_t* end = memory.data + memory.size;
  return data >= memory.data && data <= end ? static_cast<size_t>(end - data) : 0;
}

std::span<const uint8_t> MappedFrame::padded_plane(unsigned plane) const {
  const auto* data = static_cast<const uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&frame_, plane));
  const size_t size = static_cast<size_t>(stride(plane)) * rows(plane);
  return {data, size <= available(plane) ? size : 0};
}

unsigned MappedFrame::component_of(unsigned plane) const {
  unsigned c = 0;
  while (c + 1 < GST_VIDEO_FRAME_N_COMPONENTS(&frame_) &&
         GST_VIDEO_FRAME_COMP_PLANE(&frame_, c) != plane) {
    c++;
  }
  return c;
}

unsigned MappedFrame::rows(unsigned plane) const {
  return static_cast<unsigned>(GST_VIDEO_FRAME_COMP_HEIGHT(&frame_, component_of(plane)));
}

size_t MappedFrame::row_bytes(unsigned plane) const {
  const unsigned c = component_of(plane);
  return static_cast<size_t>(GST_VIDEO_FRAME_COMP_WIDTH(&frame_, c)) *
         static_cast<size_t>(GST_VIDEO_FRAME_COMP_PSTRIDE(&frame_, c));
}

std::span<uint8_t> MappedFrame::writable_plane(unsigned p) {
  return {static_cast<uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&frame_, p)), plane(p).size()};
}

std::span<const uint8_t> MappedFrame::plane(unsigned plane) const {
  const auto* data = static_cast<const uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&frame_, plane));
  return {data, static_cast<size_t>(stride(plane)) * (rows(plane) - 1) + row_bytes(plane)};
}

uint64_t MappedFrame::sample_bytes() const {
  uint64_t sum = 0;
  for (unsigned p = 0; p < planes(); p++) sum += static_cast<uint64_t>(rows(p)) * row_bytes(p);
  return sum;
}

}  // namespace av1hw
