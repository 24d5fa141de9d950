// SPDX-License-Identifier: LGPL-2.1-or-later
// Names tests that take an element after it.
#pragma once

#include <glib.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace av1hw::test {

// gtest takes letters and digits only.
inline std::string decoder_test_name(const testing::TestParamInfo<std::string>& tested) {
  std::string name = tested.param;
  std::ranges::replace_if(name, [](char c) { return !g_ascii_isalnum(c); }, '_');
  return name;
}

}  // namespace av1hw::test
