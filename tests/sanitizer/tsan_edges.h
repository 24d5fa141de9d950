// SPDX-License-Identifier: LGPL-2.1-or-later
// For libraries that stand before others' functions and tell ThreadSanitizer what these order.
#pragma once

#include <dlfcn.h>

// Not there in a program without instrumentation, which may be preloaded with this as well.
extern "C" {
[[gnu::weak]] void __tsan_acquire(void* address);
[[gnu::weak]] void __tsan_release(void* address);
}

namespace av1hw::tsan {

// What was done before a release() of an address comes before what is done after an acquire() of
// it.
inline void release(const void* address) {
  if (__tsan_release && address) __tsan_release(const_cast<void*>(address));
}

inline void acquire(const void* address) {
  if (__tsan_acquire && address) __tsan_acquire(const_cast<void*>(address));
}

template <typename Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace av1hw::tsan

// What a function of this name stands before.
#define REAL(name) static const auto real_function = av1hw::tsan::next<decltype(name)>(#name)
