// SPDX-License-Identifier: LGPL-2.1-or-later
// av1compositebin on the GPU: four decoders' frames in CUDA memory, composited, and out in CUDA
// memory.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <format>
#include <string>
#include <vector>

#include "bins/composite_links.h"
#include "frames.h"

namespace av1hw::test {
namespace {

constexpr int inputs = 4;
constexpr uint64_t clip_frames = 90;  // of tools/bundle's h264-720p.mp4
constexpr uint64_t picture_bytes = 1280 * 720 * 3 / 2;
constexpr uint64_t canvas_bytes = 1920 * 1080 * 3 / 2;
constexpr const char* in_cuda = "nvh264dec ! video/x-raw(memory:CUDAMemory)";
constexpr const char* in_system = "nvh264dec ! video/x-raw ! identity drop-allocation=true";
constexpr const char* cuda_out = "! video/x-raw(memory:CUDAMemory),format=NV12 ! cudadownload";
constexpr const char* system_out = "! video/x-raw,format=NV12 ! identity";

class CudaCompositeBin : public testing::Test {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("AV1HW_TEST_DATA");
    clip_ = std::string(folder ? folder : ".") + "/h264-720p.mp4";
    if (!std::filesystem::exists(clip_)) GTEST_SKIP() << "there is no " << clip_;
    for (const char* name : {"av1compositebin", "vkcompositor", "nvh264dec", "cudadownload"}) {
      GstElementFactory* factory = gst_element_factory_find(name);
      if (!factory)
        GTEST_SKIP() << "there is no element " << name << ": no GPU, or no driver for it";
      gst_object_unref(factory);
    }
    Pipeline pipeline("av1compositebin name=c output=raw ! fakesink videotestsrc ! c.sink_0");
    pipeline.set_state(GST_STATE_READY);
    const std::string chosen = get_string(pipeline.get("c").get(), "chosen");
    if (chosen.find("vkcompositor") == std::string::npos)
      GTEST_SKIP() << "there is no GPU that composites: " << chosen << " was chosen";
  }
  std::string input(int number, const std::string& decoder) const {
    return std::format(" filesrc location={} ! qtdemux ! h264parse ! {} ! c.sink_{}", clip_,
                       decoder, number);
  }
  std::string line(const std::vector<std::string>& decoders, const std::string& after) const {
    std::string text = std::format(
        "av1compositebin name=c output=raw width=1920 height=1080 {} ! video/x-raw,format=NV12 ! "
        "fakesink name=sink",
        after);
    for (int i = 0; i < inputs; i++)
      text += input(i, decoders[static_cast<size_t>(i) % decoders.size()]);
    return text;
  }
  Played by_system_memory() const { return play(line({in_system}, system_out)); }

  std::string clip_;
};

TEST_F(CudaCompositeBin, FourDecodersStayOnTheGpu) {
  const Played ours = play(line({in_cuda}, cuda_out));
  EXPECT_EQ(ours.frames.size(), clip_frames);
  EXPECT_EQ(ours.moves.uploaded, 0u);
  EXPECT_EQ(ours.moves.downloaded, 0u);
  EXPECT_EQ(compare(ours.frames, by_system_memory().frames), "");
  EXPECT_TRUE(ours.warnings.empty()) << ours.warnings[0];
}

// Nobody asks for it: the decoder and the download meet the bin, and all agree on CUDA memory.
TEST_F(CudaCompositeBin, CudaMemoryIsAgreedOnUnasked) {
  const std::string text = line({"nvh264dec"}, "! cudadownload");
  Pipeline pipeline(text);
  ASSERT_TRUE(pipeline.run());
  const std::vector<Link> all = links(pipeline);
  ASSERT_EQ(all.size(), inputs + 1u);
  for (const Link& link : all) {
    EXPECT_EQ(link.memory, "memory:CUDAMemory") << link.from << " -> " << link.to;
    EXPECT_EQ(link.adapter, "") << link.from << " -> " << link.to;
  }
  pipeline.set_state(GST_STATE_NULL);
  const Played ours = play(text);
  EXPECT_EQ(ours.moves.uploaded + ours.moves.downloaded, 0u);
}

TEST_F(CudaCompositeBin, OnlyWhatIsInSystemMemoryIsUploaded) {
  const Played ours = play(line({in_cuda, in_system}, cuda_out));
  EXPECT_EQ(ours.moves.uploaded, 2 * clip_frames * picture_bytes);
  EXPECT_EQ(ours.moves.downloaded, 0u);
  EXPECT_EQ(compare(ours.frames, by_system_memory().frames), "");
}

// The one way to system memory is the last.
TEST_F(CudaCompositeBin, OnlyTheCanvasIsDownloaded) {
  const Played ours = play(line({in_cuda}, system_out));
  EXPECT_EQ(ours.moves.uploaded, 0u);
  EXPECT_EQ(ours.moves.downloaded, clip_frames * canvas_bytes);
  EXPECT_EQ(compare(ours.frames, by_system_memory().frames), "");
}

TEST_F(CudaCompositeBin, FromCudaToVulkanImages) {
  const Played ours =
      play(line({in_cuda}, "! video/x-raw(memory:VulkanImage),format=NV12 ! vulkandownload"));
  EXPECT_EQ(ours.moves.uploaded + ours.moves.downloaded, 0u);
  EXPECT_EQ(compare(ours.frames, by_system_memory().frames), "");
}

// GStreamer's compositor gets what a download makes of it, and the bin says so.
TEST_F(CudaCompositeBin, WithTheCpusCompositorADownloadIsPutIn) {
  Pipeline pipeline(std::format("av1compositebin name=c compositor=cpu output=raw ! fakesink {}",
                                input(0, in_cuda)));
  ASSERT_TRUE(pipeline.run());
  const std::vector<Link> all = links(pipeline);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].adapter, "cudadownload");
  EXPECT_EQ(all[0].downloaded, clip_frames * picture_bytes);
}

