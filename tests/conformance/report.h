// SPDX-License-Identifier: LGPL-2.1-or-later
// What came of a run: TAP while it goes on, a table by group and feature at the end.
#pragma once

#include <array>
#include <map>
#include <string>

#include "manifest.h"

namespace av1hw::conformance {

enum class State : uint8_t { Passed, Failed, Skipped };

class Report {
 public:
  // Prints a TAP line; `detail` says why a vector failed or was skipped.
  void add(const Vector& vector, State state, const std::string& detail);
  // Prints the TAP plan.
  void finish() const;
  unsigned passed() const { return total_[static_cast<size_t>(State::Passed)]; }
  unsigned failed() const { return total_[static_cast<size_t>(State::Failed)]; }
  // Writes Markdown; false when the file can't be written.
  bool write_table(const std::string& file, const std::string& element) const;

 private:
  using Counts = std::array<unsigned, 3>;

  unsigned printed_ = 0;
  Counts total_{};
  std::map<std::string, Counts> by_group_, by_feature_;
  std::string unusual_;  // table lines of what failed or was skipped
};

}  // namespace av1hw::conformance
