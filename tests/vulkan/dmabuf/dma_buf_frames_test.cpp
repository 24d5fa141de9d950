// SPDX-License-Identifier: LGPL-2.1-or-later
// vkcompositor with frames in DMA-BUFs (memfds, which Mesa's CPU driver maps): the picture is that
// of system memory, however the planes lie, and nothing is copied.
#include <gst/allocators/gstdmabuf.h>
#include <gst/app/app.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <format>

#include "hardware/frames.h"
#include "memfd.h"

namespace av1hw::test {
namespace {

constexpr int frames = 3;

bool is_lavapipe() {
  const char* driver = std::getenv("VK_DRIVER_FILES");
  return driver && std::string(driver).find("lvp") != std::string::npos;
}

class DmaBufs : public testing::Test {
 protected:
  void SetUp() override {
    if (!is_lavapipe()) GTEST_SKIP() << "a GPU takes no memfd for a DMA-BUF";
  }
};

std::string raw_caps_text(const GstVideoInfo& info) {
  const Ref<GstCaps> caps(gst_video_info_to_caps(&info));
  gchar* text = gst_caps_to_string(caps.get());
  std::string result = text;
  g_free(text);
  return result;
}

// Moving pictures, rows without padding.
std::vector<Frame> pictures(const char* format, int width, int height) {
  return frames_of(
      std::format("videotestsrc num-buffers={} pattern=ball ! "
                  "video/x-raw,format={},width={},height={},framerate=25/1 ! "
                  "fakesink name=sink",
                  frames, format, width, height));
}

Ref<GstBuffer> packed(const Frame& frame) {
  MemfdLayout layout;
  return memfd_frame(frame.info, frame.bytes, layout);
}

// A compositor whose sink_0 gets `buffers`, and whose sink_1 has something on top.
struct Scene {
  Scene(const std::string& caps, std::vector<Ref<GstBuffer>> buffers,
        const std::string& canvas = "video/x-raw,format=NV12")
      : pipeline(std::format("vkcompositor name=c background=black sink_0::xpos=3 sink_0::ypos=2 "
                             "sink_1::alpha=0.5 ! {},width=96,height=80 ! fakesink name=sink "
                             "appsrc name=in format=time caps=\"{}\" ! c.sink_0 "
                             "videotestsrc num-buffers={} ! video/x-raw,format=NV12,width=32,"
                             "height=24,framerate=25/1 ! c.sink_1",
                             canvas, escaped(caps), frames)) {
    const Ref<GstElement> in = pipeline.get("in");
    GstClockTime pts = 0;
    for (Ref<GstBuffer>& buffer : buffers) {
      GST_BUFFER_PTS(buffer.get()) = pts;
      GST_BUFFER_DURATION(buffer.get()) = GST_SECOND / 25;
      pts += GST_SECOND / 25;
      gst_app_src_push_buffer(GST_APP_SRC(in.get()), buffer.release());
    }
    gst_app_src_end_of_stream(GST_APP_SRC(in.get()));
    played = play(pipeline);
  }

  static std::string escaped(const std::string& caps) {
    std::string text;
    for (const char c : caps) {
      if (c == '"' || c == '\\') text += '\\';
      text += c;
    }
    return text;
  }

