// SPDX-License-Identifier: LGPL-2.1-or-later
// Puts a coded picture together: packed headers, the frame header, tile groups.
#pragma once

#include <va/va.h>
#include <va/va_enc_av1.h>

#include <cstdint>
#include <span>
#include <vector>

#include "refdrv/encode/software_encoder.h"
#include "refdrv/nv/parser/frame_header.h"
#include "refdrv/va/objects.h"
#include "refdrv/va/packed_headers.h"

namespace refdrv::va {

class CodedWriter {
 public:
  // obu_size fields take this many bytes, or more where they must.
  explicit CodedWriter(unsigned size_bytes) : size_bytes_(size_bytes) {}

  void add(std::span<const uint8_t> obu);
  // An OBU with another payload.
  void add(const PackedObu& like, std::span<const uint8_t> payload);
  // The frame header as it was coded under; tiles of an OBU_FRAME follow it at once.
  Result<> add_frame(const PackedObu& like, const HeaderBits& header, const nv::FrameHeader& frame,
                     const EncodedFrame& coded);
  // OBU_TILE_GROUPs, with the header that the picture's parameters describe.
  Result<> add_tile_groups(const VAEncPictureParameterBufferAV1& params,
                           std::span<const VAEncTileGroupBufferAV1> groups,
                           const nv::FrameHeader& frame, const EncodedFrame& coded);

  size_t size() const { return bytes_.size(); }
  // What fits into `capacity` bytes; one segment, or one for each OBU.
  CodedData take(size_t capacity, bool segment_per_obu);

 private:
  void add_size(size_t size);

  const unsigned size_bytes_;
  std::vector<uint8_t> bytes_;
  std::vector<size_t> ends_;  // of OBUs
};

// Makes what vaMapBuffer gives.
VACodedBufferSegment* map_segments(CodedData& data);

}  // namespace refdrv::va
