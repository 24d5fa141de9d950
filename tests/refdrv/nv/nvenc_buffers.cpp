// SPDX-License-Identifier: LGPL-2.1-or-later
// The buffers of an encode session: inputs of the driver's and of the client's, and outputs.
#include <algorithm>

#include "refdrv/nv/nvenc_caps.h"
#include "refdrv/nv/nvenc_session.h"

namespace refdrv::nv {

namespace {

constexpr unsigned pitch_multiple = 4;

unsigned round_up(size_t value, unsigned alignment) {
  return static_cast<unsigned>((value + alignment - 1) / alignment * alignment);
}

Outcome<> check_picture(const DeviceProfile& profile, NV_ENC_BUFFER_FORMAT format, unsigned width,
                        unsigned height) {
  if (!takes_format(profile, format)) {
    return misuse(
        NV_ENC_ERR_UNSUPPORTED_PARAM,
        std::format("the format {:#x} is no input of the device's", static_cast<unsigned>(format)));
  }
  const auto& max = profile.nvenc_max_size;
  if (width == 0 || height == 0 || width > max.width || height > max.height) {
    return misuse(NV_ENC_ERR_INVALID_PARAM, std::format("an input of {}x{}", width, height));
  }
  return {};
}

}  // namespace

Outcome<> EncodeSession::create_input(NV_ENC_CREATE_INPUT_BUFFER& params) {
  const std::scoped_lock lock(mutex_);
  if (const auto ready = require_initialized(); !ready) return ready;
  const auto& profile = driver_.machine().profile();
  if (const auto ok = check_picture(profile, params.bufferFmt, params.width, params.height); !ok) {
    return ok;
  }
  auto input = std::make_shared<InputSurface>();
  input->format = params.bufferFmt;
  input->width = params.width;
  input->height = params.height;
  input->pitch = round_up(row_size(params.bufferFmt, params.width), profile.pitch_alignment);
  input->own.resize(surface_size(input->format, input->pitch, input->height));
  params.inputBuffer = inputs_.add(std::move(input));
  return {};
}

Outcome<> EncodeSession::wait_for(Lock& lock, const InputSurface& surface, std::string_view what) {
  if (surface.pictures > 0 && !ended_) {
    return misuse(NV_ENC_ERR_INVALID_CALL, std::format("{}, whose picture is not coded yet", what));
  }
  changed_.wait(lock, [&] { return surface.pictures == 0 || closing_; });
  return {};
}

Outcome<> EncodeSession::destroy_input(NV_ENC_INPUT_PTR handle) {
  Lock lock(mutex_);
  const auto input = inputs_.find(handle);
  if (!input) return misuse(NV_ENC_ERR_INVALID_PARAM, "no such input buffer");
  if (const auto done = wait_for(lock, *input, "an input"); !done) return done;
  inputs_.remove(handle);
  return {};
}

Outcome<> EncodeSession::lock_input(NV_ENC_LOCK_INPUT_BUFFER& params) {
  Lock lock(mutex_);
  const auto input = inputs_.find(params.inputBuffer);
  if (!input) return misuse(NV_ENC_ERR_INVALID_PARAM, "no such input buffer");
  if (input->locked) return misuse(NV_ENC_ERR_INVALID_CALL, "the input is locked already");
  if (input->pictures > 0) {
    if (params.doNotWait) return refuse(NV_ENC_ERR_ENCODER_BUSY, "the input is still being coded");
    changed_.wait(lock, [&] { return input->pictures == 0 || closing_; });
    if (closing_) return misuse(NV_ENC_ERR_INVALID_CALL, "the session is gone");
  }
  input->locked = true;
  params.bufferDataPtr = input->own.data();
  params.pitch = input->pitch;
  return {};
}

Outcome<> EncodeSession::unlock_input(NV_ENC_INPUT_PTR handle) {
  const std::scoped_lock lock(mutex_);
  const auto input = inputs_.find(handle);
  if (!input) return misuse(NV_ENC_ERR_INVALID_PARAM, "no such input buffer");
  if (!input->locked) return misuse(NV_ENC_ERR_INVALID_CALL, "the input is not locked");
  input->locked = false;
  return {};
}

Outcome<> EncodeSession::register_resource(NV_ENC_REGISTER_RESOURCE& params) {
  const std::scoped_lock lock(mutex_);
  if (const auto ready = require_initialized(); !ready) return ready;
  if (params.resourceType != NV_ENC_INPUT_RESOURCE_TYPE_CUDADEVICEPTR ||
      params.bufferUsage != NV_ENC_INPUT_IMAGE) {
    return refuse(NV_ENC_ERR_UNSUPPORTED_PARAM,
                  "the reference driver takes device pointers, as inputs, only");
  }
  const auto& profile = driver_.machine().profile();
  if (const auto ok = check_picture(profile, params.bufferFormat, params.width, params.height);
      !ok) {
    return ok;
  }
  if (params.pitch % pitch_multiple != 0 ||
      params.pitch < row_size(params.bufferFormat, params.width)) {
    return misuse(
        NV_ENC_ERR_INVALID_PARAM,
        std::format("a pitch of {} bytes for rows of {}: it is too small, or no multiple "
                    "of {}",
                    params.pitch, row_size(params.bufferFormat, params.width), pitch_multiple));
  }
  auto input = std::make_shared<InputSurface>();
  input->format = params.bufferFormat;
  input->width = params.width;
  input->height = params.height;
  input->pitch = params.pitch;
  input->address = reinterpret_cast<CUdeviceptr>(params.resourceToRegister);
  const auto bytes = driver_.memory().bytes(
      input->address, surface_size(input->format, input->pitch, input->height));
  if (!bytes) return misuse(NV_ENC_ERR_RESOURCE_REGISTER_FAILED, bytes.error().message);
  if (driver_.memory().is_stream_ordered(input->address)) {
    return misuse(NV_ENC_ERR_RESOURCE_REGISTER_FAILED,
                  "memory of cuMemAllocAsync cannot be registered");
  }
  params.registeredResource = resources_.add(std::move(input));
  return {};
}

Outcome<> EncodeSession::unregister_resource(NV_ENC_REGISTERED_PTR handle) {
  const std::scoped_lock lock(mutex_);
  const auto input = resources_.find(handle);
  if (!input) return misuse(NV_ENC_ERR_RESOURCE_NOT_REGISTERED, "no such registered resource");
  if (input->mapped) return misuse(NV_ENC_ERR_INVALID_CALL, "the resource is still mapped");
  resources_.remove(handle);
  return {};
}

Outcome<> EncodeSession::map_resource(NV_ENC_MAP_INPUT_RESOURCE& params) {
  const std::scoped_lock lock(mutex_);
  auto input = resources_.find(params.registeredResource);
  if (!input) return misuse(NV_ENC_ERR_RESOURCE_NOT_REGISTERED, "no such registered resource");
  if (input->mapped) return misuse(NV_ENC_ERR_MAP_FAILED, "the resource is mapped already");
  input->mapped = true;
  params.mappedBufferFmt = input->format;
  params.mappedResource = mappings_.add(std::move(input));
  return {};
}

Outcome<> EncodeSession::unmap_resource(NV_ENC_INPUT_PTR handle) {
  Lock lock(mutex_);
  const auto input = mappings_.find(handle);
  if (!input) return misuse(NV_ENC_ERR_RESOURCE_NOT_MAPPED, "no such mapped resource");
  if (const auto done = wait_for(lock, *input, "a resource"); !done) return done;
  input->mapped = false;
  mappings_.remove(handle);
  return {};
}

Outcome<> EncodeSession::create_bitstream(NV_ENC_CREATE_BITSTREAM_BUFFER& params) {
  const std::scoped_lock lock(mutex_);
  if (const auto ready = require_initialized(); !ready) return ready;
  params.bitstreamBuffer = bitstreams_.add(std::make_shared<Bitstream>());
  return {};
}

Outcome<> EncodeSession::destroy_bitstream(NV_ENC_OUTPUT_PTR handle) {
  const std::scoped_lock lock(mutex_);
  const auto output = bitstreams_.find(handle);
  if (!output) return misuse(NV_ENC_ERR_INVALID_PARAM, "no such bitstream buffer");
  if (output->state == Bitstream::State::Locked) {
    return misuse(NV_ENC_ERR_INVALID_CALL, "the bitstream buffer is locked");
  }
  bitstreams_.remove(handle);
  return {};
}

Outcome<> EncodeSession::lock_bitstream(NV_ENC_LOCK_BITSTREAM& params) {
  Lock lock(mutex_);
  const auto output = bitstreams_.find(params.outputBitstream);
  if (!output) return misuse(NV_ENC_ERR_INVALID_PARAM, "no such bitstream buffer");
  if (output->state == Bitstream::State::Free) {
    return misuse(NV_ENC_ERR_INVALID_PARAM, "no picture was coded into the bitstream buffer");
  }
  if (output->state == Bitstream::State::Locked) {
    return misuse(NV_ENC_ERR_INVALID_CALL, "the bitstream buffer is locked already");
  }
  if (output->state != Bitstream::State::Done) {
    if (params.doNotWait) return refuse(NV_ENC_ERR_LOCK_BUSY, "the picture is still being coded");
    changed_.wait(lock, [&] { return output->state == Bitstream::State::Done || closing_; });
    if (output->state != Bitstream::State::Done) {
      return misuse(NV_ENC_ERR_INVALID_CALL, "the session is gone");
    }
  }
  if (output->status != NV_ENC_SUCCESS) {
    output->state = Bitstream::State::Free;
    return refuse(output->status, "the picture could not be coded");
  }
  output->state = Bitstream::State::Locked;
  params.bitstreamBufferPtr = output->bytes.data();
  params.bitstreamSizeInBytes = static_cast<uint32_t>(output->bytes.size());
  params.frameIdx = output->frame_number;
  params.frameIdxDisplay = output->frame_number;
  params.hwEncodeStatus = 2;  // completed
  params.numSlices = config_->report_tiles ? output->tiles : 0;
  params.outputTimeStamp = output->time;
  params.outputDuration = output->duration;
  params.pictureType = output->type;
  params.pictureStruct = NV_ENC_PIC_STRUCT_FRAME;
  params.frameAvgQP = output->quantizer;
  params.temporalId = output->temporal_id;
  params.ltrFrame = 0;
  return {};
}

Outcome<> EncodeSession::unlock_bitstream(NV_ENC_OUTPUT_PTR handle) {
  const std::scoped_lock lock(mutex_);
  const auto output = bitstreams_.find(handle);
  if (!output) return misuse(NV_ENC_ERR_INVALID_PARAM, "no such bitstream buffer");
  if (output->state != Bitstream::State::Locked) {
    return misuse(NV_ENC_ERR_INVALID_CALL, "the bitstream buffer is not locked");
  }
  // Who still reads it sees that it is gone.
  std::ranges::fill(output->bytes, uint8_t{0});
  output->state = Bitstream::State::Free;
  return {};
}

Outcome<> EncodeSession::statistics(NV_ENC_STAT& stat) {
  const std::scoped_lock lock(mutex_);
  const auto output = bitstreams_.find(stat.outputBitStream);
  if (!output) return misuse(NV_ENC_ERR_INVALID_PARAM, "no such bitstream buffer");
  if (output->state != Bitstream::State::Done && output->state != Bitstream::State::Locked) {
    return misuse(NV_ENC_ERR_INVALID_CALL, "the bitstream buffer has no coded picture");
  }
  stat.bitStreamSize = static_cast<uint32_t>(output->bytes.size());
  stat.lastValidByteOffset = stat.bitStreamSize;
  stat.picType = output->type;
  stat.picIdx = output->frame_number;
  stat.frameAvgQP = output->quantizer;
  return {};
}

size_t EncodeSession::left_buffers() {
  const std::scoped_lock lock(mutex_);
  return inputs_.size() + resources_.size() + bitstreams_.size();
}

}  // namespace refdrv::nv
