// SPDX-License-Identifier: LGPL-2.1-or-later
// Asks NVIDIA's driver what its GPUs can decode and encode.
#pragma once

#include "nvcodec/nv_answers.h"

namespace av1hw {

NvAnswers probe_nvidia();

}  // namespace av1hw
