// SPDX-License-Identifier: LGPL-2.1-or-later
// Decodes AV1 with a driver that knows pictures, but no bitstream: packets and OBUs.
#include "codec/stateless_decoder.h"

#include <gst/gst.h>

#include <algorithm>
#include <format>
#include <utility>
#include <variant>

#include "memory/mapped_buffer.h"

namespace av1hw {
namespace {

constexpr unsigned most_in_flight = 16;
// Payloads that are kept for one picture.
constexpr size_t most_itu_t35 = 64;

bool is_frame_data(ObuType type) {
  return type == ObuType::Frame || type == ObuType::FrameHeader || type == ObuType::TileGroup ||
         type == ObuType::RedundantFrameHeader || type == ObuType::TileList;
}

// The first bits of uncompressed_header(): show_existing_frame, frame_type, show_frame.
struct FrameKind {
  bool key = false;
  bool shown = false;
};

FrameKind frame_kind(const Obu& obu, const SequenceHeader& sequence) {
  if (sequence.reduced_still_picture_header) return {true, true};
  const unsigned bits = obu.payload.empty() ? 0x80 : obu.payload[0];
  const bool show_existing_frame = (bits & 0x80) != 0;
  if (show_existing_frame) return {};
  return {(bits >> 5 & 3) == GST_AV1_KEY_FRAME, (bits >> 4 & 1) != 0};
}

// Two headers within one coded video sequence may differ in operating_parameters_info() (7.5).
SequenceHeader without_operating_parameters(SequenceHeader sequence) {
  for (OperatingPoint& point : sequence.operating_points) {
    point.decoder_buffer_delay = point.encoder_buffer_delay = 0;
    point.low_delay_mode = false;
  }
  return sequence;
}

}  // namespace

StatelessDecoder::StatelessDecoder(std::unique_ptr<DecodeBackend> backend)
    : backend_(std::move(backend)) {}

// Surfaces go back to the backend, so they go first.
StatelessDecoder::~StatelessDecoder() {
  held_layer_.reset();
  queue_.clear();
  slots_.clear();
}

Result<> StatelessDecoder::open(const DecoderSettings& settings, const DecoderInput& input,
                                DecoderClient& client) {
  client_ = &client;
  settings_ = settings;
  input_ = input;
  if (Result<> opened = backend_->open(settings, client); !opened) return opened;
  const unsigned most = std::clamp(backend_->max_in_flight(), 1U, most_in_flight);
  const unsigned chosen = input.live ? 1 : most;
  queue_.set_capacity(settings.max_frame_delay == 0 ? chosen
                                                    : std::min(settings.max_frame_delay, most));
  take_config();
  return {};
}

// A picture comes out with the one that fills the queue.
unsigned StatelessDecoder::latency_frames() const {
  return queue_.capacity() == 0 ? 0 : static_cast<unsigned>(queue_.capacity() - 1);
}

// What codec_data holds counts as packet 0 at offset 0; damage in it is not worth a warning, since
// streams repeat their sequence header.
void StatelessDecoder::take_config() {
  frame_number_ = stream_offset_ = 0;
  damaged_frame_ = 0;
  ObuReader reader(input_.config_obus, ObuFraming::Section5);
  for (auto obu = reader.next(); obu && *obu; obu = reader.next()) {
    // Nothing is in flight, so that no driver's error can come of it.
    if (!is_frame_data((*obu)->type)) (void)take(**obu);
  }
  damaged_frame_ = no_frame;
}

Result<> StatelessDecoder::decode(const Packet& packet) {
  const MappedBuffer data(packet.data);
  if (!data.mapped()) return fail(ErrorCode::Failed, "an input buffer can't be mapped");
  frame_number_ = packet.frame_number;
  stream_offset_ = packet.stream_offset;
  late_ = packet.late;
  left_out_ = has_picture_ = false;
  downstream_wants_more_ = true;
  ObuReader reader(data.bytes(), input_.framing);
  for (;;) {
    const auto next = reader.next();
    if (!next) {
      report(frame_number_, next.error().describe(stream_offset_), true);
      continue;
    }
    if (!*next) break;
    const Result<> taken = take(**next);
    if (!taken || !downstream_wants_more_) {
      tiles_.stop();
      return taken;
    }
  }
  if (packet.ends_temporal_unit) {
    lose_incomplete_frame(stream_offset_ + data.bytes().size());
    forget_unit_metadata();
    if (Result<> ended = end_temporal_unit(); !ended) return ended;
  }
  tiles_.release();
  if (!has_picture_) {
    left_out_ ? client_->left_out(frame_number_) : client_->no_picture(frame_number_);
  }
  return {};
}

Result<> StatelessDecoder::drain() {
  downstream_wants_more_ = true;
  return put_out_all();
}

void StatelessDecoder::flush() {
  held_layer_.reset();
  queue_.clear();
  slots_.clear();
  tiles_.stop();
  backend_->flush();
  headers_.reset();
  sequence_.reset();
  waits_for_key_frame_ = true;
  said_that_it_waits_ = false;
  mastering_display_.reset();
  content_light_.reset();
  forget_unit_metadata();
  take_config();
}

Result<> StatelessDecoder::take(const Obu& obu) {
  if (layers_.drops(obu)) return {};
  switch (obu.type) {
  case ObuType::TemporalDelimiter:
    lose_incomplete_frame(stream_offset_ + obu.offset);
    forget_unit_metadata();
    return end_temporal_unit();
  case ObuType::SequenceHeader: return take_sequence(obu);
  case ObuType::Metadata: take_metadata(obu); return {};
  case ObuType::Frame:
  case ObuType::FrameHeader: return take_frame_header(obu);
  case ObuType::TileGroup: return take_tiles(obu, obu.payload);
  case ObuType::TileList: report(obu, "large-scale tile decoding is not supported"); return {};
  // The header that it repeats is there, or else its frame is lost and that was said.
  case ObuType::RedundantFrameHeader:
  case ObuType::Padding: return {};
  }
  return {};
}

Result<> StatelessDecoder::take_sequence(const Obu& obu) {
  const Result<SequenceHeader> parsed = parse_sequence_header(obu.payload);
  if (!parsed) {
    report(obu, parsed.error().message);
    return {};
  }
  const SequenceHeader sequence = without_operating_parameters(*parsed);
  if (sequence_ == sequence) return {};
  lose_incomplete_frame(stream_offset_ + obu.offset);
  if (Result<> settled = settle(); !settled) return settled;
  slots_.clear();
  sequence_.reset();
  mastering_display_.reset();
  content_light_.reset();
  waits_for_key_frame_ = true;
  said_that_it_waits_ = false;
  if (const Result<> taken = headers_.set_sequence(sequence); !taken) {
    report(obu, taken.error().message);
    return {};
  }
  sequence_ = sequence;
  const ColorConfig& color = sequence.color;
  samples_ = {color.bit_depth, color.mono_chrome, color.subsampling_x != 0,
              color.subsampling_y != 0};
  layers_.select(sequence, settings_.operating_point, settings_.all_layers);
  return {};
}

void StatelessDecoder::take_metadata(const Obu& obu) {
  Result<MetadataObu> metadata = parse_metadata(obu.payload);
  if (!metadata) {
    report(obu, metadata.error().message, false);
  } else if (const auto* mdcv = std::get_if<HdrMdcv>(&*metadata)) {
    mastering_display_ = *mdcv;
  } else if (const auto* cll = std::get_if<HdrCll>(&*metadata)) {
    content_light_ = *cll;
  } else if (auto* t35 = std::get_if<MetadataItuT35>(&*metadata)) {
    if (itu_t35_.size() < most_itu_t35) itu_t35_.push_back(std::move(t35->bytes));
  } else if (const auto* timecode = std::get_if<Timecode>(&*metadata)) {
    timecode_ = *timecode;
  }
}

// What came before a picture that is lost belongs to no other.
void StatelessDecoder::forget_unit_metadata() {
  itu_t35_.clear();
  timecode_.reset();
}

Result<> StatelessDecoder::take_frame_header(const Obu& obu) {
  lose_incomplete_frame(stream_offset_ + obu.offset);
  skipping_tiles_ = true;
  if (!sequence_) {
    GST_DEBUG("%s skipped: no sequence header yet", obu.describe(stream_offset_).c_str());
    return {};
  }
  if (waits_for_key_frame_ && must_wait_for_key_frame(obu)) return {};
  const Result<size_t> header_size = headers_.parse(obu);
  if (!header_size) {
    // What a size makes of the rest of the header says less than the size.
    report(obu, size_refusal().value_or(header_size.error().message));
    const FrameKind kind = frame_kind(obu, *sequence_);
    if (kind.key && kind.shown) {
      // What came before is of no use to what follows.
      slots_.clear();
      waits_for_key_frame_ = said_that_it_waits_ = true;
    }
    return {};
  }
  const GstAV1FrameHeaderOBU& frame = headers_.frame();
  if (late_ && frame.refresh_frame_flags == 0) {
    left_out_ = true;
    return {};
  }
  if (frame.show_existing_frame) return show_existing_frame(obu);
  if (skips(frame.frame_type, frame.refresh_frame_flags != 0)) {
    lose_frame();
    return {};
  }
  if (const auto problem = refusal()) {
    report(obu, *problem);
    lose_frame();
    return {};
  }
  skipping_tiles_ = false;
  tiles_.begin(frame.tile_info);
  if (obu.type != ObuType::Frame) return {};
  return take_tiles(obu, obu.payload.subspan(*header_size));
}

// A stream that was joined in the middle starts with frames that can't be decoded.
bool StatelessDecoder::must_wait_for_key_frame(const Obu& obu) {
  if (frame_kind(obu, *sequence_).key) {
    waits_for_key_frame_ = false;
    return false;
  }
  if (!std::exchange(said_that_it_waits_, true)) {
    report(obu, "no key frame came before it; pictures are left out until one comes");
  }
  return true;
}

Result<> StatelessDecoder::take_tiles(const Obu& obu, std::span<const uint8_t> group) {
  if (!tiles_.active()) {
    if (!skipping_tiles_) report(obu, "no frame header came before it");
    return {};
  }
  if (const Result<> added = tiles_.add(group); !added) {
    report(obu, added.error().message);
    tiles_.stop();
    skipping_tiles_ = true;
    lose_frame();
    return {};
  }
  if (!tiles_.complete()) return {};
  tiles_.stop();
  return decode_frame(obu);
}

// `end`: where in the stream it should have been complete.
void StatelessDecoder::lose_incomplete_frame(uint64_t end) {
  if (!tiles_.active()) return;
  report(frame_number_,
         std::format("the frame before byte {}: {} of {} tiles are missing", end,
                     tiles_.tiles_due() - tiles_.tiles().size(), tiles_.tiles_due()),
         true);
  tiles_.stop();
  lose_frame();
}

void StatelessDecoder::report(const Obu& obu, const std::string& problem, bool hurts_pictures) {
  report(frame_number_, obu.describe(stream_offset_) + ": " + problem, hurts_pictures);
}

void StatelessDecoder::report(uint64_t frame_number, std::string message, bool hurts_pictures) {
  // What follows a damaged OBU in its packet often fails with it, and says nothing new.
  if (std::exchange(damaged_frame_, frame_number) == frame_number) {
    GST_DEBUG("%s", message.c_str());
    return;
  }
  client_->damaged({frame_number, std::move(message), hurts_pictures});
}

}  // namespace av1hw
