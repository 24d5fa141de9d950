// SPDX-License-Identifier: LGPL-2.1-or-later
// Runs one test on every encoder element that this build has.
#pragma once

#include <gst/gst.h>
#include <gtest/gtest.h>

#include <string>

namespace av1hw::test {

inline constexpr const char* encoder_names[] = {"cpuav1enc", "cpusvtav1enc"};

class EncoderCase : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    GstElementFactory* factory = gst_element_factory_find(GetParam());
    if (!factory) GTEST_SKIP() << "this build has no " << GetParam();
    gst_object_unref(factory);
  }

  // The element at its fastest, on two threads, with more properties.
  static std::string fast(const std::string& more = {}) {
    return std::string(GetParam()) + " name=enc preset=10 threads=2 " + more;
  }

  static bool is(const char* name) { return std::string(GetParam()) == name; }
};

inline std::string encoder_case_name(const testing::TestParamInfo<const char*>& info) {
  return info.param;
}

}  // namespace av1hw::test
