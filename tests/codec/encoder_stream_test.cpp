// SPDX-License-Identifier: LGPL-2.1-or-later
// What the stateless encoder's streams say: metadata, layers, sizes, references, regions, rates.
#include <gst/video/video.h>

#include "codec/stateless_encoder_fixture.h"

namespace av1hw::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <typename T>
std::vector<T> metadata_of(const FollowedUnit& unit) {
  std::vector<T> found;
  for (const MetadataObu& metadata : unit.metadata) {
    if (const T* one = std::get_if<T>(&metadata)) found.push_back(*one);
  }
  return found;
}

TEST_F(StatelessEncoderTest, HdrMetadataStandsWithEachKeyFrame) {
  input.content_light = GstVideoContentLightLevel{};
  input.content_light->max_content_light_level = 1000;
  input.content_light->max_frame_average_light_level = 400;
  input.mastering_display = GstVideoMasteringDisplayInfo{};
  input.mastering_display->display_primaries[0] = {35400, 14600};
  input.mastering_display->white_point = {15635, 16450};
  input.mastering_display->max_display_mastering_luminance = 10'000'000;
  input.mastering_display->min_display_mastering_luminance = 50;
  settings.gop_size = 3;
  open();
  encode(5);
  drain();
  const auto units = follow();
  ASSERT_EQ(types(units), "kppkp");
  for (size_t i = 0; i < units.size(); ++i) {
    const size_t expected = units[i].key_frame ? 1 : 0;
    ASSERT_EQ(metadata_of<HdrCll>(units[i]).size(), expected);
    ASSERT_EQ(metadata_of<HdrMdcv>(units[i]).size(), expected);
  }
  EXPECT_EQ(metadata_of<HdrCll>(units[0])[0], (HdrCll{1000, 400}));
  const HdrMdcv mdcv = metadata_of<HdrMdcv>(units[0])[0];
  EXPECT_EQ(mdcv.primaries[0], (Chromaticity{46399, 19137}));
  EXPECT_EQ(mdcv.luminance_max, 1000U << 8);
  EXPECT_EQ(mdcv.luminance_min, 82U);
}

TEST_F(StatelessEncoderTest, T35StandsWithItsFrameAlsoWhereThatIsCodedEarlier) {
  settings.b_frames = 3;
  open();
  for (uint8_t i = 0; i < 9; ++i) {
    InputFrame one = frame();
    const std::vector<std::vector<uint8_t>> payloads = {{0xb5, i}, {0xb5, 0, i}};
    one.itu_t35 = payloads;
    ASSERT_TRUE(encode(one));
  }
  drain();
  const auto units = follow();
  ASSERT_EQ(units.size(), 9U);
  for (uint8_t i = 0; i < 9; ++i) {
    const MetadataItuT35 first{{0xb5, i}};
    const MetadataItuT35 second{{0xb5, 0, i}};
    EXPECT_THAT(metadata_of<MetadataItuT35>(units[i]), ElementsAre(first, second));
  }
}

class TemporalLayers : public StatelessEncoderTest, public testing::WithParamInterface<unsigned> {};

