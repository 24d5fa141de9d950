// SPDX-License-Identifier: LGPL-2.1-or-later
// Composes pictures with the engine, in any memory, and holds the result against the model.
#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "../composite/model.h"
#include "../composite/pictures.h"
#include "../composite/support.h"
#include "test_frame.h"
#include "vk_device_fixture.h"

namespace av1hw::test {

// A frame to compose: layers bottom up, each with its own picture.
struct Scene {
  CanvasSettings canvas;
  std::vector<const Picture*> pictures;
  std::vector<LayerInput> layers;

  Scene(const GstVideoInfo& info, BackgroundKind background = BackgroundKind::Black)
      : canvas(canvas_of(info, background)) {}
  // The settings of a layer on top of those that are there.
  LayerSettings& add(const Picture& picture, int x = 0, int y = 0, int width = -1, int height = -1);
};

class ComposeTest : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;
  CompositeEngine& engine() { return VulkanDevice::get().engine(); }

  // False: the device has no such memory.
  bool compose(const Scene& scene, Picture& result, Memory from = Memory::System,
               Memory to = Memory::System);
  // Composes, and fails where a code is further than `tolerance` from what the model has; writes
  // images of it then. False: the device has no such memory.
  bool expect_model(const Scene& scene, const std::string& name, double tolerance = 0.75,
                    Memory from = Memory::System, Memory to = Memory::System);
};

}  // namespace av1hw::test
