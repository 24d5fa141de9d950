// SPDX-License-Identifier: LGPL-2.1-or-later
// The source side of a decoder element: caps, buffer pools, and buffers that downstream can take.
#pragma once

#include <gst/video/gstvideodecoder.h>

#include <optional>
#include <vector>

#include "codec/decoder.h"
#include "codec/output_memory.h"
#include "elements/upstream_caps.h"
#include "memory/copy_accounting.h"

namespace av1hw {

// Called on the streaming thread alone, but for moves().
class DecoderOutput {
 public:
  // `memory`: the device's, which outlives this; nullptr: pictures are in system memory.
  DecoderOutput(GstVideoDecoder* element, OutputMemory* memory)
      : element_(element), memory_(memory) {}

  // Forgets what was negotiated.
  void reset();
  // Upstream's caps.
  void set_input(GstVideoCodecState* state);
  UpstreamCaps& upstream() { return upstream_; }

  Result<BufferHandle> allocate(const PictureFormat& format, const MemoryNeeds& needs);
  // The next picture was moved before it gets here.
  void moved(FrameMove move, uint64_t bytes);
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
  Error refusal(const char* format) const;
  bool may_leave_as(MemoryDomain domain) const;
  Result<CapsHandle> caps_for(MemoryDomain domain, const GstVideoCodecState& state,
                              GstCaps* wanted) const;
  void choose_domain(GstVideoCodecState& state);
  Pool* find_pool(const PictureFormat& format);
  void keep_pool(Pool pool);
  Result<PoolHandle> start_pool(const GstVideoInfo& info, const MemoryNeeds& needs);
  Result<Pool*> own_pool(const PictureFormat& format, const MemoryNeeds& needs);
  Result<PoolHandle> make_pool(const GstVideoInfo& info, const MemoryNeeds& needs);
  PoolHandle try_offered_pool(GstQuery* query, GstCaps* caps, const GstVideoInfo& info);
  bool choose_pool(GstQuery* query, PoolHandle offered);
  // From a pool of the device's or of system memory.
  Result<BufferHandle> acquire_from(GstBufferPool* pool) const;
  Result<BufferHandle> copy(const Picture& picture);

  GstVideoDecoder* element_;
  OutputMemory* memory_;
  UpstreamCaps upstream_;
  std::optional<PictureFormat> current_;  // what was negotiated last
  bool renegotiate_ = false;              // upstream's caps changed since
  std::optional<MemoryNeeds> needs_;      // of the last allocation
  // Where pictures are decoded, from the first negotiation on: never System if there is a device.
  std::optional<MemoryDomain> decoded_;
  MemoryDomain leaves_ = MemoryDomain::System;  // `decoded_` or System
  bool takes_video_meta_ = false;
  std::optional<Error> no_pool_;  // why the device gave none, when the negotiation failed for that
  bool moved_ = false;            // the next picture, by the decoder
  GstVideoInfo info_ = {};
  std::vector<Pool> pools_;  // the last used first
  CopyAccounting moves_;
};

}  // namespace av1hw
