// SPDX-License-Identifier: LGPL-2.1-or-later
// Where distributions begin (specification, sections 6.8.2 and 7.20).
#include "refdrv/encode/cdf_contexts.h"

#include <concepts>
#include <utility>

#include "refdrv/encode/default_cdfs.h"

namespace refdrv::encode {

namespace {

template <size_t Size>
void clear(std::array<uint16_t, Size>& cdf) {
  cdf.back() = 0;
}

template <typename Element, size_t Size>
  requires(!std::same_as<Element, uint16_t>)
void clear(std::array<Element, Size>& table) {
  for (Element& element : table) clear(element);
}

void clear_all(auto&... tables) { (clear(tables), ...); }

}  // namespace

CdfContexts CdfContexts::defaults(unsigned base_q_idx) {
  const unsigned set = base_q_idx <= 20 ? 0 : base_q_idx <= 60 ? 1 : base_q_idx <= 120 ? 2 : 3;
  return {default_mode_cdfs, default_coefficient_cdfs[set]};
}

void CdfContexts::clear_counts() {
  auto& [intra_frame_y_mode, y_mode, uv_mode, intrabc, w8, w16, w32, w64, w128, tx_8x8, tx_16x16,
         tx_32x32, txfm_split, filter_intra, segment_id, segment_id_predicted, new_mv, zero_mv,
         is_inter, comp_mode, skip_mode, skip, single_ref, motion_mode, use_obmc, inter_intra,
         palette_y, palette_uv, delta_q, delta_lf, delta_lf_multi, intra_set1, intra_set2,
         inter_set1, inter_set2, inter_set3, use_wiener, use_sgrproj, restoration_type] = modes;
  clear_all(intra_frame_y_mode, y_mode, uv_mode, intrabc, w8, w16, w32, w64, w128, tx_8x8, tx_16x16,
            tx_32x32, txfm_split, filter_intra, segment_id, segment_id_predicted, new_mv, zero_mv,
            is_inter, comp_mode, skip_mode, skip, single_ref, motion_mode, use_obmc, inter_intra,
            palette_y, palette_uv, delta_q, delta_lf, delta_lf_multi, intra_set1, intra_set2,
            inter_set1, inter_set2, inter_set3, use_wiener, use_sgrproj, restoration_type);
  auto& [txb_skip, eob_16, eob_32, eob_64, eob_128, eob_256, eob_512, eob_1024, dc_sign, base_eob,
         br] = coefficients;
  clear_all(txb_skip, eob_16, eob_32, eob_64, eob_128, eob_256, eob_512, eob_1024, dc_sign,
            base_eob, br);
}

}  // namespace refdrv::encode
