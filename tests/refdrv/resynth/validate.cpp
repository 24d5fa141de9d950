// SPDX-License-Identifier: LGPL-2.1-or-later
// Which pictures the interfaces allow a client to ask for.
#include "refdrv/resynth/validate.h"

#include <array>
#include <format>
#include <initializer_list>
#include <string>
#include <string_view>

#include "refdrv/resynth/frame_writer.h"

namespace refdrv {
namespace {

struct Range {
  std::string_view name;
  int64_t value;
  int64_t least;
  int64_t most;
};

Result<> check(std::initializer_list<Range> ranges) {
  for (const Range& range : ranges) {
    if (range.value < range.least || range.value > range.most)
      return client_fault(std::format("{} is {}; {} to {} is possible", range.name, range.value,
                                      range.least, range.most));
  }
  return {};
}

struct Rule {
  bool broken;
  std::string_view text;
};

Result<> check_rules(std::initializer_list<Rule> rules) {
  for (const Rule& rule : rules)
    if (rule.broken) return client_fault(std::string(rule.text));
  return {};
}

Result<> validate_sequence(const SequenceParams& s) {
  if (auto r = check({{"profile", s.profile, 0, 2},
                      {"order_hint_bits", s.order_hint_bits, s.enable_order_hint ? 1 : 0, 8}});
      !r)
    return r;
  const bool is_420 = s.subsampling_x && s.subsampling_y;
  const bool is_444 = !s.subsampling_x && !s.subsampling_y;
  return check_rules({
      {s.bit_depth != 8 && s.bit_depth != 10 && s.bit_depth != 12, "bit depth is not 8, 10 or 12"},
      {s.bit_depth == 12 && s.profile != 2, "12 bits belong to profile 2"},
      {s.profile == 0 && !is_420, "profile 0 is 4:2:0"},
      {s.profile == 1 && (!is_444 || s.mono_chrome), "profile 1 is 4:4:4"},
      {s.profile == 2 && s.bit_depth < 12 && (!s.subsampling_x || s.subsampling_y),
       "profile 2 is 4:2:2 below 12 bits"},
      {!s.subsampling_x && s.subsampling_y, "subsampling_y without subsampling_x"},
      {s.mono_chrome && !is_420, "monochrome has both subsampling flags"},
      {s.enable_jnt_comp && !s.enable_order_hint, "enable_jnt_comp without enable_order_hint"},
  });
}

Result<> validate_frame(const Picture& p) {
  const bool inter = !is_intra(p);
  if (auto r = check({
          {"frame width", p.upscaled_width, 1, 65536},
          {"frame height", p.frame_height, 1, 65536},
          {"superres denominator", p.superres_denom, p.use_superres ? 9 : 8,
           p.use_superres ? 16 : 8},
          {"interpolation_filter", p.interpolation_filter, 0, inter ? 4 : 255},
          {"primary_ref_frame", p.primary_ref_frame, inter ? 0 : 7, 7},
          {"tx_mode", p.tx_mode, 0, 2},
          {"order_hint", p.order_hint, 0, (1 << p.sequence.order_hint_bits) - 1},
          {"context_update_tile_id", p.tile_info.context_update_tile_id, 0,
           p.tile_info.cols * p.tile_info.rows - 1},
          {"cdef_bits", p.cdef.bits, 0, 3},
          {"cdef_damping_minus_3", p.cdef.damping_minus_3, 0, 3},
      });
      !r)
    return r;
  return check_rules({
      {p.target == no_surface, "there is no surface to decode into"},
      {p.use_superres && p.sequence.enable_superres == false,
       "use_superres is set, enable_superres is not"},
      {p.allow_intrabc && (inter || !p.allow_screen_content_tools || p.use_superres),
       "allow_intrabc is set where intra block copy is impossible"},
      {inter && p.force_integer_mv && !p.allow_screen_content_tools,
       "force_integer_mv without allow_screen_content_tools"},
      {inter && p.force_integer_mv && p.allow_high_precision_mv,
       "allow_high_precision_mv with force_integer_mv"},
      {inter && p.use_ref_frame_mvs && !p.sequence.enable_order_hint,
       "use_ref_frame_mvs without enable_order_hint"},
      {!inter && p.reference_select, "reference_select in an intra frame"},
      {!inter && p.skip_mode_present, "skip_mode_present in an intra frame"},
      {p.disable_cdf_update && !p.disable_frame_end_update_cdf,
       "disable_cdf_update without disable_frame_end_update_cdf"},
  });
}

Result<> validate_quantization(const Picture& p) {
  const Quantization& q = p.quantization;
  if (auto r = check({{"y_dc_delta", q.y_dc_delta, -64, 63},
                      {"u_dc_delta", q.u_dc_delta, -64, 63},
                      {"u_ac_delta", q.u_ac_delta, -64, 63},
                      {"v_dc_delta", q.v_dc_delta, -64, 63},
                      {"v_ac_delta", q.v_ac_delta, -64, 63},
                      {"qm_y", q.qm_y, 0, q.using_qmatrix ? 15 : 255},
                      {"qm_u", q.qm_u, 0, q.using_qmatrix ? 15 : 255},
                      {"qm_v", q.qm_v, 0, q.using_qmatrix ? 15 : 255}});
      !r)
    return r;
  return check({{"delta_q_res", p.delta.q_res, 0, 3}, {"delta_lf_res", p.delta.lf_res, 0, 3}});
}

Result<> validate_segmentation(const Picture& p) {
  if (!p.segmentation.enabled) return {};
  if (p.primary_ref_frame == primary_ref_none && !p.segmentation.update_map)
    return client_fault("segmentation without a primary reference must update the map");
  constexpr std::array<int, seg_lvl_max> most = {255, 63, 63, 63, 63, 7, 0, 0};
  constexpr unsigned num_signed_features = 5;
  for (unsigned i = 0; i < max_segments; ++i) {
    for (unsigned j = 0; j < seg_lvl_max; ++j) {
      if (!(p.segmentation.feature_mask[i] >> j & 1)) continue;
      const int value = p.segmentation.feature_data[i][j];
      if (value > most[j] || value < (j < num_signed_features ? -most[j] : 0))
        return client_fault(
            std::format("feature {} of segment {} is {}; {} is the most", j, i, value, most[j]));
    }
  }
  return {};
}

Result<> validate_filters(const Picture& p) {
  const LoopFilter& f = p.loop_filter;
  if (auto r = check({{"loop_filter_level[0]", f.level[0], 0, 63},
                      {"loop_filter_level[1]", f.level[1], 0, 63},
                      {"loop_filter_level[2]", f.level_u, 0, 63},
                      {"loop_filter_level[3]", f.level_v, 0, 63},
                      {"loop_filter_sharpness", f.sharpness, 0, 7}});
      !r)
    return r;
  for (const int8_t delta : f.ref_deltas)
    if (auto r = check({{"loop_filter_ref_deltas[]", delta, -64, 63}}); !r) return r;
  for (const int8_t delta : f.mode_deltas)
    if (auto r = check({{"loop_filter_mode_deltas[]", delta, -64, 63}}); !r) return r;
  for (unsigned i = 0; i < 1u << p.cdef.bits; ++i) {
    if (auto r = check({{"cdef_y_pri_strength[]", p.cdef.y_pri[i], 0, 15},
                        {"cdef_y_sec_strength[]", p.cdef.y_sec[i], 0, 3},
                        {"cdef_uv_pri_strength[]", p.cdef.uv_pri[i], 0, 15},
                        {"cdef_uv_sec_strength[]", p.cdef.uv_sec[i], 0, 3}});
        !r)
      return r;
  }
  return {};
}

Result<> validate_restoration(const Picture& p) {
  const LoopRestoration& restoration = p.restoration;
  bool any = false;
  for (const Restoration type : restoration.type) any |= type != Restoration::None;
  if (!any) return {};
  if (p.sequence.enable_restoration == false)
    return client_fault("a restoration type is set, enable_restoration is not");
  const int luma = restoration.unit_size_log2[0];
  const bool halved = p.sequence.subsampling_x && p.sequence.subsampling_y;
  if (auto r = check({{"log2 of the luma restoration unit", luma,
                       p.sequence.use_128x128_superblock ? 7 : 6, 8}});
      !r)
    return r;
  for (unsigned plane = 1; plane < 3 && !p.sequence.mono_chrome; ++plane) {
    if (auto r = check({{"log2 of the chroma restoration unit", restoration.unit_size_log2[plane],
                         halved ? luma - 1 : luma, luma}});
        !r)
      return r;
  }
  return {};
}

Result<> validate_film_grain(const Picture& p) {
  const FilmGrain& grain = p.film_grain;
  if (!grain.apply) return {};
  if (!p.sequence.film_grain_params_present)
    return client_fault("apply_grain is set, film_grain_params_present is not");
  return check({{"num_y_points", grain.num_y_points, 0, 14},
                {"num_cb_points", grain.num_cb_points, 0, 10},
                {"num_cr_points", grain.num_cr_points, 0, 10},
                {"grain_scaling_minus_8", grain.scaling_minus_8, 0, 3},
                {"ar_coeff_lag", grain.ar_coeff_lag, 0, 3},
                {"ar_coeff_shift_minus_6", grain.ar_coeff_shift_minus_6, 0, 3},
                {"grain_scale_shift", grain.scale_shift, 0, 3},
                {"cb_offset", grain.cb_offset, 0, 511},
                {"cr_offset", grain.cr_offset, 0, 511}});
}

Result<> validate_tiles(const Picture& p) {
  const size_t expected = size_t{p.tile_info.cols} * p.tile_info.rows;
  if (p.tiles.size() != expected)
    return client_fault(std::format("{} tiles were given for {} x {}", p.tiles.size(),
                                    p.tile_info.cols, p.tile_info.rows));
  for (size_t i = 0; i < p.tiles.size(); ++i)
    if (p.tiles[i].empty()) return client_fault(std::format("tile {} has no data", i));
  return {};
}

}  // namespace

Result<> validate(const Picture& picture) {
  if (auto r = validate_sequence(picture.sequence); !r) return r;
  for (const auto part :
       {validate_frame, validate_quantization, validate_segmentation, validate_filters,
        validate_restoration, validate_film_grain, validate_tiles})
    if (auto r = part(picture); !r) return r;
  return {};
}

}  // namespace refdrv
