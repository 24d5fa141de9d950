// SPDX-License-Identifier: LGPL-2.1-or-later
// Events that ask an encoder for long-term references.
#pragma once

#include <gst/gst.h>

#include <optional>

namespace av1hw {

// The structure of custom events, upstream or downstream, with the fields "mark" or "use" (uint).
inline constexpr const char* long_term_event = "av1hw-long-term-reference";

// For the next frame; as in InputFrame.
struct LongTermRequest {
  std::optional<unsigned> mark;
  std::optional<unsigned> use;
};

// Nothing: another event.
std::optional<LongTermRequest> parse_long_term_event(GstEvent* event);

}  // namespace av1hw
