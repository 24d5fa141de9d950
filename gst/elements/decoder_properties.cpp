// SPDX-License-Identifier: LGPL-2.1-or-later
// The table of decoder properties, and the enumerations that they take.
#include "elements/decoder_properties.h"

#include <algorithm>
#include <array>

#include "elements/driver_watch.h"

namespace av1hw {
namespace {

constexpr auto flags =
    static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);

GType film_grain_type() {
  static const GEnumValue values[] = {
      {static_cast<int>(FilmGrainMode::Auto),
       "Apply; a device whose grain is not exact refuses the stream, for av1decbin to take another",
       "auto"},
      {static_cast<int>(FilmGrainMode::Apply), "Apply, exact or not", "apply"},
      {static_cast<int>(FilmGrainMode::Off), "Leave out, and drop its parameters", "off"},
      {0, nullptr, nullptr}};
  static const GType type = g_enum_register_static("Av1HwFilmGrain", values);
  return type;
}

GType decode_frame_type_type() {
  static const GEnumValue values[] = {
      {static_cast<int>(DecodeFrameType::All), "All frames", "all"},
      {static_cast<int>(DecodeFrameType::Reference), "Frames that others refer to", "reference"},
      {static_cast<int>(DecodeFrameType::Intra), "Intra and key frames", "intra"},
      {static_cast<int>(DecodeFrameType::Key), "Key frames", "key"},
      {0, nullptr, nullptr}};
  static const GType type = g_enum_register_static("Av1HwDecodeFrameType", values);
  return type;
}

GType inloop_filters_type() {
  static const GFlagsValue values[] = {
      {static_cast<guint>(InloopFilters::Deblock), "Deblocking filter", "deblock"},
      {static_cast<guint>(InloopFilters::Cdef), "Constrained directional enhancement", "cdef"},
      {static_cast<guint>(InloopFilters::Restoration), "Loop restoration", "restoration"},
      {0, nullptr, nullptr}};
  static const GType type = g_flags_register_static("Av1HwInloopFilters", values);
  return type;
}

struct PropertySpec {
  DecoderProperty id;
  GParamSpec* (*make)();
  void (*set)(DecoderSettings& settings, const GValue* value);
  void (*get)(const DecoderSettings& settings, GValue* value);
};

const std::array<PropertySpec, 10> table = {{
    {DecoderProperty::Threads,
     [] {
       return g_param_spec_uint("threads", "Threads", "Threads to decode with; 0: one a processor",
                                0, 256, 0, flags);
     },
     [](DecoderSettings& s, const GValue* v) { s.threads = g_value_get_uint(v); },
     [](const DecoderSettings& s, GValue* v) { g_value_set_uint(v, s.threads); }},
    {DecoderProperty::MaxFrameDelay,
     [] {
       return g_param_spec_uint(
           "max-frame-delay", "Maximum frame delay",
           "Frames that may be decoded at the same time; each adds a frame of latency. 1: none, "
           "each frame is output before the next is taken. 0: 1 for live input, else as many as "
           "serve speed: about the square root of threads on a CPU, 4 on a device",
           0, 256, 0, flags);
     },
     [](DecoderSettings& s, const GValue* v) { s.max_frame_delay = g_value_get_uint(v); },
     [](const DecoderSettings& s, GValue* v) { g_value_set_uint(v, s.max_frame_delay); }},
    {DecoderProperty::FilmGrain,
     [] {
       return g_param_spec_enum("film-grain", "Film grain",
                                "What to do with the film grain that the stream asks for",
                                film_grain_type(), static_cast<int>(FilmGrainMode::Auto), flags);
     },
     [](DecoderSettings& s, const GValue* v) {
       s.film_grain = static_cast<FilmGrainMode>(g_value_get_enum(v));
     },
     [](const DecoderSettings& s, GValue* v) {
       g_value_set_enum(v, static_cast<int>(s.film_grain));
     }},
    {DecoderProperty::OperatingPoint,
     [] {
       return g_param_spec_uint("operating-point", "Operating point",
                                "Which of a scalable stream's operating points to decode; 0: the "
                                "one of the highest quality. The stream's first where it has no "
                                "such point",
                                0, 31, 0, flags);
     },
     [](DecoderSettings& s, const GValue* v) { s.operating_point = g_value_get_uint(v); },
     [](const DecoderSettings& s, GValue* v) { g_value_set_uint(v, s.operating_point); }},
    {DecoderProperty::AllLayers,
     [] {
       return g_param_spec_boolean("all-layers", "All layers",
                                   "Output the frames of every spatial layer, with one timestamp; "
                                   "else those of the highest layer alone",
                                   FALSE, flags);
     },
     [](DecoderSettings& s, const GValue* v) { s.all_layers = g_value_get_boolean(v); },
     [](const DecoderSettings& s, GValue* v) { g_value_set_boolean(v, s.all_layers); }},
    {DecoderProperty::InloopFilters,
     [] {
       return g_param_spec_flags(
           "inloop-filters", "In-loop filters",
           "Filters to apply. Leaving one out is faster, and wrong: the error "
           "grows until the next key frame",
           inloop_filters_type(), static_cast<guint>(InloopFilters::All), flags);
     },
     [](DecoderSettings& s, const GValue* v) { s.inloop_filters = g_value_get_flags(v); },
     [](const DecoderSettings& s, GValue* v) { g_value_set_flags(v, s.inloop_filters); }},
    {DecoderProperty::DecodeFrameType,
     [] {
       return g_param_spec_enum("decode-frame-type", "Decoded frame types",
                                "Which frames to decode and output; the others are left out",
                                decode_frame_type_type(), static_cast<int>(DecodeFrameType::All),
                                flags);
     },
     [](DecoderSettings& s, const GValue* v) {
       s.decode_frame_type = static_cast<DecodeFrameType>(g_value_get_enum(v));
     },
     [](const DecoderSettings& s, GValue* v) {
       g_value_set_enum(v, static_cast<int>(s.decode_frame_type));
     }},
    {DecoderProperty::OutputCorrupt,
     [] {
       return g_param_spec_boolean("output-corrupt", "Output corrupt frames",
                                   "Output the frames between a loss and the next key frame, "
                                   "flagged as corrupted; else withhold them",
                                   TRUE, flags);
     },
     [](DecoderSettings& s, const GValue* v) { s.output_corrupt = g_value_get_boolean(v); },
     [](const DecoderSettings& s, GValue* v) { g_value_set_boolean(v, s.output_corrupt); }},
    {DecoderProperty::FrameSizeLimit,
     [] {
       return g_param_spec_uint64("frame-size-limit", "Frame size limit",
                                  "Largest frame to decode, in luma samples (width x height); "
                                  "larger ones are refused. 0: 142606336, level 7.3's",
                                  0, G_MAXUINT32, 0, flags);
     },
     [](DecoderSettings& s, const GValue* v) { s.frame_size_limit = g_value_get_uint64(v); },
     [](const DecoderSettings& s, GValue* v) { g_value_set_uint64(v, s.frame_size_limit); }},
    {DecoderProperty::DriverTimeout, [] { return make_driver_timeout_spec(); },
     [](DecoderSettings& s, const GValue* v) { s.driver_timeout = g_value_get_uint(v); },
     [](const DecoderSettings& s, GValue* v) { g_value_set_uint(v, s.driver_timeout); }},
}};

const PropertySpec* find(guint id) {
  const auto* found = std::ranges::find(table, static_cast<DecoderProperty>(id), &PropertySpec::id);
  return found == table.end() ? nullptr : found;
}

}  // namespace

