// SPDX-License-Identifier: LGPL-2.1-or-later
// The distributions of the syntax elements that this coder writes. All others stay as they begin
// in every decoder, for nothing in these streams uses them.
#pragma once

#include <array>
#include <cstdint>

#include "refdrv/encode/symbol_encoder.h"

namespace refdrv::encode {

constexpr unsigned block_sizes = 22;  // BLOCK_SIZES

// `of` contexts, each with its own distribution.
template <size_t Symbols, size_t... Of>
struct CdfTable;
template <size_t Symbols>
struct CdfTable<Symbols> {
  using Type = Cdf<Symbols>;
};
template <size_t Symbols, size_t First, size_t... Rest>
struct CdfTable<Symbols, First, Rest...> {
  using Type = std::array<typename CdfTable<Symbols, Rest...>::Type, First>;
};
template <size_t Symbols, size_t... Of>
using Cdfs = typename CdfTable<Symbols, Of...>::Type;

// Where a mode, or the modes around, are among an element's contexts, what is kept is DC_PRED's.
struct ModeCdfs {
  Cdf<13> intra_frame_y_mode;
  Cdfs<13, 4> y_mode;
  Cdf<14> uv_mode_cfl_allowed;
  Cdf<2> intrabc;
  Cdfs<4, 4> partition_w8;
  Cdfs<10, 4> partition_w16;
  Cdfs<10, 4> partition_w32;
  Cdfs<10, 4> partition_w64;
  Cdfs<8, 4> partition_w128;
  Cdfs<2, 3> tx_8x8;
  Cdfs<3, 3> tx_16x16;
  Cdfs<3, 3> tx_32x32;
  Cdfs<2, 21> txfm_split;
  Cdfs<2, block_sizes> filter_intra;
  Cdfs<8, 3> segment_id;
  Cdfs<2, 3> segment_id_predicted;
  Cdfs<2, 6> new_mv;
  Cdfs<2, 2> zero_mv;
  Cdfs<2, 4> is_inter;
  Cdfs<2, 5> comp_mode;
  Cdfs<2, 3> skip_mode;
  Cdfs<2, 3> skip;
  Cdfs<2, 3, 6> single_ref;
  Cdfs<3, block_sizes> motion_mode;
  Cdfs<2, block_sizes> use_obmc;
  Cdfs<2, 3> inter_intra;
  Cdfs<2, 7, 3> palette_y_mode;
  Cdfs<2, 2> palette_uv_mode;
  Cdf<4> delta_q;
  Cdf<4> delta_lf;
  Cdfs<4, 4> delta_lf_multi;
  Cdfs<7, 2> intra_tx_type_set1;
  Cdfs<5, 3> intra_tx_type_set2;
  Cdfs<16, 2> inter_tx_type_set1;
  Cdf<12> inter_tx_type_set2;
  Cdfs<2, 4> inter_tx_type_set3;
  Cdf<2> use_wiener;
  Cdf<2> use_sgrproj;
  Cdf<3> restoration_type;
};

// By the transform's size and the kind of plane. Those of eob_pt are of transforms in two
// dimensions, and those of levels of the first coefficient, which is the only one.
struct CoefficientCdfs {
  Cdfs<2, 5, 13> txb_skip;
  Cdfs<5, 2> eob_pt_16;
  Cdfs<6, 2> eob_pt_32;
  Cdfs<7, 2> eob_pt_64;
  Cdfs<8, 2> eob_pt_128;
  Cdfs<9, 2> eob_pt_256;
  Cdfs<10, 2> eob_pt_512;
  Cdfs<11, 2> eob_pt_1024;
  Cdfs<2, 2, 3> dc_sign;
  Cdfs<3, 5, 2> coeff_base_eob;
  Cdfs<4, 5, 2> coeff_br;
};

struct CdfContexts {
  ModeCdfs modes;
  CoefficientCdfs coefficients;

  // init_non_coeff_cdfs() and init_coeff_cdfs().
  static CdfContexts defaults(unsigned base_q_idx);
  // As load_cdfs() leaves them: nothing was counted.
  void clear_counts();
};

}  // namespace refdrv::encode
