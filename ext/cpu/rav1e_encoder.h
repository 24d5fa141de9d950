// SPDX-License-Identifier: LGPL-2.1-or-later
// Encodes with rav1e's C API.
#pragma once

#include <rav1e/rav1e.h>

#include <cstdint>
#include <deque>
#include <vector>

#include "codec/encoder.h"
#include "cpu/rav1e_config.h"
#include "memory/mapped_frame.h"

namespace av1hw {

// rav1e encodes within receive_packet(), so encode() takes as long as the frames that it finishes.
class Rav1eEncoder final : public Encoder {
 public:
  Result<> open(const EncoderSettings& settings, const EncoderInput& input,
                EncoderClient& client) override;
  Result<> encode(const InputFrame& frame) override;
  Result<> drain() override;
  void flush() override;
  Result<> set_bitrate(unsigned kbit_per_s) override;
  unsigned latency_frames() const override { return latency_frames_; }
  unsigned frames_in_use() const override { return 1; }  // the library has its own copies

 private:
  using ContextPtr = UniqueHandle<RaContext, rav1e_context_unref>;
  using FramePtr = UniqueHandle<RaFrame, rav1e_frame_unref>;

  struct FrameInside {
    uint64_t number = 0;
    std::vector<uint8_t> metadata;  // whole OBUs
  };

  Result<> start_sequence();
  Result<FramePtr> make_frame(const InputFrame& frame);
  void fill_planes(RaFrame* frame, const MappedFrame& source);
  void pack_plane(const MappedFrame& source, unsigned plane, unsigned shift);
  Result<> send(RaFrame* frame);
  Result<bool> receive();
  Result<> receive_all();
  bool output(const RaPacket& packet);

  EncoderClient* client_ = nullptr;
  GstVideoInfo info_ = {};
  unsigned latency_frames_ = 0;
  RaConfigPtr config_;
  ContextPtr context_;              // none: the next frame starts a coded video sequence
  std::deque<FrameInside> frames_;  // in the context, in presentation order
  std::vector<uint8_t> packed_;     // a plane that rav1e can't read where it lies
};

}  // namespace av1hw
