// SPDX-License-Identifier: LGPL-2.1-or-later
// The buffers that a VA context writes coded pictures into.
#include "vaapi/va_coded_buffers.h"

#include <format>

#include "vaapi/va_status.h"

namespace av1hw {

Result<VABufferID> VaCodedBuffers::make() const {
  const DriverCall call(*calls_, "vaCreateBuffer");
  VABufferID id = VA_INVALID_ID;
  const VAStatus status = vaCreateBuffer(display_, context_, VAEncCodedBufferType,
                                         static_cast<unsigned>(size_), 1, nullptr, &id);
  if (status == VA_STATUS_SUCCESS) return id;
  return std::unexpected(va_error(status, "make a buffer for a coded picture"));
}

Result<VaCodedBuffers::Lent> VaCodedBuffers::acquire() {
  const std::scoped_lock lock(lock_);
  if (idle_.empty()) {
    if (made_.size() >= most_)
      return fail(ErrorCode::Busy,
                  std::format("all {} buffers of coded pictures are in use", most_));
    const Result<VABufferID> made = make();
    if (!made) return std::unexpected(made.error());
    made_.push_back(*made);
    idle_.push_back(*made);
  }
  const VABufferID id = idle_.back();
  idle_.pop_back();
  return Lent(shared_from_this(), id);
}

void VaCodedBuffers::give_back(VABufferID id) {
  const std::scoped_lock lock(lock_);
  if (!made_.empty()) idle_.push_back(id);
}

void VaCodedBuffers::destroy() {
  const std::scoped_lock lock(lock_);
  const DriverCall call(*calls_, "vaDestroyBuffer");
  for (const VABufferID id : made_) log_failure(vaDestroyBuffer(display_, id), "vaDestroyBuffer");
  made_.clear();
  idle_.clear();
}

}  // namespace av1hw
