// SPDX-License-Identifier: LGPL-2.1-or-later
// The list of streams that a decoder is held to, and what each has to give.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace av1hw::conformance {

struct Vector {
  std::string path;  // relative to the manifest's folder
  unsigned frames = 0;
  std::string md5;         // of all frames, as dav1d's md5 muxer writes it
  std::string dav1d_args;  // what dav1d was called with; empty: nothing
  std::vector<std::string> features;

  std::string name() const { return dav1d_args.empty() ? path : path + " " + dav1d_args; }
  // Is one of the features `feature`, or "feature=...", "feature[...]"?
  bool has(std::string_view feature) const;
};

// Reads tab-separated lines under a line of column names; path, frames and md5 must be among them.
Result<std::vector<Vector>> read_manifest(const std::string& file);

}  // namespace av1hw::conformance
