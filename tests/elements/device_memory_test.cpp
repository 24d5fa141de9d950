// SPDX-License-Identifier: LGPL-2.1-or-later
// How a decoder element of a device negotiates its memory, shares its device, and copies.
#include <gst/check/gstharness.h>
#include <gst/video/video.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "elements/fake_device.h"
#include "memory/handles.h"

namespace av1hw::test {
namespace {

constexpr const char* drm_format = "NV12:0x0102030405060708";

class DeviceMemory : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    static const bool registered = [] {
      register_fake_device();
      return true;
    }();
    ASSERT_TRUE(registered);
  }

  DeviceMemory() {
    fake_device() = {};
    harness_ = gst_harness_new("fakedevicedec");
    gst_element_set_bus(harness_->element, bus_.get());
  }
  ~DeviceMemory() override {
    gst_element_set_bus(harness_->element, nullptr);
    gst_harness_teardown(harness_);
  }

  // Downstream takes these caps, and no others.
  void sink_takes(const std::string& caps) {
    gst_harness_set_sink_caps_str(harness_, caps.c_str());
    gst_harness_add_propose_allocation_meta(harness_, GST_VIDEO_META_API_TYPE, nullptr);
  }

  GstFlowReturn decode(uint8_t width = 32, uint8_t height = 16, uint8_t value = 9) {
    if (!std::exchange(started_, true)) {
      gst_harness_set_src_caps_str(
          harness_, "video/x-av1,stream-format=obu-stream,alignment=tu,framerate=25/1");
    }
    const uint8_t packet[] = {width, height, value};
    return gst_harness_push(harness_, gst_buffer_new_memdup(packet, sizeof packet));
  }
  BufferHandle pull() { return BufferHandle{gst_harness_try_pull(harness_)}; }

  CapsHandle caps() const { return CapsHandle{gst_pad_get_current_caps(harness_->sinkpad)}; }
  std::string feature() const {
    const CapsHandle now = caps();
    return now ? gst_caps_features_get_nth(gst_caps_get_features(now.get(), 0), 0) : "none";
  }
  std::string field(const char* name) const {
    const CapsHandle now = caps();
    const GValue* value = gst_structure_get_value(gst_caps_get_structure(now.get(), 0), name);
    if (!value) return "absent";
    char* text = gst_value_serialize(value);
    std::string result = text;
    g_free(text);
    return result;
  }

  uint64_t stat(const char* name) const {
    GstStructure* stats = nullptr;
    g_object_get(harness_->element, "stats", &stats, nullptr);
    guint64 value = 0;
    EXPECT_TRUE(gst_structure_get_uint64(stats, name, &value)) << name;
    gst_structure_free(stats);
    return value;
  }

  bool posted(GstMessageType type) {
    GstMessage* message = gst_bus_pop_filtered(bus_.get(), type);
    if (message) gst_message_unref(message);
    return message != nullptr;
  }

  GstHarness* harness_;
  GstHandle<GstBus> bus_{gst_bus_new()};
  bool started_ = false;
};

TEST_F(DeviceMemory, TheCheapestDomainThatDownstreamTakesIsChosen) {
  sink_takes("video/x-raw(memory:DMABuf); video/x-raw(memory:CUDAMemory); video/x-raw");
  ASSERT_EQ(decode(), GST_FLOW_OK);
  EXPECT_EQ(feature(), "memory:CUDAMemory");
  EXPECT_EQ(field("format"), "NV12");
  EXPECT_EQ(stat("same-object-frames"), 1U);
  EXPECT_EQ(stat("download-frames"), 0U);
  EXPECT_EQ(stat("system-copy-frames"), 0U);
}

TEST_F(DeviceMemory, WhereAnythingIsTakenNothingIsCopied) {
  sink_takes("ANY");
  ASSERT_EQ(decode(), GST_FLOW_OK);
  EXPECT_EQ(feature(), "memory:CUDAMemory");
}

