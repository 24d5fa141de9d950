// SPDX-License-Identifier: LGPL-2.1-or-later
// vaav1dec in a harness, on the reference driver in the same process, whose counts can be read.
#pragma once

#include <dlfcn.h>
#include <gst/allocators/gstdmabuf.h>
#include <gst/check/gstharness.h>
#include <gst/video/video.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "memory/handles.h"
#include "support/test_files.h"

namespace av1hw::test {

constexpr const char* va_memory = "video/x-raw(memory:VAMemory)";
constexpr const char* dma_buf = "video/x-raw(memory:DMABuf),format=DMA_DRM";

inline Bytes test_clip(const char* name) {
  const std::filesystem::path root = std::getenv("AV1HW_SOURCE_ROOT");
  return read_bytes(root / "tests" / "data" / name);
}

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

class VaHarness {
 public:
  explicit VaHarness(const char* sink_caps) : harness_(gst_harness_new("av1hwvaav1dec")) {
    gst_element_set_bus(harness_->element, bus_.get());
    gst_harness_set_sink_caps_str(harness_, sink_caps);
    gst_harness_add_propose_allocation_meta(harness_, GST_VIDEO_META_API_TYPE, nullptr);
    gst_harness_set_src_caps_str(
        harness_, "video/x-av1,stream-format=obu-stream,alignment=tu,framerate=25/1");
  }
  VaHarness(const VaHarness&) = delete;
  VaHarness& operator=(const VaHarness&) = delete;
  ~VaHarness() {
    gst_element_set_bus(harness_->element, nullptr);
    gst_harness_teardown(harness_);
  }

  GstElement* element() const { return harness_->element; }

  // Decodes units of an IVF file and gives what came out; stops at an error.
  std::vector<BufferHandle> decode(const Bytes& file, size_t first = 0, size_t count = SIZE_MAX) {
    std::vector<BufferHandle> out;
    const auto units = split_ivf(file);
    const size_t end = count < units.size() - first ? first + count : units.size();
    for (size_t i = first; i < end; i++) {
      GstBuffer* unit = gst_buffer_new_memdup(units[i].data(), units[i].size());
      GST_BUFFER_PTS(unit) = pushed_++ * GST_SECOND / 25;
      stopped_ = gst_harness_push(harness_, unit) != GST_FLOW_OK;
      if (stopped_) break;
      take_output(out);
    }
    return out;
  }
  std::vector<BufferHandle> finish() {
    std::vector<BufferHandle> out;
    gst_harness_push_event(harness_, gst_event_new_eos());
    take_output(out);
    return out;
  }

  // The last packet was refused.
  bool stopped() const { return stopped_; }

  uint64_t stat(const char* name) const {
    GstStructure* stats = nullptr;
    g_object_get(harness_->element, "stats", &stats, nullptr);
    guint64 value = 0;
    EXPECT_TRUE(gst_structure_get_uint64(stats, name, &value)) << name;
    gst_structure_free(stats);
    return value;
  }

  std::string field(const char* name) const {
    const CapsHandle caps{gst_pad_get_current_caps(harness_->sinkpad)};
    const gchar* value =
        caps ? gst_structure_get_string(gst_caps_get_structure(caps.get(), 0), name) : nullptr;
    return value ? value : "none";
  }

  // Of the pictures, as the caps say: "320x180".
  std::string size() const {
    const CapsHandle caps{gst_pad_get_current_caps(harness_->sinkpad)};
    int width = 0;
    int height = 0;
    if (!caps) return "none";
    gst_structure_get(gst_caps_get_structure(caps.get(), 0), "width", G_TYPE_INT, &width, "height",
                      G_TYPE_INT, &height, nullptr);
    return std::to_string(width) + "x" + std::to_string(height);
  }

  // The first error or warning that was posted: "domain code: text".
  std::string message(GstMessageType type) {
    const GstHandle<GstMessage> message{gst_bus_pop_filtered(bus_.get(), type)};
    if (!message) return "none";
    GError* posted = nullptr;
    if (type == GST_MESSAGE_ERROR) {
      gst_message_parse_error(message.get(), &posted, nullptr);
    } else {
      gst_message_parse_warning(message.get(), &posted, nullptr);
    }
    std::string text = std::string(g_quark_to_string(posted->domain)) + " " +
                       std::to_string(posted->code) + ": " + posted->message;
    g_error_free(posted);
    return text;
  }

 private:
  void take_output(std::vector<BufferHandle>& out) {
    while (GstBuffer* decoded = gst_harness_try_pull(harness_)) out.emplace_back(decoded);
  }

  const GstHandle<GstBus> bus_{gst_bus_new()};
  GstHarness* harness_;
  uint64_t pushed_ = 0;
  bool stopped_ = false;
};

// How message() begins.
inline std::string gst_error(GQuark domain, int code) {
  return std::string(g_quark_to_string(domain)) + " " + std::to_string(code);
}

// A buffer's bytes. Of a DMA-BUF as they lie in its memory, since libgstva maps no tiled one.
inline Bytes bytes_of(GstBuffer* buffer) {
  GstMemory* memory = gst_buffer_peek_memory(buffer, 0);
  if (gst_is_dmabuf_memory(memory)) {
    void* mapped =
        mmap(nullptr, memory->maxsize, PROT_READ, MAP_SHARED, gst_dmabuf_memory_get_fd(memory), 0);
    if (mapped == MAP_FAILED) return {};
    const auto* first = static_cast<const uint8_t*>(mapped);
    Bytes bytes(first, first + memory->maxsize);
    munmap(mapped, memory->maxsize);
    return bytes;
  }
  GstMapInfo map;
  if (!gst_buffer_map(buffer, &map, GST_MAP_READ)) return {};
  Bytes bytes(map.data, map.data + map.size);
  gst_buffer_unmap(buffer, &map);
  return bytes;
}

}  // namespace av1hw::test
