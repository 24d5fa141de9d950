// SPDX-License-Identifier: LGPL-2.1-or-later
// What this process holds, for tests that repeat something and want no growth.
#pragma once

#include <malloc.h>

#include <cstddef>
#include <fstream>
#include <string>

namespace av1hw::test {

inline long threads_of_process() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word && word != "Threads:") continue;
  long threads = 0;
  status >> threads;
  return threads;
}

inline long resident_bytes() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word && word != "VmRSS:") continue;
  long kilobytes = 0;
  status >> kilobytes;
  return kilobytes * 1024;
}

// Bytes that were allocated and not freed. What is resident hangs on which thread's arena they were
// taken from, and says less.
inline size_t bytes_in_use() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

}  // namespace av1hw::test