TEST_P(TemporalLayers, LowerLayersDecodeByThemselves) {
  settings.temporal_layers = GetParam();
  open();
  for (uint8_t i = 0; i < 16; ++i) {
    InputFrame one = frame();
    const std::vector<std::vector<uint8_t>> payloads = {{0xb5, i}};
    one.itu_t35 = payloads;
    ASSERT_TRUE(encode(one));
  }
  drain();
  const auto units = client.take_units();
  ASSERT_EQ(units.size(), 16U);
  for (unsigned kept = 0; kept < GetParam(); ++kept) {
    SCOPED_TRACE(kept);
    UnitFollower all;
    UnitFollower some(kept);
    unsigned shown = 0;
    for (const EncodedUnit& unit : units) {
      const FollowedUnit whole = all.take(bytes_of(unit));
      const FollowedUnit part = some.take(bytes_of(unit));
      EXPECT_EQ(part.shown.has_value(), whole.temporal_id <= kept);
      EXPECT_EQ(metadata_of<MetadataItuT35>(part).size(), part.shown ? 1U : 0U);
      if (!part.shown) continue;
      ++shown;
      EXPECT_EQ(part.references, whole.references);
    }
    EXPECT_EQ(all.faults() + some.faults(), "");
    EXPECT_EQ(shown, 16U >> (GetParam() - 1 - kept));
  }
  const FollowedUnit first = UnitFollower().take(bytes_of(units[0]));
  const uint8_t mode = GetParam() == 2 ? scalability_l1t2 : scalability_l1t3;
  EXPECT_THAT(metadata_of<Scalability>(first), ElementsAre(Scalability{mode}));
  EXPECT_EQ(first.sequence->operating_points_count, GetParam());
}

INSTANTIATE_TEST_SUITE_P(StatelessEncoder, TemporalLayers, testing::Values(2U, 3U));

TEST_F(StatelessEncoderTest, WithoutLayersThereIsNoScalabilityMetadata) {
  open();
  encode(1);
  drain();
  EXPECT_TRUE(follow()[0].metadata.empty());
}

TEST_F(StatelessEncoderTest, HeadersSayTheInputsSizeWhereTheDriverCan) {
  script.limits.width_alignment = 64;
  script.limits.height_alignment = 16;
  input = input_of("video/x-raw,format=NV12,width=1922,height=1080,framerate=30/1");
  open();
  EXPECT_EQ(script.streams[0].coded_width, 1984U);
  EXPECT_EQ(script.streams[0].coded_height, 1088U);
  encode(2);
  drain();
  const auto units = follow();
  EXPECT_EQ(units[0].sequence->max_frame_width, 1922U);
  EXPECT_EQ(units[0].sequence->max_frame_height, 1080U);
  EXPECT_FALSE(script.submitted[0].header.render_width);
}

TEST_F(StatelessEncoderTest, RenderSizeSaysTheInputsWhereHeadersAreAligned) {
  script.limits.width_alignment = 64;
  script.limits.height_alignment = 16;
  script.limits.header_size_is_aligned = true;
  input = input_of("video/x-raw,format=NV12,width=1920,height=1080,framerate=30/1");
  settings.b_frames = 2;
  open();
  encode(7);
  drain();
  const auto units = follow();
  EXPECT_EQ(units[0].sequence->max_frame_height, 1088U);
  for (const FollowedUnit& unit : units) {
    if (unit.frames == 0) continue;
    EXPECT_EQ(unit.render_width, 1920U);
    EXPECT_EQ(unit.render_height, 1080U);
  }
}

TEST_F(StatelessEncoderTest, ALongTermReferenceIsAllThatAFrameRefersTo) {
  open();
  for (unsigned i = 0; i < 12; ++i) {
    InputFrame one = frame();
    if (i == 2) one.mark_long_term = 1;
    if (i == 8) one.use_long_term = 1;
    if (i == 10) one.use_long_term = 3;  // which there is none of
    ASSERT_TRUE(encode(one));
  }
  drain();
  const auto units = follow();
  ASSERT_EQ(types(units), "kpppppppppkp");
  for (const uint64_t reference : units[8].references) EXPECT_EQ(reference, 1002U);
  for (const uint64_t reference : units[9].references)
    EXPECT_TRUE(reference == 1002 || reference == 1008) << reference;
}

