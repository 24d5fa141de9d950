// SPDX-License-Identifier: LGPL-2.1-or-later
// vkcompositor on a device that is lost: what it has in common with others, and frames in its
// memory. What else a user sees of it is in docs/faults.md, and tested by faults-vkcompositor.
#include <gst/video/video.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <format>
#include <string>

#include "bins/pipeline.h"

namespace av1hw::test {
namespace {

// What fault_layer/ reads when an instance is made.
class Faults {
 public:
  explicit Faults(const std::string& script) { g_setenv("AV1HW_VK_FAULTS", script.c_str(), TRUE); }
  ~Faults() { g_unsetenv("AV1HW_VK_FAULTS"); }
};

std::string source(int frames) {
  return std::format(
      "videotestsrc num-buffers={} pattern=ball ! "
      "video/x-raw,format=NV12,width=64,height=48,framerate=25/1",
      frames);
}

guint64 stat(const Pipeline& pipeline, const char* element, const char* field) {
  const Ref<GstStructure> stats = get_structure(pipeline.get(element).get(), "stats");
  guint64 value = G_MAXUINT64;
  EXPECT_TRUE(gst_structure_get_uint64(stats.get(), field, &value)) << field;
  return value;
}

gpointer device_of(const Pipeline& pipeline, const char* element) {
  GstQuery* query = gst_query_new_context("gst.vulkan.device");
  GstContext* context = nullptr;
  gpointer device = nullptr;
  if (gst_element_query(pipeline.get(element).get(), query))
    gst_query_parse_context(query, &context);
  if (context)
    device = g_value_get_object(
        gst_structure_get_value(gst_context_get_structure(context), "gst.vulkan.device"));
  gst_query_unref(query);
  return device;
}

bool says(const std::vector<std::string>& messages, const std::string& text) {
  return std::ranges::any_of(messages, [&](const auto& each) { return each.contains(text); });
}

TEST(VkCompositorLoss, TwoThatShareTheDeviceShareTheNextOne) {
  const Faults faults("lose device from 20");
  Pipeline pipeline(source(40) + " ! vkcompositor name=a ! vkcompositor name=b ! fakesink name=s");
  const BufferCount count(
      Ref<GstPad>(gst_element_get_static_pad(Ref<GstElement>(pipeline.get("s")).get(), "sink"))
          .get());
  EXPECT_TRUE(pipeline.run());
  EXPECT_EQ(count.value(), 40u);
  EXPECT_EQ(stat(pipeline, "a", "device-losses"), 1u);
  EXPECT_EQ(stat(pipeline, "b", "device-losses"), 1u);
  EXPECT_NE(device_of(pipeline, "a"), nullptr);
  EXPECT_EQ(device_of(pipeline, "a"), device_of(pipeline, "b"));
}

// Pictures that are on their way in images of the lost device can't be had again; all later ones
// are.
TEST(VkCompositorLoss, ImagesGoOnInTheMemoryOfTheNextDevice) {
  const Faults faults("lose device from 20");
  Pipeline pipeline(source(40) +
                    " ! vkcompositor name=a ! video/x-raw(memory:VulkanImage) ! "
                    "vkcompositor name=b ! video/x-raw ! fakesink name=s");
  const BufferCount count(
      Ref<GstPad>(gst_element_get_static_pad(Ref<GstElement>(pipeline.get("s")).get(), "sink"))
          .get());
  EXPECT_TRUE(pipeline.run());
  EXPECT_EQ(count.value(), 40u);
  EXPECT_EQ(stat(pipeline, "a", "device-losses"), 1u);
  EXPECT_EQ(stat(pipeline, "b", "device-losses"), 1u);
  EXPECT_LE(stat(pipeline, "b", "lost-pictures"), 4u);
  EXPECT_EQ(stat(pipeline, "b", "lost-pictures") > 0,
            says(pipeline.warnings, "Pictures in the memory of a GPU that was lost are left out"));
  EXPECT_EQ(device_of(pipeline, "a"), device_of(pipeline, "b"));
}

// vulkandownload keeps the device that it has.
TEST(VkCompositorLoss, WhoCanNotChangeTheDeviceIsAnErrorThatSaysSo) {
  const Faults faults("lose device from 10");
  Pipeline pipeline(source(40) +
                    " ! vkcompositor name=a ! video/x-raw(memory:VulkanImage) ! identity ! "
                    "vulkandownload ! fakesink");
  EXPECT_FALSE(pipeline.run());
  EXPECT_TRUE(says(pipeline.errors, "the GPU was lost")) << pipeline.errors[0];
}

TEST(VkCompositorLoss, AnElementThatWasLostStartsAnew) {
  const Faults faults("lose device from 10");
  Pipeline pipeline(source(40) + " ! vkcompositor name=a ! fakesink");
  EXPECT_TRUE(pipeline.run());
  EXPECT_EQ(stat(pipeline, "a", "device-losses"), 1u);
  pipeline.set_state(GST_STATE_NULL);
  g_unsetenv("AV1HW_VK_FAULTS");
  EXPECT_TRUE(pipeline.run());
  EXPECT_EQ(stat(pipeline, "a", "device-losses"), 1u);
  EXPECT_EQ(stat(pipeline, "a", "frames"), 80u);
}

// Without the way by NULL, which opens a device before anything else.
TEST(VkCompositorLoss, ADeviceThatComesBackLaterIsOpenedThen) {
  std::string script = "lose device from 5";
  for (const char* attempt : {"1", "2", "3"})
    script +=
        std::format("; fail vkCreateDevice at {} with VK_ERROR_INITIALIZATION_FAILED", attempt);
  const Faults faults(script);
  Pipeline pipeline(source(20) + " ! vkcompositor name=a ! fakesink");
  EXPECT_FALSE(pipeline.run());
  EXPECT_TRUE(says(pipeline.errors, "and can't be opened again")) << pipeline.errors[0];
  pipeline.set_state(GST_STATE_READY);
  pipeline.poll();  // what its source has to say of the error, too
  EXPECT_TRUE(pipeline.run());
  EXPECT_EQ(stat(pipeline, "a", "frames"), 25u);
}

// Three frames in flight would take more. Sources have memory of their own, so that how far they
// are ahead makes no difference.
TEST(VkCompositorLoss, MemoryOfIdleFramesIsGivenBack) {
  const Faults faults("pretend discrete; limit memory to 10 MiB");
  constexpr const char* wide =
      "videotestsrc num-buffers=9 ! video/x-raw,format=NV12,width=1280,height=720 ! "
      "identity drop-allocation=true ! a. ";
  Pipeline pipeline(std::string("vkcompositor name=a sink_1::alpha=0.5 ! fakesink ") + wide + wide);
  EXPECT_TRUE(pipeline.run());
  EXPECT_EQ(stat(pipeline, "a", "frames"), 9u);
}

TEST(VkCompositorLoss, NoImageForACanvasIsAnErrorThatSaysSo) {
  const Faults faults("fail vkCreateImage from 8 with VK_ERROR_OUT_OF_DEVICE_MEMORY");
  Pipeline pipeline(source(40) +
                    " ! vkcompositor ! video/x-raw(memory:VulkanImage) ! vkcompositor ! fakesink");
  EXPECT_FALSE(pipeline.run());
  // The base class's, where it is the pool that gets none.
  EXPECT_TRUE(says(pipeline.errors, "the GPU has no memory for another canvas") ||
              says(pipeline.errors, "failed to activate bufferpool"));
}

// What sources write into is agreed on again: no copies after the loss but those of frames that are
// there by then.
TEST(VkCompositorLoss, NothingIsCopiedOnTheNextDeviceEither) {
  const Faults faults("lose device from 10");
  Pipeline pipeline(source(100) + " ! vkcompositor name=a ! fakesink");
  EXPECT_TRUE(pipeline.run());
  EXPECT_LE(stat(pipeline, "a", "upload-frames"), 10u);
  EXPECT_LE(stat(pipeline, "a", "download-frames"), 10u);
  EXPECT_GE(stat(pipeline, "a", "import-frames"), 90u);
}

}  // namespace
}  // namespace av1hw::test
