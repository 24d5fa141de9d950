// SPDX-License-Identifier: LGPL-2.1-or-later
// A part of compose_bench.
#pragma once

namespace av1hw::test {

// Prints how many frames a second the engine composes out of system memory and back into it, for
// each way that it knows.
void bench_system_memory();

}  // namespace av1hw::test
