// SPDX-License-Identifier: LGPL-2.1-or-later
// av1encbin with encoders of two devices: which one is chosen for frames in whose memory, and what
// comes of one that is busy.
#include <gst/check/gstharness.h>
#include <gst/video/video.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <string>

#include "bins/bins.h"
#include "elements/element_harness.h"
#include "elements/fake_encoder.h"
#include "pipeline.h"

namespace av1hw::test {
namespace {

class EncodeBinDevice : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    static const bool registered = [] {
      register_fake_encoders_of_two_devices();
      register_bins(nullptr);
      return true;
    }();
    ASSERT_TRUE(registered);
  }
  EncodeBinDevice() { reset_fake_encoder(); }

  // The bin between two test pads.
  class Harness : public ElementHarness {
   public:
    explicit Harness(const std::string& properties = {})
        : ElementHarness("av1encbin name=enc " + properties, "enc") {}

    // Frames whose bytes do not matter, in such caps.
    GstFlowReturn push(unsigned frames, const std::string& memory_and_format) {
      set_caps("video/x-raw" + memory_and_format + ", width=320, height=180, framerate=30/1");
      GstFlowReturn flow = GST_FLOW_OK;
      for (; frames > 0 && flow == GST_FLOW_OK; frames--) {
        GstBuffer* frame = gst_buffer_new_allocate(nullptr, 320 * 180 * 3, nullptr);
        GST_BUFFER_PTS(frame) = gst_util_uint64_scale(pushed_++, GST_SECOND, 30);
        GST_BUFFER_DURATION(frame) = GST_SECOND / 30;
        if (on_frame) on_frame(frame);
        flow = gst_harness_push(harness_, frame);
      }
      return flow;
    }
    std::function<void(GstBuffer*)> on_frame;  // before it goes in
    unsigned units() { return gst_harness_buffers_received(harness_); }
    std::string chosen() { return get_string(element(), "chosen"); }
    std::string report(const char* encoder, const char* field) {
      return report_field(get_structure(element(), "report").get(), encoder, field);
    }

   private:
    unsigned pushed_ = 0;
  };
};

TEST_F(EncodeBinDevice, TheMemoryThatFramesAreInDecides) {
  const struct {
    const char* caps;
    const char* chosen;
    MemoryDomain memory;
  } cases[] = {
      {"(memory:VAMemory), format=NV12", "fakevaenc (renderD128)", MemoryDomain::Va},
      {"(memory:DMABuf), format=DMA_DRM, drm-format=(string)NV12:0x0102030405060708",
       "fakevaenc (renderD128)", MemoryDomain::DmaBuf},
      {"(memory:DMABuf), format=DMA_DRM, drm-format=P010", "fakevaenc (renderD128)",
       MemoryDomain::DmaBuf},
      {"(memory:CUDAMemory), format=NV12", "fakenvenc (cuda0)", MemoryDomain::Cuda},
      {", format=NV12", "fakevaenc (renderD128)", MemoryDomain::System},
      // Behind a converter.
      {", format=I420", "fakevaenc (renderD128)", MemoryDomain::System},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.caps);
    reset_fake_encoder();
    Harness h;
    EXPECT_EQ(h.push(6, c.caps), GST_FLOW_OK);
    h.end();
    EXPECT_EQ(h.units(), 6U);
    EXPECT_EQ(h.chosen(), c.chosen);
    EXPECT_EQ(fake_encoder().input.memory, c.memory);
    EXPECT_EQ(h.messages(GST_MESSAGE_ERROR), 0U);
  }
}

TEST_F(EncodeBinDevice, CapsOfferDeviceMemoryFirst) {
  Harness h;
  const Ref<GstPad> pad(gst_element_get_static_pad(h.element(), "sink"));
  const Ref<GstCaps> caps(gst_pad_query_caps(pad.get(), nullptr));
  const guint n = gst_caps_get_size(caps.get());
  guint first_of_system = n;
  for (guint i = 0; i < n; i++) {
    const GstCapsFeatures* features = gst_caps_get_features(caps.get(), i);
    const bool system =
        gst_caps_features_is_equal(features, GST_CAPS_FEATURES_MEMORY_SYSTEM_MEMORY);
    if (system && first_of_system == n) first_of_system = i;
    EXPECT_EQ(system, i >= first_of_system) << i;
  }
  EXPECT_GE(first_of_system, 3U);
  for (const char* feature : {"memory:VAMemory", "memory:DMABuf", "memory:CUDAMemory"}) {
    const Ref<GstCaps> one(gst_caps_new_empty_simple("video/x-raw"));
    gst_caps_set_features_simple(one.get(), gst_caps_features_new_single(feature));
    EXPECT_TRUE(gst_caps_can_intersect(caps.get(), one.get())) << feature;
  }
}

TEST_F(EncodeBinDevice, TheBackendIsOfTheUsersChoice) {
  const struct {
    const char* property;
    const char* chosen;
  } cases[] = {{"backend=nv", "fakenvenc (cuda0)"},
               {"backend=va", "fakevaenc (renderD128)"},
               {"device=cuda0", "fakenvenc (cuda0)"},
               {"require-hardware=true", "fakevaenc (renderD128)"},
               {"require-hardware=true deny=va", "fakenvenc (cuda0)"}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.property);
    Harness h(c.property);
    EXPECT_EQ(h.push(3, ", format=NV12"), GST_FLOW_OK);
    h.end();
    EXPECT_EQ(h.chosen(), c.chosen);
    EXPECT_EQ(h.units(), 3U);
  }
}