// In the middle of the clip; what follows goes through system memory.
TEST_F(CudaCompositeBin, FallsBackToSystemMemory) {
  Pipeline pipeline(line({in_cuda}, cuda_out));
  const Ref<GstPad> sink(
      gst_element_get_static_pad(Ref<GstElement>(pipeline.get("sink")).get(), "sink"));
  const BufferCount count(sink.get());
  const Ref<GstElement> last = pipeline.get("sink");
  g_object_set(last.get(), "sync", TRUE, nullptr);
  pipeline.set_state(GST_STATE_PLAYING);
  ASSERT_TRUE(count.reaches(20));
  fail_blender(pipeline);
  EXPECT_TRUE(pipeline.run());
  EXPECT_GT(count.value(), clip_frames - 10);
  EXPECT_TRUE(pipeline.errors.empty()) << pipeline.errors[0];
  EXPECT_NE(blender_note(pipeline).find("system memory"), std::string::npos);
  for (const Link& link : links(pipeline))
    std::printf("  %s -> %s: %s, %s, %lu bytes down, %lu up\n", link.from.c_str(), link.to.c_str(),
                link.memory.c_str(), link.adapter.c_str(), link.downloaded, link.uploaded);
}

// Without a decoder, so that it runs on the reference driver as well.
TEST(CudaCompositeBinFallback, GoesOnInSystemMemory) {
  for (const char* name : {"av1compositebin", "vkcompositor", "cudaupload", "cudadownload"}) {
    GstElementFactory* factory = gst_element_factory_find(name);
    if (!factory) GTEST_SKIP() << "there is no element " << name << ": no GPU, or no driver for it";
    gst_object_unref(factory);
  }
  const std::string input =
      "videotestsrc num-buffers=90 ! video/x-raw,format=NV12,width=320,height=240,framerate=30/1 ! "
      "cudaupload ! video/x-raw(memory:CUDAMemory) ! ";
  Pipeline pipeline(
      "av1compositebin name=c compositor=vk output=raw width=320 height=240 ! "
      "video/x-raw(memory:CUDAMemory),format=NV12 ! cudadownload ! video/x-raw,format=NV12 ! "
      "fakesink name=sink sync=true " +
      input + "c.sink_0 " + input + "c.sink_1");
  const Ref<GstPad> sink(
      gst_element_get_static_pad(Ref<GstElement>(pipeline.get("sink")).get(), "sink"));
  const BufferCount count(sink.get());
  pipeline.set_state(GST_STATE_PLAYING);
  ASSERT_TRUE(count.reaches(20));
  fail_blender(pipeline);
  EXPECT_TRUE(pipeline.run());
  EXPECT_GT(count.value(), 80u);
  EXPECT_TRUE(pipeline.errors.empty()) << pipeline.errors[0];
  EXPECT_NE(blender_note(pipeline).find("system memory"), std::string::npos);
}

}  // namespace
}  // namespace av1hw::test