TEST_F(DeviceMemory, DmaBufsHaveTheRealModifierInTheirCaps) {
  sink_takes("video/x-raw(memory:DMABuf),format=DMA_DRM; video/x-raw");
  ASSERT_EQ(decode(), GST_FLOW_OK);
  EXPECT_EQ(feature(), "memory:DMABuf");
  EXPECT_EQ(field("format"), "DMA_DRM");
  EXPECT_EQ(field("drm-format"), drm_format);
  EXPECT_EQ(stat("same-object-frames"), 1U);
}

TEST_F(DeviceMemory, AModifierThatDownstreamDoesNotTakeIsNotForcedOnIt) {
  sink_takes("video/x-raw(memory:DMABuf),format=DMA_DRM,drm-format=NV12; video/x-raw");
  ASSERT_EQ(decode(), GST_FLOW_OK);
  EXPECT_EQ(feature(), "memory:SystemMemory");
}

TEST_F(DeviceMemory, AFormatThatADomainCantHaveLeavesAsTheNext) {
  fake_device().refused = MemoryDomain::Cuda;
  fake_device().domains = {MemoryDomain::DmaBuf, MemoryDomain::Cuda, MemoryDomain::System};
  sink_takes("video/x-raw(memory:CUDAMemory); video/x-raw");
  ASSERT_EQ(decode(), GST_FLOW_OK);
  EXPECT_EQ(feature(), "memory:SystemMemory");
}

TEST_F(DeviceMemory, WhyTheOnlyDomainThatIsTakenCantBeHadIsSaid) {
  fake_device().refused = MemoryDomain::DmaBuf;
  sink_takes("video/x-raw(memory:DMABuf),format=DMA_DRM");
  EXPECT_EQ(decode(), GST_FLOW_NOT_NEGOTIATED);
  const GstHandle<GstMessage> warning(gst_bus_pop_filtered(bus_.get(), GST_MESSAGE_WARNING));
  ASSERT_TRUE(warning);
  GError* error = nullptr;
  gst_message_parse_warning(warning.get(), &error, nullptr);
  const std::string text = error->message;
  g_error_free(error);
  EXPECT_NE(text.find("not as memory:DMABuf: not this format"), std::string::npos) << text;
}

TEST_F(DeviceMemory, SystemMemoryIsDownloadedAndCounted) {
  sink_takes("video/x-raw,format=NV12");
  ASSERT_EQ(decode(32, 16, 77), GST_FLOW_OK);
  EXPECT_EQ(feature(), "memory:SystemMemory");
  EXPECT_EQ(stat("download-frames"), 1U);
  EXPECT_EQ(stat("download-bytes"), 32U * 16 * 3 / 2);
  EXPECT_EQ(stat("same-object-frames"), 0U);
  const BufferHandle frame = pull();
  ASSERT_TRUE(frame);
  const std::vector<uint8_t> wanted(size_t{32} * 16 * 3 / 2, 77);
  EXPECT_EQ(gst_buffer_memcmp(frame.get(), 0, wanted.data(), wanted.size()), 0);
}

TEST_F(DeviceMemory, WithoutACommonDomainNothingIsNegotiated) {
  sink_takes("video/x-raw(memory:VulkanImage)");
  EXPECT_EQ(decode(), GST_FLOW_NOT_NEGOTIATED);
}

TEST_F(DeviceMemory, ColoursAndHdrStayInTheCaps) {
  for (const char* taken : {"video/x-raw(memory:CUDAMemory)",
                            "video/x-raw(memory:DMABuf),format=DMA_DRM", "video/x-raw"}) {
    sink_takes(taken);
    ASSERT_EQ(decode(), GST_FLOW_OK) << taken;
    EXPECT_EQ(field("colorimetry"), "1:6:13:7") << taken;
    EXPECT_EQ(field("content-light-level"), "1000:400") << taken;
    EXPECT_EQ(field("framerate"), "25/1") << taken;
  }
}

