// SPDX-License-Identifier: LGPL-2.1-or-later
// The properties of av1compositebin.
#pragma once

#include <gst/gst.h>

#include "bins/composite_bin.h"
#include "bins/policy_properties.h"

namespace av1hw {

enum class CompositeProperty : guint {
  Layout = 1,
  Output,
  Width,
  Height,
  Framerate,
  Background,
  Compositor,
  ForceLive,
  IgnoreInactivePads,
  Latency,
};
// The policy properties follow.
inline constexpr guint first_composite_policy_id =
    static_cast<guint>(CompositeProperty::Latency) + 1;

void install_composite_properties(GObjectClass* klass);

// False: not one of CompositeProperty.
bool set_composite_property(CompositeSettings& settings, guint id, const GValue* value);
bool get_composite_property(const CompositeSettings& settings, guint id, GValue* value);

}  // namespace av1hw
