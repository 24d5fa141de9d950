// SPDX-License-Identifier: LGPL-2.1-or-later
// The properties of all encoder elements: one table, so that a name means the same on every
// backend.
#pragma once

#include <gst/gst.h>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "codec/encoder.h"

namespace av1hw {

// The number of a property in every class that has it. 0 is no property, as GObject wants it.
enum class EncoderProperty : guint {
  Bitrate = 1,
  MaxBitrate,
  RateControlMode,
  Quantizer,
  MinQuantizer,
  MaxQuantizer,
  GopSize,
  MinGopSize,
  BFrames,
  RefFrames,
  Preset,
  Tuning,
  TileColumns,
  TileRows,
  Threads,
  LowLatency,
  Lookahead,
  TemporalLayers,
  FilmGrain,
  ScreenContent,
  MultiPassMode,
  SpatialAq,
  TemporalAq,
  IntraRefresh,
  Lossless,
  UltraLowLatency,
  SplitEncode,
};
inline constexpr guint encoder_property_count = static_cast<guint>(EncoderProperty::SplitEncode);
// The first number that a class with these properties may use for others.
inline constexpr guint first_other_property = encoder_property_count + 1;

enum class EncoderPropertyKind : uint8_t {
  Number,
  Flag,
  RateControlChoice,
  TuneChoice,
  MultiPassChoice,
};

struct EncoderPropertySpec {
  EncoderProperty id;
  const char* name;
  const char* nick;
  const char* blurb;
  EncoderPropertyKind kind;
  unsigned minimum;
  unsigned maximum;
  unsigned default_value;
  bool mutable_playing;
  unsigned (*get)(const EncoderSettings& settings);
  void (*set)(EncoderSettings& settings, unsigned value);
};

// A property as one backend honours it; what is empty is as in the table.
struct EncoderPropertySupport {
  EncoderProperty id;
  std::optional<unsigned> minimum = {};
  std::optional<unsigned> maximum = {};
  std::optional<unsigned> default_value = {};
  // The values of a choice that are honoured, a bit each (1 << RateControl::Vbr); 0: all.
  unsigned choices = 0;
};

// All properties, by id.
std::span<const EncoderPropertySpec> encoder_property_table();
const EncoderPropertySpec& encoder_property(EncoderProperty id);
const EncoderPropertySpec* find_encoder_property(const char* name);

// Every property of the table, with its whole range: what a bin has.
std::vector<EncoderPropertySupport> all_encoder_properties();

// The settings of an element with these properties on which nothing was set.
EncoderSettings default_encoder_settings(std::span<const EncoderPropertySupport> supported);

// Installs the properties on a class whose set_property and get_property use the functions below.
// `type_name` is the element's; enumerations that have not all values are registered under it.
void install_encoder_properties(GObjectClass* klass, const char* type_name,
                                std::span<const EncoderPropertySupport> supported);

// False: `id` is not one of the table's.
bool set_encoder_property(EncoderSettings& settings, guint id, const GValue* value);
bool get_encoder_property(const EncoderSettings& settings, guint id, GValue* value);

// Sets one property of an encoder element (ours or one that follows the same names) from
// `settings`. False: it has no such property, or refuses the value; then nothing is changed.
bool forward_encoder_property(EncoderProperty id, const EncoderSettings& settings, GObject* target);

}  // namespace av1hw
