// SPDX-License-Identifier: LGPL-2.1-or-later
// Drives an Encoder: formats, frames in, temporal units out, caps, latency and statistics.
#include "elements/encoder_shell.h"

#include <gst/pbutils/pbutils.h>

#include <algorithm>
#include <utility>

#include "elements/element_error.h"
#include "elements/encoder_metadata.h"

GST_DEBUG_CATEGORY_STATIC(av1hw_encoder_debug);
#define GST_CAT_DEFAULT av1hw_encoder_debug

namespace av1hw {
namespace {

// Frame rate to reckon with where the caps have none.
constexpr int assumed_fps = 30;

EncoderInput input_of(const GstVideoCodecState& state) {
  EncoderInput input;
  input.info = state.info;
  if (state.mastering_display_info) input.mastering_display = *state.mastering_display_info;
  if (state.content_light_level) input.content_light = *state.content_light_level;
  return input;
}

// What is attached to a frame goes to its unit; the picture itself is the encoder's from here on,
// or nobody's. Its memory would else wait for the unit, that is for all that an encoder looks
// ahead.
void let_go_of_picture(GstVideoCodecFrame* frame) {
  const BufferHandle attached{gst_buffer_new()};
  // Deep, so that no meta comes along that keeps another buffer's memory.
  constexpr auto parts =
      static_cast<GstBufferCopyFlags>(GST_BUFFER_COPY_METADATA | GST_BUFFER_COPY_DEEP);
  gst_buffer_copy_into(attached.get(), frame->input_buffer, parts, 0, G_MAXSIZE);
  gst_buffer_replace(&frame->input_buffer, attached.get());
}

}  // namespace

EncoderShell::EncoderShell(GstVideoEncoder* element, const EncoderDescriptor& descriptor)
    : element_(element),
      descriptor_(descriptor),
      settings_(default_encoder_settings(descriptor.properties)) {
  GST_DEBUG_CATEGORY_INIT(av1hw_encoder_debug, "av1hw-encoder", 0, "AV1 encoder elements");
}

void EncoderShell::set_property(guint id, const GValue* value) {
  const std::lock_guard lock(settings_mutex_);
  const unsigned bitrate = settings_.bitrate;
  set_encoder_property(settings_, id, value);
  if (settings_.bitrate != bitrate) bitrate_changed_ = true;
}

void EncoderShell::get_property(guint id, GValue* value) const {
  const std::lock_guard lock(settings_mutex_);
  get_encoder_property(settings_, id, value);
}

StructureHandle EncoderShell::stats() const {
  StructureHandle stats{gst_structure_new(
      "encoder-stats", "frames-in", G_TYPE_UINT64, frames_in_.load(), "frames-out", G_TYPE_UINT64,
      frames_out_.load(), "key-frames", G_TYPE_UINT64, key_frames_.load(), "bytes", G_TYPE_UINT64,
      bytes_.load(), "latency-frames-declared", G_TYPE_UINT, latency_declared_.load(),
      "latency-frames-measured", G_TYPE_UINT, latency_measured_.load(), nullptr)};
  copies_.add_to(stats.get());
  return stats;
}

bool EncoderShell::start() {
  frames_in_ = frames_out_ = key_frames_ = bytes_ = 0;
  latency_declared_ = latency_measured_ = 0;
  copies_.reset();
  flow_ = GST_FLOW_OK;
  encoder_ = descriptor_.create();
  return true;
}

bool EncoderShell::stop() {
  encoder_.reset();
  input_state_.reset();
  sequence_obu_.clear();
  frames_held_ = 0;
  return true;
}

bool EncoderShell::set_format(GstVideoCodecState* state) {
  if (input_state_) {
    if (const Result<> drained = drain(); !drained) {
      fail_with(drained.error());
      return false;
    }
  }
  input_state_.reset(gst_video_codec_state_ref(state));
  input_ = input_of(*state);
  sequence_obu_.clear();
  if (const Result<> opened = open(); !opened) {
    fail_with(opened.error());
    return false;
  }
  return true;
}

Result<> EncoderShell::open() {
  {
    const std::lock_guard lock(settings_mutex_);
    active_ = settings_;
    bitrate_changed_ = false;
  }
  if (const Result<> sane = check_settings(active_); !sane) return sane;
  const RateControl mode = effective_rate_control(active_);
  if (active_.bitrate != 0 && mode != RateControl::Vbr && mode != RateControl::Cbr) {
    warn("bitrate has no effect with this rate-control; set rate-control=vbr or cbr");
  }
  const Result<> opened = encoder_->open(active_, input_, *this);
  if (opened) set_latency(std::max(encoder_->latency_frames(), latency_measured_.load()));
  return opened;
}

Result<> EncoderShell::drain() {
  draining_ = true;
  Result<> drained = encoder_->drain();
  draining_ = false;
  frames_held_ = 0;
  return drained;
}

Result<> EncoderShell::apply_bitrate() {
  EncoderSettings wanted;
  {
    const std::lock_guard lock(settings_mutex_);
    wanted = settings_;
  }
  if (const Result<> sane = check_settings(wanted); !sane) {
    warn("the bitrate stays as it was: " + sane.error().message);
    return {};
  }
  if (effective_rate_control(wanted) == effective_rate_control(active_)) {
    const Result<> changed = encoder_->set_bitrate(wanted.bitrate);
    if (changed) active_.bitrate = wanted.bitrate;
    if (changed || changed.error().code != ErrorCode::NotSupported) return changed;
  }
  GST_INFO_OBJECT(element_, "opening the encoder again for %u kbit/s", wanted.bitrate);
  if (Result<> drained = drain(); !drained) return drained;
  return open();
}

GstFlowReturn EncoderShell::handle_frame(GstVideoCodecFrame* frame) {
  const UniqueHandle<GstVideoCodecFrame, gst_video_codec_frame_unref> owned{frame};
  // What downstream answered to earlier units may have changed: it may be linked by now.
  flow_ = GST_FLOW_OK;
  if (bitrate_changed_.exchange(false)) {
    if (const Result<> applied = apply_bitrate(); !applied) return fail_with(applied.error());
  }
  t35_.clear();
  collect_t35(frame->input_buffer, t35_);
  frames_in_++;
  frames_held_++;
  const InputFrame input = {.buffer = frame->input_buffer,
                            .frame_number = frame->system_frame_number,
                            .force_key_frame = GST_VIDEO_CODEC_FRAME_IS_FORCE_KEYFRAME(frame) != 0,
                            .itu_t35 = t35_};
  const Result<> encoded = encoder_->encode(input);
  if (encoded) {
    let_go_of_picture(frame);
    return flow_;
  }
  if (encoded.error().code != ErrorCode::InvalidData) return fail_with(encoded.error());
  frames_held_--;
  warn("frame left out: " + encoded.error().message);
  // Not drop_frame(), which lets earlier frames' stream-start come after their caps.
  gst_video_encoder_release_frame(element_, gst_video_codec_frame_ref(frame));
  return flow_;
}

GstFlowReturn EncoderShell::finish() {
  flow_ = GST_FLOW_OK;
  if (!input_state_) return flow_;
  if (const Result<> drained = drain(); !drained) return fail_with(drained.error());
  return flow_;
}

bool EncoderShell::flush() {
  if (input_state_) encoder_->flush();
  frames_held_ = 0;
  flow_ = GST_FLOW_OK;
  return true;
}

bool EncoderShell::output(EncodedUnit unit) {
  GstVideoCodecFrame* frame =
      gst_video_encoder_get_frame(element_, static_cast<int>(unit.frame_number));
  if (!frame) return flow_ == GST_FLOW_OK;
  measure_latency();
  const bool described = !unit.key_frame || update_source_caps(unit.data.get());
  // Until caps are accepted downstream nothing can go there, which was said.
  if (!described || sequence_obu_.empty()) {
    sequence_obu_.clear();
    const bool flushing = GST_PAD_IS_FLUSHING(GST_VIDEO_ENCODER_SRC_PAD(element_));
    flow_ = flushing ? GST_FLOW_FLUSHING : GST_FLOW_NOT_NEGOTIATED;
    gst_video_encoder_release_frame(element_, frame);
    return false;
  }
  frames_out_++;
  bytes_ += gst_buffer_get_size(unit.data.get());
  if (unit.key_frame) {
    key_frames_++;
    GST_VIDEO_CODEC_FRAME_SET_SYNC_POINT(frame);
    GST_BUFFER_FLAG_SET(unit.data.get(), GST_BUFFER_FLAG_HEADER);
  }
  // Units come in presentation order, and each decodes by itself when it is due.
  frame->dts = frame->pts;
  gst_buffer_replace(&frame->output_buffer, unit.data.get());
  unit.data.reset();
  const GstFlowReturn flow = gst_video_encoder_finish_frame(element_, frame);
  if (flow_ == GST_FLOW_OK) flow_ = flow;
  return flow_ == GST_FLOW_OK;
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
  state->info.colorimetry = colorimetry_of(stream->sequence.color);
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

void EncoderShell::measure_latency() {
  // While draining, everything that is held comes out, however little that is.
  if (frames_held_ > 0) frames_held_--;
  if (draining_ || frames_held_ <= latency_measured_) return;
  latency_measured_ = frames_held_;
  if (frames_held_ > latency_declared_) set_latency(frames_held_);
}

void EncoderShell::set_latency(unsigned frames) {
  latency_declared_ = frames;
  const GstVideoInfo& info = input_.info;
  const bool known = GST_VIDEO_INFO_FPS_N(&info) > 0 && GST_VIDEO_INFO_FPS_D(&info) > 0;
  const GstClockTime latency = gst_util_uint64_scale(
      frames * GST_SECOND, known ? static_cast<guint64>(GST_VIDEO_INFO_FPS_D(&info)) : 1,
      known ? static_cast<guint64>(GST_VIDEO_INFO_FPS_N(&info)) : assumed_fps);
  gst_video_encoder_set_latency(element_, latency, latency);
}

CapsHandle EncoderShell::sink_caps(GstCaps* filter) const {
  const CapsHandle all{gst_pad_get_pad_template_caps(GST_VIDEO_ENCODER_SINK_PAD(element_))};
  const CapsHandle downstream{gst_pad_get_allowed_caps(GST_VIDEO_ENCODER_SRC_PAD(element_))};
  if (!downstream) return CapsHandle{gst_video_encoder_proxy_getcaps(element_, all.get(), filter)};
  const CapsHandle fitting = restrict_to_profiles(all.get(), downstream.get());
  return CapsHandle{gst_video_encoder_proxy_getcaps(element_, fitting.get(), filter)};
}

GstFlowReturn EncoderShell::fail_with(const Error& error) {
  post_error(GST_ELEMENT(element_), error);
  flow_ = GST_FLOW_ERROR;
  return flow_;
}

void EncoderShell::warn(const std::string& message) {
  GST_ELEMENT_WARNING(element_, LIBRARY, SETTINGS, ("%s", message.c_str()), (nullptr));
}

}  // namespace av1hw
