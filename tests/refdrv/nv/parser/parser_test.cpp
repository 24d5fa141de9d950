// SPDX-License-Identifier: LGPL-2.1-or-later
// The video parser, through the functions that clients call.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "refdrv/nv/cuda_types.h"
// After cuda_types.h, whose types it needs.
#include <ffnvcodec/dynlink_nvcuvid.h>

extern "C" {
tcuvidCreateVideoParser cuvidCreateVideoParser;
tcuvidDestroyVideoParser cuvidDestroyVideoParser;
tcuvidParseVideoData cuvidParseVideoData;
}

namespace {

using refdrv::nv::success;
using refdrv::nv::unknown_error;

constexpr int surfaces = 12;

std::vector<uint8_t> read_clip(const std::string& name) {
  std::ifstream in(std::string(std::getenv("AV1HW_SOURCE_ROOT")) + "/tests/data/" + name,
                   std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Writes down what the parser calls it with, and answers as it is told to.
class Client {
 public:
  Client() {
    params_.CodecType = cudaVideoCodec_AV1;
    params_.ulMaxNumDecodeSurfaces = surfaces;
    params_.pUserData = this;
    params_.pfnSequenceCallback = [](void* self, CUVIDEOFORMAT* format) {
      auto* client = static_cast<Client*>(self);
      client->formats.push_back(*format);
      return client->sequence_answer;
    };
    params_.pfnDecodePicture = [](void* self, CUVIDPICPARAMS* picture) {
      auto* client = static_cast<Client*>(self);
      client->check(*picture);
      client->decoded++;
      return client->decode_answer;
    };
    params_.pfnDisplayPicture = [](void* self, CUVIDPARSERDISPINFO* info) {
      auto* client = static_cast<Client*>(self);
      if (info) client->displayed.push_back(info->timestamp);
      client->ended = client->ended || !info;
      return 1;
    };
    params_.pfnGetOperatingPoint = [](void* self, CUVIDOPERATINGPOINTINFO* info) {
      static_cast<Client*>(self)->operating_points = info->av1.operating_points_cnt;
      return 0;
    };
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() {
    if (parser_) cuvidDestroyVideoParser(parser_);
  }

  CUresult create() { return cuvidCreateVideoParser(&parser_, &params_); }
  CUresult parse(const std::vector<uint8_t>& bytes, unsigned flags = 0, long long time = 0) {
    CUVIDSOURCEDATAPACKET packet = {};
    packet.payload = bytes.data();
    packet.payload_size = bytes.size();
    packet.flags = flags;
    packet.timestamp = time;
    return cuvidParseVideoData(parser_, &packet);
  }
  CUVIDPARSERPARAMS& params() { return params_; }

  int sequence_answer = 1;
  int decode_answer = 1;
  std::vector<CUVIDEOFORMAT> formats;
  unsigned decoded = 0;
  unsigned operating_points = 0;
  std::vector<long long> displayed;
  bool ended = false;

 private:
  // What a client may rely on, whatever the stream.
  static void check(const CUVIDPICPARAMS& picture) {
    const auto& av1 = picture.CodecSpecific.av1;
    ASSERT_LT(picture.CurrPicIdx, surfaces);
    ASSERT_LT(av1.decodePicIdx, surfaces);
    ASSERT_GE(av1.decodePicIdx, 0);
    for (const unsigned index : av1.ref_frame_map) {
      ASSERT_TRUE(index < surfaces || index == 255) << index;
      ASSERT_NE(index, static_cast<unsigned>(av1.decodePicIdx));
    }
    ASSERT_EQ(picture.nNumSlices, av1.num_tile_cols * av1.num_tile_rows);
    for (unsigned tile = 0; tile < picture.nNumSlices; tile++) {
      ASSERT_LT(picture.pSliceDataOffsets[2 * tile], picture.pSliceDataOffsets[2 * tile + 1]);
      ASSERT_LE(picture.pSliceDataOffsets[2 * tile + 1], picture.nBitstreamDataLen);
    }
  }

  CUVIDPARSERPARAMS params_ = {};
  CUvideoparser parser_ = nullptr;
};

TEST(VideoParser, TellsFormatPicturesAndEnd) {
  Client client;
  ASSERT_EQ(client.create(), success);
  EXPECT_EQ(client.parse(read_clip("life.obu"), CUVID_PKT_TIMESTAMP, 77), success);
  EXPECT_EQ(client.parse({}, CUVID_PKT_ENDOFSTREAM | CUVID_PKT_NOTIFY_EOS), success);
  ASSERT_EQ(client.formats.size(), 1U);
  EXPECT_EQ(client.formats[0].coded_width, 227U);
  EXPECT_EQ(client.formats[0].coded_height, 127U);
  EXPECT_EQ(client.operating_points, 1U);
  EXPECT_EQ(client.displayed.size(), 50U);
  EXPECT_GE(client.decoded, client.displayed.size());
  EXPECT_EQ(client.displayed.front(), 77);
  EXPECT_TRUE(client.ended);
}

TEST(VideoParser, ReadsAnnexB) {
  Client client;
  client.params().bAnnexb = 1;
  ASSERT_EQ(client.create(), success);
  EXPECT_EQ(client.parse(read_clip("annexb.obu")), success);
  EXPECT_FALSE(client.displayed.empty());
  Client other;
  ASSERT_EQ(other.create(), success);
  EXPECT_EQ(other.parse(read_clip("annexb.obu")), unknown_error);
  EXPECT_TRUE(other.displayed.empty());
}

TEST(VideoParser, PassesOnThatACallbackFailed) {
  Client client;
  client.sequence_answer = 0;
  ASSERT_EQ(client.create(), success);
  EXPECT_NE(client.parse(read_clip("life.obu")), success);
  EXPECT_EQ(client.decoded, 0U);
  Client other;
  other.decode_answer = 0;
  ASSERT_EQ(other.create(), success);
  EXPECT_NE(other.parse(read_clip("life.obu")), success);
  EXPECT_EQ(other.decoded, 1U);
}

TEST(VideoParser, HasTooFewSurfaces) {
  Client client;
  client.params().ulMaxNumDecodeSurfaces = 1;
  ASSERT_EQ(client.create(), success);
  EXPECT_NE(client.parse(read_clip("life.obu")), success);
}

TEST(VideoParser, RefusesOtherCodecsAndUnknownHandles) {
  Client client;
  client.params().CodecType = cudaVideoCodec_H264;
  EXPECT_EQ(client.create(), refdrv::nv::not_supported);
  CUVIDSOURCEDATAPACKET packet = {};
  EXPECT_EQ(cuvidParseVideoData(reinterpret_cast<CUvideoparser>(0x10), &packet),
            refdrv::nv::invalid_handle);
}

// Every clip with a byte changed, a cut, or a piece of it twice: what is decoded keeps the promises
// that check() looks at.
TEST(VideoParser, SurvivesDamage) {
  for (const char* name : {"life.obu", "annexb.obu"}) {
    const auto clip = read_clip(name);
    ASSERT_FALSE(clip.empty());
    unsigned state = 1;
    const auto random = [&state](size_t below) {
      state = state * 1103515245U + 12345U;
      return (state >> 8) % below;
    };
    for (unsigned round = 0; round < 400; round++) {
      auto damaged = clip;
      // Headers are where a parser breaks, and they come first.
      for (unsigned i = 0; i <= round % 4; i++) {
        damaged[random(i % 2 ? damaged.size() : std::min<size_t>(damaged.size(), 64))] ^=
            static_cast<uint8_t>(1U << random(8));
      }
      if (round % 3 == 0) damaged.resize(random(damaged.size()) + 1);
      Client client;
      client.params().bAnnexb = name[0] == 'a';
      ASSERT_EQ(client.create(), success);
      for (unsigned twice = 0; twice < 2; twice++) {
        client.parse(damaged, CUVID_PKT_ENDOFPICTURE);
        client.parse(clip, CUVID_PKT_ENDOFPICTURE);
      }
    }
  }
}

}  // namespace
