// SPDX-License-Identifier: LGPL-2.1-or-later
// The GObject of av1compositebin's sink pads: a ghost pad with the compositor's pad properties.
#pragma once

#include <gst/gst.h>

#include "bins/composite_input.h"

namespace av1hw {

enum class PadProperty : guint {
  Xpos = 1,
  Ypos,
  Width,
  Height,
  Alpha,
  Zorder,
  SizingPolicy,
  Operator,
  RepeatAfterEos,
  MaxLastBufferRepeat,
};

struct Av1HwCompositePad {
  GstGhostPad parent;
  CompositeInput* impl;
};
struct Av1HwCompositePadClass {
  GstGhostPadClass parent_class;
};
GType av1hw_composite_pad_get_type();

// A new pad of `pad_template` called sink_<index>, floating, with its input.
GstPad* new_composite_pad(GstPadTemplate* pad_template, guint index, CompositeOwner& owner);

// The input behind a pad of this type.
CompositeInput& input_of(GstPad* pad);

// All properties, by the name that the blender's pads have too.
inline constexpr const char* pad_property_names[] = {
    "xpos",   "ypos",          "width",    "height",           "alpha",
    "zorder", "sizing-policy", "operator", "repeat-after-eos", "max-last-buffer-repeat"};

}  // namespace av1hw
