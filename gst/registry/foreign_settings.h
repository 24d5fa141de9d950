// SPDX-License-Identifier: LGPL-2.1-or-later
// Our encoder settings in terms of other people's encoder elements.
#pragma once

#include <gst/gst.h>

#include <set>
#include <string>
#include <vector>

#include "codec/encoder.h"

namespace av1hw {

// The encoder properties (our names) that can be put into properties of `element`; empty for
// elements that this table does not know. svtav1enc and av1enc (libaom) are known.
std::set<std::string> foreign_settings(const std::string& element);

// Sets properties of `encoder`, an element made by the factory named `element`, to what `settings`
// say. What was not asked for by name keeps the element's own default, but for the preset.
void apply_foreign_settings(const std::string& element, const EncoderSettings& settings,
                            const std::set<std::string>& asked, GObject* encoder);

}  // namespace av1hw
