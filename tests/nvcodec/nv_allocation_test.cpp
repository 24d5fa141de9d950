// SPDX-License-Identifier: LGPL-2.1-or-later
// nvav1dec allocates nothing of its own for a frame, once it has decoded a few. What GStreamer and
// the driver allocate is theirs.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>

#include "elements/device_harness.h"

namespace {

std::atomic<bool> counting = false;
std::atomic<unsigned> allocations = 0;

bool is_of_plugin(const void* caller) {
  Dl_info info;
  return dladdr(caller, &info) != 0 && info.dli_fname && std::strstr(info.dli_fname, "libgstav1hw");
}

}  // namespace

// Out of line, or GCC sees memory of one of them go to the other's free() and warns.
[[gnu::noinline]] void* operator new(size_t size) {
  // Not from within dladdr(), should it ever allocate.
  if (counting && is_of_plugin(__builtin_return_address(0))) allocations++;
  if (void* memory = std::malloc(size)) return memory;
  std::abort();
}
// gtest asks in this way, which is none of the plugin's.
[[gnu::noinline]] void* operator new(size_t size, const std::nothrow_t&) noexcept {
  return std::malloc(size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace av1hw::test {
namespace {

class NvAllocation : public testing::TestWithParam<const char*> {};

TEST_P(NvAllocation, NoneForAFrame) {
  const Bytes file = test_clip("hdr10.ivf");
  const size_t units = split_ivf(file).size();
  constexpr size_t warm = 10;
  counting = true;
  DeviceHarness decoder("av1hwnvav1dec", GetParam());
  size_t frames = decoder.decode(file, 0, warm).size();
  const unsigned when_warm = allocations;
  for (size_t i = warm; i < units; i++) frames += decoder.decode(file, i, 1).size();
  const unsigned at_end = allocations;
  counting = false;
  EXPECT_FALSE(decoder.stopped());
  EXPECT_GT(frames, units / 2);
  EXPECT_GT(when_warm, 0U);
  EXPECT_EQ(at_end, when_warm);
}

INSTANTIATE_TEST_SUITE_P(Memory, NvAllocation,
                         testing::Values("video/x-raw(memory:CUDAMemory)", "video/x-raw"));

}  // namespace
}  // namespace av1hw::test
