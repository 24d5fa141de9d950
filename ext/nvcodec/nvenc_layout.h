// SPDX-License-Identifier: LGPL-2.1-or-later
// Where the planes of a frame lie that is one piece of memory, and what NVENC is told of it: pure,
// so that each rule is tested without a driver.
#pragma once

#include <ffnvcodec/nvEncodeAPI.h>
#include <gst/video/video.h>

#include <array>
#include <cstddef>
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

// What NVENC registers of memory with these planes, which is at `address` and has `size` bytes.
// Where it finds chroma it finds out from pitch and rows alone: right behind luma, interleaved at
// the same pitch, or planes at half of it. Rows may be more than the picture's. Empty: the planes
// lie otherwise.
std::optional<NV_ENC_REGISTER_RESOURCE> nvenc_layout(const FramePlanes& planes,
                                                     const GstVideoInfo& info, void* address,
                                                     size_t size);

// Whether one registration serves both.
bool same_layout(const NV_ENC_REGISTER_RESOURCE& a, const NV_ENC_REGISTER_RESOURCE& b);

}  // namespace av1hw
