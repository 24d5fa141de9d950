// SPDX-License-Identifier: LGPL-2.1-or-later
// Feeding dav1d with OBUs and taking pictures from it.
#include "cpu/dav1d_decoder.h"

#include <gst/gst.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <limits>
#include <utility>

#include "codec/hdr_metadata.h"
#include "cpu/dav1d_picture.h"
#include "memory/reference_frame.h"

namespace av1hw {
namespace {

// MaxPicSize of level 7.3, the largest that the specification's annex A defines.
constexpr uint64_t largest_level_frame = 142606336;

bool is_frame_data(ObuType type) {
  return type == ObuType::Frame || type == ObuType::FrameHeader || type == ObuType::TileGroup ||
         type == ObuType::RedundantFrameHeader || type == ObuType::TileList;
}

std::string error_text(int error) {
  switch (error) {
  case DAV1D_ERR(EINVAL): return "the data is damaged";
  case DAV1D_ERR(ENOPROTOOPT): return "it uses a feature that dav1d does not have";
  case DAV1D_ERR(ERANGE): return "the frame is larger than frame-size-limit";
  case DAV1D_ERR(ENOMEM): return "out of memory";
  default: return std::string("dav1d answered ") + g_strerror(-error);
  }
}

}  // namespace

// A mapped packet; dav1d holds it for as long as it reads any of its OBUs.
class Dav1dDecoder::Input {
 public:
  explicit Input(GstBuffer* buffer) : buffer_(av1hw::share(buffer)) {
    mapped_ = gst_buffer_map(buffer, &map_, GST_MAP_READ);
  }
  ~Input() {
    if (mapped_) gst_buffer_unmap(buffer_.get(), &map_);
  }
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  bool mapped() const { return mapped_; }
  std::span<const uint8_t> bytes() const { return {map_.data, map_.size}; }

