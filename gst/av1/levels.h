// SPDX-License-Identifier: LGPL-2.1-or-later
// Levels and tiers (AV1 specification, annex A.3): their names, and which one a stream needs.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace av1hw {

enum class Tier : uint8_t { Main = 0, High = 1 };

const char* tier_name(Tier tier);  // "main" or "high", as caps write it

// seq_level_idx of a stream that is bound by no level.
constexpr unsigned level_maximum = 31;

// "4.0" for 8: as GStreamer's caps write levels. nullptr for 24..30, which are reserved, and
// for 31.
const char* level_name(unsigned seq_level_idx);

// seq_level_idx of "4.0". Empty: no such level.
std::optional<uint8_t> level_index(std::string_view name);

struct LevelRequest {
  unsigned width = 0;   // luma samples, of the upscaled frame
  unsigned height = 0;  // luma samples
  unsigned fps_n = 30;  // shown frames a second; 0: not known, any rate is taken to do
  unsigned fps_d = 1;
  uint64_t bitrate = 0;      // bit/s at peak; 0: not known
  unsigned seq_profile = 0;  // 0..2: higher profiles may take 2 and 3 times the bitrate
  unsigned tile_columns = 1;
  unsigned tiles = 1;
};

// The lowest level, as seq_level_idx, whose limits of this tier hold for such a stream: 31 where
// none does. Levels below 4.0 are left out for the high tier, which they do not have.
uint8_t level_for(const LevelRequest& request, Tier tier);

}  // namespace av1hw
