// SPDX-License-Identifier: LGPL-2.1-or-later
// The waits that backends have registered.
#include "memory/frame_use.h"

#include <vector>

namespace av1hw {
namespace {

std::vector<WaitForFrame>& registered_waits() {
  static std::vector<WaitForFrame> waits;
  return waits;
}

}  // namespace

void register_frame_wait(WaitForFrame wait) { registered_waits().push_back(wait); }

void wait_until_unused(GstBuffer* frame) {
  for (const WaitForFrame wait : registered_waits()) wait(frame);
}

}  // namespace av1hw
