// SPDX-License-Identifier: LGPL-2.1-or-later
// What NVENC's stand-in codes with: libaom, in its realtime mode, a picture in and a unit out.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "refdrv/resynth/result.h"

namespace refdrv::nv {

// A picture in 4:2:0, rows without padding. Samples of 10 bits are two bytes, little-endian.
struct PlanarPicture {
  unsigned width = 0;
  unsigned height = 0;
  bool sixteen_bits = false;
  std::array<std::vector<uint8_t>, 3> planes;
};

enum class RateControl : uint8_t { ConstantQuantizer, Variable, Constant };

// In superblocks of 64x64. Empty: as few tiles as AV1 allows.
struct TileSizes {
  std::vector<unsigned> columns;
  std::vector<unsigned> rows;

  bool operator==(const TileSizes&) const = default;
};

struct CodingSettings {
  unsigned width = 0;
  unsigned height = 0;
  unsigned render_width = 0;
  unsigned render_height = 0;
  unsigned bit_depth = 8;
  unsigned frame_rate_num = 30;
  unsigned frame_rate_den = 1;
  RateControl rate_control = RateControl::Variable;
  uint32_t bitrate = 0;        // bits a second
  unsigned min_quantizer = 0;  // base_q_idx, 0 to 255
  unsigned max_quantizer = 255;
  bool timing_info = false;
  TileSizes tiles;
  unsigned temporal_layers = 1;
  // As in the sequence header.
  unsigned color_primaries = 2;
  unsigned transfer_characteristics = 2;
  unsigned matrix_coefficients = 2;
  bool full_range = false;
  unsigned chroma_sample_position = 0;
};

struct CodingOptions {
  bool key = false;
  bool reference = true;              // later pictures may refer to it
  bool default_contexts = false;      // it needs none of an earlier picture's (primary_ref_frame)
  std::optional<unsigned> quantizer;  // base_q_idx, instead of the rate control's
};

struct CodedPicture {
  std::vector<uint8_t> unit;  // a temporal unit, with its delimiter
  unsigned quantizer = 0;     // base_q_idx
  unsigned temporal_id = 0;
};

// What a key frame is tried with.
PlanarPicture grey_picture(const CodingSettings& settings);

class AomEncoder {
 public:
  static Result<std::unique_ptr<AomEncoder>> create(const CodingSettings& settings);
  virtual ~AomEncoder() = default;

  // For the pictures that follow: rate control, tiles, frame rate. Sizes, bit depth, layers and
  // colours are a sequence's and cannot change.
  virtual Result<> change(const CodingSettings& settings) = 0;
  virtual Result<CodedPicture> encode(const PlanarPicture& picture,
                                      const CodingOptions& options) = 0;
  // The sequence header OBU, with header and size. The same for the same settings.
  virtual const std::vector<uint8_t>& sequence_header() const = 0;
};

}  // namespace refdrv::nv