TEST_F(EncodeBinDevice, ADeviceThatIsBusyMakesWayForTheNext) {
  fake_encoder().open_error = Error{ErrorCode::Busy, "no session is free"};
  fake_encoder().open_error_of = "fakevaenc";
  Harness h;
  EXPECT_EQ(h.push(12, ", format=NV12"), GST_FLOW_OK);
  h.end();
  EXPECT_EQ(h.units(), 12U);
  EXPECT_EQ(h.chosen(), "fakenvenc (cuda0)");
  EXPECT_EQ(h.report("fakevaenc", "verdict"), "failed");
  EXPECT_NE(h.report("fakevaenc", "reason").find("no session is free (on renderD128)"),
            std::string::npos)
      << h.report("fakevaenc", "reason");
  EXPECT_EQ(h.messages(GST_MESSAGE_ERROR), 0U);
}

// On its own thread, with as many frames in flight as it takes.
TEST_F(EncodeBinDevice, ADeviceThatFailsBeforeItsFirstUnitMakesWayWithoutLoss) {
  for (const unsigned room : {1U, 2U, 4U}) {
    reset_fake_encoder();
    fake_encoder().room = room;
    fake_encoder().fails_at = 0;
    fake_encoder().fails_at_of = "fakevaenc";
    Harness h;
    EXPECT_EQ(h.push(20, ", format=NV12"), GST_FLOW_OK);
    h.end();
    EXPECT_EQ(h.units(), 20U);
    EXPECT_EQ(h.chosen(), "fakenvenc (cuda0)");
    EXPECT_NE(h.report("fakevaenc", "reason").find("went up in smoke"), std::string::npos);
    EXPECT_EQ(h.messages(GST_MESSAGE_ERROR), 0U);
  }
}

// Without a further one: a producer whose pool is used up has none.
TEST_F(EncodeBinDevice, FramesAreGivenBackWhenTheFirstUnitIsOut) {
  fake_encoder().held_back = 2;
  Harness h;
  std::atomic<unsigned> freed{0};
  h.on_frame = [&freed](GstBuffer* frame) {
    gst_mini_object_weak_ref(
        GST_MINI_OBJECT(frame),
        [](gpointer counter, GstMiniObject*) { ++*static_cast<std::atomic<unsigned>*>(counter); },
        &freed);
  };
  EXPECT_EQ(h.push(2, ", format=NV12"), GST_FLOW_OK);
  EXPECT_EQ(freed, 0U);
  EXPECT_EQ(h.push(1, ", format=NV12"), GST_FLOW_OK);
  EXPECT_TRUE(eventually([&] { return freed == 1; }));
  EXPECT_TRUE(eventually([&] { return h.units() == 1; }));
  h.end();
  EXPECT_EQ(h.units(), 3U);
  EXPECT_EQ(freed, 3U);
}

TEST_F(EncodeBinDevice, WhatIsAskedOfTheBinReachesTheEncoder) {
  Harness h("bitrate=900 rate-control=cbr");
  EXPECT_EQ(h.push(3, "(memory:CUDAMemory), format=NV12"), GST_FLOW_OK);
  gst_harness_push_upstream_event(
      h.harness(), gst_event_new_custom(GST_EVENT_CUSTOM_UPSTREAM,
                                        gst_structure_new("av1hw-long-term-reference", "mark",
                                                          G_TYPE_UINT, 1U, nullptr)));
  g_object_set(h.element(), "bitrate", 400, nullptr);
  EXPECT_EQ(h.push(1, "(memory:CUDAMemory), format=NV12"), GST_FLOW_OK);
  h.end();
  EXPECT_EQ(fake_encoder().settings.bitrate, 900U);
  EXPECT_EQ(fake_encoder().bitrate, 400U);
  const std::vector<SeenFrame> frames = fake_encoder().frames();
  ASSERT_EQ(frames.size(), 4U);
  EXPECT_EQ(frames[3].mark, std::optional(1U));
}

// The streaming thread is stuck in it, so that no other can be tried.
TEST_F(EncodeBinDevice, ADriverThatHangsIsTheBinsError) {
  fake_encoder().hangs_in_encode = true;
  Harness h("driver-timeout=200");
  EXPECT_NE(h.push(2, ", format=NV12"), GST_FLOW_OK);
  EXPECT_NE(h.message(GST_MESSAGE_ERROR).find("fakeEncode"), std::string::npos);
}

TEST_F(EncodeBinDevice, ProducersReachTheDevicesPoolThroughTheBin) {
  Harness h;
  EXPECT_EQ(h.push(1, "(memory:VAMemory), format=NV12"), GST_FLOW_OK);
  const Ref<GstCaps> caps(gst_caps_from_string(
      "video/x-raw(memory:VAMemory), format=NV12, width=320, height=180, framerate=30/1"));
  GstQuery* query = gst_query_new_allocation(caps.get(), TRUE);
  EXPECT_TRUE(gst_pad_peer_query(h.harness()->srcpad, query));
  EXPECT_EQ(gst_query_get_n_allocation_pools(query), 1U);
  gst_query_unref(query);
}

}  // namespace
}  // namespace av1hw::test
