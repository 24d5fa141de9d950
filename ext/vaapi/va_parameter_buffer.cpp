// SPDX-License-Identifier: LGPL-2.1-or-later
// A VA buffer of parameters that serves picture after picture.
#include "vaapi/va_parameter_buffer.h"

#include <cstring>

#include "vaapi/va_status.h"

namespace av1hw {
namespace {

constexpr const char* purpose = "take the parameters of a picture";

}  // namespace

Result<> VaParameterBuffer::make(VADisplay display, VAContextID context, size_t size,
                                 size_t count) {
  destroy(display);
  const VAStatus status = vaCreateBuffer(display, context, type_, static_cast<unsigned>(size),
                                         static_cast<unsigned>(count), nullptr, &id_);
  if (status != VA_STATUS_SUCCESS) {
    id_ = VA_INVALID_ID;
    return std::unexpected(va_error(status, purpose));
  }
  bytes_ = size * count;
  return {};
}

Result<VABufferID> VaParameterBuffer::write(VADisplay display, VAContextID context, size_t size,
                                            size_t count, const void* elements) {
  if (id_ == VA_INVALID_ID || bytes_ != size * count) {
    if (const Result<> made = make(display, context, size, count); !made)
      return std::unexpected(made.error());
  }
  void* data = nullptr;
  VAStatus status = vaMapBuffer(display, id_, &data);
  if (status == VA_STATUS_SUCCESS && data) {
    std::memcpy(data, elements, bytes_);
    status = vaUnmapBuffer(display, id_);
    if (status == VA_STATUS_SUCCESS) return id_;
  }
  // The next picture gets another one.
  destroy(display);
  return std::unexpected(
      va_error(status == VA_STATUS_SUCCESS ? VA_STATUS_ERROR_OPERATION_FAILED : status, purpose));
}

void VaParameterBuffer::destroy(VADisplay display) {
  if (id_ == VA_INVALID_ID) return;
  log_failure(vaDestroyBuffer(display, id_), "vaDestroyBuffer");
  id_ = VA_INVALID_ID;
}

}  // namespace av1hw
