// SPDX-License-Identifier: LGPL-2.1-or-later
// `conformance`: holds a decoder element to the MD5s of a manifest of AV1 streams.
#include <gio/gio.h>
#include <gst/gst.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <format>
#include <fstream>

#include "base/unique_handle.h"
#include "decode_run.h"
#include "manifest.h"
#include "report.h"
#include "supervisor.h"

namespace av1hw::conformance {
namespace {

struct Arguments {
  Arguments() = default;
  Arguments(const Arguments&) = delete;
  Arguments& operator=(const Arguments&) = delete;
  ~Arguments() {
    for (char* text : {manifest, element, filter, table, caps, results}) g_free(text);
  }

  char* manifest = nullptr;
  gboolean vectors = FALSE;
  char* element = nullptr;
  char* filter = nullptr;
  char* table = nullptr;
  char* caps = nullptr;
  char* results = nullptr;
  int jobs = 2;
  int timeout = 60;
  int at_least = 0;
  int one = -1;  // decode this line of the manifest here, and print what came of it
  gboolean no_video_meta = FALSE;
  gboolean as_it_is = FALSE;
};

bool parse(int argc, char** argv, Arguments& arguments) {
  const GOptionEntry entries[] = {
      {"manifest", 'm', 0, G_OPTION_ARG_FILENAME, &arguments.manifest,
       "tab-separated: path, frames, md5, dav1d_args, features; paths start from its folder",
       "FILE"},
      {"vectors", 'v', 0, G_OPTION_ARG_NONE, &arguments.vectors,
       "use MANIFEST.tsv of the folder that AV1_VECTORS names", nullptr},
      {"element", 'e', 0, G_OPTION_ARG_STRING, &arguments.element,
       "the decoder, with properties if need be: \"cpuav1dec threads=2\"", "ELEMENT"},
      {"filter", 'f', 0, G_OPTION_ARG_STRING, &arguments.filter,
       "only streams with this in their path or features", "TEXT"},
      {"table", 't', 0, G_OPTION_ARG_FILENAME, &arguments.table,
       "write a table by feature (Markdown)", "FILE"},
      {"caps", 'c', 0, G_OPTION_ARG_STRING, &arguments.caps,
       "what the sink takes: \"video/x-raw\" is system memory alone (anything)", "CAPS"},
      {"jobs", 'j', 0, G_OPTION_ARG_INT, &arguments.jobs, "streams at a time (2)", "N"},
      {"timeout", 0, 0, G_OPTION_ARG_INT, &arguments.timeout, "for one stream (60)", "SECONDS"},
      {"at-least", 0, 0, G_OPTION_ARG_INT, &arguments.at_least,
       "fail if fewer streams pass, whatever the others' reasons (0)", "N"},
      {"no-video-meta", 0, 0, G_OPTION_ARG_NONE, &arguments.no_video_meta,
       "the sink refuses GstVideoMeta, so that frames must come without padding", nullptr},
      {"as-it-is", 0, 0, G_OPTION_ARG_NONE, &arguments.as_it_is,
       "run streams that ask for properties which the element lacks, too", nullptr},
      {"results", 'r', 0, G_OPTION_ARG_FILENAME, &arguments.results,
       "write what came of each stream: its line in the manifest, a tab, and what was decoded",
       "FILE"},
      {"one", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_INT, &arguments.one, "", "LINE"},
      {}};
  UniqueHandle<GOptionContext, g_option_context_free> context(g_option_context_new(nullptr));
  g_option_context_add_main_entries(context.get(), entries, nullptr);
  GError* error = nullptr;
  if (!g_option_context_parse(context.get(), &argc, &argv, &error)) {
    GErrorPtr owned(error);
    std::fprintf(stderr, "%s\n", error->message);
    return false;
  }
  if (!arguments.manifest == !arguments.vectors || !arguments.element || argc > 1 ||
      arguments.jobs < 1 || arguments.timeout < 1) {
    GCharPtr help(g_option_context_get_help(context.get(), TRUE, nullptr));
    std::fprintf(stderr, "%s", help.get());
    return false;
  }
  return true;
}

std::string manifest_of(const Arguments& arguments) {
  if (arguments.manifest) return arguments.manifest;
  const char* folder = g_getenv("AV1_VECTORS");
  return folder && *folder ? std::string(folder) + "/MANIFEST.tsv" : std::string();
}

int decode_one(const Arguments& arguments, const std::string& manifest, const Vector& vector) {
  gst_init(nullptr, nullptr);
  std::string file = std::filesystem::path(manifest).parent_path() / vector.path;
  const RunOptions options{arguments.element, !arguments.no_video_meta,
                           arguments.caps ? arguments.caps : "ANY", arguments.as_it_is != FALSE};
  Result<Decoded> decoded = decode(file, vector, options);
  if (decoded) {
    std::printf("decoded %u %s", decoded->frames, decoded->md5.c_str());
  } else {
    std::string message = decoded.error().message;
    std::ranges::replace(message, '\n', ' ');
    bool skip = decoded.error().code == ErrorCode::NotSupported;
    std::printf("%s %s", skip ? "skip" : "error", message.c_str());
  }
  return 0;
}

void judge(const Vector& vector, const JobResult& result, Report& report) {
  if (!result.trouble.empty()) {
    report.add(vector, State::Failed, result.trouble);
  } else if (result.output.starts_with("skip ")) {
    report.add(vector, State::Skipped, result.output.substr(5));
  } else if (result.output == std::format("decoded {} {}", vector.frames, vector.md5)) {
    report.add(vector, State::Passed, {});
  } else {
    report.add(
        vector, State::Failed,
        std::format("{}, but {} frames {} are right", result.output, vector.frames, vector.md5));
  }
}

bool matches(const Vector& vector, const char* filter) {
  return !filter || vector.name().contains(filter) || vector.has(filter);
}

int decode_all(const char* self, const Arguments& arguments, const std::string& manifest,
               const std::vector<Vector>& vectors) {
  std::vector<size_t> chosen;
  std::vector<std::vector<std::string>> commands;
  for (size_t line = 0; line < vectors.size(); line++) {
    if (!matches(vectors[line], arguments.filter)) continue;
    chosen.push_back(line);
    commands.push_back({self, "--manifest", manifest, "--element", arguments.element, "--one",
                        std::to_string(line)});
    if (arguments.no_video_meta) commands.back().push_back("--no-video-meta");
    if (arguments.as_it_is) commands.back().push_back("--as-it-is");
    if (arguments.caps) commands.back().insert(commands.back().end(), {"--caps", arguments.caps});
  }
  std::ofstream results;
  if (arguments.results) results.open(arguments.results);
  Report report;
  SupervisorOptions options{static_cast<unsigned>(arguments.jobs),
                            static_cast<unsigned>(arguments.timeout)};
  run_jobs(commands, options, [&](const JobResult& result) {
    const size_t line = chosen[result.job];
    judge(vectors[line], result, report);
    results << line << '\t' << (result.trouble.empty() ? result.output : result.trouble) << '\n';
  });
  report.finish();
  if (arguments.table && !report.write_table(arguments.table, arguments.element)) {
    std::fprintf(stderr, "cannot write %s\n", arguments.table);
    return 1;
  }
  if (arguments.results && !results.flush()) {
    std::fprintf(stderr, "cannot write %s\n", arguments.results);
    return 1;
  }
  if (report.passed() < static_cast<unsigned>(std::max(arguments.at_least, 0))) {
    std::printf("# %u streams passed, where %d have to\n", report.passed(), arguments.at_least);
    return 1;
  }
  return report.failed() == 0 && !chosen.empty() ? 0 : 1;
}

int run(int argc, char** argv) {
  Arguments arguments;
  if (!parse(argc, argv, arguments)) return 2;
  std::string manifest = manifest_of(arguments);
  if (arguments.vectors && !std::filesystem::exists(manifest)) {
    std::printf(
        "1..0 # SKIP no test vectors: AV1_VECTORS has to name a folder with MANIFEST.tsv\n");
    return 0;
  }
  Result<std::vector<Vector>> vectors = read_manifest(manifest);
  if (!vectors) {
    std::printf("Bail out! %s\n", vectors.error().message.c_str());
    return 1;
  }
  if (arguments.one >= 0 && static_cast<size_t>(arguments.one) < vectors->size())
    return decode_one(arguments, manifest, (*vectors)[arguments.one]);
  return decode_all(argv[0], arguments, manifest, *vectors);
}

}  // namespace
}  // namespace av1hw::conformance

int main(int argc, char** argv) { return av1hw::conformance::run(argc, argv); }