TEST_F(StatelessEncoderTest, RegionsOfInterestAreThoseOfTheBuffer) {
  open();
  InputFrame one = frame();
  const auto add = [&](guint x, guint y, guint w, guint h, GstStructure* parameter) {
    GstVideoRegionOfInterestMeta* meta =
        gst_buffer_add_video_region_of_interest_meta(one.buffer, "face", x, y, w, h);
    if (parameter) gst_video_region_of_interest_meta_add_param(meta, parameter);
  };
  const auto named = [](const char* name, const char* field, int value) {
    return gst_structure_new(name, field, G_TYPE_INT, value, nullptr);
  };
  add(10, 20, 30, 40, named("roi/av1hw", "delta-q", -60));
  add(300, 230, 100, 100, named("roi/vaapi", "delta-qp", 4));
  add(0, 0, 64, 64, nullptr);                               // says nothing
  add(320, 0, 64, 64, named("roi/av1hw", "delta-q", -60));  // outside
  add(0, 0, G_MAXUINT, G_MAXUINT, named("roi/av1hw", "delta-q", -1000));
  ASSERT_TRUE(encode(one));
  encode(1);
  drain();
  const auto& regions = script.submitted[0].regions;
  ASSERT_EQ(regions.size(), 3U);
  EXPECT_EQ(regions[0].x, 10U);
  EXPECT_EQ(regions[0].height, 40U);
  EXPECT_EQ(regions[0].delta_q_idx, -60);
  EXPECT_EQ(regions[1].width, 20U);
  EXPECT_EQ(regions[1].height, 10U);
  EXPECT_EQ(regions[1].delta_q_idx, 20);
  EXPECT_EQ(regions[2].width, 320U);
  EXPECT_EQ(regions[2].delta_q_idx, -255);
  EXPECT_TRUE(script.submitted[1].regions.empty());
}

TEST_F(StatelessEncoderTest, RegionsOfInterestAreBounded) {
  open();
  InputFrame one = frame();
  for (unsigned i = 0; i < 100; ++i) {
    GstVideoRegionOfInterestMeta* meta =
        gst_buffer_add_video_region_of_interest_meta(one.buffer, "face", i, i, 16, 16);
    gst_video_region_of_interest_meta_add_param(
        meta, gst_structure_new("roi/av1hw", "delta-q", G_TYPE_INT, -8, nullptr));
  }
  ASSERT_TRUE(encode(one));
  drain();
  EXPECT_EQ(script.submitted[0].regions.size(), 32U);
}

