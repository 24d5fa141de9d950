// SPDX-License-Identifier: LGPL-2.1-or-later
// What clients make and hold ids of, apart from surfaces and contexts.
#pragma once

#include <va/va.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "refdrv/va/surface.h"

namespace refdrv::va {

struct Config {
  static constexpr uint32_t first_id = 0x01000000;
  static constexpr const char* name = "configuration";

  VAProfile profile = VAProfileNone;
  VAEntrypoint entrypoint = VAEntrypointVLD;
  unsigned rt_formats = 0;
  // Of an encoder: one of VA_RC_*, and what comes packed, VA_ENC_PACKED_HEADER_*.
  uint32_t rate_control = VA_RC_CQP;
  uint32_t packed_headers = 0;
};

// What a coded buffer holds once a picture was coded into it.
struct CodedData {
  std::vector<uint8_t> bytes;
  std::vector<size_t> segment_sizes;            // of `bytes`, in order
  uint32_t status = 0;                          // VA_CODED_BUF_STATUS_*
  std::vector<VACodedBufferSegment> segments;   // what a client maps
  std::chrono::steady_clock::time_point ready;  // once it is over, the picture is coded
};

struct Buffer {
  static constexpr uint32_t first_id = 0x08000000;
  static constexpr const char* name = "buffer";

  VABufferType type = VAPictureParameterBufferType;
  unsigned element_size = 0;
  unsigned elements = 0;
  unsigned capacity = 0;       // elements
  std::vector<uint8_t> bytes;  // empty where the memory is a linear surface's own
  std::shared_ptr<Surface> derived_from;
  std::shared_ptr<CodedData> coded;  // VAEncCodedBufferType
  bool mapped = false;
  bool of_image = false;

  size_t size() const { return size_t{element_size} * elements; }
  size_t capacity_bytes() const { return size_t{element_size} * capacity; }
  uint8_t* data() {
    return bytes.empty() && derived_from ? derived_from->memory().data() : bytes.data();
  }
  template <typename Element>
  std::span<const Element> view() const {
    return {reinterpret_cast<const Element*>(bytes.data()), elements};
  }
};

struct Image {
  static constexpr uint32_t first_id = 0x10000000;
  static constexpr const char* name = "image";

  VAImage description = {};
  const PixelFormat* format = nullptr;
  std::shared_ptr<Buffer> buffer;
};

}  // namespace refdrv::va
