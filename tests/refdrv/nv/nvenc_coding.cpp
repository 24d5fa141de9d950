// SPDX-License-Identifier: LGPL-2.1-or-later
// An encode session's engine: the thread on which its pictures are coded.
#include <algorithm>
#include <cstdio>
#include <thread>
#include <utility>

#include "refdrv/nv/nvenc_session.h"

namespace refdrv::nv {

namespace {

NV_ENC_PIC_TYPE type_of(PictureRole role, bool reference) {
  switch (role) {
  case PictureRole::Key: return NV_ENC_PIC_TYPE_IDR;
  case PictureRole::Bidirectional: return NV_ENC_PIC_TYPE_B;
  case PictureRole::Forward: break;
  }
  return reference ? NV_ENC_PIC_TYPE_P : NV_ENC_PIC_TYPE_NONREF_P;
}

// Nothing: it is for the rate control to find.
std::optional<unsigned> constant_quantizer(const EncodeConfig& config, PictureRole role) {
  if (config.coding.rate_control != RateControl::ConstantQuantizer) return config.quality;
  switch (role) {
  case PictureRole::Key: return config.constant_qp.qpIntra;
  case PictureRole::Bidirectional: return config.constant_qp.qpInterB;
  case PictureRole::Forward: break;
  }
  return config.constant_qp.qpInterP;
}

Refusal internal(const Error& error) {
  return {.status = NV_ENC_ERR_GENERIC, .message = error.message, .misuse = false};
}

}  // namespace

void EncodeSession::run() {
  Lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return closing_ || !queued_.empty(); });
    if (closing_) return;
    const Work work = std::move(queued_.front());
    queued_.pop_front();
    lock.unlock();
    perform(work);
    lock.lock();
  }
}

void EncodeSession::perform(const Work& work) {
  Picture& picture = *work.picture;
  Outcome<> outcome;
  switch (work.step) {
  case Step::Hide: outcome = hide(picture); break;
  case Step::Code: outcome = code(picture); break;
  case Step::Show: outcome = show(picture); break;
  }
  if (!outcome && outcome.error().misuse) {
    driver_.machine().misuse("nvEncEncodePicture", outcome.error().message);
  } else if (!outcome) {
    std::fprintf(stderr, "refdrv: nvEncEncodePicture: %s\n", outcome.error().message.c_str());
  }
  if (work.step == Step::Hide) {
    picture.hidden = outcome.has_value();
  } else {
    finish(picture, outcome);
  }
}

// Settings that only a new sequence can have begin one; a key frame is due then.
Outcome<> EncodeSession::prepare_encoder(const Picture& picture) {
  const bool new_settings = picture.config != encoder_config_ || picture.tiles != encoder_tiles_;
  if (!new_settings && !picture.fresh) return {};
  CodingSettings settings = picture.config->coding;
  settings.tiles = picture.tiles;
  const bool goes_on = !picture.fresh && same_sequence(settings, encoder_config_->coding);
  if (goes_on) {
    if (const auto changed = encoder_->change(settings); !changed) {
      return std::unexpected(internal(changed.error()));
    }
  } else {
    auto encoder = create_encoder(settings);
    if (!encoder) return std::unexpected(internal(encoder.error()));
    encoder_ = std::move(*encoder);
    hider_ = {};
    header_written_ = false;
    const std::scoped_lock lock(mutex_);
    header_ = encoder_->sequence_header();
  }
  encoder_config_ = picture.config;
  encoder_tiles_ = picture.tiles;
  return {};
}

