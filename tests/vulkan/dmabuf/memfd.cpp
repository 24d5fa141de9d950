// SPDX-License-Identifier: LGPL-2.1-or-later
// GstDmaBufAllocator asks no descriptor what it is.
#include "memfd.h"

#include <gst/allocators/gstdmabuf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace av1hw::test {
namespace {

constexpr size_t page = 4096;

struct Plane {
  size_t row_bytes = 0, rows = 0, offset = 0;
  gint pitch = 0;
};

std::vector<Plane> planes_of(const GstVideoInfo& info, const MemfdLayout& layout) {
  std::vector<Plane> planes(GST_VIDEO_INFO_N_PLANES(&info));
  size_t at = layout.front;
  for (guint i = 0; i < planes.size(); i++) {
    gint components[GST_VIDEO_MAX_COMPONENTS];
    gst_video_format_info_component(info.finfo, i, components);
    Plane& plane = planes[i];
    plane.rows = static_cast<size_t>(GST_VIDEO_INFO_COMP_HEIGHT(&info, components[0]));
    plane.row_bytes = static_cast<size_t>(GST_VIDEO_INFO_COMP_WIDTH(&info, components[0]) *
                                          GST_VIDEO_INFO_COMP_PSTRIDE(&info, components[0]));
    // Pairs of samples of packed 4:2:2 are whole.
    if (GST_VIDEO_INFO_FORMAT(&info) == GST_VIDEO_FORMAT_YUY2)
      plane.row_bytes = (plane.row_bytes + 3) / 4 * 4;
    const int multiple = std::max(layout.pitch_multiple, 4);
    plane.pitch = (static_cast<int>(plane.row_bytes) + multiple - 1) / multiple * multiple;
    plane.offset = at;
    at += plane.rows * static_cast<size_t>(plane.pitch) + layout.front;
  }
  return planes;
}

// Past GStreamer, which writes to no share of memory.
void write_plane(GstBuffer* buffer, const Plane& plane, const uint8_t* from) {
  guint first = 0, count = 0;
  gsize skip = 0;
  if (!gst_buffer_find_memory(buffer, plane.offset, 1, &first, &count, &skip)) g_error("no plane");
  GstMemory* memory = gst_buffer_peek_memory(buffer, first);
  const int fd = gst_dmabuf_memory_get_fd(memory);
  auto at = static_cast<off_t>(memory->offset + skip);
  for (size_t y = 0; y < plane.rows; y++, from += plane.row_bytes, at += plane.pitch) {
    if (pwrite(fd, from, plane.row_bytes, at) != static_cast<ssize_t>(plane.row_bytes))
      g_error("a memfd can't be written");
  }
}

void append_memory(GstBuffer* buffer, size_t bytes, const MemfdLayout& layout) {
  if (!layout.shared) {
    gst_buffer_append_memory(buffer, memfd_memory(bytes).release());
    return;
  }
  const MemoryRef whole = memfd_memory(bytes + layout.front);
  GstMemory* part =
      gst_memory_share(whole.get(), static_cast<gssize>(layout.front), static_cast<gssize>(bytes));
  gst_buffer_append_memory(buffer, part);
}

}  // namespace

MemoryRef memfd_memory(size_t bytes) {
  static GstAllocator* const allocator = gst_dmabuf_allocator_new();
  GST_OBJECT_FLAG_SET(allocator, GST_OBJECT_FLAG_MAY_BE_LEAKED);
  const int fd = memfd_create("av1hw-test", MFD_CLOEXEC);
  const size_t pages = (bytes + page - 1) / page * page;
  if (fd < 0 || ftruncate(fd, static_cast<off_t>(pages)) != 0) g_error("no memfd");
  return MemoryRef(gst_dmabuf_allocator_alloc(allocator, fd, bytes));
}

Ref<GstBuffer> memfd_frame(const GstVideoInfo& info, const std::vector<uint8_t>& picture,
                           const MemfdLayout& layout) {
  std::vector<Plane> planes = planes_of(info, layout);
  Ref<GstBuffer> buffer(gst_buffer_new());
  const auto end_of = [](const Plane& plane) {
    return plane.offset + plane.rows * static_cast<size_t>(plane.pitch);
  };
  if (layout.apart) {
    size_t at = 0;
    for (Plane& plane : planes) {
      plane.offset = at + layout.front;
      append_memory(buffer.get(), end_of(plane) - at, layout);
      at = gst_buffer_get_size(buffer.get());
    }
  } else {
    append_memory(buffer.get(), end_of(planes.back()), layout);
  }
  std::array<gsize, GST_VIDEO_MAX_PLANES> offsets = {};
  std::array<gint, GST_VIDEO_MAX_PLANES> pitches = {};
  const uint8_t* from = picture.data();
  for (size_t i = 0; i < planes.size(); i++) {
    offsets[i] = planes[i].offset;
    pitches[i] = planes[i].pitch;
    write_plane(buffer.get(), planes[i], from);
    from += planes[i].rows * planes[i].row_bytes;
  }
  if (!layout.without_meta)
    gst_buffer_add_video_meta_full(
        buffer.get(), GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_INFO_FORMAT(&info),
        static_cast<guint>(GST_VIDEO_INFO_WIDTH(&info)),
        static_cast<guint>(GST_VIDEO_INFO_HEIGHT(&info)), static_cast<guint>(planes.size()),
        offsets.data(), pitches.data());
  return buffer;
}

std::string drm_caps_text(const GstVideoInfo& info, uint64_t modifier) {
  const Ref<GstCaps> caps(gst_video_info_to_caps(&info));
  gst_caps_set_features_simple(caps.get(),
                               gst_caps_features_new_single(GST_CAPS_FEATURE_MEMORY_DMABUF));
  const guint32 fourcc = gst_video_dma_drm_fourcc_from_format(GST_VIDEO_INFO_FORMAT(&info));
  gchar* drm_format = gst_video_dma_drm_fourcc_to_string(fourcc, modifier);
  gst_caps_set_simple(caps.get(), "format", G_TYPE_STRING, "DMA_DRM", "drm-format", G_TYPE_STRING,
                      drm_format, nullptr);
  g_free(drm_format);
  gchar* text = gst_caps_to_string(caps.get());
  std::string result = text;
  g_free(text);
  return result;
}

}  // namespace av1hw::test