 private:
  BufferHandle buffer_;
  GstMapInfo map_ = {};
  bool mapped_ = false;
};

Dav1dDecoder::~Dav1dDecoder() {
  if (context_) dav1d_close(&context_);
}

Result<> Dav1dDecoder::open(const DecoderSettings& settings, const DecoderInput& input,
                            DecoderClient& client) {
  client_ = &client;
  input_ = input;
  all_layers_ = settings.all_layers;
  grain_off_ = settings.film_grain == FilmGrainMode::Off;
  operating_point_ = settings.operating_point;
  Dav1dSettings s;
  dav1d_default_settings(&s);
  s.n_threads = static_cast<int>(std::min(settings.threads, unsigned{DAV1D_MAX_THREADS}));
  s.max_frame_delay =
      static_cast<int>(std::min(settings.max_frame_delay, unsigned{DAV1D_MAX_FRAME_DELAY}));
  if (settings.max_frame_delay == 0 && input.live) s.max_frame_delay = 1;
  s.apply_grain = grain_off_ ? 0 : 1;
  s.operating_point = static_cast<int>(settings.operating_point);
  s.all_layers = settings.all_layers ? 1 : 0;
  const uint64_t limit =
      settings.frame_size_limit ? settings.frame_size_limit : largest_level_frame;
  s.frame_size_limit =
      static_cast<unsigned>(std::min<uint64_t>(limit, std::numeric_limits<unsigned>::max()));
  s.inloop_filters = static_cast<Dav1dInloopFilterType>(settings.inloop_filters);
  s.decode_frame_type = static_cast<Dav1dDecodeFrameType>(settings.decode_frame_type);
  s.allocator = {this, allocate_picture, release_picture};
  s.logger = {this, log};
  if (const int error = dav1d_open(&context_, &s); error < 0) {
    return fail(ErrorCode::Failed,
                "dav1d can't be opened: " + error_text(error) + " " + take_log());
  }
  frame_delay_ = static_cast<unsigned>(std::max(1, dav1d_get_frame_delay(&s)));
  send_config();
  return {};
}

// What codec_data holds counts as packet 0 at offset 0; damage in it is not worth a warning, since
// streams repeat their sequence header.
void Dav1dDecoder::send_config() {
  if (input_.config_obus.empty()) return;
  const BufferHandle buffer{
      gst_buffer_new_memdup(input_.config_obus.data(), input_.config_obus.size())};
  const auto data = std::make_shared<Input>(buffer.get());
  if (!data->mapped()) return;
  ObuReader reader(data->bytes(), ObuFraming::Section5);
  for (auto obu = reader.next(); obu && *obu; obu = reader.next()) {
    if (!is_frame_data((*obu)->type) && wants(**obu, Packet{})) send(data, Packet{}, **obu);
  }
}

Result<> Dav1dDecoder::decode(const Packet& packet) {
  downstream_wants_more_ = true;
  const auto input = std::make_shared<Input>(packet.data);
  if (!input->mapped()) return fail(ErrorCode::Failed, "an input buffer can't be mapped");
  bool may_have_picture = false;
  ObuReader reader(input->bytes(), input_.framing);
  for (;;) {
    const auto next = reader.next();
    if (!next) {
      report_damage(packet.frame_number, next.error().describe(packet.stream_offset), true);
      continue;
    }
    if (!*next) break;
    const Obu& obu = **next;
    // With layers held back, what belongs to the last temporal unit comes out before the next.
    if (hold_layers_ && obu.type == ObuType::TemporalDelimiter) take_all();
    if (!wants(obu, packet)) continue;
    if (send(input, packet, obu) && is_frame_data(obu.type)) may_have_picture = true;
    if (!downstream_wants_more_) return {};
  }
  if (hold_layers_ && packet.ends_temporal_unit) take_all();
  if (!may_have_picture) client_->no_picture(packet.frame_number);
  return {};
}

// Frames before the first sequence header can't be decoded; a stream that was joined in the middle
// starts like that, and it is no damage.
bool Dav1dDecoder::wants(const Obu& obu, const Packet& packet) {
  if (obu.type == ObuType::SequenceHeader) note_sequence(obu);
  if (obu.type == ObuType::Metadata) note_metadata(obu);
  if (have_sequence_ || !is_frame_data(obu.type)) return true;
  GST_DEBUG("%s skipped: no sequence header yet", obu.describe(packet.stream_offset).c_str());
  return false;
}

void Dav1dDecoder::note_sequence(const Obu& obu) {
  Dav1dSequenceHeader header;
  if (dav1d_parse_sequence_header(&header, obu.bytes.data(), obu.bytes.size()) < 0) return;
  have_sequence_ = true;
  const unsigned point = operating_point_ < header.num_operating_points ? operating_point_ : 0;
  const unsigned spatial_layers = header.operating_points[point].idc >> 8;
  hold_layers_ = frame_delay_ == 1 && !all_layers_ && spatial_layers > 1;
}

// dav1d tells a picture's metadata when it is done; the caps for its memory are settled before.
void Dav1dDecoder::note_metadata(const Obu& obu) {
  const Result<MetadataObu> metadata = parse_metadata(obu.payload);
  if (!metadata) return;
  if (const auto* mdcv = std::get_if<HdrMdcv>(&*metadata)) mastering_display_ = *mdcv;
  if (const auto* cll = std::get_if<HdrCll>(&*metadata)) content_light_ = *cll;
}

// False: the OBU was damaged (and that was reported), or downstream wants no more.
bool Dav1dDecoder::send(const std::shared_ptr<Input>& input, const Packet& packet, const Obu& obu) {
  Dav1dData data = {};
  auto* hold = new std::shared_ptr<Input>(input);
  auto release = [](const uint8_t*, void* held) {
    delete static_cast<std::shared_ptr<Input>*>(held);
  };
  if (dav1d_data_wrap(&data, obu.bytes.data(), obu.bytes.size(), release, hold) < 0) {
    delete hold;
    report_damage(packet.frame_number, obu.describe(packet.stream_offset) + ": out of memory",
                  true);
    return false;
  }
  // These come back with the picture, and with an error. dav1d makes no use of the duration.
  data.m.timestamp = static_cast<int64_t>(packet.frame_number);
  data.m.offset = static_cast<int64_t>(packet.stream_offset + obu.offset);
  data.m.duration = static_cast<int64_t>(obu.type);
  for (;;) {
    const int error = dav1d_send_data(context_, &data);
    if (error == 0) break;
    if (error == DAV1D_ERR(EAGAIN)) {
      take_picture();
      if (downstream_wants_more_) continue;
    }
    const Dav1dDataProps where = data.m;
    dav1d_data_unref(&data);
    if (error != DAV1D_ERR(EAGAIN)) report_damage(error, where);
    return false;
  }
  // Once after each OBU: a second call would make dav1d wait for its frame threads.
  if (!hold_layers_) take_picture();
  return downstream_wants_more_;
}

Dav1dDecoder::Taken Dav1dDecoder::take_picture() {
  Dav1dPicture picture = {};
  const int error = dav1d_get_picture(context_, &picture);
  if (error == 0) {
    output(picture);
    dav1d_picture_unref(&picture);
    return Taken::Picture;
  }
  if (error == DAV1D_ERR(EAGAIN)) return Taken::Nothing;
  Dav1dDataProps where = {};
  if (dav1d_get_decode_error_data_props(context_, &where) == 0) {
    report_damage(error, where);
    dav1d_data_props_unref(&where);
  }
  return Taken::Damage;
}

void Dav1dDecoder::take_all() {
  while (downstream_wants_more_ && take_picture() != Taken::Nothing) {
  }
}

Result<> Dav1dDecoder::drain() {
  downstream_wants_more_ = true;
  // dav1d waits for its frame threads from the second call in a row on.
  take_all();
  take_all();
  return {};
}

void Dav1dDecoder::flush() {
  dav1d_flush(context_);
  have_sequence_ = false;
  hold_layers_ = false;
  damaged_frame_ = no_frame;
  mastering_display_.reset();
  content_light_.reset();
  send_config();
}

void Dav1dDecoder::output(const Dav1dPicture& from) {
  const Result<PictureFormat> format = dav1d_picture_format(from);
  const auto* frame = static_cast<const ReferenceFrame*>(from.allocator_data);
  if (!format || !frame) return;
  Picture picture;
  picture.format = *format;
  picture.buffer = frame->share();
  picture.frame_number = static_cast<uint64_t>(from.m.timestamp);
  picture.key_frame = from.frame_hdr->frame_type == DAV1D_FRAME_TYPE_KEY;
  picture.grain_dropped = grain_off_ && dav1d_has_film_grain(from);
  picture.sample_shift = dav1d_sample_shift(from.p);
  picture.itu_t35 = dav1d_itu_t35(from);
  downstream_wants_more_ = client_->output(std::move(picture)) && downstream_wants_more_;
}

int Dav1dDecoder::allocate_picture(Dav1dPicture* picture, void* cookie) {
  auto* self = static_cast<Dav1dDecoder*>(cookie);
  auto refuse = [self](const Error& error) {
    self->allocation_error_ = error.message;
    return DAV1D_ERR(ENOMEM);
  };
  Result<PictureFormat> format = dav1d_picture_format(*picture);
  if (!format) return refuse(format.error());
  if (self->mastering_display_) {
    format->mastering_display = mastering_display_info(*self->mastering_display_);
  }
  if (self->content_light_) format->content_light = content_light_level(*self->content_light_);
  Result<BufferHandle> buffer =
      self->client_->allocate(*format, dav1d_memory_needs(picture->p, self->frame_delay_));
  if (!buffer) return refuse(buffer.error());
  Result<std::unique_ptr<ReferenceFrame>> frame = ReferenceFrame::map(std::move(*buffer));
  if (!frame) return refuse(frame.error());
  for (unsigned i = 0; i < (*frame)->planes() && i < 3; i++) picture->data[i] = (*frame)->plane(i);
  picture->stride[0] = (*frame)->stride(0);
  picture->stride[1] = (*frame)->planes() > 1 ? (*frame)->stride(1) : 0;
  picture->allocator_data = frame->release();
  return 0;
}

void Dav1dDecoder::release_picture(Dav1dPicture* picture, void*) {
  delete static_cast<ReferenceFrame*>(picture->allocator_data);
}

void Dav1dDecoder::report_damage(int error, const Dav1dDataProps& where) {
  Obu obu;
  obu.type = static_cast<ObuType>(where.duration);
  std::string message = obu.describe(static_cast<uint64_t>(where.offset)) + ": ";
  const std::string logged = take_log();
  if (!allocation_error_.empty()) {
    message += std::exchange(allocation_error_, {});
  } else {
    message += error_text(error);
    if (!logged.empty()) message += " (" + logged + ")";
  }
  report_damage(static_cast<uint64_t>(where.timestamp), std::move(message),
                is_frame_data(obu.type) || obu.type == ObuType::SequenceHeader);
}

void Dav1dDecoder::report_damage(uint64_t frame_number, std::string message, bool hurts_pictures) {
  // What follows a damaged OBU in its packet often fails with it, and says nothing new.
  if (std::exchange(damaged_frame_, frame_number) == frame_number) {
    GST_DEBUG("%s", message.c_str());
    return;
  }
  client_->damaged({frame_number, std::move(message), hurts_pictures});
}

void Dav1dDecoder::log(void* cookie, const char* format, va_list arguments) {
  auto* self = static_cast<Dav1dDecoder*>(cookie);
  char text[256];
  std::vsnprintf(text, sizeof text, format, arguments);
  const std::string_view line(text, std::min(std::strlen(text), std::strcspn(text, "\n")));
  if (line.empty()) return;
  GST_INFO("dav1d: %.*s", static_cast<int>(line.size()), line.data());
  const std::scoped_lock lock(self->log_lock_);
  // The first line of several says the most.
  if (self->first_log_.empty()) self->first_log_ = line;
}

std::string Dav1dDecoder::take_log() {
  const std::scoped_lock lock(log_lock_);
  return std::exchange(first_log_, {});
}

}  // namespace av1hw
