// SPDX-License-Identifier: LGPL-2.1-or-later
// vaav1dec in a harness, on the reference driver in the same process, whose counts can be read.
#pragma once

#include <dlfcn.h>
#include <gst/allocators/gstdmabuf.h>
#include <sys/mman.h>

#include <cstdlib>
#include <string>

#include "elements/device_harness.h"

namespace av1hw::test {

constexpr const char* va_memory = "video/x-raw(memory:VAMemory)";
constexpr const char* dma_buf = "video/x-raw(memory:DMABuf),format=DMA_DRM";

// What the driver counted since the process began; 0 before it was loaded.
inline uint64_t driver_count(const char* name) {
  const std::string path = std::string(std::getenv("LIBVA_DRIVERS_PATH")) + "/refdrv_drv_video.so";
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_NOLOAD);
  if (!library) return 0;
  const auto count = reinterpret_cast<uint64_t (*)(const char*)>(dlsym(library, "refdrv_va_count"));
  const uint64_t value = count(name);
  dlclose(library);
  return value;
}

class VaHarness : public DeviceHarness {
 public:
  explicit VaHarness(const char* sink_caps) : DeviceHarness("av1hwvaav1dec", sink_caps) {}
};

// A buffer's bytes. Of a DMA-BUF as they lie in its memory, since libgstva maps no tiled one.
inline Bytes bytes_of(GstBuffer* buffer) {
  GstMemory* memory = gst_buffer_peek_memory(buffer, 0);
  if (!gst_is_dmabuf_memory(memory)) return mapped_bytes(buffer);
  void* mapped =
      mmap(nullptr, memory->maxsize, PROT_READ, MAP_SHARED, gst_dmabuf_memory_get_fd(memory), 0);
  if (mapped == MAP_FAILED) return {};
  const auto* first = static_cast<const uint8_t*>(mapped);
  Bytes bytes(first, first + memory->maxsize);
  munmap(mapped, memory->maxsize);
  return bytes;
}

}  // namespace av1hw::test