Outcome<CodedPicture> EncodeSession::encode_samples(const Picture& picture) {
  const auto& config = *picture.config;
  if (const auto prepared = prepare_encoder(picture); !prepared) {
    return std::unexpected(prepared.error());
  }
  const auto bytes = surface_bytes(*picture.input, driver_.memory());
  if (!bytes) return std::unexpected(bytes.error());
  const bool null_mode = driver_.machine().null_mode();
  const auto samples = null_mode ? PlanarPicture{}
                                 : read_picture(*picture.input, *bytes, config.coding.width,
                                                config.coding.height, config.coding.bit_depth);
  const CodingOptions options = {.key = picture.role == PictureRole::Key,
                                 .reference = picture.reference,
                                 .default_contexts = false,
                                 .quantizer = constant_quantizer(config, picture.role)};
  auto result = encoder_->encode(samples, options);
  if (!result) return std::unexpected(internal(result.error()));
  if (!null_mode && fingerprint(*bytes) != picture.fingerprint) {
    driver_.machine().misuse("nvEncEncodePicture", "an input was written to before it was coded");
  }
  return std::move(*result);
}

// The last of a group, to which the others refer. The units of the null mode refer to none of it.
Outcome<> EncodeSession::hide(Picture& picture) {
  if (driver_.machine().null_mode()) return {};
  auto coded = encode_samples(picture);
  if (!coded) return std::unexpected(coded.error());
  picture.quantizer = coded->quantizer;
  auto hidden = hider_.hide(coded->unit);
  if (!hidden) return std::unexpected(internal(hidden.error()));
  hidden_ = std::move(*hidden);
  return {};
}

Outcome<> EncodeSession::code(Picture& picture) {
  auto coded = encode_samples(picture);
  if (!coded) return std::unexpected(coded.error());
  picture.quantizer = coded->quantizer;
  picture.temporal_id = coded->temporal_id;
  if (driver_.machine().null_mode()) {
    std::this_thread::sleep_until(driver_.machine().occupy());
    return put_out(picture, coded->unit);
  }
  if (const auto followed = hider_.follow(coded->unit); !followed) {
    return std::unexpected(internal(followed.error()));
  }
  auto frames = std::exchange(hidden_, {});
  frames.insert(frames.end(), coded->unit.begin(), coded->unit.end());
  return put_out(picture, frames);
}

Outcome<> EncodeSession::show(Picture& picture) {
  if (!picture.hidden) {
    return refuse(NV_ENC_ERR_GENERIC, "there is no hidden frame to show");
  }
  return driver_.machine().null_mode() ? code(picture) : put_out(picture, hider_.show());
}

Outcome<> EncodeSession::put_out(const Picture& picture, std::span<const uint8_t> frames) {
  const auto& config = *picture.config;
  const bool key_header =
      picture.role == PictureRole::Key && (config.repeat_sequence_header || !header_written_);
  const bool with_header = (config.sequence_headers && key_header) || picture.sequence_header;
  header_written_ |= with_header;
  auto unit = write_temporal_unit(
      frames, {.sequence_header =
                   with_header ? std::span<const uint8_t>(header_) : std::span<const uint8_t>{},
               .metadata = picture.metadata,
               .annexb = config.annexb,
               .padded_size = config.padded_size});
  if (!unit) return std::unexpected(internal(unit.error()));
  auto& counters = driver_.machine().counters();
  counters.add("pictures_encoded");
  counters.add("bytes_encoded", unit->size());
  const std::scoped_lock lock(mutex_);
  auto& output = *picture.output;
  output.bytes = std::move(*unit);
  output.quantizer = picture.quantizer;
  output.temporal_id = picture.temporal_id;
  return {};
}

void EncodeSession::finish(Picture& picture, const Outcome<>& outcome) {
  const std::scoped_lock lock(mutex_);
  auto& output = *picture.output;
  const auto count = [](const std::vector<unsigned>& sizes) {
    return static_cast<unsigned>(std::max<size_t>(sizes.size(), 1));
  };
  output.tiles = count(picture.tiles.columns) * count(picture.tiles.rows);
  output.status = outcome ? NV_ENC_SUCCESS : outcome.error().status;
  output.type = type_of(picture.role, picture.reference);
  output.frame_number = pictures_coded_++;
  output.state = Bitstream::State::Done;
  picture.input->pictures--;
  changed_.notify_all();
}

}  // namespace refdrv::nv
