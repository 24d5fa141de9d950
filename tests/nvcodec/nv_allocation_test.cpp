// SPDX-License-Identifier: LGPL-2.1-or-later
// nvav1dec allocates nothing of its own for a frame, once it has decoded a few. What GStreamer and
// the driver allocate is theirs.
#include <dlfcn.h>
#include <gst/check/gstharness.h>
#include <gst/video/video.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <new>

#include "support/test_files.h"

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
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace av1hw::test {
namespace {

class NvAllocation : public testing::TestWithParam<const char*> {};

TEST_P(NvAllocation, NoneForAFrame) {
  const std::filesystem::path root = std::getenv("AV1HW_SOURCE_ROOT");
  const Bytes file = read_bytes(root / "tests" / "data" / "hdr10.ivf");
  const auto units = split_ivf(file);
  counting = true;
  GstHarness* harness = gst_harness_new("av1hwnvav1dec");
  gst_harness_set_sink_caps_str(harness, GetParam());
  gst_harness_add_propose_allocation_meta(harness, GST_VIDEO_META_API_TYPE, nullptr);
  gst_harness_set_src_caps_str(harness,
                               "video/x-av1,stream-format=obu-stream,alignment=tu,framerate=25/1");
  unsigned frames = 0;
  unsigned when_warm = 0;
  constexpr size_t warm = 10;
  for (size_t i = 0; i < units.size(); i++) {
    if (i == warm) when_warm = allocations;
    GstBuffer* unit = gst_buffer_new_memdup(units[i].data(), units[i].size());
    GST_BUFFER_PTS(unit) = i * GST_SECOND / 25;
    ASSERT_EQ(gst_harness_push(harness, unit), GST_FLOW_OK);
    while (GstBuffer* decoded = gst_harness_try_pull(harness)) {
      gst_buffer_unref(decoded);
      frames++;
    }
  }
  const unsigned at_end = allocations;
  counting = false;
  gst_harness_teardown(harness);
  EXPECT_GT(frames, units.size() / 2);
  EXPECT_GT(when_warm, 0U);
  EXPECT_EQ(at_end, when_warm);
}

INSTANTIATE_TEST_SUITE_P(Memory, NvAllocation,
                         testing::Values("video/x-raw(memory:CUDAMemory)", "video/x-raw"));

}  // namespace
}  // namespace av1hw::test
