// SPDX-License-Identifier: LGPL-2.1-or-later
// The path that a frame takes between two kinds of memory.
#include "memory/memory_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace av1hw {
namespace {

using testing::ElementsAre;
using enum MemoryDomain;

const std::string gpu = "0000:03:00.0";

const MemoryEnd cpu_end = {{System}, {}};
const MemoryEnd va_end = {{Va, DmaBuf, System}, gpu};
const MemoryEnd vk_end = {{Vulkan, DmaBuf, System}, gpu};
const MemoryEnd cuda_end = {{Cuda, System}, gpu};
const MemoryEnd nvidia_vk_end = {{Vulkan, System}, gpu};

std::vector<FrameMove> moves(const MemoryEnd& from, const MemoryEnd& to) {
  return choose_memory_path(from, to).moves;
}

TEST(MemoryPath, OneKindOfMemoryOnOneDeviceIsHandedOn) {
  EXPECT_THAT(moves(cpu_end, cpu_end), ElementsAre(FrameMove::SameObject));
  EXPECT_THAT(moves(va_end, va_end), ElementsAre(FrameMove::SameObject));
  EXPECT_THAT(moves(cuda_end, cuda_end), ElementsAre(FrameMove::SameObject));
}

TEST(MemoryPath, VaAndVulkanMeetInADmaBuf) {
  const MemoryPath path = choose_memory_path(va_end, vk_end);
  EXPECT_THAT(path.moves, ElementsAre(FrameMove::Import));
  EXPECT_EQ(path.from, DmaBuf);
  EXPECT_EQ(memory_path_text(path), "import (memory:DMABuf -> memory:DMABuf)");
}

TEST(MemoryPath, CudaAndVulkanCostOneCopyOnTheDevice) {
  EXPECT_THAT(moves(cuda_end, nvidia_vk_end), ElementsAre(FrameMove::GpuCopy));
  EXPECT_THAT(moves(nvidia_vk_end, cuda_end), ElementsAre(FrameMove::GpuCopy));
}

// An encoder that reads CUDA memory may take Vulkan images as well: those it copies.
TEST(MemoryPath, WhatIsNotAnEndsOwnIsCopied) {
  const MemoryEnd takes_both = {{Cuda, Vulkan, System}, gpu};
  EXPECT_THAT(moves(nvidia_vk_end, takes_both), ElementsAre(FrameMove::GpuCopy));
  EXPECT_THAT(moves(cuda_end, takes_both), ElementsAre(FrameMove::SameObject));
}

TEST(MemoryPath, TheCpuNeedsUploadOrDownload) {
  EXPECT_THAT(moves(cpu_end, va_end), ElementsAre(FrameMove::Upload));
  EXPECT_THAT(moves(cuda_end, cpu_end), ElementsAre(FrameMove::Download));
}

TEST(MemoryPath, TwoDevicesGoThroughSystemMemory) {
  MemoryEnd other = va_end;
  other.device = "0000:04:00.0";
  const MemoryPath path = choose_memory_path(va_end, other);
  EXPECT_THAT(path.moves, ElementsAre(FrameMove::Download, FrameMove::Upload));
  EXPECT_EQ(memory_path_text(path), "download + upload (memory:VAMemory -> memory:VAMemory)");
}

TEST(MemoryPath, UnknownDevicesAreNotTakenForOne) {
  MemoryEnd unknown = va_end;
  unknown.device.clear();
  EXPECT_THAT(moves(unknown, unknown), ElementsAre(FrameMove::Download, FrameMove::Upload));
}

TEST(MemoryPath, AnEndThatNamesNoMemoryDoesSystemMemory) {
  EXPECT_THAT(moves(MemoryEnd{}, va_end), ElementsAre(FrameMove::Upload));
}

TEST(MemoryPath, DomainsAndCapsFeaturesAreOneToOne) {
  for (const MemoryDomain domain : {System, Va, DmaBuf, Cuda, Vulkan})
    EXPECT_EQ(memory_domain_of(memory_domain_feature(domain)), domain);
  EXPECT_FALSE(memory_domain_of("memory:GLMemory"));
}

}  // namespace
}  // namespace av1hw
