// SPDX-License-Identifier: LGPL-2.1-or-later
// Writes UUIDs as everyone does.
#include "base/uuid.h"

#include <format>

namespace av1hw {

std::string uuid_text(std::span<const uint8_t, uuid_bytes> uuid) {
  std::string text;
  for (size_t i = 0; i < uuid.size(); i++) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += std::format("{:02x}", uuid[i]);
  }
  return text;
}

}  // namespace av1hw
