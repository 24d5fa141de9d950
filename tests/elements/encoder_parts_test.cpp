// SPDX-License-Identifier: LGPL-2.1-or-later
// Parts of the encoder elements that need no element: caps, captions, units, mapped frames.
#include <gst/gst.h>
#include <gtest/gtest.h>

#include <string>

#include "av1/metadata.h"
#include "av1/obu_writer.h"
#include "av1/unit_editor.h"
#include "codec/coded_sequence.h"
#include "elements/closed_captions.h"
#include "elements/encoder_caps.h"
#include "elements/encoder_metadata.h"
#include "memory/itu_t35_meta.h"
#include "memory/mapped_frame.h"

namespace av1hw {
namespace {

using Bytes = std::vector<uint8_t>;

TEST(EncoderCaps, FormatsHaveTheProfileOfTheSpecification) {
  EXPECT_EQ(profile_of_format(GST_VIDEO_FORMAT_I420), 0U);
  EXPECT_EQ(profile_of_format(GST_VIDEO_FORMAT_GRAY10_LE16), 0U);
  EXPECT_EQ(profile_of_format(GST_VIDEO_FORMAT_Y444_10LE), 1U);
  EXPECT_EQ(profile_of_format(GST_VIDEO_FORMAT_GBR), 1U);
  EXPECT_EQ(profile_of_format(GST_VIDEO_FORMAT_Y42B), 2U);
  EXPECT_EQ(profile_of_format(GST_VIDEO_FORMAT_I420_12LE), 2U);
  EXPECT_EQ(profile_of_format(GST_VIDEO_FORMAT_GRAY16_LE), 2U);
}

TEST(EncoderCaps, DownstreamProfilesLeaveTheirFormats) {
  const CapsHandle all{gst_caps_from_string(
      "video/x-raw, format=(string){ I420, Y444, Y42B, I420_12LE }, width=(int)[ 16, 64 ]")};
  const CapsHandle high{gst_caps_from_string("video/x-av1, profile=(string){ main, high }")};
  const CapsHandle expected{
      gst_caps_from_string("video/x-raw, format=(string){ I420, Y444 }, width=(int)[ 16, 64 ]")};
  EXPECT_TRUE(gst_caps_is_equal(restrict_to_profiles(all.get(), high.get()).get(), expected.get()));
  const CapsHandle any{gst_caps_from_string("video/x-av1")};
  EXPECT_TRUE(gst_caps_is_equal(restrict_to_profiles(all.get(), any.get()).get(), all.get()));
  const CapsHandle one{gst_caps_from_string("video/x-raw, format=(string)Y444")};
  const CapsHandle main{gst_caps_from_string("video/x-av1, profile=(string)main")};
  EXPECT_TRUE(gst_caps_is_empty(restrict_to_profiles(one.get(), main.get()).get()));
}

TEST(EncoderCaps, UnitsWithoutASequenceHeaderAreRefused) {
  EXPECT_FALSE(describe_stream(Bytes{}));
  EXPECT_FALSE(describe_stream(Bytes{0x12, 0x00}));
  EXPECT_FALSE(describe_stream(Bytes{0x0a, 0x05, 0x00}));
}

TEST(EncoderMetadata, CaptionsBecomeAnAtscPayload) {
  EXPECT_EQ(make_atsc_captions(Bytes{0xfc, 0x80, 0x80}),
            (Bytes{0xb5, 0x00, 0x31, 'G', 'A', '9', '4', 3, 0x41, 0xff, 0xfc, 0x80, 0x80, 0xff}));
  EXPECT_TRUE(make_atsc_captions(Bytes{}).empty());
  EXPECT_TRUE(make_atsc_captions(Bytes(4)).empty());
  EXPECT_TRUE(make_atsc_captions(Bytes(32 * 3)).empty());
}

TEST(AtscCaptions, AreFoundWhereTheyAreWholeAndInUse) {
  const Bytes cc_data = {0xfc, 0x80, 0x80, 0xfd, 0x81, 0x82};
  const Bytes payload = make_atsc_captions(cc_data);
  const auto found = find_atsc_captions(payload);
  EXPECT_EQ(Bytes(found.begin(), found.end()), cc_data);
  for (size_t size = 0; size + 1 < payload.size(); size++) {
    EXPECT_TRUE(find_atsc_captions(std::span(payload).first(size)).empty()) << size;
  }
  Bytes not_in_use = payload;
  not_in_use[8] = 0x02;  // process_cc_data_flag is not set
  EXPECT_TRUE(find_atsc_captions(not_in_use).empty());
}

TEST(EncoderMetadata, T35MetasComeBackInOrder) {
  register_itu_t35_meta();
  const BufferHandle buffer{gst_buffer_new()};
  add_itu_t35_meta(buffer.get(), Bytes{0xb5, 1, 2});
  add_itu_t35_meta(buffer.get(), Bytes{});
  add_itu_t35_meta(buffer.get(), Bytes{0x26, 3});
  std::vector<Bytes> payloads;
  collect_itu_t35_metas(buffer.get(), payloads);
  EXPECT_EQ(payloads, (std::vector<Bytes>{{0xb5, 1, 2}, {0x26, 3}}));
}

TEST(UnitEditor, MetadataGoesBeforeTheShownFrame) {
  const Bytes delimiter = write_obu(ObuType::TemporalDelimiter, {});
  const Bytes hidden = write_obu(ObuType::Frame, Bytes{1, 2, 3});
  const Bytes shown = write_obu(ObuType::FrameHeader, Bytes{4, 5});
  const Bytes tiles = write_obu(ObuType::TileGroup, Bytes{6});
  const Bytes metadata = write_itu_t35_metadata(Bytes{0xb5, 7});
  auto join = [](std::initializer_list<Bytes> parts) {
    Bytes all;
    for (const Bytes& part : parts) all.insert(all.end(), part.begin(), part.end());
    return all;
  };
  EXPECT_EQ(insert_before_shown_frame(join({delimiter, hidden, shown, tiles}), metadata),
            join({delimiter, hidden, metadata, shown, tiles}));
  EXPECT_EQ(insert_before_shown_frame(delimiter, metadata), join({delimiter, metadata}));
}

TEST(MappedFrame, RowsWithoutPaddingAreKnown) {
  GstVideoInfo info;
  gst_video_info_set_format(&info, GST_VIDEO_FORMAT_GRAY8, 10, 4);
  const BufferHandle buffer{gst_buffer_new_allocate(nullptr, 16 * 3 + 10, nullptr)};
  const gsize offsets[GST_VIDEO_MAX_PLANES] = {0};
  const gint strides[GST_VIDEO_MAX_PLANES] = {16};
  gst_buffer_add_video_meta_full(buffer.get(), GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_GRAY8,
                                 10, 4, 1, offsets, strides);
  const Result<MappedFrame> frame = MappedFrame::map_read(buffer.get(), info);
  ASSERT_TRUE(frame) << frame.error().message;
  EXPECT_EQ(frame->plane(0).size(), 16U * 3 + 10);
  EXPECT_TRUE(frame->padded_plane(0).empty());
  EXPECT_EQ(frame->sample_bytes(), 40U);
}

}  // namespace
}  // namespace av1hw
