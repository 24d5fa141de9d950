// SPDX-License-Identifier: LGPL-2.1-or-later
// One coded picture as a driver is told of it, in no vendor's terms.
//
// Names and values are those of the AV1 specification unless a comment says otherwise. The fields
// are what VADecPictureParameterBufferAV1 and CUVIDAV1PICPARAMS both say, or what one of them says
// and the pixels do not depend on; an optional is for what only one of them has.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace refdrv {

// Which memory a picture is in: a VASurfaceID, or an index of a CUVID surface.
using SurfaceId = uint32_t;
constexpr SurfaceId no_surface = UINT32_MAX;

constexpr unsigned num_ref_frames = 8;   // NUM_REF_FRAMES: slots
constexpr unsigned refs_per_frame = 7;   // REFS_PER_FRAME: LAST_FRAME to ALTREF_FRAME
constexpr unsigned max_segments = 8;     // MAX_SEGMENTS
constexpr unsigned seg_lvl_max = 8;      // SEG_LVL_MAX
constexpr unsigned max_tile_lines = 64;  // MAX_TILE_COLS, MAX_TILE_ROWS
constexpr uint8_t primary_ref_none = 7;  // PRIMARY_REF_NONE
constexpr int warped_model_one = 1 << 16;

enum class FrameType : uint8_t { Key = 0, Inter = 1, IntraOnly = 2, Switch = 3 };
enum class WarpType : uint8_t { Identity = 0, Translation = 1, RotZoom = 2, Affine = 3 };
// FrameRestorationType, not the coded lr_type.
enum class Restoration : uint8_t { None = 0, Wiener = 1, SgrProj = 2, Switchable = 3 };

// What the picture parameters repeat of the sequence header.
struct SequenceParams {
  uint8_t profile = 0;
  uint8_t bit_depth = 8;
  bool mono_chrome = false;
  bool subsampling_x = true;
  bool subsampling_y = true;
  bool color_range = false;
  uint8_t matrix_coefficients = 2;  // unspecified; of use for 4:4:4 with film grain only
  bool use_128x128_superblock = false;
  bool enable_filter_intra = false;
  bool enable_intra_edge_filter = false;
  bool enable_interintra_compound = false;
  bool enable_masked_compound = false;
  bool enable_dual_filter = false;
  bool enable_order_hint = false;
  uint8_t order_hint_bits = 0;  // 1 to 8 with enable_order_hint
  bool enable_jnt_comp = false;
  bool enable_cdef = false;
  std::optional<bool> enable_superres;     // CUVID only
  std::optional<bool> enable_restoration;  // CUVID only
  bool film_grain_params_present = false;

  bool operator==(const SequenceParams&) const = default;
};

struct TileInfo {
  uint8_t cols = 1;
  uint8_t rows = 1;
  // Sizes follow from the numbers of columns and rows; else from the two arrays.
  bool uniform = false;
  std::array<uint16_t, max_tile_lines> col_widths = {};   // superblocks
  std::array<uint16_t, max_tile_lines> row_heights = {};  // superblocks
  uint16_t context_update_tile_id = 0;
};

struct Quantization {
  uint8_t base_q_idx = 0;
  int8_t y_dc_delta = 0;
  int8_t u_dc_delta = 0;
  int8_t u_ac_delta = 0;
  int8_t v_dc_delta = 0;
  int8_t v_ac_delta = 0;
  bool using_qmatrix = false;
  uint8_t qm_y = 15;
  uint8_t qm_u = 15;
  uint8_t qm_v = 15;
};

struct Segmentation {
  bool enabled = false;
  bool update_map = false;
  bool temporal_update = false;
  // What holds for this picture, whether its header coded it or it was inherited.
  std::array<uint8_t, max_segments> feature_mask = {};  // bit: feature
  std::array<std::array<int16_t, seg_lvl_max>, max_segments> feature_data = {};
};

struct DeltaParams {
  bool q_present = false;
  uint8_t q_res = 0;  // log2, as coded
  bool lf_present = false;
  uint8_t lf_res = 0;  // log2, as coded
  bool lf_multi = false;
};

struct LoopFilter {
  std::array<uint8_t, 2> level = {};
  uint8_t level_u = 0;
  uint8_t level_v = 0;
  uint8_t sharpness = 0;
  bool delta_enabled = false;
  // What holds for this picture, coded or inherited.
  std::array<int8_t, 8> ref_deltas = {1, 0, 0, 0, -1, 0, -1, -1};
  std::array<int8_t, 2> mode_deltas = {};
};

