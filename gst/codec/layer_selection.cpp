// SPDX-License-Identifier: LGPL-2.1-or-later
// Which OBUs of a stream with layers are decoded, and which layers come out (specification 7.18).
#include "codec/layer_selection.h"

#include <bit>

namespace av1hw {

void LayerSelection::select(const SequenceHeader& sequence, unsigned operating_point,
                            bool all_layers) {
  const unsigned point = operating_point < sequence.operating_points_count ? operating_point : 0;
  idc_ = sequence.operating_points[point].idc;
  const unsigned spatial_layers = idc_ >> 8 & 15;
  highest_spatial_id_ = spatial_layers == 0 ? 0 : std::bit_width(spatial_layers) - 1;
  highest_only_ = !all_layers && highest_spatial_id_ > 0;
}

bool LayerSelection::drops(const Obu& obu) const {
  if (obu.type == ObuType::SequenceHeader || obu.type == ObuType::TemporalDelimiter) return false;
  if (idc_ == 0 || !obu.has_extension) return false;
  const bool in_temporal_layer = (idc_ >> obu.temporal_id & 1) != 0;
  const bool in_spatial_layer = (idc_ >> (obu.spatial_id + 8) & 1) != 0;
  return !in_temporal_layer || !in_spatial_layer;
}

}  // namespace av1hw
