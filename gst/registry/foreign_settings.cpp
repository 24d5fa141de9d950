// SPDX-License-Identifier: LGPL-2.1-or-later
// Maps encoder settings onto svtav1enc and av1enc.
#include "registry/foreign_settings.h"

#include <algorithm>
#include <array>
#include <bit>
#include <format>
#include <span>
#include <string_view>

namespace av1hw {
namespace {

// What one mapping has to work with.
struct Target {
  GObject* encoder;
  std::string parameters;  // svtav1enc: "key=value:key=value"
};

using Apply = void (*)(const EncoderSettings& settings, Target& target);

struct Mapping {
  const char* setting;  // our property
  Apply apply;
};

// A property that the installed version of the element has, as text: numbers, nicks and flags
// alike.
void set(const Target& target, const char* property, const std::string& value) {
  if (g_object_class_find_property(G_OBJECT_GET_CLASS(target.encoder), property))
    gst_util_set_object_arg(target.encoder, property, value.c_str());
}

void set(const Target& target, const char* property, unsigned value) {
  set(target, property, std::to_string(value));
}

void add_parameter(Target& target, const char* key, unsigned value) {
  if (!target.parameters.empty()) target.parameters += ':';
  target.parameters += std::format("{}={}", key, value);
}

// base_q_idx (0..255) on the scale 0..63 that these two libraries take.
unsigned quantizer_63(unsigned quantizer) { return (quantizer * 63 + 127) / 255; }

unsigned tiles_log2(unsigned tiles) { return std::bit_width(std::max(tiles, 1U) - 1); }

using S = EncoderSettings;

// The presets that cpusvtav1enc takes, so that the number means the same here.
unsigned svt_preset(unsigned preset) {
  constexpr std::array<unsigned, 10> presets = {0, 1, 2, 4, 5, 6, 7, 8, 10, 12};
  return presets[std::clamp(preset, 1U, 10U) - 1];
}

// SVT-AV1 has CBR in its low delay structure alone, which svtav1enc hangs in (1.26: it waits for a
// packet that no frame is left for). So CBR is VBR here, and low-latency is missing below.
void svt_rate(const S& s, Target& t) {
  switch (effective_rate_control(s)) {
  case RateControl::Cbr:
  case RateControl::Vbr: set(t, "target-bitrate", s.bitrate); break;
  case RateControl::Cqp: set(t, "cqp", std::max(1U, quantizer_63(s.quantizer))); break;
  default:
    set(t, "crf", std::max(1U, quantizer_63(s.quantizer)));
    set(t, "max-bitrate", s.max_bitrate);
    break;
  }
}

constexpr Mapping svt_mappings[] = {
    {"bitrate", svt_rate},
    {"max-bitrate", svt_rate},
    {"rate-control", svt_rate},
    {"quantizer", svt_rate},
    {"min-quantizer",
     [](const S& s, Target& t) { set(t, "min-qp-allowed", quantizer_63(s.min_quantizer)); }},
    {"max-quantizer",
     [](const S& s, Target& t) { set(t, "max-qp-allowed", quantizer_63(s.max_quantizer)); }},
    // The frames between two key frames, without them.
    {"gop-size",
     [](const S& s, Target& t) {
       if (s.gop_size) set(t, "intra-period-length", s.gop_size - 1);
     }},
    {"preset", [](const S& s, Target& t) { set(t, "preset", svt_preset(s.preset)); }},
    {"threads", [](const S& s, Target& t) { set(t, "logical-processors", s.threads); }},
    {"tile-columns",
     [](const S& s, Target& t) { add_parameter(t, "tile-columns", tiles_log2(s.tile_columns)); }},
    {"tile-rows",
     [](const S& s, Target& t) { add_parameter(t, "tile-rows", tiles_log2(s.tile_rows)); }},
    {"lookahead", [](const S& s, Target& t) { add_parameter(t, "lookahead", s.lookahead); }},
    {"film-grain", [](const S& s, Target& t) { add_parameter(t, "film-grain", s.film_grain); }},
    {"screen-content",
     [](const S& s, Target& t) { add_parameter(t, "scm", s.screen_content ? 1 : 2); }},
};

// av1enc has no property for libaom's cq level, so the quantizer only counts where it is fixed.
void aom_rate(const S& s, Target& t) {
  switch (effective_rate_control(s)) {
  case RateControl::Cbr:
    set(t, "end-usage", "cbr");
    set(t, "target-bitrate", s.bitrate);
    break;
  case RateControl::Vbr:
    set(t, "end-usage", "vbr");
    set(t, "target-bitrate", s.bitrate);
    break;
  case RateControl::Cqp:
    set(t, "end-usage", "q");
    set(t, "min-quantizer", quantizer_63(s.quantizer));
    set(t, "max-quantizer", quantizer_63(s.quantizer));
    break;
  default: break;
  }
}

// libaom's real-time mode has presets of its own, far above those for good quality.
void aom_preset(const S& s, Target& t) {
  const bool realtime = s.preset >= 8;
  set(t, "usage-profile", realtime ? "realtime" : "good-quality");
  set(t, "cpu-used", realtime ? s.preset : s.preset - 1);
  if (realtime) set(t, "lag-in-frames", 0U);
}

constexpr Mapping aom_mappings[] = {
    {"preset", aom_preset},
    {"bitrate", aom_rate},
    {"rate-control", aom_rate},
    {"min-quantizer",
     [](const S& s, Target& t) { set(t, "min-quantizer", quantizer_63(s.min_quantizer)); }},
    {"max-quantizer",
     [](const S& s, Target& t) { set(t, "max-quantizer", quantizer_63(s.max_quantizer)); }},
    {"gop-size",
     [](const S& s, Target& t) {
       if (s.gop_size) set(t, "keyframe-max-dist", s.gop_size);
     }},
    {"threads", [](const S& s, Target& t) { set(t, "threads", s.threads); }},
    {"tile-columns",
     [](const S& s, Target& t) { set(t, "tile-columns", tiles_log2(s.tile_columns)); }},
    {"tile-rows", [](const S& s, Target& t) { set(t, "tile-rows", tiles_log2(s.tile_rows)); }},
    {"low-latency",
     [](const S& s, Target& t) {
       if (s.low_latency) set(t, "lag-in-frames", 0U);
     }},
    {"lookahead", [](const S& s, Target& t) { set(t, "lag-in-frames", s.lookahead); }},
};

std::span<const Mapping> mappings_of(const std::string& element) {
  if (element == "svtav1enc") return svt_mappings;
  if (element == "av1enc") return aom_mappings;
  return {};
}

}  // namespace

std::set<std::string> foreign_settings(const std::string& element) {
  std::set<std::string> names;
  for (const Mapping& mapping : mappings_of(element)) names.insert(mapping.setting);
  return names;
}

void apply_foreign_settings(const std::string& element, const EncoderSettings& settings,
                            const std::set<std::string>& asked, GObject* encoder) {
  Target target{encoder, {}};
  for (const Mapping& mapping : mappings_of(element)) {
    if (asked.contains(mapping.setting) || std::string_view(mapping.setting) == "preset")
      mapping.apply(settings, target);
  }
  if (!target.parameters.empty()) set(target, "parameters-string", target.parameters);
}

}  // namespace av1hw
