// SPDX-License-Identifier: LGPL-2.1-or-later
// Words and numbers of the description files and fault scripts.
#include "refdrv/common/text.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

namespace refdrv {

namespace {

constexpr std::string_view blanks = " \t\r";

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const size_t end = std::min(text.find_first_of(separators), text.size());
    parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

}  // namespace

std::string_view trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

std::vector<std::string_view> words(std::string_view text) {
  auto parts = split(text, blanks);
  std::erase_if(parts, [](std::string_view part) { return part.empty(); });
  return parts;
}

std::vector<std::string_view> lines(std::string_view text, std::string_view separators) {
  auto parts = split(text, separators);
  for (auto& part : parts) part = trim(part.substr(0, part.find('#')));
  return parts;
}

Result<std::string> read_text(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) {
    return fault(Fault::System,
                 path + ": " + (errno != 0 ? std::strerror(errno) : "cannot be read"));
  }
  return text;
}

}  // namespace refdrv
