// SPDX-License-Identifier: LGPL-2.1-or-later
// The table of drivers.
#include "vaapi/va_quirks.h"

#include <algorithm>
#include <array>

namespace av1hw {
namespace {

struct Driver {
  std::string_view prefix;  // of its vendor string
  VaQuirks quirks;
};

constexpr std::array drivers = {
    // https://github.com/intel/media-driver/issues/1579
    Driver{"Intel iHD driver",
           {.known_to_gstreamer = true, .inexact_film_grain = true, .min_tile_superblocks = 2}},
    Driver{"Intel i965 driver", {.known_to_gstreamer = true}},
    // Sizes: of VCN 4, radeon_vcn_enc.c in Mesa.
    Driver{"Mesa Gallium driver",
           {.known_to_gstreamer = true,
            .header_width_log2 = 6,
            .header_height_log2 = 4,
            .chooses_tile_columns = true,
            .quality_is_bits = true,
            .primary_is_last = true}},
};

}  // namespace

VaQuirks va_quirks(std::string_view vendor) {
  const auto* found = std::ranges::find_if(
      drivers, [&](const Driver& driver) { return vendor.starts_with(driver.prefix); });
  return found == drivers.end() ? VaQuirks() : found->quirks;
}

}  // namespace av1hw
