// SPDX-License-Identifier: LGPL-2.1-or-later
// nvav1enc on the reference driver with frames in CUDA memory: what is coded is what lies there.
#include <array>

#include "bins/pipeline.h"
#include "nvcodec/nv_encoder_harness.h"

namespace av1hw::test {
namespace {

// The pattern's noise costs some of it.
constexpr double good_psnr = 26;

uint64_t stat(const Pipeline& pipeline, const char* field) {
  const Ref<GstElement> encoder = pipeline.get("enc");
  const Ref<GstStructure> stats = get_structure(encoder.get(), "stats");
  guint64 value = UINT64_MAX;
  gst_structure_get_uint64(stats.get(), field, &value);
  return value;
}

Ref<GstPad> pad_of(const Pipeline& pipeline, const char* element, const char* pad) {
  return Ref<GstPad>(gst_element_get_static_pad(pipeline.get(element).get(), pad));
}

TEST(NvInput, CudaMemoryIsReadWhereItIs) {
  for (const GstVideoFormat format : {GST_VIDEO_FORMAT_NV12, GST_VIDEO_FORMAT_P010_10LE}) {
    constexpr unsigned frames = 90;  // more than there may be registrations
    NvEncoderHarness h("low-latency=true", format, 320, 180,
                       "cudaupload ! video/x-raw(memory:CUDAMemory) ! ");
    const std::vector<Unit> units = h.encode(frames);
    h.expect_all(units, frames, good_psnr);
    EXPECT_EQ(h.stat("same-object-frames"), frames);
    for (const char* moved :
         {"upload-bytes", "download-bytes", "system-copy-bytes", "gpu-copy-bytes"})
      EXPECT_EQ(h.stat(moved), 0U) << moved;
  }
}

TEST(NvInput, WhatNvav1decDecodesIsReadWhereItIs) {
  Pipeline pipeline("filesrc location=" + data_file("hdr10.ivf") +
                    " ! ivfparse ! av1hwnvav1dec ! video/x-raw(memory:CUDAMemory) ! "
                    "av1hwnvav1enc name=enc low-latency=true ! fakesink sync=false");
  EXPECT_TRUE(pipeline.run());
  EXPECT_GT(stat(pipeline, "same-object-frames"), 20U);
  EXPECT_EQ(stat(pipeline, "gpu-copy-frames"), 0U);
}

// More memories at one time than may be registered.
TEST(NvInput, RegistrationsAreGivenUpWhereThereAreMany) {
  Pipeline pipeline(
      "videotestsrc num-buffers=150 ! video/x-raw,format=NV12,width=320,height=180 ! cudaupload ! "
      "video/x-raw(memory:CUDAMemory) ! tee name=t ! queue ! av1hwnvav1enc name=enc "
      "low-latency=true ! fakesink sync=false async=false t. ! queue max-size-buffers=0 "
      "max-size-bytes=0 max-size-time=0 ! appsink sync=false async=false wait-on-eos=false");
  EXPECT_TRUE(pipeline.run());
  EXPECT_EQ(stat(pipeline, "same-object-frames"), 150U);
  EXPECT_EQ(stat(pipeline, "frames-out"), 150U);
}

// As videorate and imagefreeze repeat them: the same memory, while the driver still has it.
TEST(NvInput, AFrameThatIsRepeatedIsReadWhereItIs) {
  Pipeline pipeline(
      "videotestsrc num-buffers=1 ! video/x-raw,format=NV12,width=320,height=240,framerate=30/1 ! "
      "cudaupload ! video/x-raw(memory:CUDAMemory) ! imagefreeze num-buffers=30 ! "
      "av1hwnvav1enc name=enc b-frames=2 ! fakesink name=sink");
  const Ref<GstPad> sink = pad_of(pipeline, "sink", "sink");
  const BufferCount count(sink.get());
  EXPECT_TRUE(pipeline.run());
  EXPECT_EQ(count.value(), 30U);
  EXPECT_EQ(stat(pipeline, "same-object-frames"), 30U);
  EXPECT_EQ(stat(pipeline, "gpu-copy-frames"), 0U);
}

// Frames of one memory, 240 rows of luma and then chroma, that are said to be 180 rows high.
// `chroma_row`: where chroma starts, by frame.
class CroppedFrames {
 public:
  explicit CroppedFrames(std::function<size_t(unsigned frame)> chroma_row)
      : chroma_row_(std::move(chroma_row)),
        pipeline_(
            "videotestsrc num-buffers=1 pattern=red ! "
            "video/x-raw,format=NV12,width=320,height=240,framerate=30/1 ! cudaupload ! "
            "video/x-raw(memory:CUDAMemory) ! imagefreeze num-buffers=12 ! identity name=crop ! "
            "av1hwnvav1enc name=enc low-latency=true rate-control=cqp quantizer=20 ! "
            "av1hwcpuav1dec ! fakesink name=sink") {
    const Ref<GstPad> crop = pad_of(pipeline_, "crop", "src");
    constexpr auto what = static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER |
                                                       GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM);
    gst_pad_add_probe(crop.get(), what, crop_probe, this, nullptr);
    const Ref<GstPad> sink = pad_of(pipeline_, "sink", "sink");
    gst_pad_add_probe(sink.get(), GST_PAD_PROBE_TYPE_BUFFER, look_probe, this, nullptr);
  }
  Pipeline& pipeline() { return pipeline_; }
  // Of the frames that were decoded: the first sample of each plane.
  const std::vector<std::array<unsigned, 3>>& colors() const { return colors_; }

