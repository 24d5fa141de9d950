// SPDX-License-Identifier: LGPL-2.1-or-later
// How an encoder element of a device negotiates memory, shares its device, and reports its faults.
#include "elements/fake_encoder_fixture.h"
#include "support/no_threads.h"

namespace av1hw::test {
namespace {

class EncoderDeviceMemory : public FakeEncoderTest {
 protected:
  static constexpr const char* rest = ", width=320, height=180, framerate=30/1";

  // Sends caps and a frame in them, whose bytes do not matter. Gives what came back.
  static GstFlowReturn push_as(FakeEncoderHarness& h, const std::string& caps) {
    h.set_caps("video/x-raw" + caps + rest);
    return h.push(1);
  }
  static uint64_t opened() { return fake_encoder().opened; }
};

TEST_F(EncoderDeviceMemory, TheEncoderLearnsWhereFramesAre) {
  const struct {
    const char* caps;
    MemoryDomain memory;
    GstVideoFormat format;
    uint64_t modifier;
  } cases[] = {
      {", format=NV12", MemoryDomain::System, GST_VIDEO_FORMAT_NV12, 0},
      {"(memory:VAMemory), format=P010_10LE", MemoryDomain::Va, GST_VIDEO_FORMAT_P010_10LE, 0},
      {"(memory:CUDAMemory), format=NV12", MemoryDomain::Cuda, GST_VIDEO_FORMAT_NV12, 0},
      {"(memory:VulkanImage), format=NV12", MemoryDomain::Vulkan, GST_VIDEO_FORMAT_NV12, 0},
      {"(memory:DMABuf), format=DMA_DRM, drm-format=NV12", MemoryDomain::DmaBuf,
       GST_VIDEO_FORMAT_NV12, 0},
      {"(memory:DMABuf), format=DMA_DRM, drm-format=(string)NV12:0x0102030405060708",
       MemoryDomain::DmaBuf, GST_VIDEO_FORMAT_NV12, 0x0102030405060708},
      {"(memory:DMABuf), format=DMA_DRM, drm-format=P010", MemoryDomain::DmaBuf,
       GST_VIDEO_FORMAT_P010_10LE, 0},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.caps);
    reset_fake_encoder();
    FakeEncoderHarness h;
    EXPECT_EQ(push_as(h, c.caps), GST_FLOW_OK);
    h.end();
    const EncoderInput& input = fake_encoder().input;
    EXPECT_EQ(input.memory, c.memory);
    EXPECT_EQ(input.drm_modifier, c.modifier);
    EXPECT_EQ(GST_VIDEO_INFO_FORMAT(&input.info), c.format);
    EXPECT_EQ(input.info.width, 320);
    EXPECT_EQ(input.info.height, 180);
    EXPECT_EQ(input.info.fps_n, 30);
    EXPECT_EQ(h.take().size(), 1U);
    EXPECT_EQ(h.messages(GST_MESSAGE_ERROR), 0U);
  }
}

// Whose size, format and rate stay as they are.
TEST_F(EncoderDeviceMemory, FramesThatChangeTheirMemoryAloneAreNoticed) {
  FakeEncoderHarness h;
  const char* const all[] = {
      ", format=NV12",
      "(memory:VAMemory), format=NV12",
      "(memory:DMABuf), format=DMA_DRM, drm-format=(string)NV12:0x0102030405060708",
      "(memory:DMABuf), format=DMA_DRM, drm-format=(string)NV12:0x0102030405060709",
      "(memory:DMABuf), format=DMA_DRM, drm-format=NV12",
      "(memory:DMABuf), format=DMA_DRM, drm-format=P010",
      "(memory:CUDAMemory), format=NV12",
  };
  uint64_t streams = opened();
  for (const char* caps : all) {
    EXPECT_EQ(push_as(h, caps), GST_FLOW_OK) << caps;
    // The harness began with the first.
    EXPECT_EQ(opened(), caps == all[0] ? streams : ++streams) << caps;
  }
  EXPECT_EQ(push_as(h, all[6]), GST_FLOW_OK);
  EXPECT_EQ(opened(), streams);
  h.end();
  EXPECT_EQ(h.take().size(), std::size(all) + 1);
}

TEST_F(EncoderDeviceMemory, FramesThatChangeTheirHdrOrColoursAloneAreNoticed) {
  FakeEncoderHarness h;
  const std::string plain = "(memory:DMABuf), format=DMA_DRM, drm-format=P010";
  const std::string mastering =
      ", mastering-display-info=(string)"
      "34000:16000:13250:34500:7500:3000:15635:16450:10000000:50";
  uint64_t streams = opened();
  const auto field = [&h](const char* name) {
    h.push(1);
    gst_buffer_unref(gst_harness_pull(h.harness()));
    const char* text = gst_structure_get_string(h.source_structure(), name);
    return std::string(text ? text : "");
  };
  const auto change_to = [&](const std::string& caps) {
    EXPECT_EQ(push_as(h, caps), GST_FLOW_OK) << caps;
    EXPECT_EQ(opened(), ++streams) << caps;
    gst_buffer_unref(gst_harness_pull(h.harness()));
  };
  change_to(plain);
  EXPECT_EQ(field("content-light-level"), "");
  change_to(plain + ", content-light-level=(string)1000:400");
  ASSERT_TRUE(fake_encoder().input.content_light);
  EXPECT_EQ(fake_encoder().input.content_light->max_content_light_level, 1000);
  EXPECT_EQ(field("content-light-level"), "1000:400");
  change_to(plain + ", content-light-level=(string)600:400" + mastering);
  EXPECT_EQ(fake_encoder().input.content_light->max_content_light_level, 600);
  ASSERT_TRUE(fake_encoder().input.mastering_display);
  EXPECT_EQ(fake_encoder().input.mastering_display->white_point.x, 15635);
  EXPECT_EQ(field("content-light-level"), "600:400");
  EXPECT_NE(field("mastering-display-info"), "");
  change_to(plain + ", colorimetry=(string)bt2100-pq");
  EXPECT_FALSE(fake_encoder().input.mastering_display);
  EXPECT_EQ(fake_encoder().input.info.colorimetry.transfer, GST_VIDEO_TRANSFER_SMPTE2084);
  EXPECT_EQ(field("mastering-display-info"), "");
  EXPECT_EQ(field("colorimetry"), "bt2100-pq");
  EXPECT_EQ(push_as(h, plain + ", colorimetry=(string)bt2100-pq"), GST_FLOW_OK);
  EXPECT_EQ(opened(), streams);
  h.end();
  EXPECT_EQ(h.stat("key-frames"), 4U);
}

// The base class takes them for what it has.
TEST_F(EncoderDeviceMemory, DmaBufsWhoseLayoutIsLostAreAnError) {
  FakeEncoderHarness h;
  const std::string plain = "(memory:DMABuf), format=DMA_DRM";
  EXPECT_EQ(push_as(h, plain + ", drm-format=NV12"), GST_FLOW_OK);
  GstVideoEncoder* encoder = GST_VIDEO_ENCODER(h.element());
  const CapsHandle caps{gst_caps_from_string(("video/x-raw" + plain + rest).c_str())};
  EXPECT_FALSE(
      GST_VIDEO_ENCODER_GET_CLASS(encoder)->sink_event(encoder, gst_event_new_caps(caps.get())));
  EXPECT_NE(h.message(GST_MESSAGE_ERROR).find("drm-format"), std::string::npos);
  EXPECT_EQ(h.push(1), GST_FLOW_ERROR);
}

TEST_F(EncoderDeviceMemory, DmaBufsOfAnUnknownLayoutAreRefused) {
  FakeEncoderHarness h;
  EXPECT_EQ(push_as(h, "(memory:DMABuf), format=DMA_DRM"), GST_FLOW_NOT_NEGOTIATED);
}

TEST_F(EncoderDeviceMemory, DownstreamsProfileLeavesDeviceMemoryOfItsFormats) {
  FakeEncoderHarness h;
  gst_harness_set_sink_caps_str(h.harness(), "video/x-av1, profile=(string)main");
  GstPad* pad = gst_element_get_static_pad(h.element(), "sink");
  const CapsHandle taken{gst_pad_query_caps(pad, nullptr)};
  const CapsHandle all{gst_pad_get_pad_template_caps(pad)};
  gst_object_unref(pad);
  EXPECT_TRUE(gst_caps_is_subset(all.get(), taken.get()));
  gst_harness_set_sink_caps_str(h.harness(), "video/x-av1, profile=(string)professional");
  EXPECT_EQ(push_as(h, "(memory:VAMemory), format=NV12"), GST_FLOW_NOT_NEGOTIATED);
}

TEST_F(EncoderDeviceMemory, ProducersAreOfferedTheDevicesPool) {
  for (const char* memory : {"memory:VAMemory", "memory:SystemMemory"}) {
    reset_fake_encoder();
    fake_encoder().held_back = 3;
    FakeEncoderHarness h;
    const CapsHandle caps{gst_caps_from_string(
        ("video/x-raw(" + std::string(memory) + "), format=NV12" + rest).c_str())};
    push_as(h, "(" + std::string(memory) + "), format=NV12");
    const GstHandle<GstQuery> query{gst_query_new_allocation(caps.get(), TRUE)};
    ASSERT_TRUE(gst_pad_peer_query(h.harness()->srcpad, query.get()));
    EXPECT_TRUE(gst_query_find_allocation_meta(query.get(), GST_VIDEO_META_API_TYPE, nullptr));
    ASSERT_EQ(gst_query_get_n_allocation_pools(query.get()), 1U);
    guint least = 0;
    gst_query_parse_nth_allocation_pool(query.get(), 0, nullptr, nullptr, &least, nullptr);
    // Three held back, four in flight, one that comes in and one that is filled meanwhile.
    EXPECT_EQ(least, 9U);
    EXPECT_EQ(fake_encoder().pool_requests, std::string(memory) + " 9;");
  }
}

// But says how many frames a producer's own pool has to have.
TEST_F(EncoderDeviceMemory, WithoutAPoolOfItsOwnTheDeviceOffersNoneForItsMemory) {
  fake_encoder().offers_pool = false;
  fake_encoder().held_back = 2;
  FakeEncoderHarness h;
  const CapsHandle device{gst_caps_from_string(
      (std::string("video/x-raw(memory:VAMemory), format=NV12") + rest).c_str())};
  const GstHandle<GstQuery> query{gst_query_new_allocation(device.get(), TRUE)};
  ASSERT_TRUE(gst_pad_peer_query(h.harness()->srcpad, query.get()));
  EXPECT_TRUE(gst_query_find_allocation_meta(query.get(), GST_VIDEO_META_API_TYPE, nullptr));
  ASSERT_EQ(gst_query_get_n_allocation_pools(query.get()), 1U);
  GstBufferPool* pool = nullptr;
  guint size = 0;
  guint least = 0;
  guint most = 0;
  gst_query_parse_nth_allocation_pool(query.get(), 0, &pool, &size, &least, &most);
  EXPECT_EQ(pool, nullptr);
  EXPECT_GE(size, 320U * 180 * 3 / 2);
  EXPECT_EQ(least, 8U);
  EXPECT_EQ(most, 0U);
}

// Of whoever needs none of the device's, as a producer that has its own from the start.
TEST_F(EncoderDeviceMemory, AProducerThatWantsNoPoolLearnsHowManyFramesAreInUse) {
  FakeEncoderHarness h;
  const CapsHandle device{gst_caps_from_string(
      (std::string("video/x-raw(memory:VAMemory), format=NV12") + rest).c_str())};
  const GstHandle<GstQuery> query{gst_query_new_allocation(device.get(), FALSE)};
  ASSERT_TRUE(gst_pad_peer_query(h.harness()->srcpad, query.get()));
  ASSERT_EQ(gst_query_get_n_allocation_pools(query.get()), 1U);
  guint least = 0;
  gst_query_parse_nth_allocation_pool(query.get(), 0, nullptr, nullptr, &least, nullptr);
  EXPECT_EQ(least, 6U);
  EXPECT_EQ(fake_encoder().pool_requests, "");
}

// As drivers do whose blocks are of 64x16.
TEST_F(EncoderDeviceMemory, CapsHaveTheSizeThatIsToBeShown) {
  fake_encoder().align_width = 64;
  fake_encoder().align_height = 16;
  const struct {
    unsigned width, height;
  } sizes[] = {{320, 180}, {640, 352}, {70, 50}};
  for (const auto& size : sizes) {
    FakeEncoderHarness h("", size.width, size.height);
    EXPECT_EQ(h.push(1), GST_FLOW_OK);
    h.end();
    const GstStructure* caps = h.source_structure();
    ASSERT_NE(caps, nullptr);
    int width = 0;
    int height = 0;
    gst_structure_get(caps, "width", G_TYPE_INT, &width, "height", G_TYPE_INT, &height, nullptr);
    EXPECT_EQ(width, static_cast<int>(size.width));
    EXPECT_EQ(height, static_cast<int>(size.height));
  }
}

// Of a driver that pads and writes no render_size: what decoders will show.
TEST_F(EncoderDeviceMemory, CapsDoNotHideThatMoreIsShownThanCameIn) {
  fake_encoder().align_height = 16;
  fake_encoder().writes_render_size = false;
  FakeEncoderHarness h("", 320, 180);
  h.push(1);
  h.end();
  int height = 0;
  const GstStructure* caps = h.source_structure();
  ASSERT_NE(caps, nullptr);
  gst_structure_get_int(caps, "height", &height);
  EXPECT_EQ(height, 192);
}

TEST_F(EncoderDeviceMemory, BothPadsAnswerForTheDevice) {
  FakeEncoderHarness h;
  const GstHandle<GstQuery> query{gst_query_new_context(fake_input_context)};
  for (GstPad* peer : {h.harness()->srcpad, h.harness()->sinkpad}) {
    EXPECT_TRUE(gst_pad_peer_query(peer, query.get()));
  }
  const GstHandle<GstQuery> other{gst_query_new_context("av1hw.test.other")};
  EXPECT_FALSE(gst_element_query(h.element(), other.get()));
}

TEST_F(EncoderDeviceMemory, ContextsReachTheDevice) {
  FakeEncoderHarness h;
  GstContext* context = gst_context_new(fake_input_context, TRUE);
  gst_element_set_context(h.element(), context);
  gst_context_unref(context);
  EXPECT_TRUE(fake_encoder().context_seen);
}

TEST_F(EncoderDeviceMemory, TheDeviceIsOpenFromReadyToNull) {
  FakeEncoderHarness h;
  EXPECT_EQ(fake_encoder().devices, 1U);
  gst_element_set_state(h.element(), GST_STATE_READY);
  EXPECT_EQ(fake_encoder().devices, 1U);
  gst_element_set_state(h.element(), GST_STATE_NULL);
  EXPECT_EQ(fake_encoder().devices, 0U);
}

TEST_F(EncoderDeviceMemory, ADeviceThatDoesNotOpenIsAnError) {
  FakeEncoderHarness h;
  gst_element_set_state(h.element(), GST_STATE_NULL);
  fake_encoder().device_error = Error{ErrorCode::Unavailable, "the device is on fire"};
  EXPECT_EQ(gst_element_set_state(h.element(), GST_STATE_READY), GST_STATE_CHANGE_FAILURE);
  EXPECT_EQ(h.coded_message(GST_MESSAGE_ERROR),
            coded(GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_INIT) + ": the device is on fire");
}

TEST_F(EncoderDeviceMemory, FaultsAtOpenAreToldApart) {
  const struct {
    ErrorCode code;
    GQuark domain;
    int gst_code;
  } cases[] = {
      {ErrorCode::Busy, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_BUSY},
      {ErrorCode::DeviceLost, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_FAILED},
      {ErrorCode::OutOfMemory, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT},
      {ErrorCode::NotSupported, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE},
  };
  for (const auto& c : cases) {
    reset_fake_encoder();
    FakeEncoderHarness h;
    fake_encoder().open_error = Error{c.code, "no session is free"};
    h.set_format(GST_VIDEO_FORMAT_NV12, 640, 360);
    EXPECT_NE(h.push(1), GST_FLOW_OK);
    EXPECT_EQ(h.coded_message(GST_MESSAGE_ERROR),
              coded(c.domain, c.gst_code) + ": no session is free (on 0000:0a:00.0)");
  }
}

TEST_F(EncoderDeviceMemory, ASystemWithoutAThreadToSpareIsAnError) {
  FakeEncoderHarness h;
  gst_element_set_state(h.element(), GST_STATE_READY);
  gst_element_set_state(h.element(), GST_STATE_PLAYING);
  const NoThreads none;
  h.set_format(GST_VIDEO_FORMAT_NV12, 640, 360);
  EXPECT_NE(h.push(1), GST_FLOW_OK);
  const std::string error = h.coded_message(GST_MESSAGE_ERROR);
  EXPECT_TRUE(error.starts_with(coded(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_BUSY))) << error;
  EXPECT_NE(error.find("no thread"), std::string::npos) << error;
}

// However often upstream offers the same again.
TEST_F(EncoderDeviceMemory, AnEncoderThatDoesNotOpenIsOneError) {
  FakeEncoderHarness h;
  const unsigned before = fake_encoder().open_calls;
  fake_encoder().open_error = Error{ErrorCode::Busy, "no session is free"};
  h.set_format(GST_VIDEO_FORMAT_NV12, 640, 360);
  for (unsigned i = 0; i < 3; i++) EXPECT_EQ(h.push(1), GST_FLOW_NOT_NEGOTIATED);
  h.set_format(GST_VIDEO_FORMAT_NV12, 640, 360);
  EXPECT_EQ(h.push(1), GST_FLOW_NOT_NEGOTIATED);
  EXPECT_EQ(fake_encoder().open_calls, before + 1);
  EXPECT_EQ(h.messages(GST_MESSAGE_ERROR), 1U);
}

TEST_F(EncoderDeviceMemory, AnEncoderThatDidNotOpenIsTriedAgainWithOtherCapsSettingsOrAnewStarted) {
  FakeEncoderHarness h;
  fake_encoder().open_error = Error{ErrorCode::Busy, "no session is free"};
  unsigned calls = fake_encoder().open_calls;
  auto fails_once = [&] {
    EXPECT_EQ(h.push(1), GST_FLOW_NOT_NEGOTIATED);
    EXPECT_EQ(h.push(1), GST_FLOW_NOT_NEGOTIATED);
    EXPECT_EQ(fake_encoder().open_calls, ++calls);
    EXPECT_EQ(h.messages(GST_MESSAGE_ERROR), 1U);
  };
  h.set_format(GST_VIDEO_FORMAT_NV12, 640, 360);
  fails_once();
  h.set_format(GST_VIDEO_FORMAT_NV12, 320, 240);
  fails_once();
  g_object_set(h.element(), "bitrate", 700, nullptr);
  fails_once();
  gst_element_set_state(h.element(), GST_STATE_READY);
  gst_element_set_state(h.element(), GST_STATE_PLAYING);
  gst_harness_push_event(h.harness(), gst_event_new_stream_start("again"));
  h.set_format(GST_VIDEO_FORMAT_NV12, 320, 240);
  fails_once();
  fake_encoder().open_error.reset();
  g_object_set(h.element(), "bitrate", 800, nullptr);
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_harness_push_event(h.harness(), gst_event_new_segment(&segment));
  EXPECT_EQ(h.push(1), GST_FLOW_OK);
  h.end();
  EXPECT_EQ(h.take().size(), 1U);
}

TEST_F(EncoderDeviceMemory, ADriverThatDoesNotReturnIsAnErrorWhileItDoesNot) {
  FakeEncoderHarness h("driver-timeout=200");
  fake_encoder().hangs_in_encode = true;
  EXPECT_EQ(h.push(1), GST_FLOW_ERROR);
  EXPECT_EQ(h.push(1), GST_FLOW_ERROR);
  const std::string error = h.coded_message(GST_MESSAGE_ERROR);
  EXPECT_TRUE(error.starts_with(coded(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_FAILED))) << error;
  EXPECT_NE(error.find("fakeEncode"), std::string::npos) << error;
  EXPECT_EQ(h.messages(GST_MESSAGE_ERROR), 0U);
}

// It would wait for what the driver does not return from.
TEST_F(EncoderDeviceMemory, AnEncoderWhoseDriverDidNotReturnIsNotFlushed) {
  FakeEncoderHarness h("driver-timeout=200");
  fake_encoder().hangs_in_encode = true;
  EXPECT_EQ(h.push(1), GST_FLOW_ERROR);
  const unsigned before = fake_encoder().flushed;
  gst_harness_push_event(h.harness(), gst_event_new_flush_start());
  gst_harness_push_event(h.harness(), gst_event_new_flush_stop(TRUE));
  EXPECT_EQ(fake_encoder().flushed, before);
}

TEST_F(EncoderDeviceMemory, OnlyEncodersOfADeviceHaveATimeoutForIt) {
  FakeEncoderHarness h;
  guint timeout = 0;
  g_object_get(h.element(), "driver-timeout", &timeout, nullptr);
  EXPECT_EQ(timeout, 20000U);
  EXPECT_STREQ(gst_element_get_metadata(h.element(), GST_ELEMENT_METADATA_KLASS),
               "Codec/Encoder/Video/Hardware");
}

}  // namespace
}  // namespace av1hw::test
