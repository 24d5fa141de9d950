// SPDX-License-Identifier: LGPL-2.1-or-later
// The decoder shell: what every AV1 decoder element does around its Decoder.
#pragma once

#include <gst/video/gstvideodecoder.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "av1/frame_header.h"
#include "base/unique_handle.h"
#include "codec/decoder.h"
#include "codec/loss_tracker.h"
#include "elements/decoder_output.h"
#include "elements/driver_watch.h"

namespace av1hw {

using CodecFrameHandle = UniqueHandle<GstVideoCodecFrame, gst_video_codec_frame_unref>;

// Behind each decoder GObject. Everything but properties and statistics happens under the base
// class's stream lock.
class DecoderShell final : private DecoderClient {
 public:
  using Create = std::function<std::unique_ptr<Decoder>(OutputMemory*)>;

  // `memory`: nullptr where pictures are in system memory.
  DecoderShell(GstVideoDecoder* element, Create create, std::unique_ptr<OutputMemory> memory);

  bool set_property(guint id, const GValue* value);
  bool get_property(guint id, GValue* value) const;

  // The virtual functions of GstElementClass and GstVideoDecoderClass that have these names.
  void set_context(GstContext* context);
  bool open();
  void close();
  bool start();
  bool stop();
  bool set_format(GstVideoCodecState* state);
  GstFlowReturn handle_frame(CodecFrameHandle frame);
  bool sink_event(GstEvent* event);
  bool flush();
  GstFlowReturn drain();
  bool decide_allocation(GstQuery* query) { return output_.decide_allocation(query); }
  // A query on either pad that is answered here; the base class answers the others.
  bool handle_query(GstQuery* query);

 private:
  // DecoderClient
  Result<BufferHandle> allocate(const PictureFormat& format, const MemoryNeeds& needs) override;
  bool output(Picture picture) override;
  void no_picture(uint64_t frame_number) override;
  void left_out(uint64_t frame_number) override;
  void damaged(const Damage& damage) override;
  void moved(FrameMove move, uint64_t bytes) override { output_.moved(move, bytes); }

  DecoderSettings settings() const;
  void read_framing(const GstStructure* caps);
  bool open_decoder();
  bool upstream_is_live() const;
  GstFlowReturn end_with(const Error& error);
  bool may_skip(GstVideoCodecFrame& frame, bool late);
  void note_discontinuity(const GstVideoCodecFrame& frame);
  void release_before(uint64_t frame_number);
  void release(uint64_t frame_number);
  GstFlowReturn push(uint64_t frame_number, BufferHandle buffer);
  GstFlowReturn push_layer(BufferHandle buffer);
  void warn(const Damage& damage);
  void declare_latency();
  StructureHandle stats() const;

  enum class Alignment : uint8_t { TemporalUnit, Frame, Obu };

  GstVideoDecoder* element_;
  Create create_;
  const std::unique_ptr<OutputMemory> memory_;
  DecoderSettings settings_;  // under the object lock
  DecoderInput input_;
  Alignment alignment_ = Alignment::TemporalUnit;
  std::unique_ptr<Decoder> decoder_;
  DecoderOutput output_;
  FrameHeaderParser headers_;
  LossTracker losses_;

  uint64_t stream_offset_ = 0;
  uint64_t newest_frame_ = 0;
  std::vector<uint64_t> pending_;  // frames that the base class still has, a few as a rule
  // The last frame that was finished, for further layers of it.
  struct Finished {
    uint64_t frame_number;
    GstClockTime pts;
    GstClockTime duration;
  };
  std::optional<Finished> finished_;
  GstFlowReturn flow_ = GST_FLOW_OK;
  GstClockTime declared_latency_ = GST_CLOCK_TIME_NONE;
  bool data_missing_ = false;    // before the next packet
  bool decoder_failed_ = false;  // and said so
  bool output_anything_ = false;
  unsigned damaged_in_vain_ = 0;  // packets, before anything was output
  gint64 last_warning_ = 0;       // monotonic time in microseconds
  unsigned unreported_ = 0;       // damages since then

  struct Counts {
    std::atomic<uint64_t> frames{0};
    std::atomic<uint64_t> dropped{0};
    std::atomic<uint64_t> damaged{0};
    std::atomic<uint64_t> grain_dropped{0};
    std::atomic<unsigned> declared_latency{0};
    std::atomic<unsigned> measured_latency{0};
  };
  Counts counts_;
  DriverWatch watch_;  // while the device is open
};

}  // namespace av1hw
