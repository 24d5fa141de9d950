// SPDX-License-Identifier: LGPL-2.1-or-later
// UUIDs as text.
#include "base/uuid.h"

#include <gtest/gtest.h>

#include <array>

namespace av1hw {
namespace {

TEST(Uuid, IsWrittenInFiveGroups) {
  const std::array<uint8_t, uuid_bytes> uuid = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
                                                0x00, 0x10, 0x20, 0x30, 0xf0, 0xe0, 0xd0, 0xc0};
  EXPECT_EQ(uuid_text(uuid), "01234567-89ab-cdef-0010-2030f0e0d0c0");
}

}  // namespace
}  // namespace av1hw
