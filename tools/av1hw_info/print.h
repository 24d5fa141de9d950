// SPDX-License-Identifier: LGPL-2.1-or-later
// The whole picture as text and as JSON.
#pragma once

#include <string>
#include <vector>

#include "av1hw_info/collect.h"

namespace av1hw {

std::string info_text(const std::vector<ProbedBackend>& backends);

// The document that docs/av1hw-info.md describes.
std::string info_json(const std::vector<ProbedBackend>& backends);

}  // namespace av1hw
