// SPDX-License-Identifier: LGPL-2.1-or-later
// Keeps NVENC busy: several pictures in flight, each with its input and output until it is read.
#include "nvcodec/nvenc_encoder.h"

#include <algorithm>
#include <format>
#include <utility>

#include "codec/hdr_metadata.h"
#include "nvcodec/nvenc_params.h"

namespace av1hw {
namespace {

// Besides those that NVENC holds back: one that is coded, one that is read, and some between, so
// that a thread which is held up needs to be woken for every third frame only.
constexpr unsigned pictures_in_flight = 6;
constexpr size_t pictures_per_wake = pictures_in_flight / 2;
// NVENC holds back what it looks ahead in and its B-frames: more than this is a driver gone wrong.
constexpr size_t most_pictures = NvencRegistrations::limit - 1;

std::vector<uint8_t> key_frame_metadata(const EncoderInput& input) {
  std::vector<uint8_t> obus;
  if (input.content_light) obus = write_metadata(hdr_cll(*input.content_light));
  if (input.mastering_display) {
    const std::vector<uint8_t> mdcv = write_metadata(hdr_mdcv(*input.mastering_display));
    obus.insert(obus.end(), mdcv.begin(), mdcv.end());
  }
  return obus;
}

std::vector<uint8_t> frame_metadata(const InputFrame& frame) {
  std::vector<uint8_t> obus;
  for (const std::vector<uint8_t>& payload : frame.itu_t35) {
    const std::vector<uint8_t> obu = write_itu_t35_metadata(payload);
    obus.insert(obus.end(), obu.begin(), obu.end());
  }
  return obus;
}

}  // namespace

NvencEncoder::~NvencEncoder() { close(); }

void NvencEncoder::close() {
  flush();
  worker_.reset();
  // What the driver did not give back it may still work on: it ends before that memory goes.
  const bool in_use = std::ranges::any_of(
      pictures_, [](const auto& picture) { return picture->input.has_value(); });
  if (in_use) inputs_->close();
  for (const auto& picture : pictures_) session_->destroy_output(picture->output);
  pictures_.clear();
  free_pictures_.clear();
  inputs_.reset();
  units_.reset();
  session_.reset();
}

Result<> NvencEncoder::open(const EncoderSettings& settings, const EncoderInput& input,
                            EncoderClient& client) {
  close();
  settings_ = settings;
  input_ = input;
  client_ = &client;
  failure_.reset();
  has_failed_ = false;
  discarding_ = false;
  layers_checked_ = settings.temporal_layers <= 1;
  const Result<> started = start();
  if (!started) close();
  return started;
}

Result<> NvencEncoder::start() {
  if (!library_) {
    auto library = NvEncodeLibrary::open_to_encode();
    if (!library) return std::unexpected(library.error());
    library_ = std::move(*library);
  }
  auto session = NvencSession::open(library_, memory_);
  if (!session) return std::unexpected(session.error());
  session_ = std::move(*session);
  const Result<NvEncodeAnswers> device = session_->ask();
  if (!device) return std::unexpected(device.error());
  device_ = *device;
  params_ = nvenc_initialize_params(settings_, input_, device_);
  const Result<NV_ENC_CONFIG> preset =
      session_->preset_config(params_.presetGUID, params_.tuningInfo);
  if (!preset) return std::unexpected(preset.error());
  config_ = *preset;
  std::vector<std::string> notes;
  if (Result<> filled = fill_nvenc_config(settings_, input_, device_, config_, notes); !filled)
    return filled;
  if (Result<> initialized = session_->initialize(params_, config_); !initialized)
    return initialized;
  delay_ = nvenc_delay(config_);
  picture_params_ = nvenc_picture_params(params_, input_);
  for (unsigned i = 0; i < delay_ + pictures_in_flight; i++) {
    const Result<Picture*> picture = add_picture();
    if (!picture) return std::unexpected(picture.error());
    free_pictures_.push_back(*picture);
  }
  inputs_ = std::make_unique<NvencInputs>(session_, memory_, input_, *client_);
  units_ = std::make_unique<NvencUnits>(key_frame_metadata(input_));
  worker_ = std::make_unique<OrderedWorker>(most_pictures);
  if (!worker_->has_thread()) return std::unexpected(OrderedWorker::no_thread());
  key_frame_wanted_ = true;
  for (const std::string& note : notes) client_->warn(note);
  return {};
}

Result<NvencEncoder::Picture*> NvencEncoder::add_picture() {
  const Result<NV_ENC_OUTPUT_PTR> output = session_->create_output();
  if (!output) return std::unexpected(output.error());
  pictures_.push_back(std::make_unique<Picture>());
  pictures_.back()->output = *output;
  return pictures_.back().get();
}

// Waits for some that are in use where there is none, but for none that NVENC holds back.
Result<NvencEncoder::Picture*> NvencEncoder::take_picture() {
  std::unique_lock lock(mutex_);
  if (free_pictures_.empty()) {
    awaited_ = std::min(pictures_per_wake, pictures_.size() - held_back_.size());
    picture_freed_.wait(lock, [this] { return free_pictures_.size() >= awaited_ || failure_; });
    awaited_ = 0;
  }
  if (failure_) return std::unexpected(*failure_);
  if (!free_pictures_.empty()) {
    Picture* const picture = free_pictures_.back();
    free_pictures_.pop_back();
    return picture;
  }
  lock.unlock();
  if (pictures_.size() >= most_pictures)
    return fail(ErrorCode::Failed,
                std::format("NVENC holds back {} pictures, and codes none", held_back_.size()));
  return add_picture();
}

// NVENC has nothing to do with it any more.
void NvencEncoder::give_back(Picture& picture) {
  picture.input.reset();
  const std::scoped_lock lock(mutex_);
  free_pictures_.push_back(&picture);
  if (free_pictures_.size() == awaited_) picture_freed_.notify_one();
}

Result<> NvencEncoder::encode(const InputFrame& frame) {
  if (const std::optional<Error> failed = failure()) return std::unexpected(*failed);
  // Should this frame be lost, the next one is it.
  key_frame_wanted_ = key_frame_wanted_ || frame.force_key_frame;
  const Result<> submitted = submit(frame);
  // What was coded before goes out first: a caller stops at an error.
  if (!submitted && submitted.error().code != ErrorCode::InvalidData) worker_->wait_idle();
  return submitted;
}

Result<> NvencEncoder::submit(const InputFrame& frame) {
  const CurrentCudaContext current = session_->current();
  // In this order, so that a frame which can't be read costs nothing.
  Result<NvencInput> input = inputs_->take(frame.buffer);
  if (!input) return std::unexpected(input.error());
  const Result<Picture*> taken = take_picture();
  if (!taken) return std::unexpected(taken.error());
  Picture& picture = **taken;
  picture.input.emplace(std::move(*input));
  picture_params_.inputPitch = picture.input->pitch();
  picture_params_.inputBuffer = picture.input->handle();
  picture_params_.outputBitstream = picture.output;
  picture_params_.frameIdx = static_cast<uint32_t>(frame.frame_number);
  picture_params_.inputTimeStamp = frame.frame_number;
  constexpr uint32_t key_frame = NV_ENC_PIC_FLAG_FORCEIDR | NV_ENC_PIC_FLAG_OUTPUT_SPSPPS;
  picture_params_.encodePicFlags = key_frame_wanted_ ? key_frame : 0;
  const Result<bool> ready = session_->encode(picture_params_);
  if (!ready) {
    give_back(picture);
    return std::unexpected(ready.error());
  }
  key_frame_wanted_ = false;
  picture.frame = {frame.frame_number, frame_metadata(frame)};
  held_back_.push_back(&picture);
  // Of those that NVENC looks ahead in, success says nothing: then it counts how many came later.
  if (*ready) pass_on_all_but(config_.rcParams.enableLookahead ? delay_ : 0);
  return {};
}

// What NVENC held back it codes now, in the order in which it got them.
void NvencEncoder::pass_on_all_but(size_t newest) {
  while (held_back_.size() > newest) {
    worker_->push([this, picture = held_back_.front()] { finish(*picture); });
    held_back_.pop_front();
  }
}

// On the worker's thread. What the picture took is free before its unit goes out, which may wait.
// After a failure nothing is asked of the session: the driver may work on its pictures until it is
// closed.
void NvencEncoder::finish(Picture& picture) {
  if (has_failed_) return;
  const Result<std::span<const NvencUnit>> units = read(picture);
  if (!units) return fail_once(units.error());
  give_back(picture);
  if (discarding_) return;
  for (const NvencUnit& unit : *units) output(unit);
}

Result<std::span<const NvencUnit>> NvencEncoder::read(Picture& picture) {
  const Result<std::span<const uint8_t>> bytes = session_->lock(picture.output);
  if (!bytes) return std::unexpected(bytes.error());
  const Result<std::span<const NvencUnit>> units = units_->add(std::move(picture.frame), *bytes);
  if (const Result<> unlocked = session_->unlock(picture.output); !unlocked)
    return std::unexpected(unlocked.error());
  return units;
}

void NvencEncoder::output(const NvencUnit& unit) {
  if (!layers_checked_ && !unit.key_frame) check_layers();
  client_->output({.data = BufferHandle(gst_buffer_new_memdup(unit.data.data(), unit.data.size())),
                   .frame_number = unit.number,
                   .key_frame = unit.key_frame});
}

void NvencEncoder::check_layers() {
  layers_checked_ = true;
  if (!units_->has_layers())
    client_->warn(
        std::format("temporal-layers={}: this driver codes one layer", settings_.temporal_layers));
}

// One for each output, and the next.
unsigned NvencEncoder::frames_in_use() const { return delay_ + pictures_in_flight + 1; }

std::optional<Error> NvencEncoder::failure() const {
  if (!has_failed_) return std::nullopt;
  const std::scoped_lock lock(mutex_);
  return failure_;
}

void NvencEncoder::fail_once(const Error& error) {
  {
    const std::scoped_lock lock(mutex_);
    if (failure_) return;
    failure_ = error;
    has_failed_ = true;
  }
  picture_freed_.notify_one();
  // While nothing is to come out, the next frame says it.
  if (!discarding_) client_->failed(error);
}

Result<> NvencEncoder::end_sequence() {
  key_frame_wanted_ = true;
  Result<> ended;
  if (has_failed_) {
    held_back_.clear();
  } else if (!held_back_.empty()) {
    ended = session_->end();
  }
  if (ended) pass_on_all_but(0);
  worker_->wait_idle();
  if (ended) return ended;
  held_back_.clear();
  const std::scoped_lock lock(mutex_);
  failure_ = ended.error();
  has_failed_ = true;
  return ended;
}

Result<> NvencEncoder::drain() {
  if (!worker_) return {};
  if (Result<> ended = end_sequence(); !ended) return ended;
  if (const std::optional<Error> failed = failure()) return std::unexpected(*failed);
  if (const size_t missing = units_->reset(); missing > 0)
    client_->warn(std::format("frames that NVENC took and never showed: {}", missing));
  return {};
}

void NvencEncoder::flush() {
  if (!worker_) return;
  discarding_ = true;
  if (const Result<> ended = end_sequence(); !ended)
    GST_WARNING("%s", ended.error().message.c_str());
  discarding_ = false;
  units_->reset();
}

Result<> NvencEncoder::set_bitrate(unsigned kbit_per_s) {
  if (!session_ || !device_.dynamic_bitrate)
    return fail(ErrorCode::NotSupported, "this GPU takes another bitrate at a new start only");
  EncoderSettings settings = settings_;
  settings.bitrate = kbit_per_s;
  NV_ENC_CONFIG config = config_;
  set_nvenc_bitrate(settings, input_, device_, config.rcParams);
  if (const Result<> changed = session_->reconfigure(params_, config); !changed) {
    if (changed.error().code == ErrorCode::DeviceLost) return changed;
    client_->warn(std::format("bitrate={} costs a key frame, as the encoder is opened again: {}",
                              kbit_per_s, changed.error().message));
    return fail(ErrorCode::NotSupported, changed.error().message);
  }
  settings_ = settings;
  config_ = config;
  return {};
}

}  // namespace av1hw
