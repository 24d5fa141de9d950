// SPDX-License-Identifier: LGPL-2.1-or-later
// An encode session's life: what it is configured to, and the pictures that it is given.
#include "refdrv/nv/nvenc_session.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "refdrv/nv/null_encoder.h"
#include "refdrv/nv/nvenc_caps.h"

namespace refdrv::nv {

namespace {

constexpr size_t remembered_times = 16;
constexpr uint32_t known_flags = NV_ENC_PIC_FLAG_FORCEINTRA | NV_ENC_PIC_FLAG_FORCEIDR |
                                 NV_ENC_PIC_FLAG_OUTPUT_SPSPPS | NV_ENC_PIC_FLAG_EOS;
constexpr uint32_t key_flags = NV_ENC_PIC_FLAG_FORCEINTRA | NV_ENC_PIC_FLAG_FORCEIDR;
constexpr uint32_t max_payloads = 64;
constexpr uint32_t max_payload_size = 1 << 20;

Outcome<std::vector<Metadata>> read_metadata(const NV_ENC_PIC_PARAMS_AV1& av1) {
  std::vector<Metadata> metadata;
  if (av1.obuPayloadArrayCnt == 0) return metadata;
  if (!av1.obuPayloadArray || av1.obuPayloadArrayCnt > max_payloads) {
    return misuse(NV_ENC_ERR_INVALID_PARAM,
                  std::format("obuPayloadArrayCnt is {}", av1.obuPayloadArrayCnt));
  }
  for (uint32_t i = 0; i < av1.obuPayloadArrayCnt; i++) {
    const auto& payload = av1.obuPayloadArray[i];
    if (!payload.payload || payload.payloadSize == 0 || payload.payloadSize > max_payload_size) {
      return misuse(NV_ENC_ERR_INVALID_PARAM,
                    std::format("obuPayloadArray[{}] has {} bytes", i, payload.payloadSize));
    }
    metadata.push_back({.type = payload.payloadType,
                        .payload = {payload.payload, payload.payload + payload.payloadSize}});
  }
  return metadata;
}

Outcome<> put_header(const std::vector<uint8_t>& header, NV_ENC_SEQUENCE_PARAM_PAYLOAD& payload) {
  if (!payload.spsppsBuffer || !payload.outSPSPPSPayloadSize) {
    return misuse(NV_ENC_ERR_INVALID_PTR, "nowhere to put the header, or its size");
  }
  if (payload.inBufferSize < header.size()) {
    return misuse(
        NV_ENC_ERR_NOT_ENOUGH_BUFFER,
        std::format("the header has {} bytes, the buffer {}", header.size(), payload.inBufferSize));
  }
  std::ranges::copy(header, static_cast<uint8_t*>(payload.spsppsBuffer));
  *payload.outSPSPPSPayloadSize = static_cast<uint32_t>(header.size());
  return {};
}

}  // namespace

uintptr_t next_nvenc_handle() {
  static std::atomic<uintptr_t> next = 0x10000;
  return next += 16;
}

EncodeSession::~EncodeSession() { close(); }

void EncodeSession::close() {
  {
    const std::scoped_lock lock(mutex_);
    closing_ = true;
    changed_.notify_all();
  }
  if (worker_.joinable()) worker_.join();
}

void EncodeSession::set_last_error(const std::string& text) {
  const std::scoped_lock lock(mutex_);
  last_error_ = text;
}

const char* EncodeSession::last_error() {
  // A copy of the caller's own, which other threads' calls leave alone.
  static thread_local std::string text;
  const std::scoped_lock lock(mutex_);
  text = last_error_;
  return text.c_str();
}

Outcome<> EncodeSession::require_initialized() const {
  if (config_) return {};
  return misuse(NV_ENC_ERR_ENCODER_NOT_INITIALIZED, "before nvEncInitializeEncoder");
}

Result<std::unique_ptr<AomEncoder>> EncodeSession::create_encoder(
    const CodingSettings& settings) const {
  return driver_.machine().null_mode() ? create_null_encoder(settings)
                                       : AomEncoder::create(settings);
}

Outcome<> EncodeSession::initialize(const NV_ENC_INITIALIZE_PARAMS& params) {
  const std::scoped_lock lock(mutex_);
  if (config_) return misuse(NV_ENC_ERR_INVALID_CALL, "the encoder is initialised already");
  auto config = read_config(driver_.machine().profile(), params);
  if (!config) return std::unexpected(config.error());
  auto encoder = create_encoder(config->coding);
  if (!encoder) return refuse(NV_ENC_ERR_GENERIC, encoder.error().message);
  encoder_ = std::move(*encoder);
  header_ = encoder_->sequence_header();
  config_ = std::make_shared<const EncodeConfig>(std::move(*config));
  encoder_config_ = config_;
  encoder_tiles_ = config_->coding.tiles;
  order_.configure(config_->order);
  worker_ = std::thread([this] { run(); });
  return {};
}

Outcome<> EncodeSession::reconfigure(const NV_ENC_RECONFIGURE_PARAMS& params) {
  const std::scoped_lock lock(mutex_);
  if (const auto ready = require_initialized(); !ready) return ready;
  auto config = read_config(driver_.machine().profile(), params.reInitEncodeParams);
  if (!config) return std::unexpected(config.error());
  if (const auto change = check_change(*config_, *config); !change) return change;
  const bool new_sequence = !same_sequence(config->coding, config_->coding);
  restart_ |= new_sequence || params.resetEncoder || params.forceIDR;
  fresh_ |= new_sequence || params.resetEncoder;
  config_ = std::make_shared<const EncodeConfig>(std::move(*config));
  order_.configure(config_->order);
  return {};
}

Outcome<> EncodeSession::sequence_header(NV_ENC_SEQUENCE_PARAM_PAYLOAD& payload) {
  const std::scoped_lock lock(mutex_);
  if (const auto ready = require_initialized(); !ready) return ready;
  return put_header(header_, payload);
}

Outcome<> EncodeSession::sequence_header_for(const NV_ENC_INITIALIZE_PARAMS& params,
                                             NV_ENC_SEQUENCE_PARAM_PAYLOAD& payload) {
  const std::scoped_lock lock(mutex_);
  const auto config = read_config(driver_.machine().profile(), params);
  if (!config) return std::unexpected(config.error());
  const auto encoder = create_encoder(config->coding);
  if (!encoder) return refuse(NV_ENC_ERR_GENERIC, encoder.error().message);
  return put_header((*encoder)->sequence_header(), payload);
}

Outcome<> EncodeSession::set_streams(NV_ENC_CUSTREAM_PTR input, NV_ENC_CUSTREAM_PTR output) {
  const std::scoped_lock lock(mutex_);
  if (const auto ready = require_initialized(); !ready) return ready;
  for (const NV_ENC_CUSTREAM_PTR pointer : {input, output}) {
    // A pointer to a stream, not the stream.
    if (pointer && !is_stream(driver_, *static_cast<CUstream*>(pointer))) {
      return misuse(NV_ENC_ERR_INVALID_PARAM, "no such stream");
    }
  }
  input_stream_ = input ? *static_cast<CUstream*>(input) : nullptr;
  return {};
}

Outcome<std::shared_ptr<InputSurface>> EncodeSession::find_input(
    const NV_ENC_PIC_PARAMS& params) const {
  auto input = inputs_.find(params.inputBuffer);
  if (!input) input = mappings_.find(params.inputBuffer);
  if (!input) return misuse(NV_ENC_ERR_INVALID_PARAM, "inputBuffer is no input that is mapped");
  if (input->locked) return misuse(NV_ENC_ERR_INVALID_PARAM, "inputBuffer is locked");
  if (params.bufferFmt != input->format) {
    return misuse(
        NV_ENC_ERR_INVALID_PARAM,
        std::format("bufferFmt is {:#x}, that of the input {:#x}",
                    static_cast<unsigned>(params.bufferFmt), static_cast<unsigned>(input->format)));
  }
  const auto& coding = config_->coding;
  // FFmpeg leaves them 0 for memory of the device, which drivers take.
  const bool given = params.inputWidth != 0 || params.inputHeight != 0;
  const bool fits = params.inputWidth >= coding.width && params.inputHeight >= coding.height &&
                    params.inputWidth <= input->width && params.inputHeight <= input->height;
  if (input->width < coding.width || input->height < coding.height || (given && !fits)) {
    return misuse(
        NV_ENC_ERR_INVALID_PARAM,
        std::format("an input of {}x{}, in one of {}x{}, for pictures of {}x{}", params.inputWidth,
                    params.inputHeight, input->width, input->height, coding.width, coding.height));
  }
  const bool ten_bits = input->format == NV_ENC_BUFFER_FORMAT_YUV420_10BIT;
  const bool eight_bits = input->format == NV_ENC_BUFFER_FORMAT_NV12 ||
                          input->format == NV_ENC_BUFFER_FORMAT_YV12 ||
                          input->format == NV_ENC_BUFFER_FORMAT_IYUV;
  if ((ten_bits && config_->input_bit_depth == 8) || (eight_bits && config_->input_bit_depth > 8)) {
    return misuse(NV_ENC_ERR_INVALID_PARAM, std::format("the input's format has not the {} bits of "
                                                        "inputPixelBitDepthMinus8",
                                                        config_->input_bit_depth));
  }
  return input;
}

Outcome<std::shared_ptr<Bitstream>> EncodeSession::find_output(
    const NV_ENC_PIC_PARAMS& params) const {
  auto output = bitstreams_.find(params.outputBitstream);
  if (!output) return misuse(NV_ENC_ERR_INVALID_PARAM, "outputBitstream is no bitstream buffer");
  switch (output->state) {
  case Bitstream::State::Free: return output;
  case Bitstream::State::Locked:
    return misuse(NV_ENC_ERR_INVALID_PARAM, "outputBitstream is locked");
  case Bitstream::State::Done:
    return misuse(NV_ENC_ERR_INVALID_PARAM, "outputBitstream holds a unit that nobody has read");
  default: break;
  }
  return misuse(NV_ENC_ERR_INVALID_PARAM, "outputBitstream waits for another picture");
}

Outcome<EncodeSession::Picture> EncodeSession::read_params(const NV_ENC_PIC_PARAMS& params) {
  const auto& av1 = params.codecPicParams.av1PicParams;
  if (params.completionEvent) {
    return misuse(NV_ENC_ERR_INVALID_EVENT, "Linux has no completion events");
  }
  if (params.encodePicFlags & ~known_flags) {
    return misuse(NV_ENC_ERR_INVALID_PARAM,
                  std::format("encodePicFlags {:#x}", params.encodePicFlags));
  }
  if (params.pictureStruct != NV_ENC_PIC_STRUCT_FRAME) {
    return misuse(NV_ENC_ERR_INVALID_PARAM, "pictureStruct is not NV_ENC_PIC_STRUCT_FRAME");
  }
  if (av1.reservedBitFields != 0 || !is_zero(av1.reserved2) || !is_zero(av1.reserved3)) {
    return misuse(NV_ENC_ERR_INVALID_PARAM, "a reserved field of NV_ENC_PIC_PARAMS_AV1 is not 0");
  }
  if (av1.filmGrainParamsUpdate) {
    return refuse(NV_ENC_ERR_UNSUPPORTED_PARAM, "film grain, by the reference driver");
  }
  Picture picture;
  auto input = find_input(params);
  if (!input) return std::unexpected(input.error());
  auto output = find_output(params);
  if (!output) return std::unexpected(output.error());
  auto metadata = read_metadata(av1);
  if (!metadata) return std::unexpected(metadata.error());
  picture.tiles = config_->coding.tiles;
  if (av1.tileConfigUpdate) {
    auto tiles = tile_sizes({.custom = av1.enableCustomTileConfig != 0,
                             .columns = av1.numTileColumns,
                             .rows = av1.numTileRows,
                             .widths = av1.tileWidths,
                             .heights = av1.tileHeights},
                            config_->coding.width, config_->coding.height);
    if (!tiles) return std::unexpected(tiles.error());
    picture.tiles = std::move(*tiles);
  }
  picture.input = std::move(*input);
  picture.output = std::move(*output);
  picture.metadata = std::move(*metadata);
  picture.config = config_;
  picture.sequence_header = (params.encodePicFlags & NV_ENC_PIC_FLAG_OUTPUT_SPSPPS) != 0;
  picture.reference = config_->type_decision || av1.refPicFlag != 0;
  return picture;
}

Outcome<> EncodeSession::encode(const NV_ENC_PIC_PARAMS& params) {
  const std::scoped_lock lock(mutex_);
  if (const auto ready = require_initialized(); !ready) return ready;
  if (params.encodePicFlags & NV_ENC_PIC_FLAG_EOS) return end_of_stream();
  auto picture = read_params(params);
  if (!picture) return std::unexpected(picture.error());
  return submit(std::move(*picture), params);
}

Outcome<> EncodeSession::submit(Picture picture, const NV_ENC_PIC_PARAMS& params) {
  bool key = restart_ || (params.encodePicFlags & key_flags) != 0;
  if (!config_->type_decision) {
    if (params.pictureType != NV_ENC_PIC_TYPE_P && params.pictureType != NV_ENC_PIC_TYPE_I &&
        params.pictureType != NV_ENC_PIC_TYPE_IDR) {
      return refuse(
          NV_ENC_ERR_UNSUPPORTED_PARAM,
          std::format("pictureType {} without enablePTD", static_cast<int>(params.pictureType)));
    }
    key |= params.pictureType != NV_ENC_PIC_TYPE_P;
  }
  // Samples are read in the order of this stream, and of no other.
  driver_.catch_up(input_stream_);
  const auto bytes = surface_bytes(*picture.input, driver_.memory());
  if (!bytes) return std::unexpected(bytes.error());
  if (!driver_.machine().null_mode()) picture.fingerprint = fingerprint(*bytes);
  picture.fresh = std::exchange(fresh_, false);
  restart_ = ended_ = false;

  picture.input->pictures++;
  auto& output = *picture.output;
  output = {};
  output.state = Bitstream::State::Waiting;
  output.time = params.inputTimeStamp;
  output.duration = params.inputDuration;
  output.frame_index = params.frameIdx;
  recent_times_.push_back(params.inputTimeStamp);
  if (recent_times_.size() > remembered_times) recent_times_.pop_front();
  const uint64_t number = pictures_given_++;
  waiting_.emplace(number, std::move(picture));
  const auto planned = order_.add(number, key);
  if (planned.empty()) return refuse(NV_ENC_ERR_NEED_MORE_INPUT, "more input is needed");
  queue(planned);
  return {};
}

Outcome<> EncodeSession::end_of_stream() {
  queue(order_.flush());
  ended_ = true;
  restart_ = true;
  return {};
}

// Whole groups, in display order.
void EncodeSession::queue(const std::vector<PlannedPicture>& planned) {
  std::vector<std::shared_ptr<Picture>> group;
  for (const auto& plan : planned) {
    auto picture = std::make_shared<Picture>(std::move(waiting_.extract(plan.number).mapped()));
    picture->role = plan.role;
    picture->reference &= plan.role != PictureRole::Bidirectional;
    picture->output->state = Bitstream::State::Queued;
    group.push_back(std::move(picture));
    if (plan.role == PictureRole::Bidirectional) continue;
    const auto last = group.back();
    // Layers have an order of their own.
    const bool hides = group.size() > 1 && last->config->coding.temporal_layers == 1;
    if (hides) queued_.push_back({.picture = last, .step = Step::Hide});
    for (const auto& each : group) {
      queued_.push_back({.picture = each, .step = hides && each == last ? Step::Show : Step::Code});
    }
    group.clear();
  }
  changed_.notify_all();
}

Outcome<> EncodeSession::invalidate(uint64_t time) {
  const std::scoped_lock lock(mutex_);
  if (const auto ready = require_initialized(); !ready) return ready;
  if (!std::ranges::contains(recent_times_, time)) {
    return misuse(NV_ENC_ERR_INVALID_PARAM,
                  std::format("no picture of late has the time {}", time));
  }
  restart_ = true;
  return {};
}

}  // namespace refdrv::nv
