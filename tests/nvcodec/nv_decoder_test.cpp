// SPDX-License-Identifier: LGPL-2.1-or-later
// nvav1dec on the reference driver: where its pictures lie, for how long, and what a fault becomes.
#include <gst/check/gstharness.h>
#include <gst/video/video.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "memory/handles.h"
#include "support/test_files.h"

namespace av1hw::test {
namespace {

constexpr const char* cuda = "video/x-raw(memory:CUDAMemory)";
constexpr uint64_t clip_frames = 75;

Bytes clip() {
  const std::filesystem::path root = std::getenv("AV1HW_SOURCE_ROOT");
  return read_bytes(root / "tests" / "data" / "hdr10.ivf");
}

class NvDecoder : public testing::Test {
 protected:
  NvDecoder() { make(); }
  ~NvDecoder() override { unmake(); }

  void make() {
    harness_ = gst_harness_new("av1hwnvav1dec");
    gst_element_set_bus(harness_->element, bus_.get());
  }
  // The element is gone afterwards, down to its finalization.
  void unmake() {
    if (!harness_) return;
    gst_element_set_bus(harness_->element, nullptr);
    gst_harness_teardown(std::exchange(harness_, nullptr));
  }

  void sink_takes(const char* caps) {
    gst_harness_set_sink_caps_str(harness_, caps);
    gst_harness_add_propose_allocation_meta(harness_, GST_VIDEO_META_API_TYPE, nullptr);
    gst_harness_set_src_caps_str(
        harness_, "video/x-av1,stream-format=obu-stream,alignment=tu,framerate=25/1");
  }

  // Decodes the clip's units from `first` on, and gives what came out; stops at an error.
  std::vector<BufferHandle> decode(size_t first, size_t count) {
    std::vector<BufferHandle> out;
    const auto units = split_ivf(file_);
    for (size_t i = first; i < std::min(first + count, units.size()); i++) {
      GstBuffer* unit = gst_buffer_new_memdup(units[i].data(), units[i].size());
      GST_BUFFER_PTS(unit) = i * GST_SECOND / 25;
      if (gst_harness_push(harness_, unit) != GST_FLOW_OK) break;
      while (GstBuffer* decoded = gst_harness_try_pull(harness_)) out.emplace_back(decoded);
    }
    return out;
  }

  uint64_t stat(const char* name) const {
    GstStructure* stats = nullptr;
    g_object_get(harness_->element, "stats", &stats, nullptr);
    guint64 value = 0;
    EXPECT_TRUE(gst_structure_get_uint64(stats, name, &value)) << name;
    gst_structure_free(stats);
    return value;
  }

  // The error that was posted: "domain code: text".
  std::string error() {
    GstMessage* message = gst_bus_pop_filtered(bus_.get(), GST_MESSAGE_ERROR);
    if (!message) return "none";
    GError* posted = nullptr;
    gst_message_parse_error(message, &posted, nullptr);
    std::string text = std::string(g_quark_to_string(posted->domain)) + " " +
                       std::to_string(posted->code) + ": " + posted->message;
    g_error_free(posted);
    gst_message_unref(message);
    return text;
  }

  static Bytes bytes_of(GstBuffer* buffer) {
    GstMapInfo map;
    if (!gst_buffer_map(buffer, &map, GST_MAP_READ)) return {};
    Bytes bytes(map.data, map.data + map.size);
    gst_buffer_unmap(buffer, &map);
    return bytes;
  }

  const Bytes file_ = clip();
  const GstHandle<GstBus> bus_{gst_bus_new()};
  GstHarness* harness_ = nullptr;
};

TEST_F(NvDecoder, HandsOnWhatDownstreamGivesBack) {
  sink_takes(cuda);
  uint64_t frames = 0;
  for (size_t i = 0; i < clip_frames; i++) frames += decode(i, 1).size();
  EXPECT_GT(frames, clip_frames / 2);
  EXPECT_EQ(stat("same-object-frames"), frames);
  EXPECT_EQ(stat("gpu-copy-frames"), 0U);
  EXPECT_EQ(stat("download-frames"), 0U);
}

TEST_F(NvDecoder, CopiesOnTheDeviceWhatDownstreamKeeps) {
  sink_takes(cuda);
  std::vector<BufferHandle> held = decode(0, 30);
  ASSERT_GT(held.size(), 10U);
  const uint64_t handed_on = stat("same-object-frames");
  EXPECT_EQ(handed_on, 5U);
  EXPECT_EQ(stat("gpu-copy-frames"), held.size() - handed_on);
  EXPECT_GT(stat("gpu-copy-bytes"), 0U);
  held.clear();
  const uint64_t copied = stat("gpu-copy-frames");
  EXPECT_FALSE(decode(30, 1).empty());
  EXPECT_EQ(stat("gpu-copy-frames"), copied);
  EXPECT_EQ(stat("same-object-frames"), handed_on + 1);
}

TEST_F(NvDecoder, PicturesOutliveTheElement) {
  sink_takes(cuda);
  std::vector<BufferHandle> held = decode(0, 20);
  ASSERT_GT(held.size(), 6U);
  const Bytes handed_on = bytes_of(held.front().get());
  const Bytes copied = bytes_of(held.back().get());
  ASSERT_FALSE(handed_on.empty());
  unmake();
  EXPECT_EQ(bytes_of(held.front().get()), handed_on);
  EXPECT_EQ(bytes_of(held.back().get()), copied);
}

TEST_F(NvDecoder, GivesSystemMemoryToThoseWhoTakeNoOther) {
  sink_takes("video/x-raw");
  const uint64_t frames = decode(0, 30).size();
  EXPECT_GT(frames, 10U);
  EXPECT_EQ(stat("download-frames"), frames);
  EXPECT_EQ(stat("same-object-frames"), 0U);
}

TEST_F(NvDecoder, SharesItsDeviceWithThePipeline) {
  sink_takes(cuda);
  ASSERT_FALSE(decode(0, 20).empty());
  GstQuery* query = gst_query_new_context("gst.cuda.context");
  EXPECT_TRUE(gst_element_query(harness_->element, query));
  GstContext* context = nullptr;
  gst_query_parse_context(query, &context);
  EXPECT_NE(context, nullptr);
  gst_query_unref(query);
}

// Each of these runs in a process of its own, with one fault in the driver.
TEST_F(NvDecoder, FaultBusy) {
  sink_takes(cuda);
  EXPECT_TRUE(decode(0, 20).empty());
  EXPECT_TRUE(error().starts_with(std::string(g_quark_to_string(GST_RESOURCE_ERROR)) + " " +
                                  std::to_string(GST_RESOURCE_ERROR_BUSY)));
}

TEST_F(NvDecoder, FaultDeviceLost) {
  sink_takes(cuda);
  EXPECT_LT(decode(0, clip_frames).size(), 20U);
  EXPECT_TRUE(error().starts_with(std::string(g_quark_to_string(GST_RESOURCE_ERROR)) + " " +
                                  std::to_string(GST_RESOURCE_ERROR_FAILED)));
}

}  // namespace
}  // namespace av1hw::test
