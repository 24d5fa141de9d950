// SPDX-License-Identifier: LGPL-2.1-or-later
// The decoder shell's input side: streams, packets, flushing and draining.
#include "elements/decoder_shell.h"

#include <string>
#include <utility>

#include "av1/codec_config.h"
#include "elements/decoder_properties.h"
#include "elements/element_error.h"
#include "memory/mapped_buffer.h"

namespace av1hw {
namespace {

// Frames that the base class keeps for us at most; more of them wait for pictures that never come.
constexpr size_t max_pending = 256;

std::vector<uint8_t> config_obus(GstBuffer* codec_data) {
  const MappedBuffer data(codec_data);
  if (data.bytes().empty()) return {};
  Result<CodecConfig> config = parse_codec_data(data.bytes());
  if (!config) {
    GST_WARNING("codec_data ignored: %s", config.error().message.c_str());
    return {};
  }
  return std::move(config->config_obus);
}

// The base class lets the HDR metadata of upstream's caps win over the bitstream's. Here it fills
// in where the bitstream has none, so the base class must not see it.
GstPadProbeReturn take_hdr_from_caps(GstPad*, GstPadProbeInfo* info, gpointer upstream) {
  GstEvent* event = GST_PAD_PROBE_INFO_EVENT(info);
  if (GST_EVENT_TYPE(event) != GST_EVENT_CAPS) return GST_PAD_PROBE_OK;
  GstCaps* caps = nullptr;
  gst_event_parse_caps(event, &caps);
  const CapsHandle without = static_cast<UpstreamCaps*>(upstream)->take_hdr(caps);
  if (!without) return GST_PAD_PROBE_OK;
  GstEvent* replacement = gst_event_new_caps(without.get());
  gst_event_set_seqnum(replacement, gst_event_get_seqnum(event));
  gst_event_unref(event);
  GST_PAD_PROBE_INFO_DATA(info) = replacement;
  return GST_PAD_PROBE_OK;
}

GstVideoDecoderClass* parent_class() {
  return GST_VIDEO_DECODER_CLASS(g_type_class_peek(GST_TYPE_VIDEO_DECODER));
}

}  // namespace

DecoderShell::DecoderShell(GstVideoDecoder* element, Create create,
                           std::unique_ptr<OutputMemory> memory)
    : element_(element),
      create_(std::move(create)),
      memory_(std::move(memory)),
      output_(element, memory_.get()) {
  pending_.reserve(max_pending + 1);
  gst_video_decoder_set_packetized(element, TRUE);
  gst_video_decoder_set_needs_format(element, TRUE);
  gst_video_decoder_set_use_default_pad_acceptcaps(element, TRUE);
  // Caps from a type finder lack stream-format and alignment, and so are no subset of the
  // template's.
  GST_PAD_SET_ACCEPT_INTERSECT(GST_VIDEO_DECODER_SINK_PAD(element));
  GST_PAD_SET_ACCEPT_TEMPLATE(GST_VIDEO_DECODER_SINK_PAD(element));
  gst_pad_add_probe(GST_VIDEO_DECODER_SINK_PAD(element), GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
                    take_hdr_from_caps, &output_.upstream(), nullptr);
}

DecoderSettings DecoderShell::settings() const {
  GST_OBJECT_LOCK(element_);
  const DecoderSettings copy = settings_;
  GST_OBJECT_UNLOCK(element_);
  return copy;
}

bool DecoderShell::set_property(guint id, const GValue* value) {
  GST_OBJECT_LOCK(element_);
  const bool known = set_decoder_property(settings_, id, value);
  GST_OBJECT_UNLOCK(element_);
  return known;
}

bool DecoderShell::get_property(guint id, GValue* value) const {
  if (id == static_cast<guint>(DecoderProperty::Stats)) {
    g_value_take_boxed(value, stats().release());
    return true;
  }
  return get_decoder_property(settings(), id, value);
}

void DecoderShell::set_context(GstContext* context) {
  if (memory_) memory_->set_context(GST_ELEMENT(element_), context);
}

bool DecoderShell::handle_query(GstQuery* query) {
  return memory_ && GST_QUERY_TYPE(query) == GST_QUERY_CONTEXT &&
         memory_->handle_context_query(GST_ELEMENT(element_), query);
}

bool DecoderShell::open() {
  if (!memory_) return true;
  watch_.start(GST_ELEMENT(element_), memory_->calls(), settings().driver_timeout);
  const Result<> opened = memory_->open(GST_ELEMENT(element_));
  if (!opened && !watch_.hung()) post_error(GST_ELEMENT(element_), opened.error());
  if (opened && !watch_.hung()) return true;
  close();
  return false;
}

void DecoderShell::close() {
  if (memory_) memory_->close();
  watch_.stop();
}

bool DecoderShell::start() {
  watch_.forget();
  decoder_failed_ = false;
  counts_.frames = counts_.dropped = counts_.damaged = counts_.grain_dropped = 0;
  counts_.declared_latency = counts_.measured_latency = 0;
  output_.moves().reset();
  declared_latency_ = GST_CLOCK_TIME_NONE;
  output_anything_ = false;
  damaged_in_vain_ = 0;
  last_warning_ = 0;
  unreported_ = 0;
  stream_offset_ = 0;
  return true;
}

bool DecoderShell::stop() {
  decoder_.reset();
  output_.reset();
  pending_.clear();
  finished_.reset();
  losses_.reset();
  headers_ = {};
  input_ = {};
  data_missing_ = false;
  return true;
}

// Caps that say nothing mean what containers hold: whole temporal units of section 5 OBUs.
void DecoderShell::read_framing(const GstStructure* caps) {
  auto is = [caps](const char* field, const char* value) {
    return g_strcmp0(gst_structure_get_string(caps, field), value) == 0;
  };
  alignment_ = is("alignment", "frame") ? Alignment::Frame
               : is("alignment", "obu") ? Alignment::Obu
                                        : Alignment::TemporalUnit;
  input_.framing = ObuFraming::Section5;
  if (!is("stream-format", "annexb")) return;
  switch (alignment_) {
  case Alignment::TemporalUnit: input_.framing = ObuFraming::AnnexBTemporalUnit; break;
  case Alignment::Frame: input_.framing = ObuFraming::AnnexBFrame; break;
  case Alignment::Obu: input_.framing = ObuFraming::AnnexBObu; break;
  }
}

bool DecoderShell::set_format(GstVideoCodecState* state) {
  // What is in flight belongs to the old caps.
  drain();
  const DecoderInput before = input_;
  read_framing(gst_caps_get_structure(state->caps, 0));
  input_.config_obus = config_obus(state->codec_data);
  if (input_.framing != before.framing || input_.config_obus != before.config_obus) {
    decoder_.reset();
  }
  output_.set_input(state);
  declare_latency();
  return true;
}

bool DecoderShell::upstream_is_live() const {
  const GstHandle<GstQuery> query{gst_query_new_latency()};
  gboolean live = FALSE;
  if (gst_pad_peer_query(GST_VIDEO_DECODER_SINK_PAD(element_), query.get())) {
    gst_query_parse_latency(query.get(), &live, nullptr, nullptr);
  }
  return live;
}

bool DecoderShell::open_decoder() {
  input_.live = upstream_is_live();
  decoder_ = create_(memory_.get());
  if (const Result<> opened = decoder_->open(settings(), input_, *this); !opened) {
    decoder_.reset();
    post_error(GST_ELEMENT(element_), opened.error());
    return false;
  }
  declare_latency();
  return true;
}

GstFlowReturn DecoderShell::handle_frame(CodecFrameHandle frame) {
  flow_ = GST_FLOW_OK;
  newest_frame_ = frame->system_frame_number;
  const gsize size = gst_buffer_get_size(frame->input_buffer);
  const uint64_t offset = std::exchange(stream_offset_, stream_offset_ + size);
  if (decoder_failed_ || watch_.hung()) return GST_FLOW_ERROR;
  if (!decoder_ && !open_decoder()) return GST_FLOW_ERROR;
  note_discontinuity(*frame);
  const bool late = gst_video_decoder_get_max_decode_time(element_, frame.get()) < 0;
  if (!decoder_->leaves_out_late() && may_skip(*frame, late)) {
    counts_.dropped++;
    return gst_video_decoder_drop_frame(element_, frame.release());
  }
  pending_.push_back(newest_frame_);
  if (pending_.size() > max_pending) release_before(pending_.front() + 1);
  // Parsers and depayloaders mark the last part of a temporal unit.
  const bool ends_unit = alignment_ == Alignment::TemporalUnit ||
                         GST_BUFFER_FLAG_IS_SET(frame->input_buffer, GST_BUFFER_FLAG_MARKER);
  const Result<> decoded =
      decoder_->decode({frame->input_buffer, newest_frame_, offset, ends_unit, late});
  if (watch_.hung()) return GST_FLOW_ERROR;
  if (!decoded) return end_with(decoded.error());
  // What was read need not wait for the picture that comes of it: memory that was used a moment ago
  // is used again. A decoder that reads on has a reference of its own.
  if (gst_buffer_is_writable(frame->input_buffer)) {
    gst_buffer_remove_all_memory(frame->input_buffer);
  }
  return flow_;
}

// Nothing that was in flight comes out after an error, and nothing is posted twice.
GstFlowReturn DecoderShell::end_with(const Error& error) {
  // Downstream is flushing, or has refused the format and said so; or this was posted already.
  if (flow_ != GST_FLOW_OK) return flow_;
  post_error(GST_ELEMENT(element_), error);
  decoder_failed_ = true;
  return GST_FLOW_ERROR;
}

// A late frame that nothing refers to need not be decoded.
bool DecoderShell::may_skip(GstVideoCodecFrame& frame, bool late) {
  // Packets of one OBU may be tile groups, which do not tell what they belong to.
  if (alignment_ == Alignment::Obu) return false;
  const MappedBuffer data(frame.input_buffer);
  // Headers are followed all the time, or they could not be read when it matters.
  const Result<TemporalUnitInfo> info =
      inspect_temporal_unit(data.bytes(), input_.framing, headers_);
  return info && info->droppable && late;
}

void DecoderShell::note_discontinuity(const GstVideoCodecFrame& frame) {
  // The first packets after a start or a flush are marked as well, but nothing is missing there.
  const bool marked =
      finished_ && GST_BUFFER_FLAG_IS_SET(frame.input_buffer, GST_BUFFER_FLAG_DISCONT);
  if (std::exchange(data_missing_, false) || marked) {
    losses_.lost_before(frame.system_frame_number);
  }
}

bool DecoderShell::sink_event(GstEvent* event) {
  if (GST_EVENT_TYPE(event) == GST_EVENT_GAP) {
    // The base class hands it on at once, past the frames that are still held back.
    GST_VIDEO_DECODER_STREAM_LOCK(element_);
    drain();
    GstGapFlags flags = static_cast<GstGapFlags>(0);
    gst_event_parse_gap_flags(event, &flags);
    if (flags & GST_GAP_FLAG_MISSING_DATA) data_missing_ = true;
    GST_VIDEO_DECODER_STREAM_UNLOCK(element_);
  }
  return parent_class()->sink_event(element_, event);
}

bool DecoderShell::flush() {
  decoder_failed_ = false;
  data_missing_ = false;
  if (decoder_) decoder_->flush();
  pending_.clear();
  finished_.reset();
  losses_.reset();
  headers_ = {};
  return true;
}

GstFlowReturn DecoderShell::drain() {
  flow_ = GST_FLOW_OK;
  if (!decoder_) return flow_;
  if (decoder_failed_ || watch_.hung()) return GST_FLOW_ERROR;
  const Result<> drained = decoder_->drain();
  if (watch_.hung()) return GST_FLOW_ERROR;
  if (!drained) return end_with(drained.error());
  if (!pending_.empty()) release_before(pending_.back() + 1);
  return flow_;
}

}  // namespace av1hw
