// SPDX-License-Identifier: LGPL-2.1-or-later
// GstVideoEncoder's stream lock, taken and given up by scope.
#pragma once

#include <gst/video/gstvideoencoder.h>

namespace av1hw {

// Holds the lock, which may be held already: it is recursive.
class EncoderStreamLock {
 public:
  explicit EncoderStreamLock(GstVideoEncoder* element) : element_(element) {
    GST_VIDEO_ENCODER_STREAM_LOCK(element_);
  }
  EncoderStreamLock(const EncoderStreamLock&) = delete;
  EncoderStreamLock& operator=(const EncoderStreamLock&) = delete;
  ~EncoderStreamLock() { GST_VIDEO_ENCODER_STREAM_UNLOCK(element_); }

 private:
  GstVideoEncoder* const element_;
};

// Gives up the lock that the base class took, once, before it called the element; and takes it
// again. Does nothing for nullptr.
class EncoderStreamUnlock {
 public:
  explicit EncoderStreamUnlock(GstVideoEncoder* element) : element_(element) {
    if (element_) GST_VIDEO_ENCODER_STREAM_UNLOCK(element_);
  }
  EncoderStreamUnlock(const EncoderStreamUnlock&) = delete;
  EncoderStreamUnlock& operator=(const EncoderStreamUnlock&) = delete;
  ~EncoderStreamUnlock() {
    if (element_) GST_VIDEO_ENCODER_STREAM_LOCK(element_);
  }

 private:
  GstVideoEncoder* const element_;
};

}  // namespace av1hw
