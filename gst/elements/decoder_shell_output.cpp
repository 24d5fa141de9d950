// SPDX-License-Identifier: LGPL-2.1-or-later
// The decoder shell's output side: pictures to frames, damage to messages, latency and statistics.
#include <algorithm>
#include <string>
#include <utility>

#include "elements/decoder_metadata.h"
#include "elements/decoder_shell.h"
#include "elements/element_error.h"
#include "memory/time_code_meta.h"

namespace av1hw {
namespace {

// A stream of which nothing at all could be decoded by then is taken for no AV1.
constexpr unsigned max_damaged_in_vain = 100;
constexpr unsigned warnings_before_limiting = 10;
constexpr gint64 warning_interval = G_USEC_PER_SEC;

// Where nobody gives a frame rate, latency in frames is taken for frames of 25 a second.
GstClockTime frame_duration(const GstVideoInfo& info) {
  if (info.fps_n <= 0 || info.fps_d <= 0) return GST_SECOND / 25;
  return gst_util_uint64_scale_int(GST_SECOND, info.fps_d, info.fps_n);
}

}  // namespace

Result<BufferHandle> DecoderShell::allocate(const PictureFormat& format, const MemoryNeeds& needs) {
  Result<BufferHandle> buffer = output_.allocate(format, needs);
  if (buffer || buffer.error().code != ErrorCode::Unavailable) return buffer;
  const bool flushing = GST_PAD_IS_FLUSHING(GST_VIDEO_DECODER_SRC_PAD(element_));
  flow_ = flushing ? GST_FLOW_FLUSHING : GST_FLOW_NOT_NEGOTIATED;
  return buffer;
}

void DecoderShell::release(uint64_t frame_number) {
  GstVideoCodecFrame* frame = gst_video_decoder_get_frame(element_, static_cast<int>(frame_number));
  if (frame) gst_video_decoder_release_frame(element_, frame);
}

// Temporal units come out in the order they went in; so what is older than the newest picture has
// none: hidden frames that were packets of their own, layers left out, damage.
void DecoderShell::release_before(uint64_t frame_number) {
  while (!pending_.empty() && pending_.front() < frame_number) {
    release(pending_.front());
    pending_.erase(pending_.begin());
  }
}

bool DecoderShell::output(Picture picture) {
  // The error was posted already, and a bin goes on with another decoder.
  if (watch_.hung()) {
    flow_ = GST_FLOW_ERROR;
    return false;
  }
  const uint64_t number = picture.frame_number;
  release_before(number);
  const auto held = static_cast<unsigned>(newest_frame_ - number);
  if (held > counts_.measured_latency) counts_.measured_latency = held;
  const bool corrupt = losses_.is_corrupt(number, picture.key_frame);
  if (corrupt && !settings().output_corrupt) {
    counts_.dropped++;
    return flow_ == GST_FLOW_OK;
  }
  if (picture.grain_dropped) counts_.grain_dropped++;
  output_anything_ = true;
  Result<BufferHandle> buffer = output_.finish(picture);
  if (!buffer) {
    const bool flushing = GST_PAD_IS_FLUSHING(GST_VIDEO_DECODER_SRC_PAD(element_));
    flow_ = flushing                                        ? GST_FLOW_FLUSHING
            : buffer.error().code == ErrorCode::Unavailable ? GST_FLOW_NOT_NEGOTIATED
                                                            : GST_FLOW_ERROR;
    if (flow_ != GST_FLOW_ERROR) return false;
    post_error(GST_ELEMENT(element_), buffer.error());
    decoder_failed_ = true;
    return false;
  }
  if (watch_.hung()) {
    flow_ = GST_FLOW_ERROR;
    return false;
  }
  for (const ItuT35& payload : picture.itu_t35) attach_t35(buffer->get(), payload);
  if (picture.timecode) {
    const GstVideoInfo& info = output_.info();
    add_time_code_meta(buffer->get(), *picture.timecode, info.fps_n, info.fps_d);
  }
  if (corrupt) GST_BUFFER_FLAG_SET(buffer->get(), GST_BUFFER_FLAG_CORRUPTED);
  counts_.frames++;
  declare_latency();
  const GstFlowReturn flow = push(number, std::move(*buffer));
  if (flow_ == GST_FLOW_OK) flow_ = flow;
  return flow_ == GST_FLOW_OK;
}

GstFlowReturn DecoderShell::push(uint64_t number, BufferHandle buffer) {
  if (finished_ && finished_->frame_number == number) return push_layer(std::move(buffer));
  CodecFrameHandle frame{gst_video_decoder_get_frame(element_, static_cast<int>(number))};
  if (!frame) return GST_FLOW_OK;
  if (!pending_.empty() && pending_.front() == number) pending_.erase(pending_.begin());
  finished_ = Finished{number, frame->pts, frame->duration};
  frame->output_buffer = buffer.release();
  return gst_video_decoder_finish_frame(element_, frame.release());
}

// The base class knows one output a packet, so the others go straight to the pad, behind it.
GstFlowReturn DecoderShell::push_layer(BufferHandle buffer) {
  const GstSegment& segment = element_->output_segment;
  if (segment.rate < 0) return GST_FLOW_OK;
  guint64 start = finished_->pts;
  if (GST_CLOCK_TIME_IS_VALID(start)) {
    const guint64 stop = GST_CLOCK_TIME_IS_VALID(finished_->duration) ? start + finished_->duration
                                                                      : GST_CLOCK_TIME_NONE;
    guint64 clipped_stop = 0;
    if (!gst_segment_clip(&segment, GST_FORMAT_TIME, start, stop, &start, &clipped_stop)) {
      return GST_FLOW_OK;
    }
  }
  GST_BUFFER_PTS(buffer.get()) = start;
  GST_BUFFER_DURATION(buffer.get()) = finished_->duration;
  return gst_pad_push(GST_VIDEO_DECODER_SRC_PAD(element_), buffer.release());
}

void DecoderShell::no_picture(uint64_t frame_number) {
  const auto found = std::ranges::find(pending_, frame_number);
  if (found == pending_.end()) return;
  pending_.erase(found);
  release(frame_number);
}

void DecoderShell::left_out(uint64_t frame_number) {
  const auto found = std::ranges::find(pending_, frame_number);
  if (found == pending_.end()) return;
  pending_.erase(found);
  counts_.dropped++;
  GstVideoCodecFrame* frame = gst_video_decoder_get_frame(element_, static_cast<int>(frame_number));
  if (frame) gst_video_decoder_drop_frame(element_, frame);
}

void DecoderShell::damaged(const Damage& damage) {
  counts_.damaged++;
  GST_WARNING_OBJECT(element_, "%s", damage.message.c_str());
  if (damage.hurts_pictures) {
    losses_.lost(damage.frame_number);
    if (const CodecFrameHandle frame{
            gst_video_decoder_get_frame(element_, static_cast<int>(damage.frame_number))}) {
      gst_video_decoder_request_sync_point(element_, frame.get(),
                                           static_cast<GstVideoDecoderRequestSyncPointFlags>(0));
    }
  }
  if (flow_ != GST_FLOW_OK) return;
  if (!output_anything_ && ++damaged_in_vain_ >= max_damaged_in_vain) {
    post_error(GST_ELEMENT(element_),
               {ErrorCode::InvalidData,
                "This is no AV1 that can be decoded: " + std::to_string(damaged_in_vain_) +
                    " packets were damaged, and none was not. The last: " + damage.message});
    flow_ = GST_FLOW_ERROR;
    return;
  }
  warn(damage);
  GstFlowReturn flow = GST_FLOW_OK;
  GST_VIDEO_DECODER_ERROR(element_, 1, STREAM, DECODE, ("%s", damage.message.c_str()),
                          ("frame %" G_GUINT64_FORMAT, damage.frame_number), flow);
  flow_ = flow;
}

// Each damage is in the log; on the bus, a stream that is full of it must not drown everything
// else.
void DecoderShell::warn(const Damage& damage) {
  const gint64 now = g_get_monotonic_time();
  if (counts_.damaged > warnings_before_limiting && now - last_warning_ < warning_interval) {
    unreported_++;
    return;
  }
  const std::string more =
      unreported_ > 0 ? " (and " + std::to_string(unreported_) + " more before)" : std::string();
  last_warning_ = now;
  unreported_ = 0;
  GST_ELEMENT_WARNING(element_, STREAM, DECODE, ("%s%s", damage.message.c_str(), more.c_str()),
                      ("frame %" G_GUINT64_FORMAT, damage.frame_number));
}

void DecoderShell::declare_latency() {
  if (!decoder_) return;
  counts_.declared_latency = decoder_->latency_frames();
  // Where packets are smaller than temporal units, their count says nothing about time.
  const unsigned frames =
      alignment_ == Alignment::TemporalUnit
          ? std::max(counts_.declared_latency.load(), counts_.measured_latency.load())
          : counts_.declared_latency.load();
  const GstClockTime latency = frames * frame_duration(output_.info());
  if (std::exchange(declared_latency_, latency) == latency) return;
  gst_video_decoder_set_latency(element_, latency, latency);
}

StructureHandle DecoderShell::stats() const {
  StructureHandle stats{gst_structure_new(
      "av1hw-decoder-stats", "frames", G_TYPE_UINT64, counts_.frames.load(), "dropped",
      G_TYPE_UINT64, counts_.dropped.load(), "damaged", G_TYPE_UINT64, counts_.damaged.load(),
      "grain-dropped", G_TYPE_UINT64, counts_.grain_dropped.load(), "latency-frames-declared",
      G_TYPE_UINT, counts_.declared_latency.load(), "latency-frames-measured", G_TYPE_UINT,
      counts_.measured_latency.load(), nullptr)};
  output_.moves().add_to(stats.get());
  return stats;
}

}  // namespace av1hw
