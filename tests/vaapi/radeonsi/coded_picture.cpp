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

// libva came with a plugin, so that its symbols are not global.
decltype(vaMapBuffer)* of_libva() {
  void* const library = dlopen("libva.so.2", RTLD_LAZY | RTLD_NOLOAD);
  return library ? reinterpret_cast<decltype(vaMapBuffer)*>(dlsym(library, "vaMapBuffer"))
                 : nullptr;
}

}  // namespace

// The symbol that programs call, so it has to have this name and be visible.
extern "C" __attribute__((visibility("default"))) VAStatus vaMapBuffer(VADisplay display,
                                                                       VABufferID buffer,
                                                                       void** mapped) {
  static auto* const next = of_libva();
  if (!next) return VA_STATUS_ERROR_UNIMPLEMENTED;
  const VAStatus status = next(display, buffer, mapped);
  if (status != VA_STATUS_SUCCESS || !is_coded_picture(display, buffer)) return status;
  auto* segment = static_cast<VACodedBufferSegment*>(*mapped);
  segment->buf = tile_group.data();
  segment->size = tile_group.size();
  segment->next = nullptr;
  return status;
}
