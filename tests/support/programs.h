// SPDX-License-Identifier: LGPL-2.1-or-later
// Other people's programs, which tests compare with: running them, and files to hand to them.
#pragma once

#include <glib.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <vector>

namespace av1hw::test {

struct ProgramRun {
  int status = -1;     // exit status; -1: it did not start
  std::string output;  // stdout and stderr
};

inline bool has_program(const char* name) {
  char* path = g_find_program_in_path(name);
  const bool found = path != nullptr;
  g_free(path);
  return found;
}

inline ProgramRun run_program(const std::vector<std::string>& words) {
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  char* out = nullptr;
  char* err = nullptr;
  int status = 0;
  ProgramRun run;
  if (g_spawn_sync(nullptr, argv.data(), nullptr, G_SPAWN_SEARCH_PATH, nullptr, nullptr, &out, &err,
                   &status, nullptr)) {
    run.status = g_spawn_check_wait_status(status, nullptr) ? 0 : 1;
    run.output = std::string(out) + err;
  }
  g_free(out);
  g_free(err);
  return run;
}

// A folder for the files of one test, gone with it.
class ScratchFolder {
 public:
  ScratchFolder() {
    char* made = g_dir_make_tmp("av1hw-test-XXXXXX", nullptr);
    path_ = made ? made : "";
    g_free(made);
  }
  ~ScratchFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  std::string file(const char* name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

// An IVF file of these temporal units, 30 a second.
inline void write_ivf(const std::string& path, unsigned width, unsigned height,
                      std::span<const std::vector<uint8_t>> units) {
  std::ofstream out(path, std::ios::binary);
  auto le = [&](uint64_t value, unsigned bytes) {
    for (; bytes > 0; bytes--, value >>= 8) out.put(static_cast<char>(value & 0xff));
  };
  out << "DKIF";
  le(0, 2);
  le(32, 2);
  out << "AV01";
  le(width, 2);
  le(height, 2);
  le(30, 4);
  le(1, 4);
  le(units.size(), 4);
  le(0, 4);
  for (size_t i = 0; i < units.size(); i++) {
    le(units[i].size(), 4);
    le(i, 8);
    out.write(reinterpret_cast<const char*>(units[i].data()),
              static_cast<std::streamsize>(units[i].size()));
  }
}

}  // namespace av1hw::test
