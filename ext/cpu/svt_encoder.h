// SPDX-License-Identifier: LGPL-2.1-or-later
// Encodes with SVT-AV1.
#pragma once

#include <svt-av1/EbSvtAv1Enc.h>

#include <cstdint>

#include "codec/encoder.h"
#include "memory/mapped_frame.h"

namespace av1hw {

// SVT-AV1 encodes on threads of its own. In the random access structure packets are fetched as they
// are found after each frame; in the low delay structure each frame is waited for.
class SvtEncoder final : public Encoder {
 public:
  ~SvtEncoder() override;
  Result<> open(const EncoderSettings& settings, const EncoderInput& input,
                EncoderClient& client) override;
  Result<> encode(const InputFrame& frame) override;
  Result<> drain() override;
  void flush() override;
  Result<> set_bitrate(unsigned kbit_per_s) override;
  unsigned latency_frames() const override { return latency_frames_; }
  unsigned frames_in_use() const override { return 1; }  // the library has its own copies

 private:
  enum class Wait : bool { No, UntilEnd };

  Result<> start_sequence();
  Result<> send(const InputFrame& frame, const MappedFrame& source);
  void send_end();
  Result<> receive(Wait wait, bool discard);
  void output(const EbBufferHeaderType& packet);
  void close();

  EncoderClient* client_ = nullptr;
  EncoderSettings settings_;
  EncoderInput input_;
  unsigned latency_frames_ = 0;
  bool low_delay_ = false;
  bool notes_given_ = false;  // by fill_svt_config, once an open()
  bool end_received_ = false;

  EbComponentType* handle_ = nullptr;  // none: the next frame starts a coded video sequence
  uint64_t frames_sent_ = 0;
  uint64_t units_received_ = 0;
};

}  // namespace av1hw
