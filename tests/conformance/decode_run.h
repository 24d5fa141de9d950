// SPDX-License-Identifier: LGPL-2.1-or-later
// Decodes one stream with one element, in this process.
#pragma once

#include <string>

#include "base/result.h"
#include "manifest.h"

namespace av1hw::conformance {

struct RunOptions {
  std::string element;       // "cpuav1dec", "cpuav1dec threads=2", "av1parse ! nvav1dec"
  bool video_meta = true;    // false: downstream wants frames without padding
  std::string caps = "ANY";  // that downstream takes
  bool as_it_is = false;     // go on where the element lacks a property that the vector asks for
};

struct Decoded {
  unsigned frames = 0;
  std::string md5;
};

// ErrorCode::NotSupported says that the element lacks what the vector asks for, or refuses such a
// stream cleanly: no failure.
Result<Decoded> decode(const std::string& file, const Vector& vector, const RunOptions& options);

}  // namespace av1hw::conformance
