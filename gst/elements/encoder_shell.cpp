// SPDX-License-Identifier: LGPL-2.1-or-later
// The encoder shell's input side: formats, frames, events, flushing and draining.
#include "elements/encoder_shell.h"

#include <algorithm>
#include <utility>

#include "elements/element_error.h"
#include "elements/encoder_input.h"
#include "elements/encoder_metadata.h"

GST_DEBUG_CATEGORY_STATIC(av1hw_encoder_debug);
#define GST_CAT_DEFAULT av1hw_encoder_debug

namespace av1hw {
namespace {

// Of a pool that is offered, besides those that the encoder has: what the producer fills.
constexpr unsigned frames_under_way = 1;

GstVideoEncoderClass* parent_class() {
  return GST_VIDEO_ENCODER_CLASS(g_type_class_peek(GST_TYPE_VIDEO_ENCODER));
}

// Whether anything is attached to it that its unit may get: what is about its memory is not.
bool has_attachments(GstBuffer* buffer) {
  gpointer state = nullptr;
  while (const GstMeta* meta = gst_buffer_iterate_meta(buffer, &state)) {
    const GType api = meta->info->api;
    if (api != GST_VIDEO_META_API_TYPE && api != GST_PARENT_BUFFER_META_API_TYPE) return true;
  }
  return false;
}

// What is attached to a frame, without the picture. Deep, so that no meta comes along that keeps
// another buffer's memory.
BufferHandle copy_attachments(GstBuffer* buffer) {
  BufferHandle attached{gst_buffer_new()};
  constexpr auto parts =
      static_cast<GstBufferCopyFlags>(GST_BUFFER_COPY_METADATA | GST_BUFFER_COPY_DEEP);
  gst_buffer_copy_into(attached.get(), buffer, parts, 0, G_MAXSIZE);
  return attached;
}

// An encoder with other settings would open.
bool is_of_settings(const Error& error) {
  return error.code == ErrorCode::InvalidSettings || error.code == ErrorCode::NotSupported;
}

}  // namespace

EncoderShell::EncoderShell(GstVideoEncoder* element, const EncoderDescriptor& descriptor)
    : element_(element),
      descriptor_(descriptor),
      device_(GST_ELEMENT(element),
              descriptor.create_memory ? descriptor.create_memory() : nullptr),
      settings_(default_encoder_settings(descriptor.properties)),
      driver_timeout_(default_driver_timeout) {
  GST_DEBUG_CATEGORY_INIT(av1hw_encoder_debug, "av1hw-encoder", 0, "AV1 encoder elements");
}

void EncoderShell::set_property(guint id, const GValue* value) {
  const std::lock_guard lock(settings_mutex_);
  const unsigned bitrate = settings_.bitrate;
  set_encoder_property(settings_, id, value);
  settings_version_++;
  if (settings_.bitrate != bitrate) bitrate_changed_ = true;
}

void EncoderShell::get_property(guint id, GValue* value) const {
  const std::lock_guard lock(settings_mutex_);
  get_encoder_property(settings_, id, value);
}

void EncoderShell::set_driver_timeout(unsigned milliseconds) {
  const std::lock_guard lock(settings_mutex_);
  driver_timeout_ = milliseconds;
}

unsigned EncoderShell::driver_timeout() const {
  const std::lock_guard lock(settings_mutex_);
  return driver_timeout_;
}

bool EncoderShell::start() {
  frames_in_ = frames_out_ = key_frames_ = bytes_ = 0;
  latency_declared_ = latency_measured_ = 0;
  copies_.reset();
  flow_ = GST_FLOW_OK;
  failed_ = false;
  device_.forget_hang();
  encoder_ = descriptor_.create(device_.memory());
  return true;
}

// Its thread goes with the encoder. The pads are inactive, so nothing holds it up downstream, and
// the base class does not hold the stream lock here.
bool EncoderShell::stop() {
  encoder_.reset();
  refused_ = {};
  input_state_.reset();
  sequence_obu_.clear();
  latency_.clear();
  forget_requests();
  return true;
}

// Upstream offers refused caps again, with each frame and as it negotiates. The encoder would fail
// again, and the application be told so again.
bool EncoderShell::set_format(GstVideoCodecState* state) {
  if (device_.hung() || refused_before(state->caps)) return false;
  const unsigned version = settings_version();
  const bool taken = take_format(state);
  refused_ = taken ? Refusal{} : Refusal{share(state->caps), version};
  return taken;
}

bool EncoderShell::refused_before(const GstCaps* caps) const {
  return refused_.caps && refused_.settings_version == settings_version() &&
         gst_caps_is_equal(refused_.caps.get(), caps);
}

unsigned EncoderShell::settings_version() const {
  const std::lock_guard lock(settings_mutex_);
  return settings_version_;
}

bool EncoderShell::take_format(GstVideoCodecState* state) {
  const Result<EncoderInput> input = read_encoder_input(state->caps);
  if (!input) {
    fail_with(input.error());
    return false;
  }
  if (!end_stream()) return false;
  // The base class goes on with the old one where this is refused.
  StateHandle before = std::move(input_state_);
  input_state_.reset(gst_video_codec_state_ref(state));
  if (configure(*input)) return true;
  input_state_ = std::move(before);
  return false;
}

// All units of one input come before the next: in the encoder nothing is left of it. False: that
// failed, which was said.
bool EncoderShell::end_stream() {
  if (!input_state_) return true;
  if (failed_) {
    // A unit that is on its way yet would be taken for one of the next stream.
    in_encoder([](Encoder& encoder) { encoder.flush(); });
    latency_.clear();
    return true;
  }
  if (const Result<> drained = drain(); !drained) {
    fail_with(drained.error());
    return false;
  }
  return true;
}

bool EncoderShell::configure(const EncoderInput& input) {
  input_ = input;
  input_.live = upstream_is_live();
  sequence_obu_.clear();
  // Whether downstream takes the new format is for the next frame to see.
  flow_ = GST_FLOW_OK;
  failed_ = false;
  bitrate_changed_ = false;
  if (const Result<> opened = open_encoder(settings()); !opened) {
    fail_with(opened.error());
    return false;
  }
  return !dead();
}

// The base class takes no notice of caps that are new in their memory or HDR metadata alone.
bool EncoderShell::adopt_input(const GstCaps* caps) {
  const EncoderStreamLock lock(element_);
  if (!input_state_ || device_.hung()) return true;
  const Result<EncoderInput> input = read_encoder_input(caps);
  if (!input) {
    fail_with(input.error());
    return false;
  }
  return same_input(*input, input_) || (end_stream() && configure(*input));
}

bool EncoderShell::upstream_is_live() const {
  const GstHandle<GstQuery> query{gst_query_new_latency()};
  gboolean live = FALSE;
  if (gst_pad_peer_query(GST_VIDEO_ENCODER_SINK_PAD(element_), query.get())) {
    gst_query_parse_latency(query.get(), &live, nullptr, nullptr);
  }
  return live;
}

EncoderSettings EncoderShell::settings() const {
  const std::lock_guard lock(settings_mutex_);
  return settings_;
}

void EncoderShell::warn_of_bitrate(const EncoderSettings& settings) {
  const RateControl mode = effective_rate_control(settings);
  if (settings.bitrate != 0 && mode != RateControl::Vbr && mode != RateControl::Cbr) {
    warn("bitrate has no effect with this rate-control; set rate-control=vbr or cbr");
  }
}

Result<> EncoderShell::open_encoder(const EncoderSettings& settings) {
  active_ = settings;
  if (const Result<> sane = check_settings(active_); !sane) return sane;
  warn_of_bitrate(active_);
  latency_.start(encoder_->is_asynchronous(), input_.live,
                 std::chrono::nanoseconds(frames_to_time(1)));
  // Nothing is in flight, so that what is referred to here changes on no other thread.
  const Result<> opened =
      in_encoder([this](Encoder& encoder) { return encoder.open(active_, input_, *this); });
  if (opened) set_latency(std::max(encoder_->latency_frames(), latency_measured_.load()));
  return opened;
}

Result<> EncoderShell::drain() {
  draining_ = true;
  Result<> drained = in_encoder([](Encoder& encoder) { return encoder.drain(); });
  draining_ = false;
  latency_.clear();
  return drained;
}

// A bitrate that can't be is no reason to end the stream.
Result<> EncoderShell::apply_bitrate() {
  const EncoderSettings wanted = settings();
  const auto keep = [this, &wanted, in_force = active_.bitrate](const Error& error) {
    warn("the bitrate stays as it was: " + error.message);
    const std::lock_guard lock(settings_mutex_);
    if (settings_.bitrate == wanted.bitrate) settings_.bitrate = in_force;
  };
  if (const Result<> sane = check_settings(wanted); !sane) {
    keep(sane.error());
    return {};
  }
  if (effective_rate_control(wanted) == effective_rate_control(active_)) {
    warn_of_bitrate(wanted);
    const RateControl mode = effective_rate_control(wanted);
    if (mode != RateControl::Vbr && mode != RateControl::Cbr) {
      active_.bitrate = wanted.bitrate;
      return {};
    }
    const Result<> changed =
        in_encoder([&](Encoder& encoder) { return encoder.set_bitrate(wanted.bitrate); });
    if (changed) active_.bitrate = wanted.bitrate;
    if (changed || !is_of_settings(changed.error())) return changed;
    if (changed.error().code == ErrorCode::InvalidSettings) {
      keep(changed.error());
      return {};
    }
  }
  GST_INFO_OBJECT(element_, "opening the encoder again for %u kbit/s", wanted.bitrate);
  if (Result<> drained = drain(); !drained) return drained;
  const EncoderSettings before = active_;
  const Result<> opened = open_encoder(wanted);
  if (opened || !is_of_settings(opened.error())) return opened;
  keep(opened.error());
  return open_encoder(before);
}

GstFlowReturn EncoderShell::handle_frame(GstVideoCodecFrame* frame) {
  const UniqueHandle<GstVideoCodecFrame, gst_video_codec_frame_unref> owned{frame};
  if (dead()) return GST_FLOW_ERROR;
  if (bitrate_changed_.exchange(false)) {
    if (const Result<> applied = apply_bitrate(); !applied) return fail_with(applied.error());
  }
  const FrameRequests asked = take_requests(*frame);
  if (const Result<> encoded = encode(frame, asked); !encoded) {
    if (encoded.error().code != ErrorCode::InvalidData) return fail_with(encoded.error());
    leave_out(frame, encoded.error());
    ask_again(asked);
  }
  return take_flow();
}

EncoderShell::FrameRequests EncoderShell::take_requests(const GstVideoCodecFrame& frame) {
  FrameRequests asked;
  asked.key_frame = GST_VIDEO_CODEC_FRAME_IS_FORCE_KEYFRAME(&frame) != 0;
  const std::lock_guard lock(settings_mutex_);
  asked.key_frame |= std::exchange(key_frame_wanted_, false);
  asked.long_term = std::exchange(next_request_, {});
  return asked;
}

// Of the next frame, for the one that was asked is lost.
void EncoderShell::ask_again(const FrameRequests& asked) {
  const std::lock_guard lock(settings_mutex_);
  key_frame_wanted_ |= asked.key_frame;
  if (!next_request_.mark) next_request_.mark = asked.long_term.mark;
  if (!next_request_.use) next_request_.use = asked.long_term.use;
}

void EncoderShell::forget_requests() {
  const std::lock_guard lock(settings_mutex_);
  key_frame_wanted_ = false;
  next_request_ = {};
}

Result<> EncoderShell::encode(GstVideoCodecFrame* frame, const FrameRequests& asked) {
  // The base class's frame is finished on the encoder's thread, perhaps before encode() returns.
  const BufferHandle picture = share(frame->input_buffer);
  t35_.clear();
  // What is attached to a frame goes to its unit; the picture itself is the encoder's from here on,
  // or nobody's. Its memory would else wait for the unit, that is for all that an encoder looks
  // ahead.
  if (has_attachments(picture.get())) {
    collect_t35(picture.get(), t35_);
    gst_buffer_replace(&frame->input_buffer, copy_attachments(picture.get()).get());
  } else {
    gst_buffer_replace(&frame->input_buffer, nothing_attached_.get());
  }
  frames_in_++;
  if (latency_.measures())
    latency_.entered(frame->system_frame_number, EncoderLatency::Clock::now());
  const InputFrame input = {.buffer = picture.get(),
                            .frame_number = frame->system_frame_number,
                            .force_key_frame = asked.key_frame,
                            .itu_t35 = t35_,
                            .mark_long_term = asked.long_term.mark,
                            .use_long_term = asked.long_term.use};
  return in_encoder([&](Encoder& encoder) { return encoder.encode(input); });
}

void EncoderShell::leave_out(GstVideoCodecFrame* frame, const Error& error) {
  latency_.dropped(frame->system_frame_number);
  warn("frame left out: " + error.message);
  // Not drop_frame(), which lets earlier frames' stream-start come after their caps.
  gst_video_encoder_release_frame(element_, gst_video_codec_frame_ref(frame));
}

GstFlowReturn EncoderShell::finish() {
  if (!input_state_) return GST_FLOW_OK;
  if (dead()) return GST_FLOW_ERROR;
  if (const Result<> drained = drain(); !drained) return fail_with(drained.error());
  return take_flow();
}

// The source pad is flushing still, so that the encoder's thread comes back from there.
bool EncoderShell::flush() {
  if (input_state_ && !dead()) in_encoder([](Encoder& encoder) { encoder.flush(); });
  latency_.clear();
  flow_ = GST_FLOW_OK;
  forget_requests();
  return true;
}

bool EncoderShell::take_request(GstEvent* event) {
  const std::optional<LongTermRequest> request = parse_long_term_event(event);
  if (!request) return false;
  const std::lock_guard lock(settings_mutex_);
  if (request->mark) next_request_.mark = request->mark;
  if (request->use) next_request_.use = request->use;
  return true;
}

bool EncoderShell::sink_event(GstEvent* event) {
  if (take_request(event)) {
    gst_event_unref(event);
    return true;
  }
  if (GST_EVENT_TYPE(event) != GST_EVENT_CAPS) return parent_class()->sink_event(element_, event);
  GstCaps* caps = nullptr;
  gst_event_parse_caps(event, &caps);
  const CapsHandle kept = share(caps);
  return parent_class()->sink_event(element_, event) && adopt_input(kept.get());
}

bool EncoderShell::source_event(GstEvent* event) {
  if (!take_request(event)) return parent_class()->src_event(element_, event);
  gst_event_unref(event);
  return true;
}

// Frames are read plane by plane, so any stride and offset will do.
bool EncoderShell::propose_allocation(GstQuery* query) {
  gst_query_add_allocation_meta(query, GST_VIDEO_META_API_TYPE, nullptr);
  {
    const EncoderStreamLock lock(element_);
    const unsigned in_use = encoder_ ? encoder_->frames_in_use() : 1;
    if (device_.propose_allocation(query, in_use + frames_under_way)) return true;
  }
  return parent_class()->propose_allocation(element_, query);
}

CapsHandle EncoderShell::sink_caps(GstCaps* filter) const {
  const CapsHandle all = device_.usable(
      CapsHandle{gst_pad_get_pad_template_caps(GST_VIDEO_ENCODER_SINK_PAD(element_))});
  const CapsHandle downstream{gst_pad_get_allowed_caps(GST_VIDEO_ENCODER_SRC_PAD(element_))};
  if (!downstream) return CapsHandle{gst_video_encoder_proxy_getcaps(element_, all.get(), filter)};
  const CapsHandle fitting = restrict_to_profiles(all.get(), downstream.get());
  return CapsHandle{gst_video_encoder_proxy_getcaps(element_, fitting.get(), filter)};
}

// What downstream answered to the units since upstream was answered last: it may have changed since
// then, it may be linked by now.
GstFlowReturn EncoderShell::take_flow() {
  if (dead()) return GST_FLOW_ERROR;
  return std::exchange(flow_, GST_FLOW_OK);
}

// Nothing is posted twice, and nothing that comes of a hang.
GstFlowReturn EncoderShell::fail_with(const Error& error) {
  if (!dead()) post_error(GST_ELEMENT(element_), with_device(error));
  failed_ = true;
  return GST_FLOW_ERROR;
}

// With several devices, which one it was.
Error EncoderShell::with_device(Error error) const {
  const bool of_input =
      error.code == ErrorCode::InvalidData || error.code == ErrorCode::InvalidSettings;
  if (device_.memory() && !of_input && !descriptor_.device.empty() &&
      !error.message.contains(descriptor_.device)) {
    error.message += " (on " + descriptor_.device + ")";
  }
  return error;
}

}  // namespace av1hw
