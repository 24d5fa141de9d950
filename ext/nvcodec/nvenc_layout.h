// SPDX-License-Identifier: LGPL-2.1-or-later
// Where the planes of a frame lie that is one piece of memory, and what NVENC is told of it: pure,
// so that each rule is tested without a driver.
#pragma once

#include <ffnvcodec/nvEncodeAPI.h>
#include <gst/video/video.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/result.h"

namespace av1hw {

// Bytes, from the start of the memory.
struct FramePlanes {
  std::array<size_t, GST_VIDEO_MAX_PLANES> offset = {};
  std::array<int, GST_VIDEO_MAX_PLANES> stride = {};
};

// Of a `frame` whose only memory has `size` bytes. InvalidData: its meta contradicts `info`, or a
// plane lies outside of that memory.
Result<FramePlanes> find_planes(GstBuffer* frame, const GstVideoInfo& info, size_t size);

// What NVENC is told of memory as it is registered. Where it finds chroma it finds out from pitch
// and rows alone: right behind luma, interleaved at the same pitch, or planes at half of it.
struct NvencLayout {
  void* address = nullptr;  // on the device
  uint32_t width = 0;       // luma samples
  uint32_t rows = 0;        // of luma: the picture's, or more
  uint32_t pitch = 0;       // bytes
  NV_ENC_BUFFER_FORMAT format = NV_ENC_BUFFER_FORMAT_UNDEFINED;

  bool operator==(const NvencLayout&) const = default;
};

// Of memory with these planes, which is at `address` and has `size` bytes. Empty: the planes lie
// otherwise.
std::optional<NvencLayout> nvenc_layout(const FramePlanes& planes, const GstVideoInfo& info,
                                        void* address, size_t size);

}  // namespace av1hw
