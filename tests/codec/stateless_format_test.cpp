// SPDX-License-Identifier: LGPL-2.1-or-later
// The stateless decoder: sequences, formats, metadata and film grain.
#include "av1/metadata.h"
#include "stateless_fixture.h"

namespace av1hw {
namespace {

using test::FrameSpec;

TEST_F(Stateless, DriverIsConfiguredOnceForASequence) {
  unit({sequence(), key()});
  unit({sequence(), inter()});
  unit({sequence(), key()});
  drain();
  ASSERT_EQ(script_.configs.size(), 1u);
  const StreamConfig& config = script_.configs[0];
  EXPECT_EQ(config.profile, 0u);
  EXPECT_EQ(config.bit_depth, 8u);
  EXPECT_EQ(config.max_width, 64u);
  EXPECT_EQ(config.max_height, 64u);
  EXPECT_EQ(config.format.format, GST_VIDEO_FORMAT_NV12);
  EXPECT_FALSE(config.apply_grain);
  EXPECT_EQ(client_.numbers(), (Numbers{0, 1, 2}));
}

TEST_F(Stateless, OperatingParametersAreNoNewSequence) {
  seq_.timing_info_present = seq_.decoder_model_info_present = true;
  seq_.timing_info = {.num_units_in_display_tick = 1,
                      .time_scale = 25,
                      .equal_picture_interval = true,
                      .num_ticks_per_picture = 1};
  seq_.decoder_model_info = {.buffer_delay_length = 8,
                             .num_units_in_decoding_tick = 1,
                             .buffer_removal_time_length = 8,
                             .frame_presentation_time_length = 8};
  seq_.operating_points[0].decoder_model_present = true;
  const Bytes before = sequence();
  seq_.operating_points[0].decoder_buffer_delay = 7;
  unit({before, write_obu(ObuType::Frame, [&] {
          BitWriter w;
          w.bits(0b0'00'1'1'0, 6);
          w.flag(false);  // buffer_removal_time_present_flag
          w.flag(false);  // render_and_frame_size_different
          w.flag(true);   // uniform_tile_spacing_flag
          w.bits(100, 8);
          w.bits(0, 3 + 1 + 1 + 1 + 16 + 1 + 1);
          w.align();
          w.append(Bytes{1});
          return std::move(w).take();
        }())});
  unit({sequence(), test::show_existing_obu(3)});
  drain();
  EXPECT_EQ(client_.complaints(), "");
  EXPECT_EQ(client_.numbers(), (Numbers{0, 1}));
  EXPECT_EQ(client_.pictures[0].format.fps_n, 25);
}

TEST_F(Stateless, NewSequencePutsEverythingOutBeforeTheDriverIsConfigured) {
  unit({sequence(), key()});
  unit({inter()});
  EXPECT_TRUE(client_.pictures.empty());
  seq_ = test::plain_sequence(128, 64);
  seq_.color.bit_depth = 10;
  FrameSpec wide;
  wide.columns_end = true;
  unit({sequence(), frame(wide)});
  EXPECT_EQ(client_.numbers(), (Numbers{0, 1}));
  drain();
  ASSERT_EQ(script_.configs.size(), 2u);
  EXPECT_EQ(script_.configs[1].format.format, GST_VIDEO_FORMAT_P010_10LE);
  EXPECT_EQ(client_.pictures[2].format.width, 128);
  EXPECT_EQ(client_.pictures[2].format.format, GST_VIDEO_FORMAT_P010_10LE);
}

TEST_F(Stateless, FrameThatIsLargerThanItsSequence) {
  unit({sequence(), key()});
  unit({frame({.type = FrameType::Inter, .refresh = 1, .size = {{64, 100}}, .rows_end = true})});
  unit({inter()});
  drain();
  EXPECT_EQ(client_.complaints(), "");
  ASSERT_EQ(script_.configs.size(), 3u);
  EXPECT_EQ(script_.configs[1].max_height, 100u);
  EXPECT_EQ(client_.pictures[1].format.height, 100);
}

TEST_F(Stateless, SizeChangesWithinASequence) {
  seq_ = test::plain_sequence(64, 64);
  seq_.enable_superres = true;
  unit({sequence(), key()});
  unit({frame({.type = FrameType::Inter, .refresh = 1, .size = {{50, 33}}})});
  unit({frame({.type = FrameType::Inter, .refresh = 1, .superres_denominator = 12})});
  drain();
  EXPECT_EQ(client_.complaints(), "");
  EXPECT_EQ(script_.configs.size(), 1u);
  EXPECT_EQ(client_.pictures[1].format.width, 50);
  EXPECT_EQ(client_.pictures[1].format.height, 33);
  EXPECT_EQ(client_.pictures[2].format.width, 64);
}

TEST_F(Stateless, MonochromeComesOutAsTheDriverHasIt) {
  seq_.color.mono_chrome = true;
  unit({sequence(), key()});
  drain();
  EXPECT_TRUE(script_.configs.at(0).mono_chrome);
  EXPECT_EQ(client_.pictures.at(0).format.format, GST_VIDEO_FORMAT_NV12);
}

// Levels and times that the parser beneath refuses, though nothing depends on them.
TEST_F(Stateless, HarmlessOdditiesOfSequenceHeaders) {
  for (unsigned level = 0; level < 32; level++) {
    seq_.operating_points[0].seq_level_idx = static_cast<uint8_t>(level);
    unit({sequence(), key()});
  }
  seq_.timing_info_present = true;
  unit({sequence(), key()});
  drain();
  EXPECT_EQ(client_.complaints(), "");
  EXPECT_EQ(client_.pictures.size(), 33u);
}

TEST_F(Stateless, RenderSizeIsAnAspectRatio) {
  unit({sequence(), frame({.render_size = {{128, 64}}})});
  drain();
  EXPECT_EQ(client_.pictures.at(0).format.par_n, 2);
  EXPECT_EQ(client_.pictures.at(0).format.par_d, 1);
}

TEST_F(Stateless, HdrMetadataHoldsUntilTheNextSequence) {
  HdrMdcv mdcv = {};
  mdcv.luminance_max = 1000 << 8;
  unit({sequence(), write_metadata(HdrCll{1000, 400}), write_metadata(mdcv), key()});
  unit({inter()});
  unit({write_metadata(HdrCll{2000, 400}), test::show_existing_obu(0)});
  seq_ = test::plain_sequence(32, 32);
  unit({sequence(), key()});
  drain();
  EXPECT_EQ(client_.complaints(), "");
  ASSERT_EQ(client_.pictures.size(), 4u);
  for (const size_t i : {0, 1}) {
    ASSERT_TRUE(client_.pictures[i].format.content_light);
    EXPECT_EQ(client_.pictures[i].format.content_light->max_content_light_level, 1000);
    EXPECT_TRUE(client_.pictures[i].format.mastering_display);
  }
  EXPECT_EQ(client_.pictures[2].format.content_light->max_content_light_level, 2000);
  EXPECT_FALSE(client_.pictures[3].format.content_light);
  EXPECT_FALSE(client_.pictures[3].format.mastering_display);
}

TEST_F(Stateless, ItuT35GoesWithThePictureThatIsShown) {
  const ItuT35 caption{0xb5, 0, 0x31, 1}, other{0xb5, 0, 0x3c, 2};
  unit({sequence(), key()});
  unit({write_itu_t35_metadata(caption), write_itu_t35_metadata(other),
        frame({.type = FrameType::Inter, .show = false, .refresh = 2}), inter()});
  unit({write_itu_t35_metadata(other), test::show_existing_obu(1)});
  unit({inter()});
  drain();
  ASSERT_EQ(client_.pictures.size(), 4u);
  EXPECT_TRUE(client_.pictures[0].itu_t35.empty());
  EXPECT_EQ(client_.pictures[1].itu_t35, (std::vector<ItuT35>{caption, other}));
  EXPECT_EQ(client_.pictures[2].itu_t35, (std::vector<ItuT35>{other}));
  EXPECT_TRUE(client_.pictures[3].itu_t35.empty());
}

TEST_F(Stateless, TimecodeGoesWithThePictureThatIsShown) {
  BitWriter w;
  w.leb128(5);    // METADATA_TYPE_TIMECODE
  w.bits(1, 5);   // counting_type
  w.flag(true);   // full_timestamp_flag
  w.bits(0, 2);   // discontinuity_flag, cnt_dropped_flag
  w.bits(12, 9);  // n_frames
  w.bits(34, 6);  // seconds_value
  w.bits(56, 6);  // minutes_value
  w.bits(7, 5);   // hours_value
  w.bits(0, 5);   // time_offset_length
  w.trailing_bits();
  unit({sequence(), write_obu(ObuType::Metadata, w.bytes()), key()});
  unit({inter()});
  drain();
  EXPECT_EQ(client_.complaints(), "");
  ASSERT_TRUE(client_.pictures.at(0).timecode);
  EXPECT_EQ(client_.pictures[0].timecode->hours, 7);
  EXPECT_EQ(client_.pictures[0].timecode->n_frames, 12);
  EXPECT_FALSE(client_.pictures.at(1).timecode);
}

TEST_F(Stateless, MetadataOfALostPictureIsLostWithIt) {
  const ItuT35 caption{0xb5, 0, 0x31, 1};
  unit({sequence(), key()});
  unit({write_itu_t35_metadata(caption), write_obu(ObuType::Frame, Bytes{0x30})});
  unit({inter()});
  drain();
  ASSERT_EQ(client_.pictures.size(), 2u);
  EXPECT_TRUE(client_.pictures[1].itu_t35.empty());
}

TEST_F(Stateless, DamagedMetadataHurtsNoPicture) {
  unit({sequence(), write_obu(ObuType::Metadata, Bytes{1, 0}), key()});
  drain();
  ASSERT_EQ(client_.damages.size(), 1u);
  EXPECT_FALSE(client_.damages[0].hurts_pictures);
  EXPECT_EQ(client_.numbers(), (Numbers{0}));
}

class StatelessGrain : public Stateless {
 protected:
  StatelessGrain() { seq_.film_grain_params_present = true; }
  void decode() {
    unit({sequence(), frame({.apply_grain = true})});
    unit({frame({.type = FrameType::Inter, .refresh = 1})});
    unit({frame({.type = FrameType::Inter, .show = false, .refresh = 2, .apply_grain = true})});
    unit({test::show_existing_obu(1)});
    drain();
    EXPECT_EQ(client_.complaints(), "");
    ASSERT_EQ(client_.pictures.size(), 3u);
  }
};

TEST_F(StatelessGrain, IsApplied) {
  decode();
  EXPECT_TRUE(script_.configs.at(0).apply_grain);
  EXPECT_TRUE(submitted(0).apply_grain);
  EXPECT_FALSE(submitted(1).apply_grain);
  EXPECT_TRUE(submitted(2).apply_grain);
  for (const Picture& picture : client_.pictures) EXPECT_FALSE(picture.grain_dropped);
}

TEST_F(StatelessGrain, IsDroppedAndThatIsSaid) {
  settings_.film_grain = FilmGrainMode::Off;
  decode();
  EXPECT_FALSE(script_.configs.at(0).apply_grain);
  for (size_t i = 0; i < 3; i++) EXPECT_FALSE(submitted(i).apply_grain);
  EXPECT_TRUE(client_.pictures[0].grain_dropped);
  EXPECT_FALSE(client_.pictures[1].grain_dropped);
  EXPECT_TRUE(client_.pictures[2].grain_dropped);
}

TEST_F(StatelessGrain, TooManyPointsAreIllegal) {
  unit({sequence(), frame({.apply_grain = true, .luma_points = 14})});
  EXPECT_EQ(client_.complaints(), "");
  unit({frame({.apply_grain = true, .luma_points = 15})});
  ASSERT_EQ(client_.damages.size(), 1u);
  EXPECT_TRUE(client_.damages[0].message.ends_with("its film grain parameters are illegal"));
}

}  // namespace
}  // namespace av1hw
