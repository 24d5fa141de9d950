// SPDX-License-Identifier: LGPL-2.1-or-later
// Puts the table of encoder properties onto GObject classes, and moves values to and from settings.
#include "elements/encoder_properties.h"

#include <string>

namespace av1hw {
namespace {

constexpr GEnumValue rate_control_values[] = {
    {static_cast<gint>(RateControl::Auto),
     "vbr where a bitrate is set (cbr with low-latency), else cq", "auto"},
    {static_cast<gint>(RateControl::Cqp), "Constant quantizer for all frames", "cqp"},
    {static_cast<gint>(RateControl::Cq),
     "Constant quality (crf): the quantizer follows the content", "cq"},
    {static_cast<gint>(RateControl::Vbr), "Average bitrate", "vbr"},
    {static_cast<gint>(RateControl::Cbr), "Bitrate held within a short window", "cbr"},
};

constexpr GEnumValue tune_values[] = {
    {static_cast<gint>(Tune::Default), "The encoder's choice", "default"},
    {static_cast<gint>(Tune::Psnr), "Peak signal to noise ratio", "psnr"},
    {static_cast<gint>(Tune::Ssim), "Structural similarity", "ssim"},
    {static_cast<gint>(Tune::Visual), "Visual quality", "visual"},
};

constexpr GEnumValue multipass_values[] = {
    {static_cast<gint>(MultiPass::Auto), "The encoder's choice", "auto"},
    {static_cast<gint>(MultiPass::Off), "None", "off"},
    {static_cast<gint>(MultiPass::Quarter), "One, at half the width and height", "quarter"},
    {static_cast<gint>(MultiPass::Full), "One, at full size", "full"},
};

struct Choices {
  const char* name;
  std::span<const GEnumValue> values;
};

Choices choices_of(EncoderPropertyKind kind) {
  if (kind == EncoderPropertyKind::RateControlChoice) return {"RateControl", rate_control_values};
  if (kind == EncoderPropertyKind::MultiPassChoice) return {"MultiPass", multipass_values};
  return {"Tune", tune_values};
}

// The enumeration of the values whose bits are set in `mask`; GLib keeps the array for ever.
GType choice_type(EncoderPropertyKind kind, unsigned mask, const char* type_name) {
  const Choices all = choices_of(kind);
  const auto whole = static_cast<unsigned>((1U << all.values.size()) - 1);
  if (mask == 0) mask = whole;
  const std::string name = (mask == whole ? "Av1HwEncoder" : type_name) + std::string(all.name);
  if (const GType known = g_type_from_name(name.c_str())) return known;
  auto* values = g_new0(GEnumValue, all.values.size() + 1);
  size_t n = 0;
  for (const GEnumValue& value : all.values) {
    if (mask & (1U << value.value)) values[n++] = value;
  }
  return g_enum_register_static(g_intern_string(name.c_str()), values);
}

GParamSpec* make_param_spec(const EncoderPropertySpec& spec, const EncoderPropertySupport& support,
                            const char* type_name) {
  auto flags = static_cast<GParamFlags>(
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
      (spec.mutable_playing ? GST_PARAM_MUTABLE_PLAYING : GST_PARAM_MUTABLE_READY));
  const unsigned default_value = support.default_value.value_or(spec.default_value);
  switch (spec.kind) {
  case EncoderPropertyKind::Number:
    return g_param_spec_uint(spec.name, spec.nick, spec.blurb,
                             support.minimum.value_or(spec.minimum),
                             support.maximum.value_or(spec.maximum), default_value, flags);
  case EncoderPropertyKind::Flag:
    return g_param_spec_boolean(spec.name, spec.nick, spec.blurb, default_value != 0, flags);
  case EncoderPropertyKind::RateControlChoice:
  case EncoderPropertyKind::TuneChoice:
  case EncoderPropertyKind::MultiPassChoice: break;
  }
  return g_param_spec_enum(spec.name, spec.nick, spec.blurb,
                           choice_type(spec.kind, support.choices, type_name),
                           static_cast<gint>(default_value), flags);
}

const EncoderPropertySpec* spec_of(guint id) {
  return id >= 1 && id <= encoder_property_count
             ? &encoder_property(static_cast<EncoderProperty>(id))
             : nullptr;
}

const char* choice_nick(EncoderPropertyKind kind, unsigned value) {
  for (const GEnumValue& v : choices_of(kind).values) {
    if (static_cast<unsigned>(v.value) == value) return v.value_nick;
  }
  return "";
}

// `value` initialised for a property of type `pspec`, or not, where it does not fit.
bool value_for(const EncoderPropertySpec& spec, unsigned number, const GParamSpec* pspec,
               GValue* value) {
  g_value_init(value, pspec->value_type);
  if (G_IS_PARAM_SPEC_ENUM(pspec)) {
    const GEnumValue* match = g_enum_get_value_by_nick(G_PARAM_SPEC_ENUM(pspec)->enum_class,
                                                       choice_nick(spec.kind, number));
    if (match) g_value_set_enum(value, match->value);
    return match != nullptr;
  }
  GValue from = G_VALUE_INIT;
  g_value_init(&from, G_TYPE_UINT);
  g_value_set_uint(&from, number);
  return g_value_transform(&from, value);
}

}  // namespace

std::vector<EncoderPropertySupport> all_encoder_properties() {
  std::vector<EncoderPropertySupport> all;
  for (const EncoderPropertySpec& spec : encoder_property_table()) all.push_back({.id = spec.id});
  return all;
}

EncoderSettings default_encoder_settings(std::span<const EncoderPropertySupport> supported) {
  EncoderSettings settings;
  for (const EncoderPropertySupport& support : supported) {
    if (support.default_value) encoder_property(support.id).set(settings, *support.default_value);
  }
  return settings;
}

void install_encoder_properties(GObjectClass* klass, const char* type_name,
                                std::span<const EncoderPropertySupport> supported) {
  for (const EncoderPropertySupport& support : supported) {
    g_object_class_install_property(
        klass, static_cast<guint>(support.id),
        make_param_spec(encoder_property(support.id), support, type_name));
  }
}

bool set_encoder_property(EncoderSettings& settings, guint id, const GValue* value) {
  const EncoderPropertySpec* spec = spec_of(id);
  if (!spec) return false;
  switch (spec->kind) {
  case EncoderPropertyKind::Number: spec->set(settings, g_value_get_uint(value)); break;
  case EncoderPropertyKind::Flag: spec->set(settings, g_value_get_boolean(value) ? 1 : 0); break;
  case EncoderPropertyKind::RateControlChoice:
  case EncoderPropertyKind::TuneChoice:
  case EncoderPropertyKind::MultiPassChoice:
    spec->set(settings, static_cast<unsigned>(g_value_get_enum(value)));
    break;
  }
  return true;
}

bool get_encoder_property(const EncoderSettings& settings, guint id, GValue* value) {
  const EncoderPropertySpec* spec = spec_of(id);
  if (!spec) return false;
  const unsigned number = spec->get(settings);
  switch (spec->kind) {
  case EncoderPropertyKind::Number: g_value_set_uint(value, number); break;
  case EncoderPropertyKind::Flag: g_value_set_boolean(value, number != 0); break;
  case EncoderPropertyKind::RateControlChoice:
  case EncoderPropertyKind::TuneChoice:
  case EncoderPropertyKind::MultiPassChoice:
    g_value_set_enum(value, static_cast<gint>(number));
    break;
  }
  return true;
}

bool forward_encoder_property(EncoderProperty id, const EncoderSettings& settings,
                              GObject* target) {
  const EncoderPropertySpec& spec = encoder_property(id);
  GParamSpec* pspec = g_object_class_find_property(G_OBJECT_GET_CLASS(target), spec.name);
  if (!pspec || !(pspec->flags & G_PARAM_WRITABLE)) return false;
  GValue value = G_VALUE_INIT;
  // A value that GObject would clamp is one that the element refuses.
  const bool fits =
      value_for(spec, spec.get(settings), pspec, &value) && !g_param_value_validate(pspec, &value);
  if (fits) g_object_set_property(target, spec.name, &value);
  g_value_unset(&value);
  return fits;
}

}  // namespace av1hw
