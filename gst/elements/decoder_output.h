// SPDX-License-Identifier: LGPL-2.1-or-later
// The source side of a decoder element: caps, buffer pools, and buffers that downstream can take.
#pragma once

#include <gst/video/gstvideodecoder.h>

#include <optional>
#include <string>
#include <vector>

#include "base/unique_handle.h"
#include "codec/decoder.h"
#include "memory/copy_accounting.h"

namespace av1hw {

using CodecStateHandle = UniqueHandle<GstVideoCodecState, gst_video_codec_state_unref>;

// Called on the streaming thread alone, but for moves().
class DecoderOutput {
 public:
  explicit DecoderOutput(GstVideoDecoder* element) : element_(element) {}

  // Forgets what was negotiated.
  void reset();
  // Takes note of the HDR metadata in upstream's caps. Gives the caps without it, or nothing if
  // they have none.
  CapsHandle take_hdr(GstCaps* caps);
  // Upstream's caps: they fill in what the bitstream leaves open.
  void set_input(GstVideoCodecState* state);

  Result<BufferHandle> allocate(const PictureFormat& format, const MemoryNeeds& needs);
  // GstVideoDecoderClass::decide_allocation, while negotiate() is at it.
  bool decide_allocation(GstQuery* query);
  // Makes the caps fit the picture, and the picture fit what downstream takes.
  Result<BufferHandle> finish(Picture& picture);

  // What was negotiated; before, just the frame rate of upstream's caps.
  GstVideoInfo info() const { return info_; }
  CopyAccounting& moves() { return moves_; }
  const CopyAccounting& moves() const { return moves_; }

 private:
  struct Pool {
    PictureFormat format;
    MemoryNeeds needs;
    PoolHandle pool;
    bool offered = false;  // downstream's
  };

  bool negotiate(const PictureFormat& format);
  void describe(GstVideoCodecState& state, const PictureFormat& format) const;
  Pool* find_pool(const PictureFormat& format);
  Result<Pool*> own_pool(const PictureFormat& format, const MemoryNeeds& needs);
  PoolHandle try_offered_pool(GstQuery* query, GstCaps* caps, const GstVideoInfo& info);
  Result<BufferHandle> copy(const Picture& picture);

  GstVideoDecoder* element_;
  CodecStateHandle input_;
  CapsHandle input_caps_;
  std::optional<GstVideoMasteringDisplayInfo> upstream_mastering_display_;
  std::optional<GstVideoContentLightLevel> upstream_content_light_;
  std::optional<PictureFormat> current_;  // what was negotiated last
  bool renegotiate_ = false;              // upstream's caps changed since
  std::optional<MemoryNeeds> needs_;      // of the last allocation
  bool takes_video_meta_ = false;
  GstVideoInfo info_ = {};
  std::vector<Pool> pools_;  // the last used first
  CopyAccounting moves_;
};

}  // namespace av1hw
