// SPDX-License-Identifier: LGPL-2.1-or-later
// Replaces `operator new` of a program, of which one file includes this.
#pragma once

#include <cstdlib>
#include <new>

// That file's, called for each block that is allocated.
static void note_allocation();

void* operator new(size_t size) {
  note_allocation();
  if (void* memory = std::malloc(size)) return memory;
  std::abort();
}
// gtest asks in this way.
void* operator new(size_t size, const std::nothrow_t&) noexcept {
  note_allocation();
  return std::malloc(size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
