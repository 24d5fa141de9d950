// SPDX-License-Identifier: LGPL-2.1-or-later
// av1hw-info: what this machine can do with AV1, and why not where it can't.
#include <glib.h>
#include <gst/gst.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "av1hw_info/collect.h"
#include "av1hw_info/print.h"
#include "base/unique_handle.h"

namespace {

using av1hw::Backend;
using av1hw::GCharPtr;

enum ExitStatus { Complete = 0, Incomplete = 1, BadUsage = 2 };

constexpr const char* description =
    "Each backend is probed in a process of its own, so that a driver which crashes or hangs is\n"
    "reported and nothing more.\n\n"
    "Exit status: 0: every probe answered, whatever it found; 1: one crashed, hung or failed;\n"
    "2: the command line is wrong.";

struct Options {
  gboolean json = FALSE;
  gboolean version = FALSE;
  gdouble timeout = 10;
  char* backend = nullptr;
  char* probe = nullptr;

  Options() = default;
  Options(const Options&) = delete;
  Options& operator=(const Options&) = delete;
  ~Options() {
    g_free(backend);
    g_free(probe);
  }
};

bool parse(int argc, char** argv, Options& options) {
  const GOptionEntry entries[] = {
      {"json", 'j', 0, G_OPTION_ARG_NONE, &options.json,
       "Write JSON (docs/av1hw-info.md describes it) instead of text", nullptr},
      {"backend", 'b', 0, G_OPTION_ARG_STRING, &options.backend,
       "Look at one backend only: cpu, va, nv or vk", "NAME"},
      {"timeout", 't', 0, G_OPTION_ARG_DOUBLE, &options.timeout,
       "How long one backend may take to answer (default 10)", "SECONDS"},
      {"version", 0, 0, G_OPTION_ARG_NONE, &options.version, "Print the version", nullptr},
      {"probe", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_STRING, &options.probe, "", "NAME"},
      {nullptr, 0, 0, G_OPTION_ARG_NONE, nullptr, nullptr, nullptr}};
  const av1hw::UniqueHandle<GOptionContext, g_option_context_free> context(
      g_option_context_new("- what this machine can do with AV1"));
  g_option_context_add_main_entries(context.get(), entries, nullptr);
  g_option_context_set_description(context.get(), description);
  GError* raw = nullptr;
  if (!g_option_context_parse(context.get(), &argc, &argv, &raw)) {
    const av1hw::GErrorPtr error(raw);
    std::fprintf(stderr, "av1hw-info: %s; see --help\n", error->message);
    return false;
  }
  if (argc > 1) {
    std::fprintf(stderr, "av1hw-info: it takes no argument \"%s\"; see --help\n", argv[1]);
    return false;
  }
  static constexpr double shortest = 0.1;
  static constexpr double longest = 3600;
  if (options.timeout >= shortest && options.timeout <= longest) return true;
  std::fprintf(stderr, "av1hw-info: --timeout is 0.1 to 3600 seconds\n");
  return false;
}

// The backends called `name`; all of them without a name.
std::vector<const Backend*> backends_named(const char* name) {
  std::vector<const Backend*> found;
  for (const Backend* backend : av1hw::all_backends()) {
    if (!name || std::strcmp(name, av1hw::backend_name(backend->kind)) == 0)
      found.push_back(backend);
  }
  return found;
}

std::string own_path() {
  char* raw = g_file_read_link("/proc/self/exe", nullptr);
  const GCharPtr path(raw);
  return path ? path.get() : "av1hw-info";
}

int report(const std::vector<const Backend*>& backends, const Options& options) {
  const auto timeout = std::chrono::milliseconds(static_cast<int64_t>(options.timeout * 1000));
  const auto probed = av1hw::probe_in_children(own_path(), backends, timeout);
  const std::string text = options.json ? av1hw::info_json(probed) : av1hw::info_text(probed);
  std::fputs(text.c_str(), stdout);
  const bool complete = std::all_of(probed.begin(), probed.end(),
                                    [](const auto& backend) { return backend.answered; });
  return complete && std::fflush(stdout) == 0 ? Complete : Incomplete;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!parse(argc, argv, options)) return BadUsage;
  if (options.version) {
    std::puts("av1hw-info " AV1HW_VERSION);
    return Complete;
  }
  const char* name = options.probe ? options.probe : options.backend;
  const std::vector<const Backend*> backends = backends_named(name);
  if (name && backends.empty()) {
    std::fprintf(stderr, "av1hw-info: this build has no backend \"%s\"; see --help\n", name);
    return BadUsage;
  }
  return options.probe ? av1hw::probe_here(*backends.front()) : report(backends, options);
}
