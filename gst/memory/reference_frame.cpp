// SPDX-License-Identifier: LGPL-2.1-or-later
// Mapping a pool's buffer for a decoder, and sharing its memory.
#include "memory/reference_frame.h"

namespace av1hw {

Result<std::unique_ptr<ReferenceFrame>> ReferenceFrame::map(BufferHandle buffer) {
  const GstVideoMeta* meta = gst_buffer_get_video_meta(buffer.get());
  GstMapInfo map;
  if (!meta || gst_buffer_n_memory(buffer.get()) != 1 ||
      !gst_buffer_map(buffer.get(), &map, GST_MAP_READWRITE)) {
    return fail(ErrorCode::Failed, "a buffer of the pool can't be mapped for writing");
  }
  return std::unique_ptr<ReferenceFrame>(new ReferenceFrame(std::move(buffer), map, meta));
}

ReferenceFrame::~ReferenceFrame() { gst_buffer_unmap(buffer_.get(), &map_); }

BufferHandle ReferenceFrame::share() const {
  // Not the pool's GstMemory itself: a buffer drops its metas before its memories, so a parent meta
  // would give the pool back a buffer whose memory is still in use, and the pool would throw it
  // away.
  GstMemory* memory = gst_memory_new_wrapped(
      GST_MEMORY_FLAG_READONLY, map_.data, map_.size, 0, map_.size, gst_buffer_ref(buffer_.get()),
      [](gpointer pooled) { gst_buffer_unref(static_cast<GstBuffer*>(pooled)); });
  BufferHandle shared{gst_buffer_new()};
  gst_buffer_append_memory(shared.get(), memory);
  auto* from = const_cast<GstVideoMeta*>(meta_);
  GstVideoMeta* meta = gst_buffer_add_video_meta_full(shared.get(), GST_VIDEO_FRAME_FLAG_NONE,
                                                      from->format, from->width, from->height,
                                                      from->n_planes, from->offset, from->stride);
  gst_video_meta_set_alignment(meta, from->alignment);
  return shared;
}

}  // namespace av1hw
