// SPDX-License-Identifier: LGPL-2.1-or-later
// vaav1enc on the reference driver: its streams as dav1d decodes them, and where frames lie.
#include <gst/va/gstva.h>
#include <unistd.h>

#include <ostream>

#include "vaapi/va_encoder_harness.h"

namespace av1hw::test {
namespace {

class VaAv1Enc : public testing::Test {
 protected:
  // Of ten frames the middle four have a region, and the driver is told of it `told` times.
  static void expect_regions(const char* properties, uint64_t told) {
    const uint64_t before = driver_count("pictures_with_regions");
    VaEncoderHarness encoder(properties);
    push_regions(encoder);
    expect_frames(encoder.take(), 10);
    EXPECT_EQ(driver_count("pictures_with_regions") - before, told);
  }

  void TearDown() override {
    EXPECT_EQ(driver_count("misuse"), 0U);
    for (const char* left : {"left_surfaces", "left_contexts", "left_buffers", "left_images"}) {
      EXPECT_EQ(driver_count(left), 0U) << left;
    }
  }
};

struct Case {
  const char* name;
  const char* properties;
  GstVideoFormat format;
  unsigned width;
  unsigned height;
};

// gtest would print the bytes, and with them what is between the members.
void PrintTo(const Case& one, std::ostream* out) { *out << one.name; }

class VaAv1EncStreams : public VaAv1Enc, public testing::WithParamInterface<Case> {};

TEST_P(VaAv1EncStreams, HaveEveryFrameInOrder) {
  const Case& one = GetParam();
  VaEncoderHarness encoder(one.properties, one.format, one.width, one.height);
  EXPECT_EQ(encoder.push(20), GST_FLOW_OK);
  encoder.end();
  const auto shown = encoder.take();
  expect_frames(shown, 20);
  EXPECT_EQ(encoder.coded_message(GST_MESSAGE_ERROR), "none");
  // Frames in system memory go up once.
  EXPECT_EQ(encoder.stat("upload-frames"), 20U);
  EXPECT_EQ(encoder.stat("key-frames"), 1U);
  if (shown.empty()) return;
  // What AMD's encoder rounds up is in the stream's headers; what is to be shown is not.
  if (is_arc()) {
    EXPECT_EQ(shown[0].width, static_cast<int>(one.width));
    EXPECT_EQ(shown[0].height, static_cast<int>(one.height));
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, VaAv1EncStreams,
    testing::Values(Case{"Plain", "", GST_VIDEO_FORMAT_NV12, 320, 180},
                    Case{"TenBits", "", GST_VIDEO_FORMAT_P010_10LE, 320, 180},
                    Case{"OddSize", "", GST_VIDEO_FORMAT_NV12, 227, 131},
                    Case{"OddSizeTenBits", "bitrate=400", GST_VIDEO_FORMAT_P010_10LE, 227, 131},
                    Case{"Large", "", GST_VIDEO_FORMAT_NV12, 1280, 720},
                    // More than a tile may have.
                    Case{"Wide", "", GST_VIDEO_FORMAT_NV12, 4224, 128},
                    Case{"Vbr", "bitrate=400 rate-control=vbr", GST_VIDEO_FORMAT_NV12, 320, 180},
                    Case{"Cbr", "bitrate=400 rate-control=cbr", GST_VIDEO_FORMAT_NV12, 320, 180},
                    Case{"Cqp", "rate-control=cqp quantizer=60", GST_VIDEO_FORMAT_NV12, 320, 180},
                    Case{"Cq", "rate-control=cq quantizer=60", GST_VIDEO_FORMAT_NV12, 320, 180},
                    Case{"LowLatency", "low-latency=true bitrate=400", GST_VIDEO_FORMAT_NV12, 320,
                         180},
                    Case{"Fast", "preset=10", GST_VIDEO_FORMAT_NV12, 320, 180},
                    Case{"TileRows", "tile-rows=2", GST_VIDEO_FORMAT_NV12, 640, 360},
                    Case{"Layers", "temporal-layers=3", GST_VIDEO_FORMAT_NV12, 320, 180},
                    Case{"LayersWithBitrate", "temporal-layers=2 bitrate=400",
                         GST_VIDEO_FORMAT_NV12, 320, 180}),
    [](const auto& test) { return test.param.name; });

TEST_F(VaAv1Enc, ForcedKeyFramesComeAtOnce) {
  VaEncoderHarness encoder;
  encoder.push(5);
  encoder.force_key_frame();
  encoder.push(5);
  encoder.end();
  expect_frames(encoder.take(), 10);
  EXPECT_EQ(encoder.stat("key-frames"), 2U);
}

TEST_F(VaAv1Enc, KeyFramesComeAsOftenAsAskedFor) {
  VaEncoderHarness encoder("gop-size=4");
  encoder.push(10);
  encoder.end();
  expect_frames(encoder.take(), 10);
  EXPECT_EQ(encoder.stat("key-frames"), 3U);
}

TEST_F(VaAv1Enc, ABitrateChangesWithoutAKeyFrame) {
  VaEncoderHarness encoder("bitrate=3000 rate-control=cbr");
  encoder.push(8);
  g_object_set(encoder.element(), "bitrate", 200, nullptr);
  const uint64_t contexts = driver_count("vaCreateContext");
  encoder.push(8);
  encoder.end();
  expect_frames(encoder.take(), 16);
  EXPECT_EQ(encoder.stat("key-frames"), 1U);
  EXPECT_EQ(driver_count("vaCreateContext"), contexts);
}

// RDNA3 takes them, and is told when there are none any more; on an Arc they are passed over.
TEST_F(VaAv1Enc, FramesMayHaveRegionsOfInterest) {
  expect_regions("bitrate=400", is_arc() ? 0 : 4);
}

// Unless a mode is asked for it is constant quality; a device that lacks it has constant
// quantizers, with which it may take regions where it does not otherwise.
TEST_F(VaAv1Enc, RegionsOfInterestAreForTheModeThatIsUsed) { expect_regions("", is_arc() ? 0 : 4); }

// Only where the driver refers to later frames is there such a property.
TEST_F(VaAv1Enc, BFramesAreForDriversThatHaveThem) {
  VaEncoderHarness encoder;
  GParamSpec* property =
      g_object_class_find_property(G_OBJECT_GET_CLASS(encoder.element()), "b-frames");
  EXPECT_EQ(property != nullptr, is_arc());
  if (!property) return;
  VaEncoderHarness reordering("b-frames=3");
  reordering.push(18);
  reordering.end();
  expect_frames(reordering.take(), 18);
  EXPECT_EQ(reordering.stat("latency-frames-declared"), 3U);
}

TEST_F(VaAv1Enc, TileColumnsAreForDriversThatLeaveThemToOthers) {
  VaEncoderHarness probe;
  const bool has =
      g_object_class_find_property(G_OBJECT_GET_CLASS(probe.element()), "tile-columns") != nullptr;
  EXPECT_EQ(has, is_arc());
  if (!has) return;
  VaEncoderHarness encoder("tile-columns=2 tile-rows=2", GST_VIDEO_FORMAT_NV12, 640, 360);
  encoder.push(6);
  encoder.end();
  expect_frames(encoder.take(), 6);
}

TEST_F(VaAv1Enc, AStreamGoesOnAfterAFlush) {
  VaEncoderHarness encoder;
  encoder.push(5);
  gst_harness_push_event(encoder.harness(), gst_event_new_flush_start());
  gst_harness_push_event(encoder.harness(), gst_event_new_flush_stop(TRUE));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_harness_push_event(encoder.harness(), gst_event_new_segment(&segment));
  encoder.take();
  encoder.push(5);
  encoder.end();
  const auto shown = encoder.take();
  ASSERT_EQ(shown.size(), 5U);
  EXPECT_NEAR(shown[0].brightness, brightness_of(5), 6);
}

TEST_F(VaAv1Enc, TakesNoPictureThatIsTooSmall) {
  VaEncoderHarness encoder("", GST_VIDEO_FORMAT_NV12, 32, 32);
  EXPECT_NE(encoder.push(1), GST_FLOW_OK);
}

// As many surfaces as may be in use at one time, whatever the number of frames: references, and for
// each picture in flight and the next one what it becomes and a copy of its frame, of which one
// more waits. As many buffers as one picture has, and its sequence.
TEST_F(VaAv1Enc, MakesNothingAnewForEachFrame) {
  constexpr unsigned references = 8, pictures = 6 + 1;
  const uint64_t before = driver_count("vaCreateSurfaces");
  const uint64_t buffers = driver_count("vaCreateBuffer");
  VaEncoderHarness encoder;
  encoder.push(100);
  encoder.end();
  EXPECT_EQ(encoder.take().size(), 100U);
  EXPECT_LE(driver_count("vaCreateSurfaces") - before, references + pictures + pictures + 1);
  EXPECT_LE(driver_count("vaCreateBuffer") - buffers, 40U);
}

class Transcoder : public ElementHarness {
 public:
  explicit Transcoder(const std::string& between)
      : ElementHarness("av1hwvaav1dec ! " + between + "av1hwvaav1enc name=enc bitrate=800", "enc") {
    set_caps("video/x-av1,stream-format=obu-stream,alignment=tu,framerate=25/1");
  }
  size_t run(const Bytes& clip) {
    const auto units = split_ivf(clip);
    for (size_t i = 0; i < units.size(); i++) {
      GstBuffer* unit = gst_buffer_new_memdup(units[i].data(), units[i].size());
      GST_BUFFER_PTS(unit) = i * GST_SECOND / 25;
      gst_harness_push(harness_, unit);
    }
    end();
    size_t frames = 0;
    while (GstBuffer* buffer = gst_harness_try_pull(harness_)) {
      frames++;
      gst_buffer_unref(buffer);
    }
    return frames;
  }
};

constexpr size_t clip_frames = 75;

TEST_F(VaAv1Enc, ReadsADecodersSurfacesAsTheyAre) {
  const uint64_t up = driver_count("copies_host_to_device");
  Transcoder transcoder("");
  EXPECT_EQ(transcoder.run(test_clip("hdr10.ivf")), clip_frames);
  EXPECT_EQ(transcoder.stat("same-object-frames"), clip_frames);
  EXPECT_EQ(transcoder.stat("upload-frames"), 0U);
  EXPECT_EQ(driver_count("copies_host_to_device"), up);
}

TEST_F(VaAv1Enc, ReadsADecodersDmaBufsAsTheyAre) {
  Transcoder transcoder("video/x-raw(memory:DMABuf) ! ");
  EXPECT_EQ(transcoder.run(test_clip("hdr10.ivf")), clip_frames);
  EXPECT_EQ(transcoder.stat("same-object-frames"), clip_frames);
  EXPECT_EQ(transcoder.stat("upload-frames"), 0U);
}

// Where the driver does not choose such surfaces by itself, the decoder has a pool of its own.
TEST_F(VaAv1Enc, ReadsADecodersDmaBufsOfAnAskedModifierAsTheyAre) {
  if (is_arc() && !std::string_view(std::getenv("REFDRV_PROFILE")).contains("arc_lists"))
    GTEST_SKIP() << "this driver takes no notice of modifiers";
  const uint64_t imports = driver_count("imports");
  Transcoder transcoder("video/x-raw(memory:DMABuf),format=DMA_DRM,drm-format=P010 ! ");
  EXPECT_EQ(transcoder.run(test_clip("hdr10.ivf")), clip_frames);
  EXPECT_EQ(transcoder.stat("same-object-frames"), clip_frames);
  EXPECT_EQ(driver_count("imports"), imports);
}

// As from a process or an API that knows nothing of VA: other memory objects, with descriptors of
// their own.
GstPadProbeReturn give_other_memory(GstPad*, GstPadProbeInfo* info, gpointer allocator) {
  GstBuffer* from = GST_PAD_PROBE_INFO_BUFFER(info);
  GstBuffer* to = gst_buffer_new();
  gst_buffer_copy_into(
      to, from,
      static_cast<GstBufferCopyFlags>(GST_BUFFER_COPY_FLAGS | GST_BUFFER_COPY_TIMESTAMPS |
                                      GST_BUFFER_COPY_META),
      0, static_cast<gsize>(-1));
  for (guint i = 0; i < gst_buffer_n_memory(from); i++) {
    GstMemory* memory = gst_buffer_peek_memory(from, i);
    const int fd = dup(gst_dmabuf_memory_get_fd(memory));
    gst_buffer_append_memory(
        to, gst_dmabuf_allocator_alloc(GST_ALLOCATOR(allocator), fd, memory->maxsize));
  }
  // It is not copied without the memory.
  const GstVideoMeta* meta = gst_buffer_get_video_meta(from);
  gst_buffer_add_video_meta_full(to, meta->flags, meta->format, meta->width, meta->height,
                                 meta->n_planes, meta->offset, meta->stride);
  // The decoder must not fill it again before it is read.
  gst_buffer_add_parent_buffer_meta(to, from);
  gst_buffer_unref(from);
  GST_PAD_PROBE_INFO_DATA(info) = to;
  return GST_PAD_PROBE_OK;
}

// A decoder whose DMA-BUFs are others' on their way to the encoder.
class ImportingTranscoder : public Transcoder {
 public:
  // `change`: a further probe of the encoder's sink pad.
  explicit ImportingTranscoder(GstAllocator* allocator, GstPadProbeCallback change = nullptr)
      : Transcoder("capsfilter caps=video/x-raw(memory:DMABuf) ! ") {
    GstPad* pad = gst_element_get_static_pad(element(), "sink");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, give_other_memory, allocator, nullptr);
    if (change) gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, change, nullptr, nullptr);
    gst_object_unref(pad);
  }
};

class VaAv1EncImports : public VaAv1Enc {
 protected:
  ~VaAv1EncImports() override { gst_object_unref(allocator_); }

