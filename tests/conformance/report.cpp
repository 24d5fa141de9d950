// SPDX-License-Identifier: LGPL-2.1-or-later
// Counts results, and writes them for programs (TAP) and for people (Markdown).
#include "report.h"

#include <cstdio>
#include <format>
#include <fstream>
#include <set>

namespace av1hw::conformance {
namespace {

constexpr const char* state_names[] = {"passed", "failed", "skipped"};

// "lr[1, 3]", "superres=4" and "found_ref(...)" count as "lr", "superres" and "found_ref"; sizes
// are no feature.
std::set<std::string> table_features(const Vector& vector) {
  std::set<std::string> names;
  for (const std::string& feature : vector.features) {
    if (feature.starts_with("seq=")) continue;
    if (feature.starts_with("frames:")) {
      for (const char* type : {"INTRA_ONLY", "SWITCH"}) {
        if (feature.contains(type)) names.insert(std::string("frames: ") + type);
      }
      continue;
    }
    std::string name = feature.substr(0, feature.find_first_of("=[("));
    if (name.ends_with(" w")) name.resize(name.size() - 2);
    if (name == "tids") name = "temporal layers";
    if (name == "sids") name = "spatial layers";
    if (!name.empty()) names.insert(name);
  }
  if (!vector.dav1d_args.empty()) {
    names.insert("`" + vector.dav1d_args.substr(0, vector.dav1d_args.find(' ')) + "`");
  }
  return names;
}

void write_counts(std::ofstream& out, const char* title,
                  const std::map<std::string, std::array<unsigned, 3>>& counts) {
  out << std::format("| {} | passed | failed | skipped |\n|---|---:|---:|---:|\n", title);
  for (const auto& [name, count] : counts)
    out << std::format("| {} | {} | {} | {} |\n", name, count[0], count[1], count[2]);
  out << "\n";
}

}  // namespace

void Report::add(const Vector& vector, State state, const std::string& detail) {
  const size_t index = static_cast<size_t>(state);
  printed_++;
  std::printf("%s %u - %s%s%s\n", state == State::Failed ? "not ok" : "ok", printed_,
              vector.name().c_str(), state == State::Skipped ? " # SKIP " : "",
              state == State::Skipped ? detail.c_str() : "");
  if (state == State::Failed) std::printf("# %s: %s\n", vector.name().c_str(), detail.c_str());
  std::fflush(stdout);
  total_[index]++;
  size_t slash = vector.path.rfind('/');
  by_group_[slash == vector.path.npos ? "." : vector.path.substr(0, slash)][index]++;
  for (const std::string& feature : table_features(vector)) by_feature_[feature][index]++;
  if (state != State::Passed) {
    unusual_ += std::format("| {} | {} | {} |\n", vector.name(), state_names[index], detail);
  }
}

void Report::finish() const { std::printf("1..%u\n", printed_); }

bool Report::write_table(const std::string& file, const std::string& element) const {
  std::ofstream out(file);
  out << std::format("`{}`: {} passed, {} failed, {} skipped.\n\n", element, total_[0], total_[1],
                     total_[2]);
  if (!unusual_.empty()) out << "| stream | result | why |\n|---|---|---|\n" << unusual_ << "\n";
  write_counts(out, "streams", by_group_);
  write_counts(out, "feature", by_feature_);
  out.close();
  return !out.fail();
}

}  // namespace av1hw::conformance
