// SPDX-License-Identifier: LGPL-2.1-or-later
// A preload before libva: puts a frame OBU into each coded buffer.
//
// On Mesa's DRM shim nothing is executed, so that coded buffers stay empty, which an encoder takes
// for a failure. With this it goes on to its next picture, and the driver checks that one too.
#include <dlfcn.h>
#include <va/va.h>

#include <array>
#include <mutex>
#include <set>

namespace av1hw::test {
namespace {

std::array<unsigned char, 4> frame = {0x32, 2, 0, 0};  // an OBU_FRAME of two bytes

std::mutex lock;

std::set<VABufferID>& coded_buffers() {
  static std::set<VABufferID> buffers;
  return buffers;
}

template <typename Function>
Function libva(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

}  // namespace
}  // namespace av1hw::test

extern "C" {

__attribute__((visibility("default"))) VAStatus vaCreateBuffer(VADisplay display,
                                                               VAContextID context,
                                                               VABufferType type, unsigned size,
                                                               unsigned count, void* data,
                                                               VABufferID* buffer) {
  static const auto real = av1hw::test::libva<decltype(&vaCreateBuffer)>("vaCreateBuffer");
  const VAStatus status = real(display, context, type, size, count, data, buffer);
  if (status != VA_STATUS_SUCCESS) return status;
  const std::scoped_lock guard(av1hw::test::lock);
  if (type == VAEncCodedBufferType) {
    av1hw::test::coded_buffers().insert(*buffer);
  } else {
    av1hw::test::coded_buffers().erase(*buffer);
  }
  return status;
}

__attribute__((visibility("default"))) VAStatus vaMapBuffer(VADisplay display, VABufferID buffer,
                                                            void** mapped) {
  static const auto real = av1hw::test::libva<decltype(&vaMapBuffer)>("vaMapBuffer");
  static thread_local VACodedBufferSegment segment;
  const VAStatus status = real(display, buffer, mapped);
  const std::scoped_lock guard(av1hw::test::lock);
  if (status == VA_STATUS_SUCCESS && av1hw::test::coded_buffers().contains(buffer)) {
    segment = {};
    segment.size = av1hw::test::frame.size();
    segment.buf = av1hw::test::frame.data();
    *mapped = &segment;
  }
  return status;
}

}  // extern "C"
