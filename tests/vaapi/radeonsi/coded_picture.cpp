// SPDX-License-Identifier: LGPL-2.1-or-later
// A preload: an encoder finds the least that can be a picture where the simulated GPU coded none.
//
// Commands are not executed, so that what is in buffers of coded pictures is no picture. FFmpeg and
// GStreamer's own element don't look; ours ends with an error, as it should.
#include <dlfcn.h>
#include <va/va.h>
#include <va/va_backend.h>

#include <array>
#include <cstdint>

namespace {

// OBU_TILE_GROUP with a size field, and one byte of no meaning.
constinit std::array<uint8_t, 3> tile_group = {0x22, 0x01, 0x80};

bool is_coded_picture(VADisplay display, VABufferID buffer) {
  const VADriverContextP driver = static_cast<VADisplayContextP>(display)->pDriverContext;
  VABufferType type = VABufferTypeMax;
  unsigned size = 0;
  unsigned count = 0;
  return driver->vtable->vaBufferInfo(driver, buffer, &type, &size, &count) == VA_STATUS_SUCCESS &&
         type == VAEncCodedBufferType;
}

void put_picture(void* mapped) {
  auto* segment = static_cast<VACodedBufferSegment*>(mapped);
  segment->buf = tile_group.data();
  segment->size = tile_group.size();
  segment->next = nullptr;
}

// libva came with a plugin, so that its symbols are not global.
template <typename Function>
Function* of_libva(const char* name) {
  void* const library = dlopen("libva.so.2", RTLD_LAZY | RTLD_NOLOAD);
  return library ? reinterpret_cast<Function*>(dlsym(library, name)) : nullptr;
}

}  // namespace

// The symbols that programs call, so they have to have these names and be visible.
extern "C" {

__attribute__((visibility("default"))) VAStatus vaMapBuffer(VADisplay display, VABufferID buffer,
                                                            void** mapped) {
  static auto* const next = of_libva<decltype(vaMapBuffer)>("vaMapBuffer");
  if (!next) return VA_STATUS_ERROR_UNIMPLEMENTED;
  const VAStatus status = next(display, buffer, mapped);
  if (status == VA_STATUS_SUCCESS && is_coded_picture(display, buffer)) put_picture(*mapped);
  return status;
}

#if VA_CHECK_VERSION(1, 21, 0)
__attribute__((visibility("default"))) VAStatus vaMapBuffer2(VADisplay display, VABufferID buffer,
                                                             void** mapped, uint32_t flags) {
  static auto* const next = of_libva<decltype(vaMapBuffer2)>("vaMapBuffer2");
  if (!next) return VA_STATUS_ERROR_UNIMPLEMENTED;
  const VAStatus status = next(display, buffer, mapped, flags);
  if (status == VA_STATUS_SUCCESS && is_coded_picture(display, buffer)) put_picture(*mapped);
  return status;
}
#endif
}
