// SPDX-License-Identifier: LGPL-2.1-or-later
// Installs the policy properties, and moves values to and from a policy.
#include "bins/policy_properties.h"

#include <array>

namespace av1hw {
namespace {

// The values of the `backend` property: 0 is auto, the others are BackendKind + 1.
constexpr int backend_value(BackendKind kind) { return static_cast<int>(kind) + 1; }

GType backend_choice_type() {
  static const std::array<GEnumValue, 6> values = {{
      {0, "Whatever serves best", "auto"},
      {backend_value(BackendKind::Va), "VA-API", "va"},
      {backend_value(BackendKind::Nv), "NVIDIA NVDEC and NVENC", "nv"},
      {backend_value(BackendKind::Vk), "Vulkan Video", "vk"},
      {backend_value(BackendKind::Cpu), "Software", "cpu"},
      {0, nullptr, nullptr},
  }};
  static const GType type = g_enum_register_static("Av1HwBackendChoice", values.data());
  return type;
}

std::set<std::string> split_names(const char* text) {
  std::set<std::string> names;
  gchar** parts = g_strsplit_set(text ? text : "", ", ", -1);
  for (gchar** part = parts; *part; part++) {
    if (**part) names.insert(*part);
  }
  g_strfreev(parts);
  return names;
}

std::string join_names(const std::set<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ",") + name;
  return text;
}

constexpr auto setting =
    static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
constexpr auto reading = static_cast<GParamFlags>(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

}  // namespace

void install_policy_properties(GObjectClass* klass, guint first) {
  const auto install = [&](PolicyProperty id, GParamSpec* spec) {
    g_object_class_install_property(klass, first + static_cast<guint>(id), spec);
  };
  install(PolicyProperty::Backend,
          g_param_spec_enum("backend", "Backend", "The backend to use; nothing else is considered",
                            backend_choice_type(), 0, setting));
  install(
      PolicyProperty::Allow,
      g_param_spec_string("allow", "Allow",
                          "Comma separated names of elements or backends (va, nv, vk, cpu) that "
                          "may be used (empty = all)",
                          nullptr, setting));
  install(
      PolicyProperty::Deny,
      g_param_spec_string("deny", "Deny",
                          "Comma separated names of elements or backends (va, nv, vk, cpu) that "
                          "may not be used, even if allowed",
                          nullptr, setting));
  install(PolicyProperty::Device,
          g_param_spec_string("device", "Device",
                              "The device to use, as av1hw-info lists it: cpu, renderD128, cuda0, "
                              "vk0, ... (empty = any)",
                              nullptr, setting));
  install(PolicyProperty::RequireHardware,
          g_param_spec_boolean("require-hardware", "Require hardware",
                               "Fail rather than use the CPU", FALSE, setting));
  install(PolicyProperty::Chosen,
          g_param_spec_string("chosen", "Chosen",
                              "The element in use, with its device in brackets (empty = none yet)",
                              nullptr, reading));
  install(
      PolicyProperty::Report,
      g_param_spec_boxed("report", "Report",
                         "Every candidate with its verdict (chosen, accepted, failed, rejected) "
                         "and the reason",
                         GST_TYPE_STRUCTURE, reading));
  if (g_object_class_find_property(klass, "stats")) return;  // the codec's table has it
  install(PolicyProperty::Stats,
          g_param_spec_boxed("stats", "Statistics",
                             "What the element in use counts: frames and copies by kind (NULL = it "
                             "counts nothing, or none is in use yet)",
                             GST_TYPE_STRUCTURE, reading));
}

bool set_policy_property(Policy& policy, PolicyProperty id, const GValue* value) {
  switch (id) {
  case PolicyProperty::Backend: {
    const int choice = g_value_get_enum(value);
    policy.backend = choice ? std::optional(static_cast<BackendKind>(choice - 1)) : std::nullopt;
    return true;
  }
  case PolicyProperty::Allow: policy.allow = split_names(g_value_get_string(value)); return true;
  case PolicyProperty::Deny: policy.deny = split_names(g_value_get_string(value)); return true;
  case PolicyProperty::Device:
    policy.device = g_value_get_string(value) ? g_value_get_string(value) : "";
    return true;
  case PolicyProperty::RequireHardware:
    policy.require_hardware = g_value_get_boolean(value);
    return true;
  default: return false;
  }
}

bool get_policy_property(const Policy& policy, PolicyProperty id, GValue* value) {
  switch (id) {
  case PolicyProperty::Backend:
    g_value_set_enum(value, policy.backend ? backend_value(*policy.backend) : 0);
    return true;
  case PolicyProperty::Allow:
    g_value_set_string(value, join_names(policy.allow).c_str());
    return true;
  case PolicyProperty::Deny:
    g_value_set_string(value, join_names(policy.deny).c_str());
    return true;
  case PolicyProperty::Device: g_value_set_string(value, policy.device.c_str()); return true;
  case PolicyProperty::RequireHardware:
    g_value_set_boolean(value, policy.require_hardware);
    return true;
  default: return false;
  }
}

}  // namespace av1hw
