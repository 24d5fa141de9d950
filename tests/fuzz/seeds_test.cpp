// SPDX-License-Identifier: LGPL-2.1-or-later
// Inputs that once broke a decoder, through every decoder element: it survives, and it ends.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "av1/obu.h"
#include "support/decode_session.h"
#include "support/decoder_test_name.h"
#include "support/test_files.h"

namespace av1hw::test {
namespace {

namespace fs = std::filesystem;

// One way to feed a file to a decoder.
struct Feed {
  const char* caps;
  std::vector<Bytes> packets;
};

constexpr const char* section5_units = "video/x-av1,stream-format=obu-stream,alignment=tu";
constexpr const char* section5_obus = "video/x-av1,stream-format=obu-stream,alignment=obu";
constexpr const char* annex_b_units = "video/x-av1,stream-format=annexb,alignment=tu";

std::vector<Bytes> copies(const TemporalUnits& split) {
  std::vector<Bytes> packets;
  for (const TemporalUnit& unit : split.units) {
    packets.emplace_back(unit.packet.begin(), unit.packet.end());
  }
  return packets;
}

std::vector<Bytes> single_obus(std::span<const uint8_t> bytes) {
  std::vector<Bytes> packets;
  ObuReader reader(bytes, ObuFraming::Section5);
  for (auto obu = reader.next(); obu && *obu; obu = reader.next()) {
    packets.emplace_back((*obu)->bytes.begin(), (*obu)->bytes.end());
  }
  return packets;
}

// The seeds are a mixture: dav1d's own fuzzer reads all as IVF, whatever their first bytes are, and
// others are section 5 or annex B. Each is fed in every way there is.
std::vector<Feed> feeds_of(const Bytes& file) {
  std::vector<Bytes> frames;
  for (const auto frame : split_ivf(file)) frames.emplace_back(frame.begin(), frame.end());
  return {
      {section5_units, {file}}, {section5_units, copies(split_section5(file))},
      {section5_units, frames}, {section5_obus, single_obus(file)},
      {annex_b_units, {file}},  {annex_b_units, copies(split_annexb(file))},
      {annex_b_units, frames},
  };
}

std::vector<fs::path> seeds_in(const fs::path& folder) {
  std::vector<fs::path> seeds;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) seeds.push_back(entry.path());
  }
  std::ranges::sort(seeds);
  return seeds;
}

class Seeds : public testing::TestWithParam<std::string> {};

TEST_P(Seeds, SurviveAndEnd) {
  const auto folder = vectors_folder();
  if (!folder || !fs::is_directory(*folder / "fuzz")) {
    GTEST_SKIP() << "AV1_VECTORS names no folder with fuzz/ in it: NO seed was run";
  }
  // Some seeds claim frames of gigabytes.
  const std::string one = with_property(GetParam(), "frame-size-limit", "16777216");
  const std::string threaded =
      with_property(with_property(one, "threads", "3"), "max-frame-delay", "3");
  unsigned runs = 0;
  unsigned frames = 0;
  for (const fs::path& seed : seeds_in(*folder / "fuzz")) {
    // Named first: after a crash the last line says what did it.
    std::cout << seed.filename().string() << std::endl;
    for (const Feed& feed : feeds_of(read_bytes(seed))) {
      for (const std::string& element : {one, threaded}) {
        SCOPED_TRACE(element + " with " + feed.caps);
        const DecodeOutcome outcome =
            decode_packets({.element = element, .caps = feed.caps}, feed.packets);
        EXPECT_TRUE(outcome.ended) << "it hung\n" << outcome.complaints();
        runs++;
        frames += static_cast<unsigned>(outcome.frames.size());
      }
    }
  }
  std::cout << runs << " runs, " << frames << " frames decoded" << std::endl;
  EXPECT_GT(runs, 0u);
}

INSTANTIATE_TEST_SUITE_P(Decoders, Seeds, testing::ValuesIn(decoders_to_test()), decoder_test_name);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Seeds);

TEST(Decoders, HasADecoderToTest) {
  if (decoders_to_test().empty()) GTEST_SKIP() << "no decoder element is built: NOTHING was tested";
}

}  // namespace
}  // namespace av1hw::test
