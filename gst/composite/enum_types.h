// SPDX-License-Identifier: LGPL-2.1-or-later
// GObject's enumerations of what a compositor's properties choose from.
#pragma once

#include <glib-object.h>

namespace av1hw {

GType sizing_policy_type();
GType blend_operator_type();
GType scale_filter_type();
GType tone_map_type();
GType blend_gamma_type();
GType background_kind_type();

}  // namespace av1hw