// What is decoded already can only leave as what it is, or as a copy.
TEST_F(DeviceMemory, InMidStreamADomainGivesWayToSystemMemoryAlone) {
  sink_takes("video/x-raw(memory:CUDAMemory)");
  ASSERT_EQ(decode(), GST_FLOW_OK);
  gst_harness_set_sink_caps_str(harness_, "video/x-raw(memory:DMABuf); video/x-raw");
  ASSERT_EQ(decode(48), GST_FLOW_OK);
  EXPECT_EQ(feature(), "memory:SystemMemory");
  gst_harness_set_sink_caps_str(harness_, "video/x-raw(memory:CUDAMemory); video/x-raw");
  ASSERT_EQ(decode(64), GST_FLOW_OK);
  EXPECT_EQ(feature(), "memory:CUDAMemory");
  EXPECT_EQ(stat("download-frames"), 1U);
  EXPECT_EQ(stat("same-object-frames"), 2U);
}

TEST_F(DeviceMemory, AnotherSizeIsNegotiatedAndKeepsItsDomain) {
  sink_takes("video/x-raw(memory:DMABuf),format=DMA_DRM");
  ASSERT_EQ(decode(32, 16), GST_FLOW_OK);
  ASSERT_EQ(decode(64, 32), GST_FLOW_OK);
  EXPECT_EQ(feature(), "memory:DMABuf");
  EXPECT_EQ(field("width"), "64");
  EXPECT_EQ(field("drm-format"), drm_format);
  // Its layout is chosen before anything is decoded, and stays.
  EXPECT_EQ(fake_device().choices, 1U);
}

TEST_F(DeviceMemory, ADecoderMayBringItsOwnBuffers) {
  fake_device().allocates = false;
  sink_takes("video/x-raw(memory:CUDAMemory)");
  ASSERT_EQ(decode(), GST_FLOW_OK);
  EXPECT_EQ(feature(), "memory:CUDAMemory");
  EXPECT_EQ(stat("same-object-frames"), 1U);
}

TEST_F(DeviceMemory, ACopyOnTheDeviceIsCountedAsOne) {
  fake_device().moves = true;
  sink_takes("video/x-raw(memory:CUDAMemory)");
  ASSERT_EQ(decode(), GST_FLOW_OK);
  EXPECT_EQ(stat("gpu-copy-frames"), 1U);
  EXPECT_EQ(stat("gpu-copy-bytes"), 1000U);
  EXPECT_EQ(stat("same-object-frames"), 0U);
}

TEST_F(DeviceMemory, BothPadsAnswerForTheDevice) {
  GstQuery* query = gst_query_new_context(fake_context_type);
  for (GstPad* peer : {harness_->srcpad, harness_->sinkpad}) {
    EXPECT_TRUE(gst_pad_peer_query(peer, query));
    GstContext* context = nullptr;
    gst_query_parse_context(query, &context);
    EXPECT_NE(context, nullptr);
  }
  gst_query_unref(query);
  query = gst_query_new_context("av1hw.test.other");
  EXPECT_FALSE(gst_element_query(harness_->element, query));
  gst_query_unref(query);
}

TEST_F(DeviceMemory, ContextsReachTheDevice) {
  GstContext* context = gst_context_new(fake_context_type, TRUE);
  gst_structure_set(gst_context_writable_structure(context), "number", G_TYPE_UINT, 42U, nullptr);
  gst_element_set_context(harness_->element, context);
  gst_context_unref(context);
  EXPECT_EQ(fake_device().device_number, 42U);
  // The base class keeps it as well, for bins to find.
  context = gst_element_get_context(harness_->element, fake_context_type);
  ASSERT_NE(context, nullptr);
  gst_context_unref(context);
}

TEST_F(DeviceMemory, TheDeviceIsOpenFromReadyToNull) {
  EXPECT_EQ(fake_device().opened, 1U);
  EXPECT_EQ(fake_device().closed, 0U);
  gst_element_set_state(harness_->element, GST_STATE_NULL);
  EXPECT_EQ(fake_device().closed, 1U);
}

TEST_F(DeviceMemory, ADeviceThatDoesNotOpenIsAnError) {
  gst_element_set_state(harness_->element, GST_STATE_NULL);
  fake_device().opens = false;
  EXPECT_EQ(gst_element_set_state(harness_->element, GST_STATE_READY), GST_STATE_CHANGE_FAILURE);
  EXPECT_TRUE(posted(GST_MESSAGE_ERROR));
}

}  // namespace
}  // namespace av1hw::test
