// SPDX-License-Identifier: LGPL-2.1-or-later
// nvav1enc with frames in Vulkan images: they are copied within the device, and the picture is the
// one that went in.
#include <gst/gst.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <format>
#include <string>

#include "frames.h"
#include "vulkan/gst_vulkan.h"

namespace av1hw::test {
namespace {

constexpr int frames = 12;
struct Size {
  int width, height;
  uint64_t bytes() const { return static_cast<uint64_t>(width * height) * 3 / 2; }
};
// vulkanupload (1.26) takes rows for as long as their samples, which others are not.
constexpr Size usual = {320, 192};
constexpr Size padded = {322, 194};
constexpr int block = 16;
// Of a block's mean; the quantizer costs some of it.
constexpr double tolerance = 4;

constexpr const char* images = "video/x-raw(memory:VulkanImage),format=NV12";

std::string source(const Size& size = usual) {
  return std::format(
      "videotestsrc pattern=ball num-buffers={} ! "
      "video/x-raw,format=NV12,width={},height={},framerate=25/1 ! ",
      frames, size.width, size.height);
}

// `before`: what makes frames of the source's that the encoder gets.
std::string encode(const std::string& before, const Size& size = usual,
                   const std::string& encoder = "av1hwnvav1enc") {
  return source(size) + before + " ! " + encoder + " name=c quantizer=40" +
         " ! av1hwcpuav1dec ! video/x-raw,format=I420 ! fakesink name=sink";
}

double mean(const Frame& frame, size_t start, int row, int x, int y, int size) {
  uint64_t sum = 0;
  for (int i = 0; i < size * size; i++)
    sum += frame.bytes.at(start + static_cast<size_t>((y + i / size) * row + x + i % size));
  return static_cast<double>(sum) / (size * size);
}

// "", or where means of blocks of a plane are not those of the source.
std::string compare_plane(const Frame& frame, const Frame& source, size_t start, int w, int h,
                          int size) {
  for (int y = 0; y + size <= h; y += size) {
    for (int x = 0; x + size <= w; x += size) {
      const double is = mean(frame, start, w, x, y, size);
      const double should = mean(source, start, w, x, y, size);
      if (std::abs(is - should) > tolerance)
        return std::format("the block at {},{} is {:.1f}, not {:.1f}", x, y, is, should);
    }
  }
  return "";
}

std::string compare_blocks(const std::vector<Frame>& played, const Size& size) {
  const std::vector<Frame> expected =
      frames_of(source(size) + "videoconvert ! video/x-raw,format=I420 ! fakesink name=sink");
  if (played.size() != expected.size())
    return std::format("{} frames instead of {}", played.size(), expected.size());
  const auto [width, height] = size;
  const size_t luma = static_cast<size_t>(width * height);
  for (size_t n = 0; n < played.size(); n++) {
    const Frame &frame = played[n], &source = expected[n];
    if (frame.bytes.size() != size.bytes()) return "frames are of another size";
    std::string differs = compare_plane(frame, source, 0, width, height, block);
    for (size_t plane = 0; plane < 2 && differs.empty(); plane++) {
      differs =
          compare_plane(frame, source, luma + plane * luma / 4, width / 2, height / 2, block / 2);
    }
    if (!differs.empty()) return std::format("frame {}: {}", n, differs);
  }
  return "";
}

std::string sink_template(const char* element) {
  GstElementFactory* factory = gst_element_factory_find(element);
  std::string text;
  for (const GList* each = factory ? gst_element_factory_get_static_pad_templates(factory)
                                   : nullptr;
       each; each = each->next) {
    auto* pad_template = static_cast<GstStaticPadTemplate*>(each->data);
    if (pad_template->direction == GST_PAD_SINK) text = pad_template->static_caps.string;
  }
  gst_clear_object(&factory);
  return text;
}

// The reference driver shares no semaphores unless a layer does (tests/vulkan/fault_layer), of
// which the element warns.
bool is_expected(const std::string& warning) {
  return std::getenv("REFDRV_PROFILE") && !std::getenv("AV1HW_VK_FAULTS") &&
         warning.contains("The CPU has to wait between");
}

void expect_copies_on_the_device(const Played& played, const Size& size = usual) {
  EXPECT_EQ(compare_blocks(played.frames, size), "");
  EXPECT_EQ(played.moves.copies, uint64_t{frames});
  EXPECT_EQ(played.moves.copied_bytes, frames * size.bytes());
  EXPECT_EQ(played.moves.uploaded, 0u);
  EXPECT_EQ(played.moves.downloaded, 0u);
  for (const std::string& warning : played.warnings) EXPECT_TRUE(is_expected(warning)) << warning;
}

// Once.
void expect_system_memory(const Played& played, const std::string& why) {
  EXPECT_EQ(compare_blocks(played.frames, usual), "");
  EXPECT_EQ(played.moves.copies, 0u);
  EXPECT_EQ(played.moves.downloaded, frames * usual.bytes());
  EXPECT_EQ(played.moves.uploaded, frames * usual.bytes());
  ASSERT_EQ(played.warnings.size(), 1u);
  EXPECT_TRUE(played.warnings[0].contains("go through system memory")) << played.warnings[0];
  EXPECT_TRUE(played.warnings[0].contains(why)) << played.warnings[0];
}

class ImageEncode : public testing::Test {
 protected:
  void SetUp() override {
    const std::string taken = sink_template("av1hwnvav1enc");
    if (taken.empty()) GTEST_SKIP() << "there is no nvav1enc: no GPU, or none that encodes AV1";
    ASSERT_TRUE(taken.contains("memory:VulkanImage")) << taken;
    for (const char* name : {"vkcompositor", "vulkanupload", "av1hwcpuav1dec"}) {
      GstElementFactory* factory = gst_element_factory_find(name);
      if (!factory) GTEST_SKIP() << "there is no element " << name;
      gst_object_unref(factory);
    }
  }
};

TEST_F(ImageEncode, OfVkcompositorStayOnTheDevice) {
  for (const Size& size : {usual, padded})
    expect_copies_on_the_device(play(encode(std::format("vkcompositor ! {}", images), size)), size);
}

// It makes no device by itself that could share anything, but takes the encoder's.
TEST_F(ImageEncode, OfGStreamersUploadStayOnTheDevice) {
  expect_copies_on_the_device(play(encode("vulkanupload")));
}

TEST_F(ImageEncode, AreKeptWhileTheEncoderHoldsThemBack) {
  expect_copies_on_the_device(
      play(encode("vulkanupload", usual, "av1hwnvav1enc b-frames=2 lookahead=8")));
}

// Which has no encoder yet when a device is asked for.
TEST_F(ImageEncode, OfTheBinStayOnTheDevice) {
  Pipeline pipeline(encode("vulkanupload", usual, "av1encbin backend=nv"));
  const Played played = play(pipeline);
  EXPECT_TRUE(pipeline.ended);
  EXPECT_TRUE(get_string(Ref<GstElement>(pipeline.get("c")).get(), "chosen").contains("nvav1enc"));
  expect_copies_on_the_device(played);
}

// Opened by the application, which knows nothing of sharing.
TEST_F(ImageEncode, OfADeviceThatSharesNothingGoThroughSystemMemory) {
  GstVulkanInstance* instance = gst_vulkan_instance_new();
  ASSERT_TRUE(gst_vulkan_instance_open(instance, nullptr));
  GstVulkanDevice* device = gst_vulkan_device_new_with_index(instance, 0);
  ASSERT_TRUE(gst_vulkan_device_open(device, nullptr));
  const auto share = [&](const Pipeline& pipeline) {
    GstContext* context = gst_context_new(GST_VULKAN_INSTANCE_CONTEXT_TYPE_STR, TRUE);
    gst_context_set_vulkan_instance(context, instance);
    gst_element_set_context(pipeline.element(), context);
    gst_context_unref(context);
    context = gst_context_new(GST_VULKAN_DEVICE_CONTEXT_TYPE_STR, TRUE);
    gst_context_set_vulkan_device(context, device);
    gst_element_set_context(pipeline.element(), context);
    gst_context_unref(context);
  };
  expect_system_memory(play(encode("vulkanupload"), share), "VK_KHR_external_memory_fd");
  gst_object_unref(device);
  gst_object_unref(instance);
}

// What vkcompositor shares with CUDA is read where it is, whatever its own pictures are in.
TEST_F(ImageEncode, CudaMemoryComesFirst) {
  const std::string from_images = std::format("vkcompositor ! {} ! ", images);
  for (const std::string& before : {std::string(), from_images, std::string("cudaupload ! ")}) {
    SCOPED_TRACE(before);
    const Played played = play(encode(before + "vkcompositor"));
    EXPECT_EQ(compare_blocks(played.frames, usual), "");
    EXPECT_EQ(played.moves.copies + played.moves.uploaded + played.moves.downloaded, 0u);
  }
}

// With a fault of the reference driver's: cuImportExternalMemory has no memory.
TEST_F(ImageEncode, RefusedByCudaGoThroughSystemMemory) {
  if (!std::getenv("REFDRV_FAULTS")) GTEST_SKIP() << "no fault is injected";
  expect_system_memory(play(encode(std::format("vkcompositor ! {}", images))),
                       "cuImportExternalMemory");
}

// Where Vulkan's device is another one than CUDA's.
TEST(ImageEncodeElsewhere, IsNotOffered) {
  const std::string taken = sink_template("av1hwnvav1enc");
  if (taken.empty()) GTEST_SKIP() << "there is no nvav1enc: no GPU, or none that encodes AV1";
  if (std::getenv("REFDRV_VULKAN") || !std::getenv("REFDRV_PROFILE"))
    GTEST_SKIP() << "the two may be one device here";
  EXPECT_TRUE(taken.contains("memory:CUDAMemory")) << taken;
  EXPECT_FALSE(taken.contains("memory:VulkanImage")) << taken;
}

}  // namespace
}  // namespace av1hw::test
