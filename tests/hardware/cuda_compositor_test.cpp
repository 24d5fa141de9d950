// SPDX-License-Identifier: LGPL-2.1-or-later
// vkcompositor with frames in CUDA memory, on the GPU that has both: the picture is that of the way
// through system memory, and nothing takes that way.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <format>
#include <future>
#include <string>
#include <vector>

#include "frames.h"

namespace av1hw::test {
namespace {

// Why these can't run here, or "".
std::string missing() {
  for (const char* factory : {"vkcompositor", "cudaupload", "cudadownload"}) {
    GstElementFactory* found = gst_element_factory_find(factory);
    if (!found) return std::format("there is no element {}: no GPU, or no driver for it", factory);
    gst_object_unref(found);
  }
  Pipeline pipeline("vkcompositor name=c");
  if (gst_element_set_state(pipeline.element(), GST_STATE_READY) == GST_STATE_CHANGE_FAILURE)
    return "vkcompositor finds no Vulkan device";
  const Ref<GstPad> pad(
      gst_element_request_pad_simple(Ref<GstElement>(pipeline.get("c")).get(), "sink_%u"));
  const Ref<GstCaps> caps(gst_pad_query_caps(pad.get(), nullptr));
  gchar* text = gst_caps_to_string(caps.get());
  const bool cuda = std::string(text).find("memory:CUDAMemory") != std::string::npos;
  g_free(text);
  return cuda ? "" : "vkcompositor's device is not one of CUDA's";
}

class Cuda : public testing::Test {
 protected:
  void SetUp() override {
    static const std::string reason = missing();
    if (!reason.empty()) GTEST_SKIP() << reason;
  }
};

constexpr int frames = 12;
constexpr const char* cuda_memory = "(memory:CUDAMemory)";
constexpr const char* upload = "! cudaupload ! video/x-raw(memory:CUDAMemory)";
constexpr const char* download = "! cudadownload";
constexpr const char* nothing = "! identity";

// Two moving pictures, the second partly over the first and out of the canvas. `before`: elements
// between each source and the compositor; `after`: behind it, where the frames are in `memory`.
std::string scene(const std::string& format, const std::string& before, const char* memory,
                  const std::string& after, int width = 322, int height = 242) {
  return std::format(
      "vkcompositor name=c background=black sink_1::xpos=101 sink_1::ypos=90 sink_1::alpha=0.6 "
      "sink_0::width=300 sink_0::height=200 ! video/x-raw{3},format={0},width={5},height={6} "
      "{4} ! video/x-raw,format={0} ! fakesink name=sink "
      "videotestsrc num-buffers={1} pattern=ball ! video/x-raw,format={0},width=256,height=192,"
      "framerate=25/1 {2} ! c.sink_0 "
      "videotestsrc num-buffers={1} ! video/x-raw,format={0},width=190,height=130,framerate=25/1 "
      "{2} ! c.sink_1",
      format, frames, before, memory, after, width, height);
}

std::string system_scene(const std::string& format) { return scene(format, nothing, "", nothing); }

// The reference driver (tests/refdrv), with Mesa's Vulkan driver for the CPU: it shares no
// semaphores, of which the element warns, and system memory is the device's.
bool on_reference_driver() { return std::getenv("REFDRV_PROFILE"); }

bool is_expected(const std::string& warning) {
  return on_reference_driver() && warning.contains("The CPU has to wait between");
}

void expect_no_host(const Played& played) {
  EXPECT_EQ(played.moves.uploaded, 0u);
  EXPECT_EQ(played.moves.downloaded, 0u);
  for (const std::string& warning : played.warnings) EXPECT_TRUE(is_expected(warning)) << warning;
}

class CudaFormat : public Cuda, public testing::WithParamInterface<const char*> {};

TEST_P(CudaFormat, InAndOutAreImported) {
  const Played ours = play(scene(GetParam(), upload, cuda_memory, download));
  EXPECT_EQ(compare(ours.frames, play(system_scene(GetParam())).frames), "");
  expect_no_host(ours);
  EXPECT_EQ(ours.moves.frames, uint64_t{frames});
  EXPECT_EQ(ours.moves.copies, 0u);
  EXPECT_EQ(ours.moves.imports, 3u * frames);
}

INSTANTIATE_TEST_SUITE_P(Cuda, CudaFormat,
                         testing::Values("NV12", "I420", "P010_10LE", "I420_10LE", "RGBA", "BGRA"));

// What knows nothing of our pool has memory of its own.
TEST_F(Cuda, ForeignMemoryIsCopiedOnce) {
  const Played ours = play(scene("NV12", std::string(upload) + " ! identity drop-allocation=true",
                                 cuda_memory, download));
  EXPECT_EQ(compare(ours.frames, play(system_scene("NV12")).frames), "");
  expect_no_host(ours);
  EXPECT_EQ(ours.moves.copies, 2u * frames);
  EXPECT_EQ(ours.moves.copied_bytes, uint64_t{frames} * (256 * 192 + 190 * 130) * 3 / 2);
  EXPECT_EQ(ours.moves.imports, uint64_t{frames});
}

// What stands still is not copied for each frame.
TEST_F(Cuda, ForeignMemoryThatIsShownAgainIsNotCopiedAgain) {
  const auto line = [](const char* before, const char* memory, const char* after) {
    return std::format(
        "vkcompositor name=c sink_0::xpos=10 ! video/x-raw{1},format=NV12,width=320,height=240 {3} "
        "! video/x-raw,format=NV12 ! fakesink name=sink videotestsrc num-buffers=1 ! "
        "video/x-raw,format=NV12,width=256,height=192 {2} ! imagefreeze num-buffers={0} ! "
        "c.sink_0",
        frames, memory, before, after);
  };
  const Played ours = play(line(upload, cuda_memory, download));
  EXPECT_EQ(compare(ours.frames, play(line(nothing, "", nothing)).frames), "");
  expect_no_host(ours);
  EXPECT_EQ(ours.moves.copies, 1u);
  EXPECT_EQ(ours.moves.imports, 2u * frames - 1);
}

TEST_F(Cuda, InCanBeSystemMemory) {
  const Played ours = play(scene("NV12", nothing, cuda_memory, download));
  EXPECT_EQ(compare(ours.frames, play(system_scene("NV12")).frames), "");
  EXPECT_EQ(ours.moves.downloaded, 0u);
  if (on_reference_driver())
    EXPECT_EQ(ours.moves.imports, 3u * frames);
  else
    EXPECT_EQ(ours.moves.uploaded, uint64_t{frames} * (256 * 192 + 190 * 130) * 3 / 2);
}

TEST_F(Cuda, OutCanBeSystemMemory) {
  const Played ours = play(scene("NV12", upload, "", nothing));
  EXPECT_EQ(compare(ours.frames, play(system_scene("NV12")).frames), "");
  EXPECT_EQ(ours.moves.uploaded, 0u);
  EXPECT_EQ(ours.moves.imports, 2u * frames);
}

TEST_F(Cuda, OddSizes) {
  const auto line = [](const char* before, const char* memory, const char* after) {
    return scene("NV12", before, memory, after, 323, 241);
  };
  const Played ours = play(line(upload, cuda_memory, download));
  EXPECT_EQ(compare(ours.frames, play(line(nothing, "", nothing)).frames), "");
  expect_no_host(ours);
}

TEST_F(Cuda, OneCompositorFeedsAnother) {
  const auto line = [](const char* before, const char* memory, const char* after) {
    return std::format(
        "videotestsrc num-buffers={0} ! video/x-raw,format=NV12,width=640,height=360 {2} ! "
        "vkcompositor ! video/x-raw{1},format=NV12,width=400,height=300 ! "
        "vkcompositor name=c sink_0::rotation=20 ! video/x-raw{1},width=320,height=240 {3} ! "
        "video/x-raw,format=NV12 ! fakesink name=sink",
        frames, memory, before, after);
  };
  const Played ours = play(line(upload, cuda_memory, download));
  EXPECT_EQ(compare(ours.frames, play(line(nothing, "", nothing)).frames), "");
  expect_no_host(ours);
  EXPECT_EQ(ours.moves.copies, 0u);
}

TEST_F(Cuda, StartsAndStopsManyTimes) {
  Pipeline pipeline(scene("NV12", upload, cuda_memory, download));
  for (int round = 0; round < 20; round++) {
    ASSERT_TRUE(pipeline.run()) << round << pipeline.errors[0];
    pipeline.set_state(round % 2 ? GST_STATE_NULL : GST_STATE_READY);
  }
}

// A real decoder's frames, of a clip that tools/bundle brings.
class Decoded : public Cuda {
 protected:
  void SetUp() override {
    Cuda::SetUp();
    const char* folder = std::getenv("AV1HW_TEST_DATA");
    clip_ = std::string(folder ? folder : ".") + "/h264-720p.mp4";
    if (!std::filesystem::exists(clip_)) GTEST_SKIP() << "there is no " << clip_;
    GstElementFactory* decoder = gst_element_factory_find("nvh264dec");
    if (!decoder) GTEST_SKIP() << "there is no nvh264dec: this GPU does not decode H.264";
    gst_object_unref(decoder);
  }
  std::string line(const std::string& decoder, const char* memory, const char* after) const {
    return std::format(
        "vkcompositor name=c sink_0::width=960 sink_0::height=540 sink_0::xpos=20 ! "
        "video/x-raw{2},format=NV12,width=1024,height=576 {3} ! video/x-raw,format=NV12 ! "
        "fakesink name=sink filesrc location={0} ! qtdemux ! h264parse ! {1} ! c.sink_0",
        clip_, decoder, memory, after);
  }
  Played by_system_memory() const {
    return play(line("nvh264dec ! video/x-raw ! identity drop-allocation=true", "", nothing));
  }
  std::string clip_;
};

TEST_F(Decoded, StaysOnTheGpu) {
  const Played ours =
      play(line("nvh264dec ! video/x-raw(memory:CUDAMemory)", cuda_memory, download));
  EXPECT_EQ(ours.frames.size(), 90u);
  EXPECT_EQ(compare(ours.frames, by_system_memory().frames), "");
  expect_no_host(ours);
}

// The decoder writes into our pool.
TEST_F(Decoded, IntoOurPool) {
  const Played ours = play(line("nvh264dec num-output-surfaces=1 ! video/x-raw(memory:CUDAMemory)",
                                cuda_memory, download));
  EXPECT_EQ(compare(ours.frames, by_system_memory().frames), "");
  expect_no_host(ours);
  EXPECT_EQ(ours.moves.copies, 0u);
  EXPECT_EQ(ours.moves.imports, 2u * 90);
}

// This project's decoder, where CUDA has an engine for AV1 (or the reference driver is in its
// place).
TEST_F(Cuda, DecodedAv1StaysOnTheGpu) {
  GstElementFactory* decoder = gst_element_factory_find("av1hwnvav1dec");
  if (!decoder) GTEST_SKIP() << "there is no nvav1dec: this GPU does not decode AV1";
  gst_object_unref(decoder);
  const char* folder = std::getenv("AV1HW_TEST_DATA");
  const std::string clip = folder ? std::string(folder) + "/hdr10.ivf" : data_file("hdr10.ivf");
  const auto line = [&](const char* memory, const char* after) {
    return std::format(
        "vkcompositor name=c sink_0::xpos=10 ! video/x-raw{1},format=P010_10LE {2} ! "
        "video/x-raw,format=P010_10LE ! fakesink name=sink filesrc location={0} ! ivfparse ! "
        "av1parse ! av1hwnvav1dec ! video/x-raw{1} ! c.sink_0",
        clip, memory, after);
  };
  const Played ours = play(line(cuda_memory, download));
  EXPECT_EQ(ours.frames.size(), 75u);
  EXPECT_EQ(compare(ours.frames, play(line("", nothing)).frames), "");
  expect_no_host(ours);
  // It decodes into memory of its own.
  EXPECT_EQ(ours.moves.copies, 75u);
  EXPECT_EQ(ours.moves.imports, 75u);
}

// Of Vulkan Video: images in, CUDA memory out. Each picture is copied once, in the decoder's
// thread.
TEST_F(Decoded, FromVulkanToCuda) {
  GstElementFactory* decoder = gst_element_factory_find("vulkanh264dec");
  if (!decoder) GTEST_SKIP() << "there is no vulkanh264dec";
  gst_object_unref(decoder);
  const Played ours =
      play(line("vulkanh264dec ! video/x-raw(memory:VulkanImage)", cuda_memory, download));
  EXPECT_EQ(compare(ours.frames, by_system_memory().frames), "");
  expect_no_host(ours);
  EXPECT_EQ(ours.moves.copies, 90u);
  EXPECT_EQ(ours.moves.copied_bytes, 90u * 1280 * 720 * 3 / 2);
  EXPECT_EQ(ours.moves.imports, 90u);
}

// What races shows in some runs only.
TEST_F(Decoded, FromVulkanAgainAndAgain) {
  GstElementFactory* decoder = gst_element_factory_find("vulkanh264dec");
  if (!decoder) GTEST_SKIP() << "there is no vulkanh264dec";
  gst_object_unref(decoder);
  const std::vector<Frame> expected = by_system_memory().frames;
  for (int round = 0; round < 10; round++) {
    const Played ours = play(line("vulkanh264dec ! video/x-raw(memory:VulkanImage)", "", nothing));
    ASSERT_EQ(compare(ours.frames, expected), "") << round;
  }
}

// What a neighbour does that looks for a context at the same time: libgstcuda has a lock while one
// is looked for, with which it asks here.
class NeighbourInSearch {
 public:
  explicit NeighbourInSearch(GstPad* pad) : pad_(pad) {
    constexpr auto outgoing =
        static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_PUSH | GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM);
    gst_pad_add_probe(pad, outgoing, query_passes, this, nullptr);
  }
  bool was_asked() const { return !answers_.empty(); }
  bool had_to_wait() const { return had_to_wait_; }

