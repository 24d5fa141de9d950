// SPDX-License-Identifier: LGPL-2.1-or-later
// Sync files go with frames in DMA-BUFs: from one vkcompositor to another on Mesa's RADV, with a
// kernel that says what it was asked. Nothing is executed.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <format>

#include "bins/pipeline.h"
#include "fake_kernel.h"

namespace av1hw::test {
namespace {

constexpr int frames = 5;

FakeKernel* fake_kernel() {
  const auto get = reinterpret_cast<FakeKernel* (*)()>(dlsym(RTLD_DEFAULT, "av1hw_fake_kernel"));
  return get ? get() : nullptr;
}

class SyncFiles : public testing::Test {
 protected:
  void SetUp() override {
    kernel_ = fake_kernel();
    if (!kernel_) GTEST_SKIP() << "fake_kernel.cpp is not preloaded";
    kernel_->busy = kernel_->refuse_imports = false;
    for (std::atomic<int>* count :
         {&kernel_->exports_for_read, &kernel_->exports_for_write, &kernel_->imports,
          &kernel_->merges, &kernel_->semaphores_exported, &kernel_->semaphores_imported})
      *count = 0;
  }

  void play(const char* drm_format) {
    Pipeline pipeline(
        std::format("videotestsrc num-buffers={} ! video/x-raw,width=64,height=48 ! vkcompositor ! "
                    "video/x-raw(memory:DMABuf),format=DMA_DRM,drm-format=(string){} ! "
                    "vkcompositor ! video/x-raw ! fakesink",
                    frames, drm_format));
    EXPECT_TRUE(pipeline.run());
  }

  FakeKernel* kernel_ = nullptr;
};

constexpr const char* linear = "NV12";
constexpr const char* tiled = "NV12:0x0200000028a01f04";  // a DMA-BUF a plane

TEST_F(SyncFiles, AreMadeOfEachFrameForEachDmaBuf) {
  play(linear);
  EXPECT_EQ(kernel_->semaphores_exported, frames);
  EXPECT_EQ(kernel_->imports, frames);
  EXPECT_EQ(kernel_->exports_for_write, frames);
  EXPECT_EQ(kernel_->exports_for_read, frames);
  // What is ready needs no semaphore.
  EXPECT_EQ(kernel_->semaphores_imported, 0);
}

TEST_F(SyncFiles, AreOneOfAllDmaBufsOfAPicture) {
  kernel_->busy = true;
  play(tiled);
  EXPECT_EQ(kernel_->semaphores_exported, frames);
  EXPECT_EQ(kernel_->imports, 2 * frames);
  EXPECT_EQ(kernel_->exports_for_write, 2 * frames);
  EXPECT_EQ(kernel_->exports_for_read, 2 * frames);
  EXPECT_EQ(kernel_->merges, 2 * frames);
  EXPECT_EQ(kernel_->semaphores_imported, 2 * frames);
}

size_t open_descriptors() {
  size_t count = 0;
  for ([[maybe_unused]] const auto& each : std::filesystem::directory_iterator("/proc/self/fd"))
    count++;
  return count;
}

// Whatever becomes of a frame, its descriptors are closed.
TEST_F(SyncFiles, AreClosed) {
  size_t before = 0;
  for (int i = 0; i < 3; i++) {
    for (const bool busy : {false, true}) {
      kernel_->busy = busy;
      play(linear);
      play(tiled);
    }
    if (i == 0) before = open_descriptors();
  }
  // A buffer may have been on its way when they were counted first.
  EXPECT_LE(open_descriptors(), before);
}

// The CPU waits then, which nobody sees but in time.
TEST_F(SyncFiles, AreNotNeeded) {
  kernel_->refuse_imports = true;
  play(linear);
  EXPECT_EQ(kernel_->imports, 0);
  EXPECT_EQ(kernel_->semaphores_exported, frames);
}

}  // namespace
}  // namespace av1hw::test
