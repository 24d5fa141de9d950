// SPDX-License-Identifier: LGPL-2.1-or-later
// Runs a fuzz target over files and the files of folders, with any compiler: known inputs stay
// fixed. With the test vectors' folder for fuzzing it runs over that as well.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <vector>

#include "support/test_files.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_in(const fs::path& path) {
  if (!fs::is_directory(path)) return {path};
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<fs::path> paths(argv + 1, argv + argc);
  const auto vectors = av1hw::test::vectors_folder();
  if (vectors && fs::is_directory(*vectors / "fuzz")) paths.push_back(*vectors / "fuzz");
  unsigned count = 0;
  for (const fs::path& path : paths) {
    if (!fs::exists(path)) {
      std::fprintf(stderr, "%s is not there\n", path.c_str());
      return 1;
    }
    for (const fs::path& file : files_in(path)) {
      // Named first: after a crash the last line says what did it.
      std::printf("%s\n", file.c_str());
      std::fflush(stdout);
      const auto bytes = av1hw::test::read_bytes(file);
      LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
      count++;
    }
  }
  std::printf("%u inputs survived\n", count);
  return count > 0 ? 0 : 1;
}