void install_decoder_properties(GObjectClass* klass, std::span<const DecoderProperty> honoured) {
  for (const PropertySpec& property : table) {
    if (property.id != DecoderProperty::OutputCorrupt &&
        std::ranges::find(honoured, property.id) == honoured.end()) {
      continue;
    }
    g_object_class_install_property(klass, static_cast<guint>(property.id), property.make());
  }
  g_object_class_install_property(
      klass, static_cast<guint>(DecoderProperty::Stats),
      g_param_spec_boxed(
          "stats", "Statistics",
          "Counts since the element started: frames (output), dropped (late or withheld), damaged "
          "(packets), grain-dropped (frames), latency-frames-declared, "
          "latency-frames-measured (packets taken between a frame's and its output, at most), and "
          "for every way that a frame can move (same-object, import, gpu-copy, upload, download, "
          "system-copy) its -frames and -bytes",
          GST_TYPE_STRUCTURE, static_cast<GParamFlags>(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)));
}

bool set_decoder_property(DecoderSettings& settings, guint id, const GValue* value) {
  const PropertySpec* property = find(id);
  if (property) property->set(settings, value);
  return property != nullptr;
}

bool get_decoder_property(const DecoderSettings& settings, guint id, GValue* value) {
  const PropertySpec* property = find(id);
  if (property) property->get(settings, value);
  return property != nullptr;
}

}  // namespace av1hw
