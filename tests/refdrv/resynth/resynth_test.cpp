// SPDX-License-Identifier: LGPL-2.1-or-later
// What dav1d reads in the rebuilt headers, and that references survive whatever slots they are in.
#include <dav1d/headers.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "refdrv/resynth/resynthesizer.h"

namespace refdrv {
namespace {

// Any bytes decode as a tile, to something, if they are not too few.
std::vector<uint8_t> tile_bytes(unsigned seed, size_t size = 40000) {
  std::mt19937 random(seed);
  std::vector<uint8_t> bytes(size);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
  return bytes;
}

Picture key_frame(SurfaceId target, std::span<const uint8_t> tile) {
  Picture picture;
  picture.sequence.enable_order_hint = true;
  picture.sequence.order_hint_bits = 7;
  picture.sequence.enable_cdef = true;
  picture.target = target;
  picture.upscaled_width = 128;
  picture.frame_height = 64;
  picture.quantization.base_q_idx = 120;
  picture.tx_mode = 2;
  picture.tile_info.col_widths[0] = 2;
  picture.tile_info.row_heights[0] = 1;
  picture.tiles = {tile};
  return picture;
}

Picture inter_frame(SurfaceId target, uint8_t order_hint, std::span<const uint8_t> tile) {
  Picture picture = key_frame(target, tile);
  picture.frame_type = FrameType::Inter;
  picture.order_hint = order_hint;
  picture.primary_ref_frame = 0;
  picture.interpolation_filter = 4;
  picture.reference_select = true;
  picture.ref_frame_idx = {0, 1, 2, 3, 4, 5, 6};
  return picture;
}

std::unique_ptr<Resynthesizer> make() {
  auto created = Resynthesizer::create();
  EXPECT_TRUE(created);
  return std::move(*created);
}

std::vector<uint8_t> samples(const DecodedPlanes& planes) {
  const PlaneView view = planes.view();
  std::vector<uint8_t> result;
  for (unsigned plane = 0; plane < 3; ++plane) {
    const unsigned width =
        (plane ? view.chroma_width() : view.width) * (view.bit_depth > 8 ? 2 : 1);
    for (unsigned y = 0; y < (plane ? view.chroma_height() : view.height); ++y) {
      const uint8_t* row = view.data[plane] + view.stride[plane] * static_cast<ptrdiff_t>(y);
      result.insert(result.end(), row, row + width);
    }
  }
  return result;
}

std::string refusal(Resynthesizer& resynth, const Picture& picture) {
  const auto decoded = resynth.decode(picture);
  return decoded ? "decoded" : decoded.error().message;
}

TEST(Resynth, HeaderSaysWhatThePictureSays) {
  const auto tile = tile_bytes(1);
  auto resynth = make();
  Picture key = key_frame(1, tile);
  key.order_hint = 3;
  ASSERT_TRUE(resynth->decode(key));

  Picture picture = inter_frame(2, 9, tile);
  picture.ref_frame_map.fill(1);
  picture.use_superres = true;
  picture.superres_denom = 13;
  picture.upscaled_width = 300;
  picture.frame_height = 130;
  picture.tile_info = {.cols = 2,
                       .rows = 3,
                       .col_widths = {2, 1},
                       .row_heights = {1, 1, 1},
                       .context_update_tile_id = 4};
  picture.tiles.assign(6, tile);
  picture.quantization = {200, -3, 5, 7, -9, 11, true, 3, 4, 5};
  picture.segmentation = {.enabled = true, .update_map = true, .temporal_update = true};
  picture.segmentation.feature_mask[3] = 0b100001;
  picture.segmentation.feature_data[3] = {-77, 0, 0, 0, 0, 6};
  picture.delta = {true, 2, true, 3, true};
  picture.loop_filter = {{11, 22}, 33, 44, 5, true, {-1, 2, -3, 4, -5, 6, -7, 63}, {-64, 1}};
  picture.cdef = {2, 1, {15, 3}, {3, 1}, {7, 0}, {2, 0}};
  picture.restoration = {{Restoration::Switchable, Restoration::Wiener, Restoration::SgrProj},
                         {8, 7, 7}};
  picture.global_motion[1] = {WarpType::Affine, {64 << 10, -(32 << 10), 66000, 200, -340, 65000}};
  picture.global_motion[5] = {WarpType::RotZoom, {0, 1 << 10, 65000, -200, 200, 65000}};
  const auto decoded = resynth->decode(picture);
  ASSERT_TRUE(decoded) << decoded.error().message;

  const Dav1dFrameHeader& header = *decoded->reconstructed.get().frame_hdr;
  EXPECT_EQ(header.frame_type, DAV1D_FRAME_TYPE_INTER);
  EXPECT_EQ(header.frame_offset, 9);
  EXPECT_EQ(header.width[0], (300 * 8 + 6) / 13);
  EXPECT_EQ(header.width[1], 300);
  EXPECT_EQ(header.height, 130);
  EXPECT_EQ(header.tiling.cols, 2);
  EXPECT_EQ(header.tiling.rows, 3);
  EXPECT_EQ(header.tiling.update, 4);
  EXPECT_EQ(header.quant.yac, 200);
  EXPECT_EQ(header.quant.ydc_delta, -3);
  EXPECT_EQ(header.quant.udc_delta, 5);
  EXPECT_EQ(header.quant.uac_delta, 7);
  EXPECT_EQ(header.quant.vdc_delta, -9);
  EXPECT_EQ(header.quant.vac_delta, 11);
  EXPECT_EQ(header.quant.qm_y, 3);
  EXPECT_EQ(header.quant.qm_v, 5);
  EXPECT_EQ(header.segmentation.temporal, 1);
  EXPECT_EQ(header.segmentation.seg_data.d[3].delta_q, -77);
  EXPECT_EQ(header.segmentation.seg_data.d[3].ref, 6);
  EXPECT_EQ(header.delta.q.res_log2, 2);
  EXPECT_EQ(header.delta.lf.res_log2, 3);
  EXPECT_EQ(header.delta.lf.multi, 1);
  EXPECT_EQ(header.loopfilter.level_y[1], 22);
  EXPECT_EQ(header.loopfilter.level_v, 44);
  EXPECT_EQ(header.loopfilter.sharpness, 5);
  EXPECT_EQ(header.loopfilter.mode_ref_deltas.ref_delta[7], 63);
  EXPECT_EQ(header.loopfilter.mode_ref_deltas.mode_delta[0], -64);
  EXPECT_EQ(header.cdef.damping, 5);
  EXPECT_EQ(header.cdef.y_strength[0], 15 << 2 | 3);
  EXPECT_EQ(header.cdef.uv_strength[0], 7 << 2 | 2);
  EXPECT_EQ(header.restoration.type[0], DAV1D_RESTORATION_SWITCHABLE);
  EXPECT_EQ(header.restoration.type[2], DAV1D_RESTORATION_SGRPROJ);
  EXPECT_EQ(header.restoration.unit_size[0], 8);
  EXPECT_EQ(header.restoration.unit_size[1], 7);
  EXPECT_EQ(header.gmv[1].type, DAV1D_WM_TYPE_AFFINE);
  EXPECT_EQ(header.gmv[5].type, DAV1D_WM_TYPE_ROT_ZOOM);
  for (unsigned i = 0; i < 6; ++i) {
    EXPECT_EQ(header.gmv[1].matrix[i], picture.global_motion[1].matrix[i]) << i;
    EXPECT_EQ(header.gmv[5].matrix[i], picture.global_motion[5].matrix[i]) << i;
  }

  // Coded relative to those of the primary reference.
  Picture next = inter_frame(3, 10, tile);
  next.ref_frame_map.fill(2);
  next.upscaled_width = 256;
  next.frame_height = 128;
  next.tile_info.row_heights[0] = 0;
  next.tile_info.col_widths[0] = 0;
  next.global_motion[1] = {WarpType::RotZoom, {-(64 << 10), 1 << 10, 64998, 14, -14, 64998}};
  const auto later = resynth->decode(next);
  ASSERT_TRUE(later) << later.error().message;
  for (unsigned i = 0; i < 6; ++i)
    EXPECT_EQ(later->reconstructed.get().frame_hdr->gmv[1].matrix[i],
              next.global_motion[1].matrix[i])
        << i;
}

TEST(Resynth, HiddenKeyFrameLeavesTheOtherReferencesAlone) {
  const auto first = tile_bytes(1);
  const auto second = tile_bytes(2);
  auto shown = make();
  ASSERT_TRUE(shown->decode(key_frame(1, first)));
  const auto expected = shown->decode(key_frame(2, second));
  ASSERT_TRUE(expected);

  auto hidden = make();
  ASSERT_TRUE(hidden->decode(key_frame(1, first)));
  Picture key = key_frame(2, second);
  key.show_frame = false;
  key.ref_frame_map.fill(1);
  const auto decoded = hidden->decode(key);
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(samples(decoded->reconstructed), samples(expected->reconstructed));
  EXPECT_TRUE(hidden->knows(1));
  EXPECT_FALSE(shown->knows(1));
}

// Pictures that each replace one of eight different ones, whatever else the map names.
TEST(Resynth, EightDifferentReferencesAreKept) {
  constexpr unsigned count = 20;
  std::vector<std::vector<uint8_t>> tiles;
  for (unsigned i = 0; i <= count; ++i) tiles.push_back(tile_bytes(i));
  auto all = make();
  auto few = make();
  ASSERT_TRUE(all->decode(key_frame(100, tiles[0])));
  ASSERT_TRUE(few->decode(key_frame(100, tiles[0])));
  std::array<SurfaceId, num_ref_frames> map;
  map.fill(100);
  for (unsigned i = 1; i <= count; ++i) {
    Picture picture = inter_frame(100 + i, static_cast<uint8_t>(i), tiles[i]);
    picture.ref_frame_map = map;
    // Nothing but the last picture.
    picture.ref_frame_idx.fill(static_cast<uint8_t>((i * 3 + 5) % 8));
    const auto with_all = all->decode(picture);
    picture.ref_frame_map.fill(100 + i - 1);
    const auto with_few = few->decode(picture);
    ASSERT_TRUE(with_all) << i << with_all.error().message;
    ASSERT_TRUE(with_few) << with_few.error().message;
    ASSERT_EQ(samples(with_all->reconstructed), samples(with_few->reconstructed)) << i;
    // The next picture's references are at (3 (i + 1) + 5) % 8: three further on each time.
    map[((i + 1) * 3 + 5) % 8] = 100 + i;
  }
}

TEST(Resynth, FilmGrainComesBesideTheReconstruction) {
  const auto tile = tile_bytes(4);
  auto resynth = make();
  Picture picture = key_frame(1, tile);
  picture.sequence.film_grain_params_present = true;
  const auto plain = resynth->decode(picture);
  ASSERT_TRUE(plain);
  EXPECT_FALSE(plain->grained);
  picture.film_grain.apply = true;
  picture.film_grain.seed = 1234;
  picture.film_grain.num_y_points = 1;
  picture.film_grain.y_points[0] = {128, 90};
  picture.film_grain.scaling_minus_8 = 2;
  const auto decoded = resynth->decode(picture);
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(samples(decoded->reconstructed), samples(plain->reconstructed));
  EXPECT_NE(samples(decoded->grained), samples(plain->reconstructed));
}

TEST(Resynth, MisuseIsNamed) {
  const auto tile = tile_bytes(5);
  auto resynth = make();
  Picture inter = inter_frame(2, 1, tile);
  inter.ref_frame_map.fill(1);
  EXPECT_EQ(refusal(*resynth, inter),
            "ref_frame_idx[0] is 0, whose surface 0x1 holds no decoded picture");
  ASSERT_TRUE(resynth->decode(key_frame(1, tile)));
  inter.target = 1;
  EXPECT_EQ(refusal(*resynth, inter), "surface 1 is decoded into while ref_frame_map names it");
  inter.target = 2;
  inter.ref_frame_idx[6] = 8;
  EXPECT_EQ(refusal(*resynth, inter), "ref_frame_idx[6] is 8");
  inter.ref_frame_idx[6] = 7;
  inter.skip_mode_present = true;
  EXPECT_EQ(refusal(*resynth, inter),
            "skip_mode_present is set, but no pair of references allows skip mode");
  inter.skip_mode_present = false;
  inter.tile_info.cols = 5;
  inter.tiles.assign(5, tile);
  EXPECT_NE(refusal(*resynth, inter).find("tile columns do not cover 2 superblocks"),
            std::string::npos);
  inter.tile_info.cols = 1;
  EXPECT_EQ(refusal(*resynth, inter), "5 tiles were given for 1 x 1");
  inter.tiles.resize(1);
  inter.global_motion[0] = {WarpType::Affine, {1, 0, warped_model_one, 0, 0, warped_model_one}};
  EXPECT_EQ(refusal(*resynth, inter), "global motion parameter 0 is 1, which can't be coded");
  inter.global_motion[0] = {};
  EXPECT_EQ(refusal(*resynth, inter), "decoded");
}

// A reference that is too large to be scaled is the stream's fault; what needs it is as well.
TEST(Resynth, DamageIsTheStreamsFault) {
  const auto tile = tile_bytes(6);
  auto resynth = make();
  ASSERT_TRUE(resynth->decode(key_frame(1, tile)));
  Picture tiny = inter_frame(2, 1, tile);
  tiny.ref_frame_map.fill(1);
  tiny.upscaled_width = 16;
  tiny.tile_info.col_widths[0] = 0;
  const auto damaged = resynth->decode(tiny);
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().fault, Fault::Stream);
  Picture next = inter_frame(3, 2, tile);
  next.ref_frame_map = {2, 1, 1, 1, 1, 1, 1, 1};
  const auto dependent = resynth->decode(next);
  ASSERT_FALSE(dependent);
  EXPECT_EQ(dependent.error().fault, Fault::Stream);
  next.ref_frame_idx[0] = 1;
  EXPECT_EQ(refusal(*resynth, next), "decoded");
}

}  // namespace
}  // namespace refdrv
