// SPDX-License-Identifier: LGPL-2.1-or-later
// DMA-BUFs are imported once, are forgotten with their memory, and wait for who uses them.
#include "vulkan/dmabuf/dma_imports.h"

#include <gst/allocators/gstdmabuf.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "dma_device_fixture.h"
#include "memfd.h"
#include "vulkan/dmabuf/dma_sync.h"

namespace av1hw::test {
namespace {

constexpr size_t size = 8192;

DmaPlane plane_of(const MemoryRef& memory) {
  DmaPlane plane;
  plane.memory = memory.get();
  plane.fd = gst_dmabuf_memory_get_fd(memory.get());
  plane.bytes = size;
  plane.pitch = 64;
  return plane;
}

class DmaImportsTest : public DmaDeviceTest {
 protected:
  void SetUp() override {
    DmaDeviceTest::SetUp();
    if (IsSkipped()) return;
    if (!opened_.software) GTEST_SKIP() << "a GPU takes no memfd for a DMA-BUF";
    imports_ = DmaImports::make(device_);
  }
  std::shared_ptr<DmaImports> imports_;
};

TEST_F(DmaImportsTest, AMemoryIsImportedOnce) {
  const MemoryRef memory = memfd_memory(size), other = memfd_memory(size);
  const Result<const DmaBuffer*> first = imports_->buffer(plane_of(memory));
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_NE((*first)->address(), 0u);
  const Result<const DmaBuffer*> second = imports_->buffer(plane_of(memory));
  ASSERT_TRUE(second);
  EXPECT_EQ(*first, *second);
  const Result<const DmaBuffer*> third = imports_->buffer(plane_of(other));
  ASSERT_TRUE(third);
  EXPECT_NE(*first, *third);
  EXPECT_EQ(imports_->size(), 2u);
}

TEST_F(DmaImportsTest, WhatIsFreedIsForgotten) {
  for (int i = 0; i < 100; i++) {
    const MemoryRef memory = memfd_memory(size);
    ASSERT_TRUE(imports_->buffer(plane_of(memory)));
    EXPECT_EQ(imports_->size(), 1u);
  }
  EXPECT_EQ(imports_->size(), 0u);
}

// A decoder's surfaces outlive the element that read them, and may meet the next one.
TEST_F(DmaImportsTest, MemoryMayOutliveItsImports) {
  const MemoryRef memory = memfd_memory(size);
  for (int i = 0; i < 3; i++) {
    ASSERT_TRUE(imports_->buffer(plane_of(memory)));
    imports_->clear();
    EXPECT_EQ(imports_->size(), 0u);
    imports_ = DmaImports::make(device_);
  }
}

TEST_F(DmaImportsTest, WhatHasNoWholePagesIsRefused) {
  const MemoryRef memory = memfd_memory(size);
  DmaPlane plane = plane_of(memory);
  plane.bytes = 4097;
  const Result<const DmaBuffer*> buffer = imports_->buffer(plane);
  ASSERT_FALSE(buffer);
  EXPECT_EQ(buffer.error().code, ErrorCode::InvalidData);
}

// What is no DMA-BUF has no fences, and is ready.
TEST_F(DmaImportsTest, NothingWaitsForWhatHasNoFences) {
  const MemoryRef memory = memfd_memory(size);
  const int fd = gst_dmabuf_memory_get_fd(memory.get());
  EXPECT_FALSE(export_sync_file(fd, false));
  DmaSync sync(device_);
  for (const bool for_write : {false, true}) {
    const Result<std::optional<SemaphorePoint>> wait = sync.before(std::array{fd}, for_write);
    ASSERT_TRUE(wait);
    EXPECT_FALSE(*wait);
  }
  EXPECT_FALSE(sync.publish(std::array{fd}));
}

TEST(SyncFile, IsWaitedForByTheCpu) {
  const int event = eventfd(0, EFD_CLOEXEC);
  EXPECT_FALSE(wait_for_descriptor(event, false, 0));
  EXPECT_FALSE(wait_for_descriptor(event, false, 5));
  eventfd_write(event, 1);
  EXPECT_TRUE(wait_for_descriptor(event, false, 0));
  close(event);
}

}  // namespace
}  // namespace av1hw::test
