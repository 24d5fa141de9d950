// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads events that ask an encoder for long-term references.
#include "elements/long_term_event.h"

namespace av1hw {
namespace {

std::optional<unsigned> number(const GstStructure* structure, const char* field) {
  guint value = 0;
  if (!gst_structure_get_uint(structure, field, &value)) return std::nullopt;
  return value;
}

}  // namespace

std::optional<LongTermRequest> parse_long_term_event(GstEvent* event) {
  const GstStructure* structure = gst_event_get_structure(event);
  if (!structure || !gst_structure_has_name(structure, long_term_event)) return std::nullopt;
  return LongTermRequest{number(structure, "mark"), number(structure, "use")};
}

}  // namespace av1hw
