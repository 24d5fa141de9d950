// SPDX-License-Identifier: LGPL-2.1-or-later
// The buffers in which a VA context is told of pictures to code.
#include "vaapi/va_encode_buffers.h"

#include <cstring>

#include "vaapi/va_status.h"

namespace av1hw {
namespace {

VAEncPackedHeaderParameterBuffer header_parameters(uint32_t type, unsigned bits) {
  VAEncPackedHeaderParameterBuffer header = {};
  header.type = type;
  header.bit_length = bits;
  // AV1 knows none: nothing is to be inserted.
  header.has_emulation_bytes = 1;
  return header;
}

}  // namespace

VaEncodeBuffers::~VaEncodeBuffers() {
  clear();
  const DriverCall call(calls_, "vaDestroyBuffer");
  for (VaParameterBuffer* buffer :
       {&picture_, &header_parameters_.buffer, &header_data_, &tile_group_.buffer}) {
    buffer->destroy(display_);
  }
}

void VaEncodeBuffers::clear() {
  ids_.clear();
  if (once_.empty()) return;
  const DriverCall call(calls_, "vaDestroyBuffer");
  for (const VABufferID id : once_) log_failure(vaDestroyBuffer(display_, id), "vaDestroyBuffer");
  once_.clear();
}

Result<> VaEncodeBuffers::add_once(VABufferType type, size_t size, const void* data) {
  VABufferID id = VA_INVALID_ID;
  const VAStatus status = vaCreateBuffer(display_, context_, type, static_cast<unsigned>(size), 1,
                                         const_cast<void*>(data), &id);
  if (status != VA_STATUS_SUCCESS)
    return std::unexpected(va_error(status, "take the parameters of a picture"));
  once_.push_back(id);
  ids_.push_back(id);
  return {};
}

Result<> VaEncodeBuffers::add_written(VaParameterBuffer& buffer, size_t size, const void* data) {
  const Result<VABufferID> id = buffer.write(display_, context_, size, 1, data);
  if (!id) return std::unexpected(id.error());
  ids_.push_back(*id);
  return {};
}

template <typename T>
Result<> VaEncodeBuffers::add_kept(Kept<T>& kept, const T& content) {
  if (kept.id == VA_INVALID_ID || std::memcmp(&kept.content, &content, sizeof content) != 0) {
    kept.id = VA_INVALID_ID;
    const Result<VABufferID> id =
        kept.buffer.write(display_, context_, sizeof content, 1, &content);
    if (!id) return std::unexpected(id.error());
    kept.id = *id;
    kept.content = content;
  }
  ids_.push_back(kept.id);
  return {};
}

Result<> VaEncodeBuffers::add_sequence(const VAEncSequenceParameterBufferAV1& parameters) {
  return add_once(VAEncSequenceParameterBufferType, sizeof parameters, &parameters);
}

Result<> VaEncodeBuffers::add_misc(const VaMiscParameter& parameter) {
  return add_once(VAEncMiscParameterBufferType, parameter.size(), parameter.data());
}

Result<> VaEncodeBuffers::add_sequence_header(std::span<const uint8_t> obu) {
  const auto parameters =
      header_parameters(VAEncPackedHeaderAV1_SPS, static_cast<unsigned>(8 * obu.size()));
  Result<> added = add_once(VAEncPackedHeaderParameterBufferType, sizeof parameters, &parameters);
  return added ? add_once(VAEncPackedHeaderDataBufferType, obu.size(), obu.data()) : added;
}

Result<> VaEncodeBuffers::add_picture(const VAEncPictureParameterBufferAV1& parameters) {
  return add_written(picture_, sizeof parameters, &parameters);
}

Result<> VaEncodeBuffers::add_frame_header(const VaFrameHeader& header) {
  Result<> added =
      add_kept(header_parameters_, header_parameters(VAEncPackedHeaderAV1_PPS, header.bits));
  return added ? add_written(header_data_, header.obu.size(), header.obu.data()) : added;
}

Result<> VaEncodeBuffers::add_tile_group(const VAEncTileGroupBufferAV1& group) {
  return add_kept(tile_group_, group);
}

}  // namespace av1hw
