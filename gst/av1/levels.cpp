// SPDX-License-Identifier: LGPL-2.1-or-later
// Levels and tiers (AV1 specification, annex A.3): their names, and which one a stream needs.
#include "av1/levels.h"

namespace av1hw {
namespace {

struct LevelLimits {
  uint8_t seq_level_idx;
  uint32_t max_picture_size;  // luma samples
  uint32_t max_width;
  uint32_t max_height;
  uint64_t max_display_rate;  // luma samples a second
  uint32_t main_bitrate;      // kbit/s in profile 0
  uint32_t high_bitrate;      // kbit/s in profile 0; 0: no high tier
  uint16_t max_tiles;
  uint8_t max_tile_columns;
};

// The specification's two tables of limits, without the levels that it leaves undefined.
constexpr LevelLimits level_limits[] = {
    {0, 147456, 2048, 1152, 4423680, 1500, 0, 8, 4},
    {1, 278784, 2816, 1584, 8363520, 3000, 0, 8, 4},
    {4, 665856, 4352, 2448, 19975680, 6000, 0, 16, 6},
    {5, 1065024, 5504, 3096, 31950720, 10000, 0, 16, 6},
    {8, 2359296, 6144, 3456, 70778880, 12000, 30000, 32, 8},
    {9, 2359296, 6144, 3456, 141557760, 20000, 50000, 32, 8},
    {12, 8912896, 8192, 4352, 267386880, 30000, 100000, 64, 8},
    {13, 8912896, 8192, 4352, 534773760, 40000, 160000, 64, 8},
    {14, 8912896, 8192, 4352, 1069547520, 60000, 240000, 64, 8},
    {15, 8912896, 8192, 4352, 1069547520, 60000, 240000, 64, 8},
    {16, 35651584, 16384, 8704, 1069547520, 60000, 240000, 128, 16},
    {17, 35651584, 16384, 8704, 2139095040, 100000, 480000, 128, 16},
    {18, 35651584, 16384, 8704, 4278190080, 160000, 800000, 128, 16},
    {19, 35651584, 16384, 8704, 4278190080, 160000, 800000, 128, 16},
};

constexpr const char* level_names[] = {"2.0", "2.1", "2.2", "2.3", "3.0", "3.1", "3.2", "3.3",
                                       "4.0", "4.1", "4.2", "4.3", "5.0", "5.1", "5.2", "5.3",
                                       "6.0", "6.1", "6.2", "6.3", "7.0", "7.1", "7.2", "7.3"};

bool holds(const LevelLimits& level, const LevelRequest& request, Tier tier) {
  const uint64_t samples = uint64_t{request.width} * request.height;
  if (request.width > level.max_width || request.height > level.max_height) return false;
  if (samples > level.max_picture_size) return false;
  // samples * fps_n / fps_d <= rate, free of rounding; the picture size just checked bounds it.
  if (samples * request.fps_n > level.max_display_rate * request.fps_d) return false;
  if (request.tiles > level.max_tiles) return false;
  if (request.tile_columns > level.max_tile_columns) return false;
  const uint64_t kbit_per_s = tier == Tier::High ? level.high_bitrate : level.main_bitrate;
  if (kbit_per_s == 0) return false;
  return request.bitrate <= kbit_per_s * 1000 * (request.seq_profile + 1);
}

}  // namespace

const char* tier_name(Tier tier) { return tier == Tier::High ? "high" : "main"; }

const char* level_name(unsigned seq_level_idx) {
  return seq_level_idx < std::size(level_names) ? level_names[seq_level_idx] : nullptr;
}

std::optional<uint8_t> level_index(std::string_view name) {
  for (unsigned i = 0; i < std::size(level_names); i++) {
    if (name == level_names[i]) return static_cast<uint8_t>(i);
  }
  return std::nullopt;
}

uint8_t level_for(const LevelRequest& request, Tier tier) {
  for (const LevelLimits& level : level_limits) {
    if (holds(level, request, tier)) return level.seq_level_idx;
  }
  return level_maximum;
}

}  // namespace av1hw
