// SPDX-License-Identifier: LGPL-2.1-or-later
// Maps DMA-BUFs by itself, and knows the layouts of linear and of Intel's 4-tiled ones.
#include "dma_frame.h"

#include <gst/allocators/gstdmabuf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <format>
#include <utility>

#include "base/unique_handle.h"
#include "refdrv/va/tiling.h"

namespace av1hw::conformance {
namespace {

// A descriptor's memory, for reading.
class Mapping {
 public:
  explicit Mapping(int fd) {
    const off_t size = lseek(fd, 0, SEEK_END);
    if (size <= 0) return;
    void* address = mmap(nullptr, static_cast<size_t>(size), PROT_READ, MAP_SHARED, fd, 0);
    if (address == MAP_FAILED) return;
    data_ = static_cast<const uint8_t*>(address);
    size_ = static_cast<size_t>(size);
  }
  Mapping(const Mapping&) = delete;
  ~Mapping() {
    if (data_) munmap(const_cast<uint8_t*>(data_), size_);
  }
  std::span<const uint8_t> bytes() const { return {data_, size_}; }

 private:
  const uint8_t* data_ = nullptr;
  size_t size_ = 0;
};

struct PlaneSource {
  std::span<const uint8_t> bytes;  // from the plane's beginning on
  size_t pitch = 0;
  uint64_t modifier = 0;
};

bool copy_plane(const PlaneSource& from, GstVideoFrame& to, unsigned plane) {
  const bool wide = GST_VIDEO_FRAME_COMP_DEPTH(&to, 0) > 8;
  const size_t row_bytes =
      static_cast<size_t>(plane == 0 ? GST_VIDEO_FRAME_COMP_WIDTH(&to, 0)
                                     : GST_VIDEO_FRAME_COMP_WIDTH(&to, 1) * 2) *
      (wide ? 2 : 1);
  const int rows = GST_VIDEO_FRAME_COMP_HEIGHT(&to, plane);
  auto* out = static_cast<uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&to, plane));
  for (int y = 0; y < rows; y++) {
    for (size_t x = 0; x < row_bytes;) {
      const size_t run = refdrv::va::run_length(from.modifier, x, row_bytes);
      const size_t at =
          refdrv::va::byte_offset(from.modifier, from.pitch, x, static_cast<size_t>(y));
      if (at > from.bytes.size() || run > from.bytes.size() - at) return false;
      std::copy_n(from.bytes.data() + at, run, out + x);
      x += run;
    }
    out += GST_VIDEO_FRAME_PLANE_STRIDE(&to, plane);
  }
  return true;
}

// The memory that a plane begins in, by its offset from the buffer's beginning.
Result<> copy_planes(GstBuffer* buffer, uint64_t modifier, GstVideoFrame& to) {
  const GstVideoMeta* meta = gst_buffer_get_video_meta(buffer);
  if (!meta) return fail(ErrorCode::Failed, "a DMA-BUF without a GstVideoMeta");
  for (unsigned plane = 0; plane < GST_VIDEO_FRAME_N_PLANES(&to); plane++) {
    guint first = 0;
    guint count = 0;
    gsize skip = 0;
    if (plane >= meta->n_planes ||
        !gst_buffer_find_memory(buffer, meta->offset[plane], 1, &first, &count, &skip)) {
      return fail(ErrorCode::Failed, std::format("plane {} is not in the buffer", plane));
    }
    GstMemory* memory = gst_buffer_peek_memory(buffer, first);
    if (!gst_is_dmabuf_memory(memory)) return fail(ErrorCode::Failed, "memory that is no DMA-BUF");
    const Mapping mapping(gst_dmabuf_memory_get_fd(memory));
    const size_t begin = memory->offset + skip;
    if (begin >= mapping.bytes().size() || meta->stride[plane] <= 0) {
      return fail(ErrorCode::Failed, "a DMA-BUF could not be mapped");
    }
    const PlaneSource from{mapping.bytes().subspan(begin), static_cast<size_t>(meta->stride[plane]),
                           modifier};
    if (!copy_plane(from, to, plane)) {
      return fail(ErrorCode::Failed, std::format("plane {} is larger than its DMA-BUF", plane));
    }
  }
  return {};
}

}  // namespace

Result<SystemFrame> read_dma_frame(GstBuffer* buffer, GstCaps* caps) {
  GstVideoInfoDmaDrm drm;
  if (!gst_video_info_dma_drm_from_caps(&drm, caps)) {
    const GCharPtr text{gst_caps_to_string(caps)};
    return fail(ErrorCode::Failed, std::string("no DMA_DRM caps: ") + text.get());
  }
  const GstVideoFormat format = gst_video_dma_drm_fourcc_to_format(drm.drm_fourcc);
  if ((format != GST_VIDEO_FORMAT_NV12 && format != GST_VIDEO_FORMAT_P010_10LE) ||
      !refdrv::va::knows_modifier(drm.drm_modifier)) {
    return fail(ErrorCode::NotSupported, std::format("DRM format {:#x} with modifier {:#x}",
                                                     drm.drm_fourcc, drm.drm_modifier));
  }
  SystemFrame made;
  gst_video_info_set_format(&made.info, format, static_cast<guint>(drm.vinfo.width),
                            static_cast<guint>(drm.vinfo.height));
  made.buffer.reset(gst_buffer_new_allocate(nullptr, made.info.size, nullptr));
  GstVideoFrame frame;
  if (!gst_video_frame_map(&frame, &made.info, made.buffer.get(), GST_MAP_WRITE)) {
    return fail(ErrorCode::Failed, "no memory for a frame");
  }
  Result<> copied = copy_planes(buffer, drm.drm_modifier, frame);
  gst_video_frame_unmap(&frame);
  if (!copied) return std::unexpected(copied.error());
  return made;
}

}  // namespace av1hw::conformance
