// SPDX-License-Identifier: LGPL-2.1-or-later
// The encoder under headers made for the purpose: that it knows what decoders make of its tiles,
// that wrong headers and references are seen, and what it refuses.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "refdrv/encode/bitstream.h"
#include "refdrv/encode/block_means.h"
#include "refdrv/encode/frame_setup.h"
#include "refdrv/encode/header_maker.h"
#include "refdrv/encode/planes.h"
#include "refdrv/encode/software_encoder.h"
#include "refdrv/encode/stream_rewriter.h"
#include "refdrv/encode/tile_writer.h"
#include "refdrv/resynth/stream_decoder.h"

namespace refdrv {
namespace {

using encode::Planes;
using test::HeaderMaker;
using test::MadeHeader;
using test::plain_picture;
using test::worst_block;

// The part of a frame that is seen, of the blocks that it is coded in.
Planes cropped(const Planes& from, const Planes& like) {
  Planes planes = like;
  for (unsigned i = 0; i < planes.size(); i++) {
    for (unsigned y = 0; y < planes[i].height; y++) {
      for (unsigned x = 0; x < planes[i].width; x++) planes[i].at(x, y) = from[i].at(x, y);
    }
  }
  return planes;
}

void expect_same(const Planes& a, const Planes& b) {
  for (unsigned i = 0; i < a.size(); i++) EXPECT_EQ(a[i].samples, b[i].samples) << "plane " << i;
}

struct Size {
  unsigned width, height;
};

class TileModel : public testing::TestWithParam<Size> {};

// Without in-loop filters, what the coder keeps of a frame while it codes is what decoders make of
// it, to the sample: else predictions would be of something else.
TEST_P(TileModel, KnowsWhatIsDecoded) {
  const auto [width, height] = GetParam();
  for (const unsigned bit_depth : {8U, 10U}) {
    for (const uint8_t q : {uint8_t{1}, uint8_t{60}, uint8_t{255}}) {
      SCOPED_TRACE(testing::Message() << width << 'x' << height << ", " << bit_depth
                                      << " bits, base_q_idx " << int{q});
      Picture picture = plain_picture(FrameType::Key, width, height);
      picture.sequence.bit_depth = static_cast<uint8_t>(bit_depth);
      picture.quantization.base_q_idx = q;
      picture.tx_mode = 2;
      HeaderMaker maker(picture.sequence);
      const MadeHeader header = maker.make(picture, 0xff);
      const auto source = test::make_picture(3, maker.parsed_sequence(), width, height);
      const auto planes = encode::read_source(source.view(), maker.parsed_sequence(), maker.last());
      ASSERT_TRUE(planes);
      auto frame = encode::set_up_frame(maker.parsed_sequence(), maker.last(), {}, {}, *planes);
      ASSERT_TRUE(frame) << frame.error().message;
      const auto tiles = encode::write_tiles(*frame, encode::CdfContexts::defaults(q));
      ASSERT_TRUE(tiles) << tiles.error().message;
      const auto coded = encode::assemble_tiles(maker.last(), tiles->tiles);
      ASSERT_TRUE(coded);
      auto decoder = StreamDecoder::create();
      ASSERT_TRUE(decoder);
      const auto decoded = decoder->decode(encode::temporal_unit(
          {maker.sequence(), {header.bytes, header.bits}, coded->tile_group, false, 0}));
      ASSERT_TRUE(decoded) << decoded.error().message;
      const Planes seen = encode::read_decoded(decoded->view());
      expect_same(cropped(frame->reconstruction, seen), seen);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, TileModel,
                         testing::Values(Size{16, 16}, Size{227, 115}, Size{8, 200}, Size{1, 1},
                                         Size{129, 70}, Size{64, 64}));

// A stream that is coded frame by frame, and what its frames are.
class Encoding : public testing::Test {
 protected:
  static constexpr unsigned width = 160, height = 96;

  void SetUp() override {
    auto created = SoftwareEncoder::create();
    ASSERT_TRUE(created);
    encoder = std::move(*created);
    ASSERT_TRUE(encoder->set_sequence(maker.sequence()));
  }

  Result<EncodedFrame> code(const MadeHeader& header, const test::SourcePicture& source) {
    return encoder->code(header.bytes, header.bits, 0, source.view());
  }

  test::SourcePicture source(unsigned index) const {
    return test::make_picture(index, maker.parsed_sequence(), width, height);
  }

  std::vector<uint8_t> unit(const MadeHeader& header, const EncodedFrame& frame, bool first) const {
    encode::UnitParts parts;
    if (first) parts.sequence = maker.sequence();
    parts.header = {header.bytes, header.bits};
    parts.tile_group = frame.tile_group;
    return encode::temporal_unit(parts);
  }

  HeaderMaker maker{plain_picture(FrameType::Key, width, height).sequence};
  std::unique_ptr<SoftwareEncoder> encoder;
};

// Two pictures, then the first one again: tiles that were coded with it as the reference, under a
// header that names the other, and under one with another quantizer.
TEST_F(Encoding, WrongReferencesAndQuantizersAreSeen) {
  Picture key = plain_picture(FrameType::Key, width, height);
  key.quantization.base_q_idx = 24;
  Picture inter = plain_picture(FrameType::Inter, width, height);
  inter.quantization.base_q_idx = 24;
  const auto still = source(0);
  auto changed = source(9);
  for (uint8_t& sample : changed.planes[0]) sample = static_cast<uint8_t>(sample / 2);
  const MadeHeader first = maker.make(key, 0xff);
  const MadeHeader other = maker.make(inter, 0x02, 0);
  const MadeHeader right = maker.make(inter, 0, 0);
  const MadeHeader wrong = maker.make(inter, 0, 1);
  // Another one of those that have the same distributions.
  inter.quantization.base_q_idx = 60;
  const MadeHeader coarse = maker.make(inter, 0, 0);
  const auto a = code(first, still);
  const auto b = code(other, changed);
  auto brighter = still;
  for (uint8_t& sample : brighter.planes[0]) sample = static_cast<uint8_t>(sample + 20);
  const auto c = code(right, brighter);
  ASSERT_TRUE(a && b && c);

  const auto decode_last = [&](const MadeHeader& header) {
    auto decoder = StreamDecoder::create();
    EXPECT_TRUE(decoder);
    EXPECT_TRUE(decoder->decode(unit(first, *a, true)));
    EXPECT_TRUE(decoder->decode(unit(other, *b, false)));
    const auto last = decoder->decode(unit(header, *c, false));
    EXPECT_TRUE(last) << last.error().message;
    return encode::read_decoded(last->view());
  };
  const auto wanted = encode::read_source(brighter.view(), maker.parsed_sequence(), maker.last());
  ASSERT_TRUE(wanted);
  EXPECT_LT(worst_block(decode_last(right), *wanted), 3);
  EXPECT_GT(worst_block(decode_last(wrong), *wanted), 30);
  EXPECT_GT(worst_block(decode_last(coarse), *wanted), 10);
}

// Of several references, blocks are predicted from the one that has them.
TEST_F(Encoding, FindsTheReferenceThatHasAPicture) {
  const auto still = source(0);
  const MadeHeader first = maker.make(plain_picture(FrameType::Key, width, height), 0xff);
  const MadeHeader other = maker.make(plain_picture(FrameType::Inter, width, height), 0xfe, 0);
  const MadeHeader from_first = maker.make(plain_picture(FrameType::Inter, width, height), 0, 0);
  const MadeHeader from_other = maker.make(plain_picture(FrameType::Inter, width, height), 0, 5);
  ASSERT_TRUE(code(first, still));
  ASSERT_TRUE(code(other, source(9)));
  const auto near = code(from_first, still);
  const auto far = code(from_other, still);
  ASSERT_TRUE(near && far);
  EXPECT_LT(near->tile_group.size() * 2, far->tile_group.size());
}

// The bytes of each tile are where the frame says.
TEST_F(Encoding, TellsWhereTilesAre) {
  Picture picture = plain_picture(FrameType::Key, width, height);
  picture.tile_info.cols = 2;
  picture.tile_info.rows = 2;
  picture.tiles.assign(4, picture.tiles[0]);
  const auto coded = code(maker.make(picture, 0xff), source(0));
  ASSERT_TRUE(coded) << coded.error().message;
  ASSERT_EQ(coded->tiles.size(), 4U);
  constexpr size_t size_bytes = 4;
  size_t at = 1;
  for (size_t i = 0; i < coded->tiles.size(); i++) {
    if (i < 3) {
      EXPECT_EQ(coded->tile_group[at] | coded->tile_group[at + 1] << 8U, coded->tiles[i].size - 1);
      at += size_bytes;
    }
    EXPECT_EQ(coded->tiles[i].offset, at);
    at += coded->tiles[i].size;
  }
  EXPECT_EQ(at, coded->tile_group.size());
}

TEST_F(Encoding, RefusesWhatIsNoHeaderOfTheStream) {
  const MadeHeader key = maker.make(plain_picture(FrameType::Key, width, height), 0xff);
  const MadeHeader inter = maker.make(plain_picture(FrameType::Inter, width, height), 1, 3);
  const auto refused = [&](const Result<EncodedFrame>& result, Fault whose, const char* word) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().fault, whose) << result.error().message;
    EXPECT_TRUE(result.error().message.contains(word)) << result.error().message;
  };
  refused(code(inter, source(0)), Fault::Stream, "slot 3");
  refused(encoder->code(key.bytes, key.bits + 1, 0, source(0).view()), Fault::Client, "bits");
  refused(encoder->code(key.bytes, 4000, 0, source(0).view()), Fault::Client, "4000 bits");
  refused(encoder->code(std::span(key.bytes).first(2), 16, 0, source(0).view()), Fault::Stream,
          "cut off");
  auto small = source(0).view();
  const auto whole = source(0);
  small = whole.view();
  small.height = 64;
  refused(encoder->code(key.bytes, key.bits, 0, small), Fault::Client, "160x64");
  auto fresh = SoftwareEncoder::create();
  ASSERT_TRUE(fresh);
  refused((*fresh)->code(key.bytes, key.bits, 0, whole.view()), Fault::Client, "sequence");
  EXPECT_TRUE(code(key, whole));
}

TEST_F(Encoding, NamesWhatItDoesNotCode) {
  const auto refused = [&](const Picture& picture, const char* word) {
    const auto result = code(maker.make(picture, 1), source(0));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().fault, Fault::Unsupported) << result.error().message;
    EXPECT_TRUE(result.error().message.contains(word)) << result.error().message;
  };
  Picture picture = plain_picture(FrameType::Key, width, height);
  picture.quantization.base_q_idx = 0;
  refused(picture, "base_q_idx");
  picture = plain_picture(FrameType::Key, width, height);
  picture.use_superres = true;
  picture.superres_denom = 12;
  refused(picture, "use_superres");
  ASSERT_TRUE(code(maker.make(plain_picture(FrameType::Key, width, height), 0xff), source(0)));
  refused(plain_picture(FrameType::Inter, width - 16, height), "scaled");
  picture = plain_picture(FrameType::Inter, width, height);
  for (WarpParams& motion : picture.global_motion) {
    motion = {WarpType::Translation, {1 << 16, 0, 1 << 16, 0, 0, 1 << 16}};
  }
  refused(picture, "global motion");
  picture = plain_picture(FrameType::Key, width, height);
  picture.segmentation.enabled = true;
  picture.segmentation.update_map = true;
  picture.segmentation.feature_mask.fill(1 << 6);
  refused(picture, "segment");
}

// Headers with bits turned over: whatever they say, there is a frame or an error, and the next
// whole one is coded.
TEST_F(Encoding, SurvivesDamagedHeaders) {
  Picture picture = plain_picture(FrameType::Inter, width, height);
  picture.use_ref_frame_mvs = true;
  picture.reference_select = true;
  picture.tx_mode = 2;
  const MadeHeader key = maker.make(plain_picture(FrameType::Key, width, height), 0xff);
  const MadeHeader inter = maker.make(picture, 1);
  std::mt19937 random(1);
  const auto still = source(0);
  unsigned refused = 0, coded = 0;
  for (unsigned round = 0; round < 1500; round++) {
    MadeHeader damaged = round % 2 ? inter : key;
    for (unsigned i = 0; i <= round % 3; i++) {
      const size_t bit = random() % damaged.bits;
      damaged.bytes[bit / 8] ^= static_cast<uint8_t>(0x80U >> bit % 8);
    }
    // What has another length now is said to have that.
    const auto parsed =
        nv::parse_frame_header(damaged.bytes, maker.parsed_sequence(), maker.slots(), 0, 0);
    if (parsed) damaged.bits = parsed->bits;
    (code(damaged, still) ? coded : refused)++;
    ASSERT_TRUE(code(key, still) && code(inter, still)) << "round " << round;
  }
  EXPECT_GT(coded, 100U);
  EXPECT_GT(refused, 100U);
}

// A new sequence begins with nothing to refer to; the same one changes nothing.
TEST_F(Encoding, KeepsReferencesForASequence) {
  const MadeHeader key = maker.make(plain_picture(FrameType::Key, width, height), 0xff);
  const MadeHeader inter = maker.make(plain_picture(FrameType::Inter, width, height), 1);
  ASSERT_TRUE(code(key, source(0)));
  ASSERT_TRUE(encoder->set_sequence(maker.sequence()));
  EXPECT_TRUE(code(inter, source(1)));
  SequenceParams params = plain_picture(FrameType::Key, width, height).sequence;
  params.enable_cdef = true;
  ASSERT_TRUE(encoder->set_sequence(HeaderMaker(params).sequence()));
  EXPECT_FALSE(code(inter, source(1)));
}

}  // namespace
}  // namespace refdrv
