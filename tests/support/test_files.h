// SPDX-License-Identifier: LGPL-2.1-or-later
// Files that tests read: test vectors, and IVF taken apart without help from what is tested.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace av1hw::test {

using Bytes = std::vector<uint8_t>;

inline Bytes read_bytes(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// The folder of test vectors; empty without one, and then a test skips.
inline std::optional<std::filesystem::path> vectors_folder() {
  const char* folder = std::getenv("AV1_VECTORS");
  if (folder == nullptr ||
      !std::filesystem::exists(std::filesystem::path(folder) / "MANIFEST.tsv")) {
    return std::nullopt;
  }
  return folder;
}

inline uint32_t read_le32(std::span<const uint8_t> data) {
  return static_cast<uint32_t>(data[0]) | static_cast<uint32_t>(data[1]) << 8 |
         static_cast<uint32_t>(data[2]) << 16 | static_cast<uint32_t>(data[3]) << 24;
}

inline bool is_ivf(std::span<const uint8_t> file) {
  return file.size() >= 32 && file[0] == 'D' && file[1] == 'K' && file[2] == 'I' && file[3] == 'F';
}

// The frames of an IVF file. One that is cut off is handed on as far as it is there.
inline std::vector<std::span<const uint8_t>> split_ivf(std::span<const uint8_t> file) {
  std::vector<std::span<const uint8_t>> frames;
  for (size_t at = 32; at + 12 < file.size();) {
    const size_t left = file.size() - at - 12;
    const size_t size = std::min<size_t>(read_le32(file.subspan(at)), left);
    frames.push_back(file.subspan(at + 12, size));
    at += 12 + size;
  }
  return frames;
}

// A clip of tests/data.
inline Bytes test_clip(const char* name) {
  const std::filesystem::path root = std::getenv("AV1HW_SOURCE_ROOT");
  return read_bytes(root / "tests" / "data" / name);
}

}  // namespace av1hw::test
