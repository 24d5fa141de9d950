// SPDX-License-Identifier: LGPL-2.1-or-later
// What an encoder element does, without GObject: drives an Encoder from a GstVideoEncoder's calls.
#pragma once

#include <gst/video/gstvideoencoder.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/unique_handle.h"
#include "codec/encoder.h"
#include "elements/encoder_caps.h"
#include "elements/encoder_properties.h"
#include "memory/copy_accounting.h"

namespace av1hw {

using StateHandle = UniqueHandle<GstVideoCodecState, gst_video_codec_state_unref>;

// What makes an encoder element: names, what it takes and honours, and what does the work.
struct EncoderDescriptor {
  std::string name;         // factory name, "cpuav1enc"
  std::string type_name;    // GType name, "Av1HwCpuAv1Enc"
  std::string long_name;    // "AV1 encoder (rav1e)"
  std::string description;  // one sentence
  std::string library;      // what encodes, with its version, for the `encoder` tag
  std::string sink_caps;    // the sink pad's template
  std::vector<EncoderPropertySupport> properties;
  std::function<std::unique_ptr<Encoder>()> create;
};

// Belongs to one element. Properties may be set and read from any thread; all else comes from the
// base class, on the streaming thread or while it is stopped.
class EncoderShell final : private EncoderClient {
 public:
  EncoderShell(GstVideoEncoder* element, const EncoderDescriptor& descriptor);

  void set_property(guint id, const GValue* value);
  void get_property(guint id, GValue* value) const;
  // "frames-in", "frames-out", "key-frames", "bytes", "latency-frames-declared" and
  // "latency-frames-measured" (frames held back before the first unit), then the copies by kind.
  StructureHandle stats() const;

  bool start();
  bool stop();
  bool set_format(GstVideoCodecState* state);
  CapsHandle sink_caps(GstCaps* filter) const;
  GstFlowReturn handle_frame(GstVideoCodecFrame* frame);
  GstFlowReturn finish();
  bool flush();

 private:
  bool output(EncodedUnit unit) override;
  void moved(FrameMove move, uint64_t bytes) override { copies_.count(move, bytes); }
  void warn(const std::string& message) override;
  void failed(const Error& error) override { fail_with(error); }

  Result<> open();
  Result<> apply_bitrate();
  Result<> drain();
  GstFlowReturn fail_with(const Error& error);
  bool update_source_caps(GstBuffer* unit);
  bool accepted_downstream(GstCaps* caps) const;
  void set_tags(GstCaps* caps);
  void set_latency(unsigned frames);
  void measure_latency();

  GstVideoEncoder* const element_;
  const EncoderDescriptor& descriptor_;

  mutable std::mutex settings_mutex_;
  EncoderSettings settings_;  // by settings_mutex_
  std::atomic<bool> bitrate_changed_{false};

  std::unique_ptr<Encoder> encoder_;
  EncoderSettings active_;  // what the encoder was opened with
  StateHandle input_state_;
  EncoderInput input_;
  std::vector<uint8_t> sequence_obu_;  // of the caps that were sent last
  std::vector<std::vector<uint8_t>> t35_;
  GstFlowReturn flow_ = GST_FLOW_OK;
  bool draining_ = false;
  unsigned frames_held_ = 0;  // frames that went in and have not come out

  std::atomic<uint64_t> frames_in_{0}, frames_out_{0}, key_frames_{0}, bytes_{0};
  std::atomic<unsigned> latency_declared_{0}, latency_measured_{0};
  CopyAccounting copies_;
};

}  // namespace av1hw
