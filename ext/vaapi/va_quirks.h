// SPDX-License-Identifier: LGPL-2.1-or-later
// What is peculiar to a VA driver, by the string that it names itself with.
#pragma once

#include <string_view>

namespace av1hw {

struct VaQuirks {
  // libgstva opens displays of drivers that it knows, and of others only if GST_VA_ALL_DRIVERS is
  // set to 1.
  bool known_to_gstreamer = false;
  // Film grain differs from the specification's in a few samples, so that a decoder which applies
  // it exactly is the better choice where the user did not ask for it to be applied here.
  bool inexact_film_grain = false;
};

// Of a vaQueryVendorString().
VaQuirks va_quirks(std::string_view vendor);

}  // namespace av1hw
