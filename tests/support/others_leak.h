// SPDX-License-Identifier: LGPL-2.1-or-later
// For what a library outside of this project leaks: LeakSanitizer's suppressions go by functions on
// the stack, which most stacks do not reach.
#pragma once

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#endif

namespace av1hw::test {

// What this thread allocates while it lives is not looked for when the process ends.
#if defined(__SANITIZE_ADDRESS__)
using OthersLeak = __lsan::ScopedDisabler;
#else
struct OthersLeak {
  OthersLeak() {}
};
#endif

}  // namespace av1hw::test
