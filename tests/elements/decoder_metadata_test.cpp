// SPDX-License-Identifier: LGPL-2.1-or-later
// Closed captions and other T.35 payloads of the bitstream on the frames that decoders give.
#include <gst/video/video-anc.h>
#include <gtest/gtest.h>

#include "av1/obu_writer.h"
#include "elements/decoder_harness.h"
#include "elements/encoder_cases.h"
#include "elements/encoder_harness.h"

namespace av1hw::test {
namespace {

// cc_data of every caption meta that `buffer` has.
std::vector<Bytes> captions(GstBuffer* buffer) {
  std::vector<Bytes> all;
  gpointer state = nullptr;
  while (GstMeta* meta =
             gst_buffer_iterate_meta_filtered(buffer, &state, GST_VIDEO_CAPTION_META_API_TYPE)) {
    const auto* caption = reinterpret_cast<const GstVideoCaptionMeta*>(meta);
    EXPECT_EQ(caption->caption_type, GST_VIDEO_CAPTION_TYPE_CEA708_RAW);
    all.emplace_back(caption->data, caption->data + caption->size);
  }
  return all;
}

// Payloads of every T.35 meta that `buffer` has.
std::vector<Bytes> t35_payloads(GstBuffer* buffer) {
  std::vector<Bytes> all;
  gpointer state = nullptr;
  while (GstMeta* meta = gst_buffer_iterate_meta(buffer, &state)) {
    if (!gst_meta_info_is_custom(meta->info)) continue;
    auto* custom = reinterpret_cast<GstCustomMeta*>(meta);
    if (!gst_custom_meta_has_name(custom, "av1hw-itu-t35")) continue;
    GBytes* bytes = nullptr;
    gst_structure_get(gst_custom_meta_get_structure(custom), "payload", G_TYPE_BYTES, &bytes,
                      nullptr);
    gsize size = 0;
    const auto* data = static_cast<const uint8_t*>(g_bytes_get_data(bytes, &size));
    all.emplace_back(data, data + size);
    g_bytes_unref(bytes);
  }
  return all;
}

// `unit` with this payload as metadata of its frame, behind the temporal delimiter.
Bytes with_t35(const Bytes& unit, const Bytes& payload) {
  Bytes metadata = {4};  // METADATA_TYPE_ITUT_T35
  metadata.insert(metadata.end(), payload.begin(), payload.end());
  metadata.push_back(0x80);  // trailing bits
  Bytes edited;
  ObuReader reader(unit, ObuFraming::Section5);
  for (auto obu = reader.next(); obu && *obu; obu = reader.next()) {
    if ((*obu)->type == ObuType::Frame || (*obu)->type == ObuType::FrameHeader) {
      const Bytes inserted = write_obu(ObuType::Metadata, std::exchange(metadata, {}));
      if (inserted.size() > 2) edited.insert(edited.end(), inserted.begin(), inserted.end());
    }
    edited.insert(edited.end(), (*obu)->bytes.begin(), (*obu)->bytes.end());
  }
  return edited;
}

bool is_installed(const char* element) {
  GstElementFactory* factory = gst_element_factory_find(element);
  if (!factory) return false;
  gst_object_unref(factory);
  return true;
}

class DecoderMetadata : public DecoderCase {};

// An encoder of ours writes what a decoder of ours reads: frame by frame, nothing twice.
TEST_P(DecoderMetadata, CaptionsSurviveEncodingAndDecoding) {
  unsigned tested = 0;
  for (const char* encoder : encoder_names) {
    SCOPED_TRACE(encoder);
    if (!is_installed(encoder)) continue;
    tested++;
    const Bytes other = {0x26, 0x00, 0x04, 0x01, 0x02};
    EncoderHarness encode(std::string(encoder) + " name=enc preset=10 threads=2");
    constexpr uint8_t frame_count = 6;
    const auto cc_data = [](uint8_t n) { return Bytes{0xfc, 0xe1, n, 0xfd, 0x80, 0x80}; };
    for (uint8_t n = 0; n < frame_count; n++) {
      GstBuffer* frame = encode.make_frame();
      const Bytes data = cc_data(n);
      gst_buffer_add_video_caption_meta(frame, GST_VIDEO_CAPTION_TYPE_CEA708_RAW, data.data(),
                                        data.size());
      GstCustomMeta* meta = gst_buffer_add_custom_meta(frame, "av1hw-itu-t35");
      ASSERT_TRUE(meta);
      GBytes* payload = g_bytes_new(other.data(), other.size());
      gst_structure_set(gst_custom_meta_get_structure(meta), "payload", G_TYPE_BYTES, payload,
                        nullptr);
      g_bytes_unref(payload);
      gst_harness_push(encode.harness(), frame);
    }
    encode.end();
    std::vector<Bytes> units;
    for (Unit& unit : encode.take()) units.push_back(std::move(unit.bytes));
    DecoderHarness h(decoder());
    h.set_caps(default_sink_caps);
    const std::vector<OutputFrame> frames = h.decode(units);
    ASSERT_EQ(frames.size(), frame_count);
    for (uint8_t n = 0; n < frame_count; n++) {
      EXPECT_EQ(captions(frames[n].buffer()), std::vector<Bytes>{cc_data(n)}) << int{n};
      EXPECT_EQ(t35_payloads(frames[n].buffer()), std::vector<Bytes>{other}) << int{n};
    }
  }
  if (tested == 0) GTEST_SKIP() << "no encoder of ours is here: NOTHING was tested";
}

// What only looks like captions, or would be read past its end, is handed on as it is.
TEST_P(DecoderMetadata, PayloadsThatAreNoCaptionsStayWhatTheyAre) {
  const std::vector<Bytes> units = clip("life.obu");
  const Bytes payloads[] = {
      {0xb5, 0x00, 0x3c, 0x00, 0x01, 0x04},                            // HDR10+
      {0xb5, 0x00, 0x31, 'G', 'A', '9', '4', 0x03},                    // cut off
      {0xb5, 0x00, 0x31, 'G', 'A', '9', '4', 0x03, 0x42, 0xff, 1, 2},  // one of two triples, torn
      {0xb5, 0x00, 0x31, 'G', 'A', '9', '4', 0x03, 0x5f, 0xff, 1, 2, 3},  // 31 triples, it says
      {0xb5, 0x00, 0x31, 'G', 'A', '9', '4', 0x03, 0x40, 0xff, 0xff},     // no triples
      {0xb5, 0x00, 0x31, 'G', 'A', '9', '4', 0x06, 0x41, 0xff, 1, 2, 3},  // bar data
  };
  for (const Bytes& payload : payloads) {
    DecoderHarness h(decoder());
    h.set_caps(default_sink_caps);
    const std::vector<OutputFrame> frames =
        h.decode(std::vector<Bytes>{with_t35(units[0], payload)});
    ASSERT_EQ(frames.size(), 1U);
    EXPECT_TRUE(captions(frames[0].buffer()).empty());
    EXPECT_EQ(t35_payloads(frames[0].buffer()), std::vector<Bytes>{payload});
  }
}

TEST_P(DecoderMetadata, MostTriplesThatThereCanBe) {
  Bytes payload = {0xb5, 0x00, 0x31, 'G', 'A', '9', '4', 0x03, 0x5f, 0xff};
  Bytes cc_data;
  for (uint8_t n = 0; n < 31; n++) cc_data.insert(cc_data.end(), {0xfc, 0x80, n});
  payload.insert(payload.end(), cc_data.begin(), cc_data.end());
  payload.push_back(0xff);
  DecoderHarness h(decoder());
  h.set_caps(default_sink_caps);
  const std::vector<OutputFrame> frames =
      h.decode(std::vector<Bytes>{with_t35(clip("life.obu")[0], payload)});
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(captions(frames[0].buffer()), std::vector<Bytes>{cc_data});
  EXPECT_TRUE(t35_payloads(frames[0].buffer()).empty());
}

INSTANTIATE_TEST_SUITE_P(Decoders, DecoderMetadata, testing::ValuesIn(decoders_to_test()),
                         decoder_test_name);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(DecoderMetadata);

}  // namespace
}  // namespace av1hw::test
