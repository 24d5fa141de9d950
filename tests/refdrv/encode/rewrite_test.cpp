// SPDX-License-Identifier: LGPL-2.1-or-later
// The encoder under the headers of real streams: whatever they say, a decoder of its own has the
// pictures that were put in.
#include <dav1d/dav1d.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <string>

#include "refdrv/encode/block_means.h"
#include "refdrv/encode/planes.h"
#include "refdrv/encode/quantizer_tables.h"
#include "refdrv/encode/stream_rewriter.h"

namespace refdrv::test {
namespace {

using encode::Planes;

// All pictures of a stream, without film grain.
class Dav1d {
 public:
  Dav1d() {
    Dav1dSettings settings;
    dav1d_default_settings(&settings);
    settings.n_threads = 1;
    settings.apply_grain = 0;
    settings.strict_std_compliance = 1;
    settings.logger.callback = nullptr;
    Dav1dContext* context = nullptr;
    EXPECT_EQ(dav1d_open(&context, &settings), 0);
    context_.reset(context);
  }

  // Nothing if there is an error.
  std::vector<DecodedPlanes> decode(const std::vector<std::vector<uint8_t>>& units) {
    for (const auto& unit : units) {
      Dav1dData data = {};
      std::ranges::copy(unit, dav1d_data_create(&data, unit.size()));
      while (data.sz > 0) {
        const int sent = dav1d_send_data(context_.get(), &data);
        if (sent < 0 && sent != DAV1D_ERR(EAGAIN)) {
          dav1d_data_unref(&data);
          return {};
        }
        if (!take()) return {};
      }
    }
    return std::move(pictures_);
  }

 private:
  struct Close {
    void operator()(Dav1dContext* context) const { dav1d_close(&context); }
  };

  bool take() {
    for (;;) {
      DecodedPlanes planes;
      const int got = dav1d_get_picture(context_.get(), planes.put());
      if (got == DAV1D_ERR(EAGAIN)) return true;
      if (got < 0) return false;
      pictures_.push_back(std::move(planes));
    }
  }

  std::unique_ptr<Dav1dContext, Close> context_;
  std::vector<DecodedPlanes> pictures_;
};

// How far a block's mean may be away, in samples: a step of the coarsest quantizer that the header
// has, and what the in-loop filters do across the edges of blocks that have no other detail.
double tolerance(const RewrittenFrame& frame) {
  const CUVIDAV1PICPARAMS& av1 = frame.header.av1;
  int index = av1.base_qindex;
  int most = 0;
  for (const auto& segment : av1.segmentation_feature_data) {
    if (av1.segmentation_enabled) most = std::max<int>(most, segment[0]);
  }
  index += most + std::max<int>({0, av1.qp_y_dc_delta_q, av1.qp_u_dc_delta_q, av1.qp_v_dc_delta_q});
  const unsigned depth = frame.sequence.bit_depth;
  const auto step =
      encode::dc_qlookup[(depth - 8) / 2][static_cast<size_t>(std::clamp(index, 0, 255))];
  const double filters = 4 + std::max(av1.loop_filter_level[0], av1.loop_filter_level[1]) / 8.0;
  return step / 32.0 + filters * (1U << (depth - 8));
}

// The encoder's reconstruction is what is decoded, and its means are the source's.
void check_frame(const RewrittenFrame& frame, const PlaneView& decoded) {
  const Planes seen = encode::read_decoded(decoded);
  const Reconstruction as_bytes = encode::to_reconstruction(seen, frame.sequence.bit_depth);
  EXPECT_EQ(as_bytes.planes, frame.reconstruction->planes);
  const auto source = encode::read_source(frame.source.view(), frame.sequence, frame.header);
  ASSERT_TRUE(source);
  EXPECT_LE(worst_block(seen, *source), tolerance(frame));
}

void check_stream(const RewrittenStream& stream) {
  const auto pictures = Dav1d().decode(stream.units);
  ASSERT_EQ(pictures.size(), stream.shown.size());
  for (size_t i = 0; i < pictures.size(); i++) {
    SCOPED_TRACE("picture " + std::to_string(i));
    check_frame(*stream.shown[i], pictures[i].view());
  }
}

class Clip : public testing::TestWithParam<const char*> {};

TEST_P(Clip, IsDecodedWithOtherPictures) {
  const std::string root = std::getenv("AV1HW_SOURCE_ROOT");
  const auto stream = rewrite_stream(root + "/tests/data/" + GetParam(), 30);
  ASSERT_TRUE(stream) << stream.error().message;
  EXPECT_FALSE(stream->stopped) << stream->stopped->message;
  EXPECT_GE(stream->coded.size(), 8U);
  check_stream(*stream);
}

INSTANTIATE_TEST_SUITE_P(All, Clip,
                         testing::Values("life.obu", "annexb.obu", "grain.ivf", "hdr10.ivf",
                                         "sizes.ivf"));

// Hundreds of headers: what is not coded is refused by name, and counted.
TEST(Vectors, AreDecodedWithOtherPictures) {
  const char* folder = std::getenv("AV1_VECTORS");
  if (!folder) GTEST_SKIP() << "AV1_VECTORS names no folder of test vectors: NOTHING was checked";
  std::ifstream manifest(std::string(folder) + "/MANIFEST.tsv");
  std::map<std::string, unsigned> reasons;
  unsigned streams = 0, frames = 0;
  std::string line;
  std::getline(manifest, line);
  for (std::string last; std::getline(manifest, line);) {
    const std::string path = line.substr(0, line.find('\t'));
    if (path == last || path.starts_with("fuzz/")) continue;
    last = path;
    SCOPED_TRACE(path);
    const auto stream = rewrite_stream(folder + ("/" + path), 10);
    ASSERT_TRUE(stream) << stream.error().message;
    if (stream->stopped) {
      EXPECT_FALSE(stream->stopped->message.contains("dav1d")) << stream->stopped->message;
      std::string reason = stream->stopped->message;
      std::erase_if(reason, [](unsigned char letter) { return std::isdigit(letter); });
      reasons[reason]++;
    }
    check_stream(*stream);
    streams++;
    frames += static_cast<unsigned>(stream->coded.size());
  }
  std::cout << streams << " streams, " << frames << " frames\n";
  for (const auto& [reason, count] : reasons) std::cout << count << " end with: " << reason << '\n';
  EXPECT_GE(streams, 1U);
  EXPECT_GE(frames, streams * 3);
}

}  // namespace
}  // namespace refdrv::test
