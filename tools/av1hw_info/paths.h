// SPDX-License-Identifier: LGPL-2.1-or-later
// The memory paths between the elements that a set of reports makes possible.
#pragma once

#include <string>
#include <vector>

#include "av1hw_info/collect.h"
#include "memory/memory_path.h"

namespace av1hw {

struct ElementPath {
  std::string from;  // factory names
  std::string to;
  MemoryPath path;
};

// From every usable decoder and the compositor to the compositor and every usable encoder.
std::vector<ElementPath> element_paths(const std::vector<ProbedBackend>& backends);

}  // namespace av1hw
