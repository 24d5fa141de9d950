// SPDX-License-Identifier: LGPL-2.1-or-later
// What upstream's caps say of a stream: it fills in what the bitstream leaves open.
#pragma once

#include <gst/video/gstvideodecoder.h>

#include <optional>

#include "base/unique_handle.h"
#include "codec/picture_format.h"
#include "memory/handles.h"

namespace av1hw {

using CodecStateHandle = UniqueHandle<GstVideoCodecState, gst_video_codec_state_unref>;

class UpstreamCaps {
 public:
  void reset();
  // Takes note of the HDR metadata in the caps. Gives the caps without it, or nothing if they have
  // none.
  CapsHandle take_hdr(GstCaps* caps);
  void set(GstVideoCodecState* state);
  GstVideoCodecState* state() const { return state_.get(); }
  // Fills in the info and the caps of an output state that was made for `format`. The caps are of
  // system memory.
  void describe(GstVideoCodecState& state, const PictureFormat& format) const;

 private:
  CodecStateHandle state_;
  CapsHandle caps_;
  std::optional<GstVideoMasteringDisplayInfo> mastering_display_;
  std::optional<GstVideoContentLightLevel> content_light_;
};

}  // namespace av1hw