  // Frames that the driver is not asked to read, and that are lost alone.
  void expect_unreadable(GstPadProbeCallback change, const char* why) {
    const uint64_t surfaces = driver_count("vaCreateSurfaces");
    const uint64_t imports = driver_count("imports");
    ImportingTranscoder transcoder(allocator_, change);
    EXPECT_EQ(transcoder.run(test_clip("hdr10.ivf")), 0U);
    EXPECT_TRUE(transcoder.coded_message(GST_MESSAGE_WARNING).contains(why));
    EXPECT_EQ(transcoder.coded_message(GST_MESSAGE_ERROR), "none");
    EXPECT_EQ(driver_count("imports"), imports);
    // The decoder's.
    EXPECT_LE(driver_count("vaCreateSurfaces") - surfaces, 24U);
  }

  GstAllocator* const allocator_ = gst_dmabuf_allocator_new();
};

GstVideoMeta* meta_of(GstPadProbeInfo* info) {
  return gst_buffer_get_video_meta(GST_PAD_PROBE_INFO_BUFFER(info));
}

TEST_F(VaAv1EncImports, APlaneThatEndsBehindItsMemoryIsNotRead) {
  expect_unreadable(
      [](GstPad*, GstPadProbeInfo* info, gpointer) {
        GstBuffer* frame = GST_PAD_PROBE_INFO_BUFFER(info);
        meta_of(info)->offset[1] = gst_buffer_peek_memory(frame, 0)->maxsize - 4096;
        return GST_PAD_PROBE_OK;
      },
      "a plane lies outside it");
}

// A stride that, times the rows, is more than 32 bits hold.
TEST_F(VaAv1EncImports, RowsThatAreTooLongAreNotRead) {
  expect_unreadable(
      [](GstPad*, GstPadProbeInfo* info, gpointer) {
        meta_of(info)->stride[0] = G_MAXINT;
        return GST_PAD_PROBE_OK;
      },
      "a plane lies outside it");
}

TEST_F(VaAv1EncImports, AnotherFormatThanTheCapsIsNotRead) {
  expect_unreadable(
      [](GstPad*, GstPadProbeInfo* info, gpointer) {
        meta_of(info)->format = GST_VIDEO_FORMAT_P016_LE;
        return GST_PAD_PROBE_OK;
      },
      "its meta contradicts the caps");
}

// Some elements have what the caps have: that the format stands beside it.
TEST_F(VaAv1EncImports, TheFormatIsTheCaps) {
  ImportingTranscoder transcoder(allocator_, [](GstPad*, GstPadProbeInfo* info, gpointer) {
    meta_of(info)->format = GST_VIDEO_FORMAT_DMA_DRM;
    return GST_PAD_PROBE_OK;
  });
  EXPECT_EQ(transcoder.run(test_clip("hdr10.ivf")), clip_frames);
  EXPECT_EQ(transcoder.stat("import-frames"), clip_frames);
}

TEST_F(VaAv1EncImports, TiledFramesWithoutAMetaAreNotRead) {
  if (!is_arc()) GTEST_SKIP() << "this driver's surfaces are linear";
  expect_unreadable(
      [](GstPad*, GstPadProbeInfo* info, gpointer) {
        GstBuffer* frame = GST_PAD_PROBE_INFO_BUFFER(info);
        gst_buffer_remove_meta(frame, GST_META_CAST(meta_of(info)));
        return GST_PAD_PROBE_OK;
      },
      "no GstVideoMeta says where its planes are");
}

TEST_F(VaAv1EncImports, AreMadeOnce) {
  {
    ImportingTranscoder transcoder(allocator_);
    const uint64_t imports = driver_count("imports");
    EXPECT_EQ(transcoder.run(test_clip("hdr10.ivf")), clip_frames);
    EXPECT_EQ(transcoder.stat("import-frames"), clip_frames);
    EXPECT_EQ(transcoder.stat("upload-frames"), 0U);
    // As many as the decoder has surfaces.
    EXPECT_GT(driver_count("imports") - imports, 0U);
    EXPECT_LE(driver_count("imports") - imports, 24U);
  }
}

}  // namespace
}  // namespace av1hw::test
