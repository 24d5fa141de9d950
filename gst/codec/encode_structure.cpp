// SPDX-License-Identifier: LGPL-2.1-or-later
// Groups of pictures, references, coded sizes and tiles.
#include "codec/encode_structure.h"

#include <algorithm>
#include <format>
#include <optional>

#include "codec/encode_rate.h"
#include "codec/frame_rate.h"

namespace av1hw {
namespace {

// Where no gop-size is asked for: players that start or seek wait for so long at most, and longer
// ones save little.
constexpr uint64_t default_gop_seconds = 4;

unsigned chosen_gop_size(const EncoderSettings& settings, const GstVideoInfo& info) {
  if (settings.gop_size != 0) return settings.gop_size;
  const FrameRate rate = frame_rate_of(info);
  const uint64_t frames = std::clamp<uint64_t>(rate.n * default_gop_seconds / rate.d, 1, 1000);
  return std::max(static_cast<unsigned>(frames), settings.min_gop_size);
}

unsigned chosen_b_frames(const EncoderSettings& settings, const EncodeLimits& limits,
                         std::vector<std::string>& warnings) {
  if (settings.b_frames == 0) return 0;
  if (is_low_latency(settings)) {
    warnings.push_back(
        std::format("b-frames={}: low-latency holds no frame back, as B-frames do; using 0",
                    settings.b_frames));
    return 0;
  }
  if (limits.backward_references == 0) {
    warnings.push_back(std::format("b-frames={}: this driver refers to no later frames; using 0",
                                   settings.b_frames));
    return 0;
  }
  // Further ones are out of reach of order hints (GopPlanner::make).
  const unsigned reach = 1U << (std::clamp(limits.tools.order_hint_bits, 3U, 8U) - 1);
  const unsigned most = std::min(max_b_frames, reach - 2);
  if (settings.b_frames <= most) return settings.b_frames;
  warnings.push_back(
      std::format("b-frames={}: at most {} can be coded; using that", settings.b_frames, most));
  return most;
}

unsigned chosen_layers(const EncoderSettings& settings, const EncodeLimits& limits,
                       std::vector<std::string>& warnings) {
  const unsigned most = std::clamp(limits.temporal_layers, 1U, max_temporal_layers);
  if (settings.temporal_layers <= most) return std::max(settings.temporal_layers, 1U);
  warnings.push_back(std::format("temporal-layers={}: this driver has {} at most; using that",
                                 settings.temporal_layers, most));
  return most;
}

void choose_references(const EncoderSettings& settings, const EncodeLimits& limits,
                       GopSettings& gop, std::vector<std::string>& warnings) {
  const bool compound = limits.low_delay_compound && limits.backward_references > 0;
  gop.low_delay_compound = compound;
  gop.forward_references = std::clamp(limits.forward_references, 1U, max_forward_references);
  gop.backward_references = gop.b_frames > 0 || compound
                                ? std::min(limits.backward_references, max_backward_references)
                                : 0;
  const unsigned asked = settings.ref_frames;
  if (asked == 0) return;
  const unsigned most = gop.forward_references + gop.backward_references;
  const unsigned least = gop.b_frames > 0 ? 2 : 1;
  const unsigned total = std::clamp(asked, least, most);
  if (total != asked)
    warnings.push_back(std::format("ref-frames={}: a frame has {} to {} here; using {}", asked,
                                   least, most, total));
  // Earlier frames first, for all frames have these.
  const unsigned backward = std::min(gop.backward_references, total / 2);
  gop.forward_references = std::min(gop.forward_references, total - backward);
  gop.backward_references = total - gop.forward_references;
}

unsigned aligned(unsigned size, unsigned alignment) {
  const unsigned mask = std::max(alignment, 1U) - 1;
  return (size + mask) & ~mask;
}

Result<> check_size(unsigned width, unsigned height, const EncodeLimits& limits) {
  if (width >= limits.min_width && width <= limits.max_width && height >= limits.min_height &&
      height <= limits.max_height)
    return {};
  return fail(ErrorCode::NotSupported,
              std::format("this driver codes {}x{} to {}x{}, not {}x{}: scale the picture, or use "
                          "another encoder",
                          limits.min_width, limits.min_height, limits.max_width, limits.max_height,
                          width, height));
}

// Of uniform tiles the numbers are what powers of two come to, and large frames have to have more
// than one: the nearest to what is asked for that the driver has.
std::optional<TileInfo> find_tiles(const TileLimits& sizes, unsigned columns, unsigned rows,
                                   const EncodeLimits& limits) {
  std::optional<TileInfo> best;
  const auto distance = [&](const TileInfo& tiles) {
    const auto apart = [](size_t a, size_t b) { return a > b ? a - b : b - a; };
    return apart(tiles.columns(), columns) + apart(tiles.rows(), rows);
  };
  for (unsigned c = 1; c <= max_tile_cols; c *= 2) {
    for (unsigned r = 1; r <= max_tile_rows; r *= 2) {
      TileInfo tiles = uniform_tiles(sizes, c, r);
      if (tiles.columns() > limits.max_tile_columns || tiles.rows() > limits.max_tile_rows ||
          !fits(tiles, sizes))
        continue;
      if (!best || distance(tiles) < distance(*best)) best = std::move(tiles);
    }
  }
  return best;
}

Result<TileInfo> choose_tiles(const EncoderSettings& settings, unsigned width, unsigned height,
                              const EncodeLimits& limits, std::vector<std::string>& warnings) {
  const TileLimits sizes = tile_limits(width, height, limits.tools.use_128x128_superblock);
  auto tiles = find_tiles(sizes, settings.tile_columns, settings.tile_rows, limits);
  if (!tiles)
    return fail(
        ErrorCode::NotSupported,
        std::format("frames of {}x{} are coded in several tiles, and this driver has {} x {} "
                    "at most",
                    width, height, limits.max_tile_columns, limits.max_tile_rows));
  const auto warn = [&](const char* property, unsigned asked, size_t used) {
    if (asked != used)
      warnings.push_back(
          std::format("{}={}: not with this driver and size; using {}", property, asked, used));
  };
  // Frames of more than 4096 samples have several, whatever is asked for.
  if (settings.tile_columns > 1) warn("tile-columns", settings.tile_columns, tiles->columns());
  if (settings.tile_rows > 1) warn("tile-rows", settings.tile_rows, tiles->rows());
  tiles->tile_size_bytes = static_cast<uint8_t>(std::clamp(limits.tile_size_bytes, 1U, 4U));
  return *std::move(tiles);
}

}  // namespace

GopSettings choose_gop(const EncoderSettings& settings, const EncoderInput& input,
                       const EncodeLimits& limits, std::vector<std::string>& warnings) {
  GopSettings gop;
  gop.gop_size = chosen_gop_size(settings, input.info);
  gop.b_frames = chosen_b_frames(settings, limits, warnings);
  gop.temporal_layers = chosen_layers(settings, limits, warnings);
  gop.slots = std::clamp(limits.slots, 1U, num_ref_frames);
  gop.order_hint_bits = limits.tools.order_hint_bits;
  gop.primary_is_last = limits.primary_is_last;
  choose_references(settings, limits, gop, warnings);
  const auto is_possible = [&] { return GopPlanner::make(gop).has_value(); };
  if (gop.b_frames > 0) {
    gop.hierarchical = is_possible();  // each level takes a slot
  } else {
    gop.long_term_references = max_long_term_references;
    while (gop.long_term_references > 0 && !is_possible()) --gop.long_term_references;
  }
  return gop;
}

Result<SequenceHeader> make_sequence(const EncodeStream& stream, const EncodeLimits& limits) {
  const bool is_aligned = limits.header_size_is_aligned;
  const CodedSequence coded = {
      .info = stream.info,
      .coded_width = is_aligned ? stream.coded_width
                                : static_cast<unsigned>(GST_VIDEO_INFO_WIDTH(&stream.info)),
      .coded_height = is_aligned ? stream.coded_height
                                 : static_cast<unsigned>(GST_VIDEO_INFO_HEIGHT(&stream.info)),
      .temporal_layers = stream.temporal_layers,
      .peak_bitrate = peak_bitrate(stream.rate),
      .tile_columns = static_cast<unsigned>(stream.tiles.columns()),
      .tiles = static_cast<unsigned>(stream.tiles.columns() * stream.tiles.rows())};
  return make_sequence_header(coded, limits.tools);
}

Result<EncodeStream> make_encode_stream(const EncoderSettings& settings, const EncoderInput& input,
                                        const EncodeLimits& limits, const GopSettings& gop,
                                        const EncodeRate& rate,
                                        std::vector<std::string>& warnings) {
  const auto width = static_cast<unsigned>(GST_VIDEO_INFO_WIDTH(&input.info));
  const auto height = static_cast<unsigned>(GST_VIDEO_INFO_HEIGHT(&input.info));
  if (auto checked = check_size(width, height, limits); !checked)
    return std::unexpected(checked.error());
  EncodeStream stream;
  stream.info = input.info;
  stream.coded_width = aligned(width, limits.width_alignment);
  stream.coded_height = aligned(height, limits.height_alignment);
  const bool is_aligned = limits.header_size_is_aligned;
  auto tiles = choose_tiles(settings, is_aligned ? stream.coded_width : width,
                            is_aligned ? stream.coded_height : height, limits, warnings);
  if (!tiles) return std::unexpected(tiles.error());
  stream.tiles = *std::move(tiles);
  stream.rate = rate;
  stream.gop_size = gop.gop_size;
  stream.anchor_distance = gop.b_frames + 1;
  stream.temporal_layers = gop.temporal_layers;
  stream.pictures_in_flight = std::clamp(limits.max_in_flight, 1U, 16U);
  stream.reference_slots = gop.slots;
  auto sequence = make_sequence(stream, limits);
  if (!sequence) return std::unexpected(sequence.error());
  stream.sequence = *std::move(sequence);
  return stream;
}

}  // namespace av1hw
