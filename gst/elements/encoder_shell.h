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
#include "codec/input_memory.h"
#include "elements/encoder_caps.h"
#include "elements/encoder_device.h"
#include "elements/encoder_latency.h"
#include "elements/encoder_locks.h"
#include "elements/encoder_properties.h"
#include "elements/long_term_event.h"
#include "memory/copy_accounting.h"

namespace av1hw {

using StateHandle = UniqueHandle<GstVideoCodecState, gst_video_codec_state_unref>;

// What makes an encoder element: names, what it takes and honours, and what does the work.
struct EncoderDescriptor {
  std::string name;                           // factory name, "cpuav1enc"
  std::string type_name;                      // GType name, "Av1HwCpuAv1Enc"
  std::string long_name;                      // "AV1 encoder (rav1e)"
  std::string klass = "Codec/Encoder/Video";  // with "/Hardware" where it is
  std::string description;                    // one sentence
  std::string library;    // what encodes, with its version, for the `encoder` tag
  std::string sink_caps;  // the sink pad's template
  std::vector<EncoderPropertySupport> properties;
  std::string device = {};  // DeviceReport::id, for messages; filled in
  // The device memory of one element; empty where encoding is the CPU's.
  std::function<std::unique_ptr<InputMemory>()> create_memory = {};
  // Gets the element's device memory, which outlives the encoder, or nullptr.
  std::function<std::unique_ptr<Encoder>(InputMemory*)> create;
};

// Belongs to one element. Properties may be set and read from any thread; events from downstream
// come on any thread as well; the encoder's own thread calls EncoderClient; all else comes from the
// base class, on the streaming thread or while it is stopped.
//
// What both threads touch is guarded by the base class's stream lock. The base class holds it when
// it calls; it is given up around each call of an asynchronous encoder, which may wait for its
// thread there, and the thread takes it in the calls of EncoderClient, but for the push downstream:
// a pad that blocks holds up the encoder's thread, and the streaming thread once the encoder is
// full.
class EncoderShell final : private EncoderClient {
 public:
  EncoderShell(GstVideoEncoder* element, const EncoderDescriptor& descriptor);

  void set_property(guint id, const GValue* value);
  void get_property(guint id, GValue* value) const;
  // Milliseconds that a call of the driver may take; 0: any time.
  void set_driver_timeout(unsigned milliseconds);
  unsigned driver_timeout() const;
  // "frames-in", "frames-out", "key-frames", "bytes", "latency-frames-declared" and
  // "latency-frames-measured" (frames that went in between a frame and its unit, as far as the unit
  // waited for them: EncoderLatency; of an asynchronous encoder with a live source only), then the
  // copies by kind.
  StructureHandle stats() const;

  // The virtual functions of GstElementClass and GstVideoEncoderClass that have these names.
  void set_context(GstContext* context) { device_.set_context(context); }
  bool open() { return device_.open(driver_timeout()); }
  void close() { device_.close(); }
  bool start();
  bool stop();
  bool set_format(GstVideoCodecState* state);
  CapsHandle sink_caps(GstCaps* filter) const;
  bool propose_allocation(GstQuery* query);
  GstFlowReturn handle_frame(GstVideoCodecFrame* frame);
  GstFlowReturn finish();
  bool flush();
  bool sink_event(GstEvent* event);
  bool source_event(GstEvent* event);
  // A query on either pad that is answered here; the base class answers the others.
  bool handle_query(GstQuery* query) { return device_.handle_query(query); }

 private:
  // EncoderClient
  bool output(EncodedUnit unit) override;
  void moved(FrameMove move, uint64_t bytes) override { copies_.count(move, bytes); }
  void warn(const std::string& message) override;
  void failed(const Error& error) override;

  // Calls the encoder, without the stream lock where it is asynchronous.
  template <typename Call>
  auto in_encoder(Call call) {
    const EncoderStreamUnlock unlock(encoder_->is_asynchronous() ? element_ : nullptr);
    return call(*encoder_);
  }
  bool refused_before(const GstCaps* caps) const;
  unsigned settings_version() const;
  bool take_format(GstVideoCodecState* state);
  bool configure(const EncoderInput& input);
  bool end_stream();
  bool adopt_input(const GstCaps* caps);
  bool upstream_is_live() const;
  EncoderSettings settings() const;
  void warn_of_bitrate(const EncoderSettings& settings);
  Result<> open_encoder(const EncoderSettings& settings);
  Result<> apply_bitrate();
  Result<> drain();
  // What is asked of one frame.
  struct FrameRequests {
    bool key_frame = false;
    LongTermRequest long_term;
  };
  FrameRequests take_requests(const GstVideoCodecFrame& frame);
  void ask_again(const FrameRequests& asked);
  void forget_requests();
  Result<> encode(GstVideoCodecFrame* frame, const FrameRequests& asked);
  void leave_out(GstVideoCodecFrame* frame, const Error& error);
  bool take_request(GstEvent* event);
  bool dead() const { return failed_ || device_.hung(); }
  GstFlowReturn take_flow();
  GstFlowReturn fail_with(const Error& error);
  Error with_device(Error error) const;
  bool describe(GstVideoCodecFrame& frame, const EncodedUnit& unit);
  bool update_source_caps(GstBuffer* unit);
  bool accepted_downstream(GstCaps* caps) const;
  void set_tags(GstCaps* caps);
  GstClockTime frames_to_time(unsigned frames) const;
  void set_latency(unsigned frames);
  void measure_latency(uint64_t frame_number);

  GstVideoEncoder* const element_;
  const EncoderDescriptor& descriptor_;
  EncoderDevice device_;

  mutable std::mutex settings_mutex_;
  EncoderSettings settings_;       // by settings_mutex_
  unsigned settings_version_ = 0;  // by settings_mutex_: counts what was set
  unsigned driver_timeout_;        // by settings_mutex_
  LongTermRequest next_request_;   // by settings_mutex_
  bool key_frame_wanted_ = false;  // by settings_mutex_: of a frame that was lost
  std::atomic<bool> bitrate_changed_{false};

  // Caps that set_format() refused, which was said, and with which settings.
  struct Refusal {
    CapsHandle caps;
    unsigned settings_version = 0;
  };

  // The streaming thread's.
  std::unique_ptr<Encoder> encoder_;
  Refusal refused_;
  std::vector<std::vector<uint8_t>> t35_;
  const BufferHandle nothing_attached_{gst_buffer_new()};  // a frame's, once its picture is gone

  // By the stream lock.
  EncoderSettings active_;  // what the encoder was opened with
  StateHandle input_state_;
  EncoderInput input_;
  std::vector<uint8_t> sequence_obu_;  // of the caps that were sent last
  GstFlowReturn flow_ = GST_FLOW_OK;   // the first refusal that upstream has not got yet
  bool failed_ = false;                // and said so
  bool draining_ = false;
  EncoderLatency latency_;

  std::atomic<uint64_t> frames_in_{0}, frames_out_{0}, key_frames_{0}, bytes_{0};
  std::atomic<unsigned> latency_declared_{0}, latency_measured_{0};
  CopyAccounting copies_;
};

}  // namespace av1hw
