// SPDX-License-Identifier: LGPL-2.1-or-later
// What elements post, as lines that docs/faults.md speaks of.
#pragma once

#include <gst/gst.h>

#include <string>

namespace av1hw::test {

// "GST_RESOURCE_ERROR_BUSY".
inline std::string code_name(const GError& error) {
  GEnumClass* codes = nullptr;
  std::string domain = g_quark_to_string(error.domain);
  if (error.domain == GST_RESOURCE_ERROR) {
    codes = G_ENUM_CLASS(g_type_class_ref(GST_TYPE_RESOURCE_ERROR));
  } else if (error.domain == GST_STREAM_ERROR) {
    codes = G_ENUM_CLASS(g_type_class_ref(GST_TYPE_STREAM_ERROR));
  } else if (error.domain == GST_LIBRARY_ERROR) {
    codes = G_ENUM_CLASS(g_type_class_ref(GST_TYPE_LIBRARY_ERROR));
  }
  if (!codes) return domain;
  const GEnumValue* value = g_enum_get_value(codes, error.code);
  std::string name = value ? value->value_name : domain;
  g_type_class_unref(codes);
  return name;
}

}  // namespace av1hw::test