  Pipeline pipeline;
  Played played;
};

Played play_dma(const std::vector<Frame>& shown, const MemfdLayout& layout) {
  std::vector<Ref<GstBuffer>> buffers;
  for (const Frame& frame : shown) buffers.push_back(memfd_frame(frame.info, frame.bytes, layout));
  Scene run(drm_caps_text(shown[0].info), std::move(buffers));
  EXPECT_TRUE(run.pipeline.ended) << (run.pipeline.errors.empty() ? "" : run.pipeline.errors[0]);
  return std::move(run.played);
}

// The same memory, as what the caps of system memory say.
Played play_system(const std::vector<Frame>& shown) {
  std::vector<Ref<GstBuffer>> buffers;
  for (const Frame& frame : shown) buffers.push_back(packed(frame));
  Scene run(raw_caps_text(shown[0].info), std::move(buffers));
  EXPECT_TRUE(run.pipeline.ended);
  return std::move(run.played);
}

void expect_imported(const Played& played) {
  EXPECT_EQ(played.moves.frames, uint64_t{frames});
  EXPECT_EQ(played.moves.imports, 2u * frames);
  EXPECT_EQ(played.moves.copies, 0u);
  EXPECT_EQ(played.moves.uploaded, 0u);
  EXPECT_EQ(played.moves.downloaded, 0u);
}

class EveryFormat : public DmaBufs, public testing::WithParamInterface<const char*> {};

TEST_P(EveryFormat, IsReadWhereItIs) {
  for (const auto& [width, height] : {std::pair{64, 48}, {33, 17}}) {
    SCOPED_TRACE(std::format("{}x{}", width, height));
    const std::vector<Frame> shown = pictures(GetParam(), width, height);
    const Played ours = play_dma(shown, {});
    expect_imported(ours);
    EXPECT_EQ(compare(ours.frames, play_system(shown).frames), "");
  }
}

INSTANTIATE_TEST_SUITE_P(DmaBufs, EveryFormat,
                         testing::Values("NV12", "P010_10LE", "I420", "YV12", "NV16", "Y444",
                                         "VUYA", "YUY2", "RGBA", "BGRA", "RGBx", "BGRx",
                                         "BGR10A2_LE"));

TEST_F(DmaBufs, PlanesMayLieAnywhere) {
  const std::vector<Frame> shown = pictures("NV12", 50, 38);
  const Played expected = play_system(shown);
  MemfdLayout offsets;
  offsets.front = 4096 + 64;
  offsets.pitch_multiple = 256;
  MemfdLayout apart;
  apart.apart = true;
  MemfdLayout apart_with_offsets = offsets;
  apart_with_offsets.apart = true;
  MemfdLayout shared;
  shared.shared = true;
  shared.front = 128;
  MemfdLayout all = apart_with_offsets;
  all.shared = true;
  for (const MemfdLayout& layout : {offsets, apart, apart_with_offsets, shared, all}) {
    SCOPED_TRACE(
        std::format("front {} apart {} shared {}", layout.front, layout.apart, layout.shared));
    const Played ours = play_dma(shown, layout);
    expect_imported(ours);
    EXPECT_EQ(compare(ours.frames, expected.frames), "");
  }
}

TEST_F(DmaBufs, WithoutMetaTheyArePacked) {
  const std::vector<Frame> shown = pictures("NV12", 64, 48);
  MemfdLayout layout;
  layout.without_meta = true;
  const Played ours = play_dma(shown, layout);
  expect_imported(ours);
  EXPECT_EQ(compare(ours.frames, play_system(shown).frames), "");
}

// A canvas in what downstream offers, since this device makes none.
TEST_F(DmaBufs, DownstreamsAreWritten) {
  for (const char* format : {"NV12", "P010", "AB24", "AR24", "YU12"}) {
    SCOPED_TRACE(format);
    const auto line = [](const std::string& caps) {
      return std::format(
          "vkcompositor name=c background=checker sink_0::xpos=5 ! {},width=70,height=50 ! "
          "appsink name=sink emit-signals=true sync=false wait-on-eos=false videotestsrc "
          "num-buffers={} ! "
          "video/x-raw,format=NV12,width=40,height=30,framerate=25/1 ! c.sink_0",
          caps, frames);
    };
    Pipeline pipeline(
        line(std::format("video/x-raw(memory:DMABuf),format=DMA_DRM,drm-format={}", format)));
    const auto offer = +[](GstElement*, GstQuery* query, gpointer) -> gboolean {
      GstBufferPool* pool = memfd_pool_new();
      gst_query_add_allocation_pool(query, pool, 0, 0, 0);
      gst_query_add_allocation_meta(query, GST_VIDEO_META_API_TYPE, nullptr);
      gst_object_unref(pool);
      return TRUE;
    };
    g_signal_connect(pipeline.get("sink").get(), "propose-allocation", G_CALLBACK(offer), nullptr);
    const Played ours = play(pipeline);
    ASSERT_TRUE(pipeline.ended) << (pipeline.errors.empty() ? "" : pipeline.errors[0]);
    EXPECT_EQ(ours.moves.imports, 2u * frames);
    EXPECT_EQ(ours.moves.downloaded, 0u);
    const GstVideoFormat raw =
        gst_video_dma_drm_fourcc_to_format(gst_video_dma_drm_fourcc_from_string(format, nullptr));
    Pipeline system(line(std::format("video/x-raw,format={}", gst_video_format_to_string(raw))));
    EXPECT_EQ(compare(ours.frames, play(system).frames), "");
  }
}

TEST_F(DmaBufs, NothingIsMadeWhereTheDeviceMakesNone) {
  Pipeline pipeline(
      "vkcompositor name=c ! video/x-raw(memory:DMABuf),format=DMA_DRM,drm-format=NV12 ! fakesink "
      "videotestsrc num-buffers=2 ! video/x-raw,format=NV12 ! c.sink_0");
  EXPECT_FALSE(pipeline.run());
  ASSERT_FALSE(pipeline.errors.empty());
  EXPECT_NE(pipeline.errors[0].find("makes no DMA-BUFs"), std::string::npos) << pipeline.errors[0];
}

// Downstream that takes anything gets system memory, whatever comes in.
TEST_F(DmaBufs, SystemMemoryGoesOutWhereNobodyAsks) {
  const std::vector<Frame> shown = pictures("NV12", 64, 48);
  std::vector<Ref<GstBuffer>> buffers;
  for (const Frame& frame : shown) buffers.push_back(packed(frame));
  Scene run(drm_caps_text(shown[0].info), std::move(buffers),
            "video/x-raw(memory:DMABuf),format=DMA_DRM; video/x-raw");
  EXPECT_TRUE(run.pipeline.ended) << (run.pipeline.errors.empty() ? "" : run.pipeline.errors[0]);
  EXPECT_EQ(run.played.moves.frames, uint64_t{frames});
}

std::string sink_caps(const Pipeline& pipeline) {
  const Ref<GstPad> pad(
      gst_element_request_pad_simple(Ref<GstElement>(pipeline.get("c")).get(), "sink_%u"));
  const Ref<GstCaps> caps(gst_pad_query_caps(pad.get(), nullptr));
  gchar* text = gst_caps_to_string(caps.get());
  std::string result = text;
  g_free(text);
  return result;
}

// Mesa's CPU driver knows no modifiers: what is linear it takes as buffers.
TEST_F(DmaBufs, CapsNameWhatTheDeviceTakes) {
  Pipeline pipeline("vkcompositor name=c");
  pipeline.set_state(GST_STATE_READY);
  const std::string caps = sink_caps(pipeline);
  const size_t at = caps.find("memory:DMABuf");
  ASSERT_NE(at, std::string::npos) << caps;
  EXPECT_NE(caps.find("drm-format=(string){ NV12, P010, YU12", at), std::string::npos) << caps;
  EXPECT_EQ(caps.find(":0x"), std::string::npos) << caps;
}

TEST_F(DmaBufs, OtherModifiersAreNotNegotiated) {
  const std::vector<Frame> shown = pictures("NV12", 64, 48);
  std::vector<Ref<GstBuffer>> buffers;
  buffers.push_back(packed(shown[0]));
  const Scene run(drm_caps_text(shown[0].info, 0x0100000000000009), std::move(buffers));
  EXPECT_FALSE(run.pipeline.ended);
  ASSERT_FALSE(run.pipeline.errors.empty());
  EXPECT_NE(run.pipeline.errors[0].find("not-negotiated"), std::string::npos)
      << run.pipeline.errors[0];
  EXPECT_EQ(run.played.moves.frames, 0u);
}

// The caps that come behind a frame are those of the next one, also while the first is shown.
TEST_F(DmaBufs, FormatsMayChange) {
  const auto run = [](bool dma) {
    Pipeline pipeline(
        "vkcompositor name=c background=black ! video/x-raw,format=NV12,width=96,height=80 ! "
        "fakesink name=sink appsrc name=in format=time ! c.sink_0");
    const Ref<GstElement> in = pipeline.get("in");
    GstClockTime pts = 0;
    for (const char* format : {"NV12", "P010_10LE", "BGRx"}) {
      for (const Frame& frame : pictures(format, 64, 48)) {
        const std::string text = dma ? drm_caps_text(frame.info) : raw_caps_text(frame.info);
        const Ref<GstCaps> caps(gst_caps_from_string(text.c_str()));
        Ref<GstBuffer> buffer = packed(frame);
        GST_BUFFER_PTS(buffer.get()) = pts;
        GST_BUFFER_DURATION(buffer.get()) = GST_SECOND / 25;
        pts += GST_SECOND / 25;
        const Ref<GstSample> sample(gst_sample_new(buffer.get(), caps.get(), nullptr, nullptr));
        buffer.reset();
        gst_app_src_push_sample(GST_APP_SRC(in.get()), sample.get());
      }
    }
    gst_app_src_end_of_stream(GST_APP_SRC(in.get()));
    Played played = play(pipeline);
    EXPECT_TRUE(pipeline.ended) << (pipeline.errors.empty() ? "" : pipeline.errors[0]);
    return played;
  };
  const Played ours = run(true);
  EXPECT_EQ(ours.moves.imports, 3u * frames);
  EXPECT_EQ(compare(ours.frames, run(false).frames), "");
}

// What a buffer says of itself is believed as far as the descriptor bears it out.
struct Lie {
  const char* name;
  void (*tell)(GstBuffer*, GstVideoMeta*);
  const char* answer;
};

class LyingMeta : public DmaBufs, public testing::WithParamInterface<Lie> {};

TEST_P(LyingMeta, IsRefused) {
  const std::vector<Frame> shown = pictures("NV12", 64, 48);
  std::vector<Ref<GstBuffer>> buffers;
  buffers.push_back(packed(shown[0]));
  GetParam().tell(buffers[0].get(), gst_buffer_get_video_meta(buffers[0].get()));
  const Scene run(drm_caps_text(shown[0].info), std::move(buffers));
  EXPECT_FALSE(run.pipeline.ended);
  ASSERT_FALSE(run.pipeline.errors.empty());
  EXPECT_NE(run.pipeline.errors[0].find(GetParam().answer), std::string::npos)
      << run.pipeline.errors[0];
  EXPECT_EQ(run.played.moves.frames, 0u);
}

INSTANTIATE_TEST_SUITE_P(
    DmaBufs, LyingMeta,
    testing::Values(Lie{"OffsetBeyond", [](GstBuffer*, GstVideoMeta* m) { m->offset[1] = 1 << 20; },
                        "plane 1 begins at byte 1048576"},
                    Lie{"OffsetNearTheEnd",
                        [](GstBuffer* b, GstVideoMeta* m) {
                          gst_buffer_replace_all_memory(b, memfd_memory(8192).release());
                          m->offset[1] = 7000;
                        },
                        "plane 1 has 1536 bytes from byte 7000 on, of 8192"},
                    Lie{"HugePitch", [](GstBuffer*, GstVideoMeta* m) { m->stride[0] = 0x7ffffffc; },
                        "plane 0 has"},
                    Lie{"ShortPitch", [](GstBuffer*, GstVideoMeta* m) { m->stride[0] = 32; },
                        "plane 0 has rows of 64 bytes in 32"},
                    Lie{"BackwardPitch", [](GstBuffer*, GstVideoMeta* m) { m->stride[0] = -64; },
                        "plane 0 has rows of -64 bytes"},
                    Lie{"OddOffset", [](GstBuffer*, GstVideoMeta* m) { m->offset[1] = 3073; },
                        "not at multiples of 2"},
                    Lie{"FewPlanes", [](GstBuffer*, GstVideoMeta* m) { m->n_planes = 1; },
                        "its GstVideoMeta has 1 planes of 2"},
                    Lie{"SystemMemory",
                        [](GstBuffer* b, GstVideoMeta*) {
                          gst_buffer_replace_all_memory(
                              b, gst_allocator_alloc(nullptr, 4608, nullptr));
                        },
                        "plane 0 is in memory that is none"},
                    Lie{"SmallDescriptor",
                        [](GstBuffer* b, GstVideoMeta*) {
                          // Larger than the descriptor, which a memory may say of itself.
                          GstMemory* small = memfd_memory(4096).release();
                          small->maxsize = small->size = 4608;
                          gst_buffer_replace_all_memory(b, small);
                        },
                        "of 4096"}),
    [](const testing::TestParamInfo<Lie>& lie) { return std::string(lie.param.name); });

}  // namespace
}  // namespace av1hw::test
