// SPDX-License-Identifier: LGPL-2.1-or-later
// Puts OBUs into temporal units.
#include "av1/unit_editor.h"

#include "av1/obu.h"

namespace av1hw {

std::vector<uint8_t> insert_before_shown_frame(std::span<const uint8_t> unit,
                                               std::span<const uint8_t> obus) {
  size_t at = unit.size();
  ObuReader reader(unit, ObuFraming::Section5);
  for (auto obu = reader.next(); obu && *obu; obu = reader.next()) {
    if ((*obu)->starts_frame()) at = (*obu)->offset;
  }
  std::vector<uint8_t> edited;
  edited.reserve(unit.size() + obus.size());
  edited.insert(edited.end(), unit.begin(), unit.begin() + static_cast<ptrdiff_t>(at));
  edited.insert(edited.end(), obus.begin(), obus.end());
  edited.insert(edited.end(), unit.begin() + static_cast<ptrdiff_t>(at), unit.end());
  return edited;
}

}  // namespace av1hw
