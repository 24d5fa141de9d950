// SPDX-License-Identifier: LGPL-2.1-or-later
// What a client configured: NV_ENC_INITIALIZE_PARAMS and NV_ENC_CONFIG, checked and in plain terms.
#pragma once

#include <cstring>
#include <optional>

#include "refdrv/common/profile.h"
#include "refdrv/nv/aom_encoder.h"
#include "refdrv/nv/nvenc_types.h"
#include "refdrv/nv/picture_order.h"

namespace refdrv::nv {

struct EncodeConfig {
  CodingSettings coding;
  PictureOrder::Settings order;
  NV_ENC_QP constant_qp = {};
  std::optional<unsigned> quality;  // base_q_idx of targetQuality, which goes before the bitrate
  unsigned input_bit_depth = 8;
  unsigned max_width = 0;
  unsigned max_height = 0;
  bool type_decision = true;  // enablePTD
  bool sequence_headers = true;
  bool repeat_sequence_header = true;
  bool annexb = false;
  size_t padded_size = 0;  // bytes that a unit has at least
  bool report_tiles = false;
};

Outcome<EncodeConfig> read_config(const DeviceProfile& profile,
                                  const NV_ENC_INITIALIZE_PARAMS& params);

// Whether a running encoder may go over from one to the other.
Outcome<> check_change(const EncodeConfig& from, const EncodeConfig& to);
// Whether a sequence that goes on can have these settings; else a new one begins.
bool same_sequence(const CodingSettings& a, const CodingSettings& b);

// Sizes of tiles in superblocks: uniform ones where `widths` or `heights` are null. 0 columns or
// rows are as few as AV1 allows.
struct TileRequest {
  bool custom = false;
  uint32_t columns = 0;
  uint32_t rows = 0;
  const uint32_t* widths = nullptr;
  const uint32_t* heights = nullptr;
};
Outcome<TileSizes> tile_sizes(const TileRequest& request, unsigned width, unsigned height);

// Whether all of a reserved field is zero.
template <typename Field>
bool is_zero(const Field& field) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(&field);
  return bytes[0] == 0 && std::memcmp(bytes, bytes + 1, sizeof field - 1) == 0;
}

}  // namespace refdrv::nv