 private:
  // Within the element's own search.
  static GstPadProbeReturn query_passes(GstPad*, GstPadProbeInfo* info, gpointer data) {
    auto* self = static_cast<NeighbourInSearch*>(data);
    const gchar* type = "";
    if (GST_QUERY_TYPE(info->data) != GST_QUERY_CONTEXT ||
        !gst_query_parse_context_type(GST_PAD_PROBE_INFO_QUERY(info), &type) ||
        std::string(type) != context_type)
      return GST_PAD_PROBE_OK;
    self->answers_.push_back(std::async(std::launch::async, [self] {
      GstQuery* query = gst_query_new_context(context_type);
      gst_pad_query(self->pad_, query);
      gst_query_unref(query);
    }));
    if (self->answers_.back().wait_for(std::chrono::seconds(10)) != std::future_status::ready)
      self->had_to_wait_ = true;
    return GST_PAD_PROBE_OK;
  }

  static constexpr const char* context_type = "gst.cuda.context";
  GstPad* const pad_;
  bool had_to_wait_ = false;
  std::vector<std::future<void>> answers_;
};

TEST_F(Cuda, NeighboursAreAnsweredWhileAContextIsLookedFor) {
  Pipeline pipeline(
      std::format("videotestsrc num-buffers=3 ! video/x-raw,format=NV12,width=64,height=48 ! "
                  "vkcompositor name=c ! video/x-raw{} ! fakesink",
                  cuda_memory));
  const Ref<GstPad> pad(
      gst_element_get_static_pad(Ref<GstElement>(pipeline.get("c")).get(), "src"));
  const NeighbourInSearch neighbour(pad.get());
  EXPECT_TRUE(pipeline.run());
  EXPECT_TRUE(neighbour.was_asked());
  EXPECT_FALSE(neighbour.had_to_wait());
}

TEST_F(Cuda, CapsChangeAllTheTime) {
  Pipeline pipeline(
      "videotestsrc is-live=true ! capsfilter name=in caps-change-mode=delayed "
      "caps=video/x-raw,format=NV12,width=64,"
      "height=64,framerate=200/1 ! cudaupload ! video/x-raw(memory:CUDAMemory) ! "
      "vkcompositor name=c ! capsfilter name=out caps-change-mode=delayed ! fakesink name=sink");
  const Ref<GstPad> sink(
      gst_element_get_static_pad(Ref<GstElement>(pipeline.get("sink")).get(), "sink"));
  const BufferCount count(sink.get());
  pipeline.set_state(GST_STATE_PLAYING);
  for (int round = 0; round < 100; round++) {
    ASSERT_TRUE(count.reaches(count.value() + 2, std::chrono::seconds(10))) << round;
    const auto set = [&](const char* name, const std::string& caps) {
      const Ref<GstCaps> parsed(gst_caps_from_string(caps.c_str()));
      g_object_set(pipeline.get(name).get(), "caps", parsed.get(), nullptr);
    };
    const int size = 64 + 6 * round;
    set("in", std::format("video/x-raw,format=NV12,width={0},height={0},framerate=200/1", size));
    set("out", std::format("video/x-raw(memory:CUDAMemory),format={0},width={1},height={1}",
                           round % 2 ? "NV12" : "I420", 400 - 2 * round));
  }
  pipeline.poll();
  EXPECT_TRUE(pipeline.errors.empty()) << pipeline.errors[0];
}

}  // namespace
}  // namespace av1hw::test
