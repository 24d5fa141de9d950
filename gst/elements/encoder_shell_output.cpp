// SPDX-License-Identifier: LGPL-2.1-or-later
// The encoder shell's output side: temporal units, caps, latency, statistics and messages.
#include <gst/pbutils/pbutils.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "codec/frame_rate.h"
#include "elements/element_error.h"
#include "elements/encoder_shell.h"

namespace av1hw {
namespace {

template <typename T>
void replace(T*& old, const std::optional<T>& value) {
  g_clear_pointer(&old, g_free);
  if (value) old = static_cast<T*>(g_memdup2(&*value, sizeof(T)));
}

// The input's, which may be newer than that of the state that the output's was made from.
void set_hdr(GstVideoCodecState& state, const EncoderInput& input) {
  replace(state.mastering_display_info, input.mastering_display);
  replace(state.content_light_level, input.content_light);
}

}  // namespace

StructureHandle EncoderShell::stats() const {
  StructureHandle stats{gst_structure_new(
      "encoder-stats", "frames-in", G_TYPE_UINT64, frames_in_.load(), "frames-out", G_TYPE_UINT64,
      frames_out_.load(), "key-frames", G_TYPE_UINT64, key_frames_.load(), "bytes", G_TYPE_UINT64,
      bytes_.load(), "latency-frames-declared", G_TYPE_UINT, latency_declared_.load(),
      "latency-frames-measured", G_TYPE_UINT, latency_measured_.load(), nullptr)};
  copies_.add_to(stats.get());
  return stats;
}

bool EncoderShell::output(EncodedUnit unit) {
  GstVideoCodecFrame* frame =
      gst_video_encoder_get_frame(element_, static_cast<int>(unit.frame_number));
  bool measures = false;
  {
    const EncoderStreamLock lock(element_);
    if (!frame) return flow_ == GST_FLOW_OK;
    measure_latency(unit.frame_number);
    if (!describe(*frame, unit)) {
      gst_video_encoder_release_frame(element_, frame);
      return false;
    }
    measures = latency_.measures();
  }
  unit.data.reset();
  const auto before = measures ? EncoderLatency::Clock::now() : EncoderLatency::Clock::time_point();
  const GstFlowReturn flow = gst_video_encoder_finish_frame(element_, frame);
  const EncoderStreamLock lock(element_);
  if (measures) latency_.pushed(EncoderLatency::Clock::now() - before);
  if (flow_ == GST_FLOW_OK) flow_ = flow;
  return flow_ == GST_FLOW_OK;
}

// Makes `frame` what is pushed. False: nothing can be.
bool EncoderShell::describe(GstVideoCodecFrame& frame, const EncodedUnit& unit) {
  if (dead()) return false;
  const bool described = !unit.key_frame || update_source_caps(unit.data.get());
  // Until caps are accepted downstream nothing can go there, which was said.
  if (!described || sequence_obu_.empty()) {
    sequence_obu_.clear();
    const bool flushing = GST_PAD_IS_FLUSHING(GST_VIDEO_ENCODER_SRC_PAD(element_));
    flow_ = flushing ? GST_FLOW_FLUSHING : GST_FLOW_NOT_NEGOTIATED;
    return false;
  }
  frames_out_++;
  bytes_ += gst_buffer_get_size(unit.data.get());
  if (unit.key_frame) {
    key_frames_++;
    GST_VIDEO_CODEC_FRAME_SET_SYNC_POINT(&frame);
    GST_BUFFER_FLAG_SET(unit.data.get(), GST_BUFFER_FLAG_HEADER);
  }
  // Units come in presentation order, and each decodes by itself when it is due.
  frame.dts = frame.pts;
  gst_buffer_replace(&frame.output_buffer, unit.data.get());
  return true;
}

bool EncoderShell::update_source_caps(GstBuffer* unit) {
  GstMapInfo map;
  if (!gst_buffer_map(unit, &map, GST_MAP_READ)) return false;
  const Result<EncodedStream> stream = describe_stream({map.data, map.size});
  gst_buffer_unmap(unit, &map);
  if (!stream) {
    post_error(GST_ELEMENT(element_), stream.error());
    return false;
  }
  if (stream->sequence_obu == sequence_obu_) return true;
  CapsHandle caps = encoded_caps(stream->sequence);
  if (!accepted_downstream(caps.get())) return false;
  set_tags(caps.get());
  const StateHandle state{
      gst_video_encoder_set_output_state(element_, caps.release(), input_state_.get())};
  state->info.width = static_cast<int>(stream->width);
  state->info.height = static_cast<int>(stream->height);
  state->info.colorimetry = colorimetry_of(stream->sequence.color);
  set_hdr(*state, input_);
  const BufferHandle codec_data{
      gst_buffer_new_memdup(stream->codec_data.data(), stream->codec_data.size())};
  gst_buffer_replace(&state->codec_data, codec_data.get());
  if (!gst_video_encoder_negotiate(element_)) return false;
  sequence_obu_ = stream->sequence_obu;
  return true;
}

bool EncoderShell::accepted_downstream(GstCaps* caps) const {
  const CapsHandle allowed{gst_pad_get_allowed_caps(GST_VIDEO_ENCODER_SRC_PAD(element_))};
  if (!allowed || gst_caps_can_intersect(allowed.get(), caps)) return true;
  const GCharPtr ours{gst_caps_to_string(caps)};
  const GCharPtr theirs{gst_caps_to_string(allowed.get())};
  GST_ELEMENT_ERROR(element_, STREAM, FORMAT,
                    ("Downstream does not take the profile, level or format of this stream."),
                    ("the stream is %s, downstream takes %s", ours.get(), theirs.get()));
  return false;
}

void EncoderShell::set_tags(GstCaps* caps) {
  const GstHandle<GstTagList> tags{gst_tag_list_new_empty()};
  gst_pb_utils_add_codec_description_to_tag_list(tags.get(), GST_TAG_VIDEO_CODEC, caps);
  gst_tag_list_add(tags.get(), GST_TAG_MERGE_REPLACE, GST_TAG_ENCODER, descriptor_.library.c_str(),
                   nullptr);
  if (active_.bitrate != 0) {
    gst_tag_list_add(tags.get(), GST_TAG_MERGE_REPLACE, GST_TAG_NOMINAL_BITRATE,
                     active_.bitrate * 1000, nullptr);
  }
  gst_video_encoder_merge_tags(element_, tags.get(), GST_TAG_MERGE_REPLACE);
}

void EncoderShell::measure_latency(uint64_t frame_number) {
  // While draining, everything that is held comes out, however little that is.
  if (draining_ || !latency_.measures()) return;
  latency_.left(frame_number, EncoderLatency::Clock::now());
  if (latency_.frames() <= latency_measured_) return;
  latency_measured_ = latency_.frames();
  if (latency_measured_ > latency_declared_) set_latency(latency_measured_);
}

GstClockTime EncoderShell::frames_to_time(unsigned frames) const {
  const FrameRate rate = frame_rate_of(input_.info);
  return gst_util_uint64_scale(frames * GST_SECOND, rate.d, rate.n);
}

void EncoderShell::set_latency(unsigned frames) {
  latency_declared_ = frames;
  const GstClockTime latency = frames_to_time(frames);
  gst_video_encoder_set_latency(element_, latency, latency);
}

void EncoderShell::failed(const Error& error) {
  const EncoderStreamLock lock(element_);
  fail_with(error);
}

void EncoderShell::warn(const std::string& message) {
  GST_ELEMENT_WARNING(element_, LIBRARY, SETTINGS, ("%s", message.c_str()), (nullptr));
}

}  // namespace av1hw