struct Cdef {
  uint8_t damping_minus_3 = 0;
  uint8_t bits = 0;
  // Secondary strengths are as coded: 3 stands for 4.
  std::array<uint8_t, 8> y_pri = {};
  std::array<uint8_t, 8> y_sec = {};
  std::array<uint8_t, 8> uv_pri = {};
  std::array<uint8_t, 8> uv_sec = {};
};

struct LoopRestoration {
  std::array<Restoration, 3> type = {};
  std::array<uint8_t, 3> unit_size_log2 = {6, 6, 6};  // 5 to 8; of no matter without restoration
};

struct WarpParams {
  WarpType type = WarpType::Identity;
  std::array<int32_t, 6> matrix = {0, 0, warped_model_one, 0, 0, warped_model_one};

  bool operator==(const WarpParams&) const = default;
};

struct GrainPoint {
  uint8_t value = 0;
  uint8_t scaling = 0;
};

struct FilmGrain {
  bool apply = false;
  uint16_t seed = 0;
  uint8_t num_y_points = 0;
  std::array<GrainPoint, 14> y_points = {};
  bool chroma_scaling_from_luma = false;
  uint8_t num_cb_points = 0;
  std::array<GrainPoint, 10> cb_points = {};
  uint8_t num_cr_points = 0;
  std::array<GrainPoint, 10> cr_points = {};
  uint8_t scaling_minus_8 = 0;
  uint8_t ar_coeff_lag = 0;
  std::array<int16_t, 24> ar_coeffs_y = {};  // -128 to 127
  std::array<int16_t, 25> ar_coeffs_cb = {};
  std::array<int16_t, 25> ar_coeffs_cr = {};
  uint8_t ar_coeff_shift_minus_6 = 0;
  uint8_t scale_shift = 0;
  uint8_t cb_mult = 0;
  uint8_t cb_luma_mult = 0;
  uint16_t cb_offset = 0;
  uint8_t cr_mult = 0;
  uint8_t cr_luma_mult = 0;
  uint16_t cr_offset = 0;
  bool overlap = false;
  bool clip_to_restricted_range = false;
};

// One picture. Spans live until decode() returns.
struct Picture {
  SequenceParams sequence;

  SurfaceId target = no_surface;  // where the picture is reconstructed, without film grain
  // The reference slots as they are before this picture is decoded.
  std::array<SurfaceId, num_ref_frames> ref_frame_map = {no_surface, no_surface, no_surface,
                                                         no_surface, no_surface, no_surface,
                                                         no_surface, no_surface};
  std::array<uint8_t, refs_per_frame> ref_frame_idx = {};  // into ref_frame_map; inter frames only

  FrameType frame_type = FrameType::Key;
  bool show_frame = true;
  uint32_t upscaled_width = 0;
  uint32_t frame_height = 0;
  bool use_superres = false;
  uint8_t superres_denom = 8;  // SuperresDenom: 9 to 16 with use_superres
  uint8_t order_hint = 0;
  uint8_t primary_ref_frame = primary_ref_none;
  bool disable_cdf_update = false;
  bool disable_frame_end_update_cdf = false;
  bool allow_screen_content_tools = false;
  bool force_integer_mv = false;
  bool allow_intrabc = false;
  bool allow_high_precision_mv = false;
  uint8_t interpolation_filter = 0;  // 4: switchable
  bool is_motion_mode_switchable = false;
  bool use_ref_frame_mvs = false;
  uint8_t tx_mode = 0;  // 0: ONLY_4X4, 1: TX_MODE_LARGEST, 2: TX_MODE_SELECT
  bool reference_select = false;
  bool skip_mode_present = false;
  bool allow_warped_motion = false;
  bool reduced_tx_set = false;

  TileInfo tile_info;
  Quantization quantization;
  Segmentation segmentation;
  DeltaParams delta;
  LoopFilter loop_filter;
  Cdef cdef;
  LoopRestoration restoration;
  std::array<WarpParams, refs_per_frame> global_motion = {};
  FilmGrain film_grain;

  // The coded bytes of every tile, in raster order, without tile_size_minus_1.
  std::vector<std::span<const uint8_t>> tiles;
};

}  // namespace refdrv
