// SPDX-License-Identifier: LGPL-2.1-or-later
// What a client gives of one picture to be coded, in the order in which it may.
#include "refdrv/va/encode_picture.h"

#include <algorithm>
#include <format>

namespace refdrv::va {

namespace {

// VAEncPackedHeaderMiscMask, which libva's header calls deprecated.
constexpr uint32_t misc_header = 0x80000000;

// VA_ENC_PACKED_HEADER_* of a header's type, one of which the configuration must have. FFmpeg asks
// for miscellaneous headers and gives raw ones.
uint32_t attribute_of(uint32_t type) {
  switch (type) {
  case VAEncPackedHeaderAV1_SPS: return VA_ENC_PACKED_HEADER_SEQUENCE;
  case VAEncPackedHeaderAV1_PPS: return VA_ENC_PACKED_HEADER_PICTURE;
  case VAEncPackedHeaderRawData: return VA_ENC_PACKED_HEADER_RAW_DATA | VA_ENC_PACKED_HEADER_MISC;
  default: return type & misc_header ? VA_ENC_PACKED_HEADER_MISC : 0;
  }
}

Result<> set_once(std::shared_ptr<Buffer>& place, std::shared_ptr<Buffer> buffer,
                  const char* what) {
  if (place) return client_fault(std::format("two buffers of {} parameters", what));
  if (buffer->elements != 1) return client_fault(std::format("{} parameters of several", what));
  place = std::move(buffer);
  return {};
}

}  // namespace

Result<> EncodePicture::take_header_parameters(const std::shared_ptr<Buffer>& buffer) {
  if (announced_) return client_fault("a packed header's parameters, but no data");
  if (buffer->elements != 1) return client_fault("parameters of several packed headers");
  announced_ = buffer->view<VAEncPackedHeaderParameterBuffer>()[0];
  const uint32_t attribute = attribute_of(announced_->type);
  if (attribute == 0) {
    return client_fault(
        std::format("packed headers of type {:#x} are none of AV1's", announced_->type));
  }
  if (!(attribute & allowed_headers_)) {
    return client_fault(
        std::format("a packed header of type {:#x}, where the configuration has {:#x}",
                    announced_->type, allowed_headers_));
  }
  return {};
}

Result<> EncodePicture::take_header_data(std::shared_ptr<Buffer> buffer) {
  if (!announced_) return client_fault("a packed header's data before its parameters");
  const size_t bytes = (size_t{announced_->bit_length} + 7) / 8;
  if (bytes == 0 || bytes > buffer->size()) {
    return client_fault(std::format("a packed header of {} bits in {} bytes",
                                    announced_->bit_length, buffer->size()));
  }
  packed_headers_.push_back({.type = announced_->type,
                             .bits = announced_->bit_length,
                             .bytes = std::span(buffer->bytes).first(bytes)});
  header_data_.push_back(std::move(buffer));
  announced_.reset();
  return {};
}

Result<> EncodePicture::take(std::shared_ptr<Buffer> buffer) {
  switch (buffer->type) {
  case VAEncSequenceParameterBufferType: return set_once(sequence_, std::move(buffer), "sequence");
  case VAEncPictureParameterBufferType: return set_once(parameters_, std::move(buffer), "picture");
  case VAEncMiscParameterBufferType: misc_.push_back(std::move(buffer)); return {};
  case VAEncPackedHeaderParameterBufferType: return take_header_parameters(buffer);
  case VAEncPackedHeaderDataBufferType: return take_header_data(std::move(buffer));
  case VAEncSliceParameterBufferType:
    if (!parameters_) return client_fault("tile groups before the picture's parameters");
    std::ranges::copy(buffer->view<VAEncTileGroupBufferAV1>(), std::back_inserter(tile_groups_));
    return {};
  default: return client_fault("a buffer that is not for encoding");
  }
}

Result<> EncodePicture::check_complete() const {
  if (!parameters_) return client_fault("no picture parameters were given");
  if (tile_groups_.empty()) return client_fault("no tile group was given");
  if (announced_) return client_fault("a packed header's parameters, but no data");
  return {};
}

const VAEncSequenceParameterBufferAV1* EncodePicture::sequence() const {
  return sequence_ ? sequence_->view<VAEncSequenceParameterBufferAV1>().data() : nullptr;
}

const VAEncPictureParameterBufferAV1& EncodePicture::parameters() const {
  return parameters_->view<VAEncPictureParameterBufferAV1>()[0];
}

}  // namespace refdrv::va
