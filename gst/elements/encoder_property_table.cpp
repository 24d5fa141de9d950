// SPDX-License-Identifier: LGPL-2.1-or-later
// The table of all encoder properties: names, units, ranges, and what each says to a user.
#include <cstring>

#include "elements/encoder_properties.h"

namespace av1hw {
namespace {

template <auto Member>
unsigned get_member(const EncoderSettings& settings) {
  return static_cast<unsigned>(settings.*Member);
}

template <auto Member>
void set_member(EncoderSettings& settings, unsigned value) {
  using Value = std::remove_reference_t<decltype(settings.*Member)>;
  settings.*Member = static_cast<Value>(value);
}

template <auto Member>
constexpr EncoderPropertySpec number(EncoderProperty id, const char* name, const char* nick,
                                     unsigned minimum, unsigned maximum, const char* blurb,
                                     bool mutable_playing = false) {
  return {id,
          name,
          nick,
          blurb,
          EncoderPropertyKind::Number,
          minimum,
          maximum,
          static_cast<unsigned>(EncoderSettings{}.*Member),
          mutable_playing,
          get_member<Member>,
          set_member<Member>};
}

template <auto Member>
constexpr EncoderPropertySpec flag(EncoderProperty id, const char* name, const char* nick,
                                   const char* blurb) {
  return {id,
          name,
          nick,
          blurb,
          EncoderPropertyKind::Flag,
          0,
          1,
          static_cast<unsigned>(EncoderSettings{}.*Member),
          false,
          get_member<Member>,
          set_member<Member>};
}

template <auto Member>
constexpr EncoderPropertySpec choice(EncoderProperty id, EncoderPropertyKind kind, const char* name,
                                     const char* nick, unsigned last, const char* blurb) {
  return {id,
          name,
          nick,
          blurb,
          kind,
          0,
          last,
          static_cast<unsigned>(EncoderSettings{}.*Member),
          false,
          get_member<Member>,
          set_member<Member>};
}

using S = EncoderSettings;
using P = EncoderProperty;
constexpr unsigned max_kbit = 2'000'000;
constexpr unsigned max_frames = 65535;

constexpr std::array<EncoderPropertySpec, encoder_property_count> table = {{
    number<&S::bitrate>(P::Bitrate, "bitrate", "Bitrate", 0, max_kbit,
                        "Average bitrate in kbit/s (0 = none: the quantizer rules). May be changed "
                        "while playing, and then holds from the next key frame or earlier",
                        true),
    number<&S::max_bitrate>(P::MaxBitrate, "max-bitrate", "Maximum bitrate", 0, max_kbit,
                            "Highest bitrate in kbit/s (0 = the encoder's own bound)"),
    choice<&S::rate_control>(
        P::RateControlMode, EncoderPropertyKind::RateControlChoice, "rate-control", "Rate control",
        static_cast<unsigned>(RateControl::Cbr), "How the quantizer of each frame is found"),
    number<&S::quantizer>(P::Quantizer, "quantizer", "Quantizer", 0, 255,
                          "Quantizer of the cqp and cq modes, on AV1's base_q_idx scale: 0 (best) "
                          "to 255 (smallest)"),
    number<&S::min_quantizer>(
        P::MinQuantizer, "min-quantizer", "Minimum quantizer", 0, 255,
        "Lowest quantizer of the vbr and cbr modes, on AV1's base_q_idx scale "
        "(0 = no bound)"),
    number<&S::max_quantizer>(
        P::MaxQuantizer, "max-quantizer", "Maximum quantizer", 0, 255,
        "Highest quantizer of the vbr and cbr modes, on AV1's base_q_idx scale "
        "(255 = no bound)"),
    number<&S::gop_size>(P::GopSize, "gop-size", "Maximum key frame distance", 0, max_frames,
                         "Frames from one key frame to the next at most (0 = the encoder's choice, "
                         "a few seconds)"),
    number<&S::min_gop_size>(
        P::MinGopSize, "min-gop-size", "Minimum key frame distance", 0, max_frames,
        "Frames between key frames at least where a scene cut asks for one "
        "(0 = the encoder's choice). Key frames that were asked for come at once"),
    number<&S::b_frames>(P::BFrames, "b-frames", "B-frames", 0, 31,
                         "Frames between two forward predicted ones (0 = none)"),
    number<&S::ref_frames>(
        P::RefFrames, "ref-frames", "Reference frames", 0, 7,
        "Frames that one frame may be predicted from (0 = the encoder's choice)"),
    number<&S::preset>(P::Preset, "preset", "Speed preset", 1, 10,
                       "Speed against compression: 1 (slowest, smallest) to 10 (fastest)"),
    choice<&S::tune>(P::Tuning, EncoderPropertyKind::TuneChoice, "tune", "Tune",
                     static_cast<unsigned>(Tune::Visual), "What quality is measured by"),
    number<&S::tile_columns>(P::TileColumns, "tile-columns", "Tile columns", 1, 64,
                             "Columns of tiles, which can be coded in parallel, rounded up to a "
                             "power of two; small frames get fewer"),
    number<&S::tile_rows>(P::TileRows, "tile-rows", "Tile rows", 1, 64,
                          "Rows of tiles, which can be coded in parallel, rounded up to a power of "
                          "two; small frames get fewer"),
    number<&S::threads>(P::Threads, "threads", "Threads", 0, 256,
                        "Threads to encode on (0 = one a processor)"),
    flag<&S::low_latency>(P::LowLatency, "low-latency", "Low latency",
                          "Code frames in the order they come in and hold back as few as possible, "
                          "at the cost of compression"),
    number<&S::lookahead>(P::Lookahead, "lookahead", "Lookahead", 0, 250,
                          "Frames to look ahead in before one is coded (0 = the encoder's choice)"),
    number<&S::temporal_layers>(P::TemporalLayers, "temporal-layers", "Temporal layers", 1, 4,
                                "Temporal layers, of which a receiver may drop the upper ones"),
    number<&S::film_grain>(P::FilmGrain, "film-grain", "Film grain synthesis", 0, 50,
                           "Strength of the grain that is measured in the input and synthesised by "
                           "the decoder (0 = none, 8 = light, 50 = strong)"),
    flag<&S::screen_content>(
        P::ScreenContent, "screen-content", "Screen content",
        "Use the coding tools for screen content (text, graphics) on all frames; "
        "otherwise the encoder detects where they pay"),
    choice<&S::multipass>(P::MultiPassMode, EncoderPropertyKind::MultiPassChoice, "multipass",
                          "Passes before", static_cast<unsigned>(MultiPass::Full),
                          "Passes over each frame to find out what it costs, before it is coded"),
    flag<&S::spatial_aq>(P::SpatialAq, "spatial-aq", "Spatial adaptive quantization",
                         "Spend more bits where flaws are seen most, as in flat areas, at the cost "
                         "of PSNR"),
    flag<&S::temporal_aq>(P::TemporalAq, "temporal-aq", "Temporal adaptive quantization",
                          "Spend more bits on what stays on screen for long"),
    number<&S::intra_refresh>(
        P::IntraRefresh, "intra-refresh", "Intra refresh", 0, max_frames,
        "Frames in which the picture is renewed, part by part, so that after a loss no key frame "
        "is needed; gop-size is then from one renewal to the next (0 = key frames renew it)"),
    flag<&S::lossless>(P::Lossless, "lossless", "Lossless",
                       "Code so that all samples come back as they were"),
    flag<&S::ultra_low_latency>(
        P::UltraLowLatency, "ultra-low-latency", "Ultra low latency",
        "As low-latency, and with a bitrate no frame is larger than another, key frames included, "
        "so that each can be sent within a frame's time"),
    number<&S::split_encode>(P::SplitEncode, "split-encode", "Split encoding", 0, 4,
                             "Engines of the device that share each frame, which is faster and "
                             "costs some compression (0 = the driver's choice, 1 = none shares)"),
}};

consteval bool ids_match_positions() {
  for (guint i = 0; i < table.size(); i++) {
    if (static_cast<guint>(table[i].id) != i + 1) return false;
  }
  return true;
}
static_assert(ids_match_positions());

}  // namespace

std::span<const EncoderPropertySpec> encoder_property_table() { return table; }

const EncoderPropertySpec& encoder_property(EncoderProperty id) {
  return table[static_cast<guint>(id) - 1];
}

const EncoderPropertySpec* find_encoder_property(const char* name) {
  for (const EncoderPropertySpec& spec : table) {
    if (std::strcmp(spec.name, name) == 0) return &spec;
  }
  return nullptr;
}

}  // namespace av1hw