TEST_F(StatelessEncoderTest, ANewBitrateHoldsFromTheNextPictureOnWithoutAKeyFrame) {
  settings.rate_control = RateControl::Cbr;
  settings.bitrate = 1000;
  open();
  encode(3);
  ASSERT_TRUE(encoder->set_bitrate(500));
  encode(3);
  drain();
  EXPECT_EQ(types(follow()), "kppppp");
  for (unsigned i = 0; i < 6; ++i) {
    const SubmittedEncode& picture = script.submitted[i];
    EXPECT_EQ(picture.rate.target, i < 3 ? 1'000'000U : 500'000U);
    EXPECT_EQ(picture.rate_changed, i == 3);
  }
}

TEST_F(StatelessEncoderTest, BitratesThatTheStreamCannotChangeTo) {
  settings.rate_control = RateControl::Cbr;
  settings.bitrate = 1000;
  open();
  // The level of 320x240 has 1.5 Mbit/s.
  auto changed = encoder->set_bitrate(20'000);
  ASSERT_FALSE(changed);
  EXPECT_EQ(changed.error().code, ErrorCode::NotSupported);
  EXPECT_THAT(changed.error().message, HasSubstr("level"));
  script.limits.changes_bitrate = false;
  open();
  changed = encoder->set_bitrate(500);
  ASSERT_FALSE(changed);
  EXPECT_EQ(changed.error().code, ErrorCode::NotSupported);
}

TEST_F(StatelessEncoderTest, ABitrateThatTheDriverCannotHoldIsAWarning) {
  script.limits.vbr = script.limits.cbr = false;
  settings.bitrate = 1000;
  open();
  EXPECT_THAT(client.warnings, ElementsAre(HasSubstr("bitrate=1000")));
  client.warnings.clear();
  encode(1);
  EXPECT_TRUE(encoder->set_bitrate(500));
  EXPECT_THAT(client.warnings, ElementsAre(HasSubstr("bitrate=500")));
  encode(1);
  drain();
  EXPECT_EQ(types(follow()), "kp");
  EXPECT_FALSE(script.submitted.back().rate_changed);
}

TEST_F(StatelessEncoderTest, WhatWasSaidOfTheModeIsNotSaidOfEachBitrate) {
  script.limits.vbr = false;
  settings.rate_control = RateControl::Vbr;
  settings.bitrate = 1000;
  open();
  EXPECT_THAT(client.warnings, ElementsAre(HasSubstr("using cbr")));
  EXPECT_TRUE(encoder->set_bitrate(500));
  EXPECT_EQ(client.warnings.size(), 1U);
}

struct SettingsCase {
  const char* name;
  EncoderSettings settings;
  unsigned latency;
};

class EachSetting : public StatelessEncoderTest,
                    public testing::WithParamInterface<SettingsCase> {};

// Sizes that are and are not multiples of a driver's alignment, odd ones, and of several tiles.
TEST_P(EachSetting, InEachSizeIsAStream) {
  settings = GetParam().settings;
  script.limits.width_alignment = 64;
  script.limits.height_alignment = 16;
  for (const bool aligned : {false, true}) {
    script.limits.header_size_is_aligned = aligned;
    for (const char* size : {"width=64,height=64", "width=1920,height=1080", "width=17,height=33",
                             "width=4098,height=2304", "width=7680,height=4320"}) {
      SCOPED_TRACE(size);
      const std::string caps = std::string("video/x-raw,format=NV12,framerate=30/1,") + size;
      input = input_of(caps.c_str());
      open();
      EXPECT_EQ(encoder->latency_frames(), GetParam().latency);
      encode(18);
      drain();
      EXPECT_EQ(follow().size(), 18U);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    StatelessEncoder, EachSetting,
    testing::Values(SettingsCase{"Defaults", {}, 0}, SettingsCase{"OneBFrame", {.b_frames = 1}, 1},
                    SettingsCase{"SevenBFrames", {.gop_size = 12, .b_frames = 7}, 7},
                    SettingsCase{"KeyFramesAlone", {.gop_size = 1}, 0},
                    SettingsCase{"OneReference", {.ref_frames = 1}, 0},
                    SettingsCase{"LowLatency", {.bitrate = 2000, .low_latency = true}, 0},
                    SettingsCase{"ThreeLayers", {.bitrate = 2000, .temporal_layers = 3}, 0},
                    SettingsCase{"Tiles", {.tile_columns = 4, .tile_rows = 2}, 0}),
    [](const auto& one) { return std::string(one.param.name); });

TEST_F(StatelessEncoderTest, WhatTheDriverLacksIsLeftOutWithAWarning) {
  script.limits.backward_references = 0;
  script.limits.temporal_layers = 1;
  script.limits.cbr = false;
  settings.b_frames = 2;
  settings.temporal_layers = 3;
  settings.bitrate = 1000;
  settings.rate_control = RateControl::Cbr;
  open();
  EXPECT_THAT(client.warnings,
              ElementsAre("b-frames=2: this driver refers to no later frames; using 0",
                          "temporal-layers=3: this driver has 1 at most; using that",
                          "rate-control=cbr: this driver has no cbr; using vbr"));
  EXPECT_EQ(encoder->latency_frames(), 0U);
  encode(3);
  drain();
  EXPECT_EQ(types(follow()), "kpp");
}

TEST_F(StatelessEncoderTest, SettingsThatContradictEachOtherAreErrors) {
  settings.b_frames = 2;
  settings.temporal_layers = 2;
  const auto opened = encoder->open(settings, input, client);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::InvalidSettings);
  EXPECT_THAT(opened.error().message, HasSubstr("temporal-layers"));
}

}  // namespace
}  // namespace av1hw::test
