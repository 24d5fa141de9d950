// SPDX-License-Identifier: LGPL-2.1-or-later
// The engine allocates nothing for a frame, once it has composed a few.
#include <gtest/gtest.h>

#include "../support/count_allocations.h"
#include "compose_fixture.h"

namespace {

// Of the thread that composes: a driver's own threads are its business.
thread_local unsigned allocations = 0;

}  // namespace

void note_allocation() { allocations++; }

namespace av1hw::test {
namespace {

using Allocation = ComposeTest;

TEST_F(Allocation, IsNotDonePerFrame) {
  Picture picture(info_of(GST_VIDEO_FORMAT_NV12, 40, 24)),
      second(info_of(GST_VIDEO_FORMAT_RGBA, 20, 20));
  Scene scene(info_of(GST_VIDEO_FORMAT_NV12, 64, 48));
  picture.paint_noise(1);
  second.paint_noise(2, 0, 255);
  scene.add(picture);
  scene.add(second, 5, 5, 31, 17);
  scene.add(picture, 20, 20).alpha = 0.5;
  const FramePlan plan = *plan_frame(scene.canvas, scene.layers);
  const auto image = DeviceFrame::make(Memory::Images, picture.info(), false);
  ASSERT_TRUE(image);
  image->write(picture.frame());
  GstBuffer* buffer = gst_buffer_new();
  const std::array<SourceFrame, 3> sources = {
      SourceFrame{.planes = planes_of(picture.frame()), .keep = buffer},
      SourceFrame{.planes = planes_of(second.frame()), .keep = buffer},
      SourceFrame{.planes = image->planes(), .keep = buffer}};
  Picture result(scene.canvas.info);
  auto& frame = const_cast<GstVideoFrame&>(result.frame());
  unsigned before = 0;
  for (int i = 0; i < 12; i++) {
    // Each slot of the ring was in use by then.
    if (i == 8) before = allocations;
    const Result<Ticket> ticket = engine().compose(plan, sources, {});
    ASSERT_TRUE(ticket);
    ASSERT_TRUE(engine().download(*ticket, writable_planes_of(frame)));
  }
  EXPECT_EQ(allocations - before, 0u);
  engine().collect();
  gst_buffer_unref(buffer);
}

}  // namespace
}  // namespace av1hw::test
