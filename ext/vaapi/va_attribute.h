// SPDX-License-Identifier: LGPL-2.1-or-later
// Attributes that a VA surface shall have.
#pragma once

#include <va/va.h>

#include <cstdint>

namespace av1hw {

inline VASurfaceAttrib va_attribute(VASurfaceAttribType type, uint32_t value) {
  VASurfaceAttrib attribute = {};
  attribute.type = type;
  attribute.flags = VA_SURFACE_ATTRIB_SETTABLE;
  attribute.value.type = VAGenericValueTypeInteger;
  attribute.value.value.i = static_cast<int>(value);
  return attribute;
}

// What `value` points to is read in vaCreateSurfaces.
inline VASurfaceAttrib va_attribute(VASurfaceAttribType type, void* value) {
  VASurfaceAttrib attribute = {};
  attribute.type = type;
  attribute.flags = VA_SURFACE_ATTRIB_SETTABLE;
  attribute.value.type = VAGenericValueTypePointer;
  attribute.value.value.p = value;
  return attribute;
}

}  // namespace av1hw
