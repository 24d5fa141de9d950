// SPDX-License-Identifier: LGPL-2.1-or-later
// Codes pictures under frame headers that somebody else has written: real tiles of AV1, with the
// reconstruction that a decoder makes of them.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "refdrv/resynth/result.h"

namespace refdrv {

// Samples of 8 bits a byte each, of more bits two, little-endian, in the low bits. `stride` in
// bytes. 4:2:0 unless the sequence says otherwise; chroma planes are rounded up.
struct SourcePlane {
  const uint8_t* data = nullptr;
  size_t stride = 0;
};

struct SourceView {
  std::array<SourcePlane, 3> planes;
  unsigned width = 0;  // luma samples that may be read: at least the coded frame's
  unsigned height = 0;
};

struct Reconstruction {
  std::array<std::vector<uint8_t>, 3> planes;  // tightly packed, samples as in SourceView
  unsigned width = 0;
  unsigned height = 0;
};

struct EncodedFrame {
  // tile_group_obu() of all tiles in one group: the whole of tile data that follows a frame header
  // in an OBU_FRAME after byte_alignment().
  std::vector<uint8_t> tile_group;
  // The bytes of each tile in `tile_group`, in order: drivers make several tile groups of them.
  struct TileRange {
    size_t offset = 0;
    size_t size = 0;
  };
  std::vector<TileRange> tiles;
  std::shared_ptr<const Reconstruction> reconstruction;
};

// One stream's worth: reference pictures, and the contexts that are saved with them. Shares no code
// with the plugin; headers are read by refdrv/nv/parser.
class SoftwareEncoder {
 public:
  virtual ~SoftwareEncoder() = default;
  static Result<std::unique_ptr<SoftwareEncoder>> create();

  // A sequence header OBU's payload. A new sequence begins with the next frame.
  virtual Result<> set_sequence(std::span<const uint8_t> payload) = 0;
  // A frame header as it will stand in the stream, `bits` of it, without trailing bits. Codes
  // `source` so that its blocks' means at least are kept, as well as the quantizer allows, and
  // stores the reconstruction as refresh_frame_flags says. An error names what is wrong with the
  // header, or with a reference that it names.
  virtual Result<EncodedFrame> code(std::span<const uint8_t> frame_header, size_t bits,
                                    unsigned temporal_id, const SourceView& source) = 0;
  // A frame header with show_existing_frame.
  virtual Result<> show_existing(std::span<const uint8_t> frame_header, size_t bits) = 0;
};

}  // namespace refdrv
