// SPDX-License-Identifier: LGPL-2.1-or-later
// An encode session's engine: the thread on which its pictures are coded.
#include <algorithm>
#include <array>

#include "refdrv/nv/nvenc_session.h"

namespace refdrv::nv {

namespace {

// REFDRV_NULL: a padding OBU of one byte, in the place of a frame.
constexpr std::array<uint8_t, 5> null_unit = {0x12, 0x00, 0x7a, 0x01, 0x80};

NV_ENC_PIC_TYPE type_of(PictureRole role, bool reference) {
  switch (role) {
  case PictureRole::Key: return NV_ENC_PIC_TYPE_IDR;
  case PictureRole::Bidirectional: return NV_ENC_PIC_TYPE_B;
  case PictureRole::Forward: break;
  }
  return reference ? NV_ENC_PIC_TYPE_P : NV_ENC_PIC_TYPE_NONREF_P;
}

unsigned constant_quantizer(const EncodeConfig& config, PictureRole role) {
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
    Picture picture = std::move(queued_.front());
    queued_.pop_front();
    lock.unlock();
    code(picture);
    lock.lock();
  }
}

void EncodeSession::code(Picture& picture) {
  const auto outcome = code_picture(picture);
  if (!outcome) {
    if (outcome.error().misuse) {
      driver_.machine().misuse("nvEncEncodePicture", outcome.error().message);
    } else {
      std::fprintf(stderr, "refdrv: nvEncEncodePicture: %s\n", outcome.error().message.c_str());
    }
  }
  finish(picture, outcome);
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
    auto encoder = AomEncoder::create(settings);
    if (!encoder) return std::unexpected(internal(encoder.error()));
    encoder_ = std::move(*encoder);
    header_written_ = false;
    const std::scoped_lock lock(mutex_);
    header_ = encoder_->sequence_header();
  }
  encoder_config_ = picture.config;
  encoder_tiles_ = picture.tiles;
  return {};
}

Outcome<> EncodeSession::code_picture(Picture& picture) {
  const auto& config = *picture.config;
  auto& machine = driver_.machine();
  if (const auto prepared = prepare_encoder(picture); !prepared) return prepared;
  const auto bytes = surface_bytes(*picture.input, driver_.memory());
  if (!bytes) return std::unexpected(bytes.error());

  CodedPicture coded;
  if (machine.null_mode()) {
    coded.unit.assign(null_unit.begin(), null_unit.end());
  } else {
    const auto samples = read_picture(*picture.input, *bytes, config.coding.width,
                                      config.coding.height, config.coding.bit_depth);
    CodingOptions options = {.key = picture.role == PictureRole::Key,
                             .reference = picture.reference,
                             .quantizer = std::nullopt};
    if (config.coding.rate_control == RateControl::ConstantQuantizer) {
      options.quantizer = constant_quantizer(config, picture.role);
    }
    auto result = encoder_->encode(samples, options);
    if (!result) return std::unexpected(internal(result.error()));
    coded = std::move(*result);
    if (fingerprint(*bytes) != picture.fingerprint) {
      machine.misuse("nvEncEncodePicture", "an input was written to before it was coded");
    }
  }

  const bool key_header =
      picture.role == PictureRole::Key && (config.repeat_sequence_header || !header_written_);
  const bool with_header = (config.sequence_headers && key_header) || picture.sequence_header;
  header_written_ |= with_header;
  const auto unit = write_temporal_unit(
      coded.unit, {.sequence_header =
                       with_header ? std::span<const uint8_t>(header_) : std::span<const uint8_t>{},
                   .metadata = picture.metadata,
                   .annexb = config.annexb,
                   .padded_size = config.padded_size});
  if (!unit) return std::unexpected(internal(unit.error()));

  auto& output = *picture.output;
  const std::scoped_lock lock(mutex_);
  output.bytes = *unit;
  output.quantizer = coded.quantizer;
  output.temporal_id = coded.temporal_id;
  machine.counters().add("pictures_encoded");
  machine.counters().add("bytes_encoded", unit->size());
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
