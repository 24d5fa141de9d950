// SPDX-License-Identifier: LGPL-2.1-or-later
// The readers of IVF, section 5 and annex B: what is cut where, and what is refused.
#include "stream_reader.h"

#include <gtest/gtest.h>

namespace av1hw::conformance {
namespace {

std::vector<size_t> unit_sizes(const Stream& stream) {
  std::vector<size_t> sizes;
  for (const auto& unit : stream.units) sizes.push_back(unit.size());
  return sizes;
}

std::vector<uint8_t> ivf_header() {
  std::vector<uint8_t> header(32);
  const char magic[] = "DKIF\0\0 \0AV01";
  std::copy(magic, magic + 12, header.begin());
  return header;
}

void append_ivf_frame(std::vector<uint8_t>& file, uint8_t claimed_size, size_t size) {
  std::vector<uint8_t> frame(12 + size);
  frame[0] = claimed_size;
  file.insert(file.end(), frame.begin(), frame.end());
}

TEST(StreamReader, CutsIvfByFrames) {
  std::vector<uint8_t> file = ivf_header();
  append_ivf_frame(file, 5, 5);
  append_ivf_frame(file, 3, 3);
  Result<Stream> stream = cut_stream(file);
  ASSERT_TRUE(stream);
  EXPECT_EQ(stream->container, Container::Ivf);
  EXPECT_EQ(unit_sizes(*stream), (std::vector<size_t>{5, 3}));
}

TEST(StreamReader, GivesWhatIsThereOfACutIvfFile) {
  std::vector<uint8_t> file = ivf_header();
  append_ivf_frame(file, 5, 5);
  append_ivf_frame(file, 200, 4);
  Result<Stream> stream = cut_stream(file);
  ASSERT_TRUE(stream);
  EXPECT_EQ(unit_sizes(*stream), (std::vector<size_t>{5, 4}));
}

TEST(StreamReader, CutsSection5AtTemporalDelimiters) {
  // Delimiter, padding OBU of 2 bytes; delimiter, padding OBU of 1 byte.
  Result<Stream> stream = cut_stream({0x12, 0, 0x7a, 2, 1, 0x80, 0x12, 0, 0x7a, 1, 0x80});
  ASSERT_TRUE(stream);
  EXPECT_EQ(stream->container, Container::Section5);
  EXPECT_EQ(unit_sizes(*stream), (std::vector<size_t>{6, 5}));
}

TEST(StreamReader, CutsAnnexBByTemporalUnits) {
  // temporal_unit(5) { frame_unit(4) { obu(1) delimiter, obu(1) } }, temporal_unit(3) { ... }
  Result<Stream> stream = cut_stream({5, 4, 1, 0x10, 1, 0x78, 3, 2, 1, 0x10});
  ASSERT_TRUE(stream);
  EXPECT_EQ(stream->container, Container::AnnexB);
  EXPECT_EQ(unit_sizes(*stream), (std::vector<size_t>{6, 4}));
}

TEST(StreamReader, RefusesWhatIsNone) {
  EXPECT_FALSE(cut_stream({}));
  EXPECT_FALSE(cut_stream({'R', 'I', 'F', 'F', 0, 0, 0, 0}));
  // A section 5 OBU that is longer than the file.
  EXPECT_FALSE(cut_stream({0x12, 0, 0x7a, 9, 1}));
}

}  // namespace
}  // namespace av1hw::conformance