 private:
  static GstPadProbeReturn crop_probe(GstPad*, GstPadProbeInfo* info, gpointer self) {
    auto& frames = *static_cast<CroppedFrames*>(self);
    if ((info->type & GST_PAD_PROBE_TYPE_BUFFER) != 0) {
      info->data = frames.crop(GST_PAD_PROBE_INFO_BUFFER(info));
    } else if (GST_EVENT_TYPE(info->data) == GST_EVENT_CAPS) {
      GstCaps* caps = nullptr;
      gst_event_parse_caps(GST_PAD_PROBE_INFO_EVENT(info), &caps);
      GstCaps* const cropped = gst_caps_copy(caps);
      gst_caps_set_simple(cropped, "height", G_TYPE_INT, 180, nullptr);
      gst_event_unref(GST_PAD_PROBE_INFO_EVENT(info));
      info->data = gst_event_new_caps(cropped);
      gst_caps_unref(cropped);
    }
    return GST_PAD_PROBE_OK;
  }
  GstBuffer* crop(GstBuffer* whole) {
    const GstVideoMeta* const meta = gst_buffer_get_video_meta(whole);
    GstBuffer* const cropped = gst_buffer_new();
    gst_buffer_append_memory(cropped, gst_memory_ref(gst_buffer_peek_memory(whole, 0)));
    gst_buffer_copy_into(cropped, whole, GST_BUFFER_COPY_TIMESTAMPS, 0, G_MAXSIZE);
    gsize offset[GST_VIDEO_MAX_PLANES] = {};
    gint stride[GST_VIDEO_MAX_PLANES] = {meta->stride[0], meta->stride[1]};
    offset[1] = chroma_row_(frame_++) * static_cast<size_t>(meta->stride[0]);
    gst_buffer_add_video_meta_full(cropped, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_NV12, 320,
                                   180, 2, offset, stride);
    gst_buffer_unref(whole);
    return cropped;
  }
  static GstPadProbeReturn look_probe(GstPad* pad, GstPadProbeInfo* info, gpointer self) {
    const Ref<GstCaps> caps(gst_pad_get_current_caps(pad));
    GstVideoInfo video;
    GstVideoFrame frame;
    if (gst_video_info_from_caps(&video, caps.get()) &&
        gst_video_frame_map(&frame, &video, GST_PAD_PROBE_INFO_BUFFER(info), GST_MAP_READ)) {
      std::array<unsigned, 3> color = {};
      for (unsigned c = 0; c < color.size(); c++)
        color[c] = *static_cast<const uint8_t*>(GST_VIDEO_FRAME_COMP_DATA(&frame, c));
      gst_video_frame_unmap(&frame);
      static_cast<CroppedFrames*>(self)->colors_.push_back(color);
    }
    return GST_PAD_PROBE_OK;
  }

  const std::function<size_t(unsigned)> chroma_row_;
  unsigned frame_ = 0;
  std::vector<std::array<unsigned, 3>> colors_;
  Pipeline pipeline_;  // last: its threads use the others
};

// pattern=red in BT.601.
constexpr unsigned red_luma = 81;
constexpr unsigned red_cb = 90;
constexpr unsigned red_cr = 240;
constexpr double near = 6;

TEST(NvInput, AMemoryIsRegisteredAgainInAnotherLayout) {
  // In every other frame rows of luma stand for chroma.
  CroppedFrames frames([](unsigned frame) { return frame % 2 == 0 ? 240U : 200U; });
  EXPECT_TRUE(frames.pipeline().run());
  ASSERT_EQ(frames.colors().size(), 12U);
  for (unsigned i = 0; i < 12; i++) {
    SCOPED_TRACE(i);
    const auto& [y, cb, cr] = frames.colors()[i];
    EXPECT_NEAR(y, red_luma, near);
    EXPECT_NEAR(cb, i % 2 == 0 ? red_cb : red_luma, near);
    EXPECT_NEAR(cr, i % 2 == 0 ? red_cr : red_luma, near);
  }
  EXPECT_EQ(stat(frames.pipeline(), "upload-frames"), 0U);
}

TEST(NvInput, AFrameBeyondItsMemoryIsLeftOut) {
  CroppedFrames frames([](unsigned frame) { return frame == 4 ? 300U : 240U; });
  EXPECT_TRUE(frames.pipeline().run());
  EXPECT_EQ(frames.colors().size(), 11U);
  ASSERT_EQ(frames.pipeline().warnings.size(), 1U);
  EXPECT_NE(frames.pipeline().warnings[0].find("plane 1 of a 320x180 NV12 frame lies outside"),
            std::string::npos)
      << frames.pipeline().warnings[0];
}

}  // namespace
}  // namespace av1hw::test
