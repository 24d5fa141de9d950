// SPDX-License-Identifier: LGPL-2.1-or-later
// Caps go with the buffer: an aggregator may show one long after the next caps have come.
#include "vulkan/dmabuf/drm_stream.h"

namespace av1hw {

void DrmStream::note_caps(GstCaps* caps) {
  const std::scoped_lock guard(lock_);
  next_.reset(are_drm_caps(caps) ? gst_caps_ref(caps) : nullptr);
}

void DrmStream::note_buffer(GstBuffer* buffer) {
  const std::scoped_lock guard(lock_);
  note_drm_caps(buffer, next_.get());
}

std::optional<DrmPicture> DrmStream::picture_of(GstBuffer* buffer) {
  const GstCaps* caps = noted_drm_caps(buffer);
  if (!caps) return std::nullopt;
  const std::scoped_lock guard(lock_);
  if (read_.get() != caps) {
    const Result<DrmPicture> picture = drm_picture(caps);
    if (!picture) return std::nullopt;
    read_.reset(gst_caps_ref(const_cast<GstCaps*>(caps)));
    picture_ = *picture;
  }
  return picture_;
}

}  // namespace av1hw
