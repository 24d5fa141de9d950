// SPDX-License-Identifier: LGPL-2.1-or-later
// The UUIDs that drivers know a GPU by.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace av1hw {

inline constexpr size_t uuid_bytes = 16;

// "01234567-89ab-cdef-0123-456789abcdef".
std::string uuid_text(std::span<const uint8_t, uuid_bytes> uuid);

}  // namespace av1hw
