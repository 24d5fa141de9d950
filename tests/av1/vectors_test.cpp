// SPDX-License-Identifier: LGPL-2.1-or-later
// The header parsers over every test vector, against what the manifest says about each.
#include <gtest/gtest.h>

#include <format>
#include <iostream>
#include <map>
#include <set>
#include <sstream>

#include "av1/frame_header.h"
#include "av1/obu.h"
#include "av1/sequence_header.h"
#include "av1/sequence_header_writer.h"
#include "support/test_files.h"

namespace av1hw {
namespace {

using test::Bytes;

// What the parsers saw in one file.
struct Seen {
  std::set<unsigned> profiles, widths, heights;
  unsigned bit_depth = 0;  // the largest, if it changes
  std::map<FrameType, unsigned> frame_types;
  unsigned show_existing = 0;
  unsigned shown = 0;
  unsigned operating_points = 0;
  bool hidden = false, error_resilient = false, disable_cdf_update = false, mono = false;
  bool timing_info = false, decoder_model = false, sb128 = false, frame_ids = false;
  bool film_grain = false, still = false, reduced_still = false, identity = false;
  std::set<unsigned> temporal_ids, spatial_ids;
  std::string error;
};

void note_sequence(const SequenceHeader& seq, Seen& seen) {
  seen.profiles.insert(seq.seq_profile);
  seen.bit_depth = std::max<unsigned>(seen.bit_depth, seq.color.bit_depth);
  seen.widths.insert(seq.max_frame_width);
  seen.heights.insert(seq.max_frame_height);
  seen.operating_points = std::max<unsigned>(seen.operating_points, seq.operating_points_count);
  seen.mono |= seq.color.mono_chrome;
  seen.timing_info |= seq.timing_info_present;
  seen.decoder_model |= seq.decoder_model_info_present;
  seen.sb128 |= seq.use_128x128_superblock;
  seen.frame_ids |= seq.frame_id_numbers_present;
  seen.film_grain |= seq.film_grain_params_present;
  seen.still |= seq.still_picture;
  seen.reduced_still |= seq.reduced_still_picture_header;
  seen.identity |= seq.color.matrix_coefficients == matrix_identity;
}

void note_frame(const FrameHeader& frame, Seen& seen) {
  if (frame.show_frame) seen.shown++;
  if (frame.show_existing_frame) {
    seen.show_existing++;
    return;
  }
  seen.frame_types[frame.frame_type]++;
  seen.hidden |= !frame.show_frame;
  const bool implied = frame.frame_type == FrameType::Switch ||
                       (frame.frame_type == FrameType::Key && frame.show_frame);
  seen.error_resilient |= frame.error_resilient_mode && !implied;
  seen.disable_cdf_update |= frame.disable_cdf_update;
}

void note_packet(std::span<const uint8_t> packet, ObuFraming framing, FrameHeaderParser& parser,
                 Seen& seen) {
  ObuReader reader(packet, framing);
  while (seen.error.empty()) {
    const auto obu = reader.next();
    if (!obu) seen.error = obu.error().describe(0);
    if (!obu || !*obu) return;
    if ((*obu)->has_extension) {
      seen.temporal_ids.insert((*obu)->temporal_id);
      seen.spatial_ids.insert((*obu)->spatial_id);
    }
    if ((*obu)->type == ObuType::SequenceHeader) {
      const auto sequence = parse_sequence_header((*obu)->payload);
      if (!sequence) seen.error = sequence.error().message;
      if (!sequence) return;
      parser.set_sequence(*sequence);
      note_sequence(*sequence, seen);
      const auto again = parse_sequence_header(write_sequence_header(*sequence));
      if (!again || *again != *sequence) seen.error = "the sequence header is written differently";
    } else if ((*obu)->starts_frame()) {
      const auto frame = parser.parse(**obu);
      if (!frame) seen.error = (*obu)->describe(0) + ": " + frame.error().message;
      if (frame) note_frame(*frame, seen);
    }
  }
}

// Section 5 files start with a temporal delimiter; what does not is annex B here.
bool starts_with_delimiter(const Bytes& file) {
  return file.size() >= 2 && file[0] == 0x12 && file[1] == 0;
}

Seen look_at(const Bytes& file) {
  Seen seen;
  FrameHeaderParser parser;
  if (test::is_ivf(file)) {
    for (const auto frame : test::split_ivf(file)) {
      note_packet(frame, ObuFraming::Section5, parser, seen);
    }
    return seen;
  }
  const bool annexb = !starts_with_delimiter(file);
  const TemporalUnits split = annexb ? split_annexb(file) : split_section5(file);
  if (split.error) seen.error = split.error->describe(0);
  for (const TemporalUnit& unit : split.units) {
    note_packet(unit.packet, annexb ? ObuFraming::AnnexBTemporalUnit : ObuFraming::Section5, parser,
                seen);
  }
  return seen;
}

std::string joined(const std::set<unsigned>& numbers, const char* separator) {
  std::string text;
  for (const unsigned n : numbers) text += (text.empty() ? "" : separator) + std::to_string(n);
  return text;
}

// The manifest's words for what was seen, as far as the parsers can know it.
std::set<std::string> describe(const Seen& seen) {
  std::set<std::string> words = {
      "profile" + joined(seen.profiles, "/"),
      std::to_string(seen.bit_depth) + "bit",
      "seq=" + joined(seen.widths, "/") + "x" + joined(seen.heights, "/"),
  };
  std::string frames;
  const std::pair<FrameType, const char*> names[] = {{FrameType::Key, "KEY"},
                                                     {FrameType::Inter, "INTER"},
                                                     {FrameType::IntraOnly, "INTRA_ONLY"},
                                                     {FrameType::Switch, "SWITCH"}};
  for (const auto& [type, name] : names) {
    const auto found = seen.frame_types.find(type);
    if (found == seen.frame_types.end()) continue;
    frames += std::format("{}{}={}", frames.empty() ? "frames:" : ",", name, found->second);
  }
  words.insert(frames);
  if (seen.show_existing > 0) words.insert(std::format("show_existing={}", seen.show_existing));
  if (seen.operating_points > 1) words.insert(std::format("op_points={}", seen.operating_points));
  const std::pair<bool, const char*> flags[] = {
      {seen.hidden, "hidden"},
      {seen.error_resilient, "error_resilient_mode"},
      {seen.mono, "mono"},
      {seen.disable_cdf_update, "disable_cdf_update"},
      {seen.timing_info, "timing_info"},
      {seen.decoder_model, "decoder_model"},
      {seen.sb128, "sb128"},
      {seen.frame_ids, "frame_ids"},
      {seen.film_grain, "fg_present"},
      {seen.still, "still_picture"},
      {seen.identity, "RGB/identity"},
      {seen.reduced_still, "reduced_still_picture_header"}};
  for (const auto& [present, word] : flags) {
    if (present) words.insert(word);
  }
  return words;
}

// Is it for the header parsers to know about this word?
bool is_ours(const std::string& word) {
  static const std::set<std::string> flags = {
      "hidden",      "error_resilient_mode", "mono",         "disable_cdf_update",
      "timing_info", "decoder_model",        "sb128",        "frame_ids",
      "fg_present",  "still_picture",        "RGB/identity", "reduced_still_picture_header"};
  for (const char* prefix : {"profile", "seq=", "frames:", "show_existing=", "op_points="}) {
    if (word.starts_with(prefix)) return true;
  }
  return word.ends_with("bit") || flags.contains(word);
}

std::set<std::string> manifest_words(const std::string& features) {
  std::set<std::string> words;
  std::istringstream in(features);
  for (std::string word; std::getline(in, word, ';');) {
    while (word.starts_with(' ')) word.erase(0, 1);
    if (is_ours(word)) words.insert(word);
  }
  return words;
}

std::string listed(const std::set<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += word + "; ";
  return text;
}

// What is said of a file, and in how many frames it results.
void check_vector(const std::vector<std::string>& columns, const Bytes& file) {
  const Seen seen = look_at(file);
  EXPECT_EQ(seen.error, "");
  std::set<std::string> got = describe(seen);
  std::set<std::string> expected = manifest_words(columns[6]);
  // The tool that filled the column stopped at the first header of some files.
  const bool incomplete = expected.erase("frames:") > 0;
  expected.erase("seq=x");
  if (incomplete) {
    std::erase_if(got, [&](const std::string& word) { return !expected.contains(word); });
  }
  EXPECT_EQ(listed(got), listed(expected));
  const bool all_frames_come_out = columns[5] == "-" && seen.spatial_ids.size() < 2;
  if (all_frames_come_out) {
    EXPECT_EQ(std::to_string(seen.shown), columns[3]);
  }
}

TEST(Vectors, HeadersSayWhatTheManifestSays) {
  const auto folder = test::vectors_folder();
  if (!folder) GTEST_SKIP() << "AV1_VECTORS names no folder of test vectors: NOTHING was checked";
  std::ifstream manifest(*folder / "MANIFEST.tsv");
  std::string line;
  std::getline(manifest, line);
  unsigned files = 0;
  while (std::getline(manifest, line)) {
    std::vector<std::string> columns;
    std::istringstream in(line);
    for (std::string column; std::getline(in, column, '\t');) columns.push_back(column);
    ASSERT_GE(columns.size(), 7u) << line;
    SCOPED_TRACE(columns[0]);
    const Bytes file = test::read_bytes(*folder / columns[0]);
    ASSERT_FALSE(file.empty());
    check_vector(columns, file);
    files++;
  }
  EXPECT_GT(files, 0u);
  std::cout << files << " vectors checked\n";
}

}  // namespace
}  // namespace av1hw
