// SPDX-License-Identifier: LGPL-2.1-or-later
// The properties by which a user steers a bin's choice, and those that show it.
#pragma once

#include <gst/gst.h>

#include <string>

#include "registry/candidate.h"

namespace av1hw {

// Counted from the number that install_policy_properties() is given.
enum class PolicyProperty : guint {
  Backend,
  Allow,
  Deny,
  Device,
  RequireHardware,
  Chosen,
  Report,
  Stats,
};
inline constexpr guint policy_property_count = 8;

void install_policy_properties(GObjectClass* klass, guint first);

// The part of a policy that properties set. Chosen, Report and Stats are the bin's to answer.
bool set_policy_property(Policy& policy, PolicyProperty id, const GValue* value);
bool get_policy_property(const Policy& policy, PolicyProperty id, GValue* value);

}  // namespace av1hw
