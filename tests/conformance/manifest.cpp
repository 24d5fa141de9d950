// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads manifests.
#include "manifest.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <map>
#include <string_view>

namespace av1hw::conformance {
namespace {

std::vector<std::string> split(std::string_view line, std::string_view separator) {
  std::vector<std::string> parts;
  size_t begin = 0;
  for (size_t end; (end = line.find(separator, begin)) != line.npos;
       begin = end + separator.size()) {
    parts.emplace_back(line.substr(begin, end - begin));
  }
  parts.emplace_back(line.substr(begin));
  return parts;
}

Result<Vector> parse_line(std::string_view line, const std::map<std::string, size_t>& columns) {
  std::vector<std::string> cells = split(line, "\t");
  auto cell = [&](const char* name) {
    auto column = columns.find(name);
    bool there = column != columns.end() && column->second < cells.size();
    return there ? cells[column->second] : std::string();
  };
  Vector vector;
  vector.path = cell("path");
  vector.md5 = cell("md5");
  vector.dav1d_args = cell("dav1d_args") == "-" ? "" : cell("dav1d_args");
  std::string features = cell("features");
  if (!features.empty()) vector.features = split(features, "; ");
  std::string frames = cell("frames");
  auto [end, error] = std::from_chars(frames.data(), frames.data() + frames.size(), vector.frames);
  if (error != std::errc() || end != frames.data() + frames.size() || vector.path.empty() ||
      vector.md5.size() != 32) {
    return fail(ErrorCode::InvalidData, "not a line of a manifest: " + std::string(line));
  }
  return vector;
}

}  // namespace

bool Vector::has(std::string_view feature) const {
  return std::ranges::any_of(features, [&](std::string_view own) {
    return own.starts_with(feature) && (own.size() == feature.size() ||
                                        own[feature.size()] == '=' || own[feature.size()] == '[');
  });
}

Result<std::vector<Vector>> read_manifest(const std::string& file) {
  std::ifstream input(file);
  std::string line;
  if (!std::getline(input, line))
    return fail(ErrorCode::Unavailable, "cannot read the manifest " + file);
  std::map<std::string, size_t> columns;
  for (const std::string& name : split(line, "\t")) columns.emplace(name, columns.size());

  std::vector<Vector> vectors;
  while (std::getline(input, line)) {
    if (line.empty()) continue;
    Result<Vector> vector = parse_line(line, columns);
    if (!vector) return std::unexpected(vector.error());
    vectors.push_back(std::move(*vector));
  }
  return vectors;
}

}  // namespace av1hw::conformance
