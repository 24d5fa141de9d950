// SPDX-License-Identifier: LGPL-2.1-or-later
// Which OBUs of a stream with layers are decoded, and which layers come out (specification 7.18).
#pragma once

#include <cstdint>

#include "av1/obu.h"
#include "av1/sequence_header.h"

namespace av1hw {

class LayerSelection {
 public:
  // The sequence's operating point of this number, or its first if it has fewer.
  void select(const SequenceHeader& sequence, unsigned operating_point, bool all_layers);

  // The OBU belongs to a layer that is not decoded (drop_obu(), 5.9.1).
  bool drops(const Obu& obu) const;
  // Of each temporal unit only the picture of its highest spatial layer comes out.
  bool highest_only() const { return highest_only_; }
  // Nothing better follows in the temporal unit.
  bool is_highest(unsigned spatial_id) const { return spatial_id >= highest_spatial_id_; }

 private:
  unsigned idc_ = 0;  // OperatingPointIdc
  unsigned highest_spatial_id_ = 0;
  bool highest_only_ = false;
};

}  // namespace av1hw
