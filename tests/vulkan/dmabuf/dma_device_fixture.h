// SPDX-License-Identifier: LGPL-2.1-or-later
// A Vulkan device as vkcompositor opens it, with the extensions for DMA-BUFs.
#pragma once

#include <gtest/gtest.h>

#include "vulkan/dmabuf/dma_imports.h"
#include "vulkan/element/vk_contexts.h"

namespace av1hw::test {

class DmaDeviceTest : public testing::Test {
 protected:
  void SetUp() override {
    Result<OpenVulkan> opened = contexts_.open("");
    if (!opened) GTEST_SKIP() << opened.error().message;
    opened_ = std::move(*opened);
    Result<DmaDevicePtr> made = DmaDevice::make(opened_.device.get());
    if (!made) GTEST_SKIP() << made.error().message;
    device_ = std::move(*made);
  }
  void TearDown() override {
    device_.reset();
    opened_ = {};
    contexts_.close();
  }

  ElementHandle element_{GST_ELEMENT(gst_object_ref_sink(gst_bin_new(nullptr)))};
  VkContexts contexts_{element_.get()};
  OpenVulkan opened_;
  DmaDevicePtr device_;
};

}  // namespace av1hw::test
