// SPDX-License-Identifier: LGPL-2.1-or-later
// The machine that a process believes it runs on: its device, the faults to come, the counts.
#include "refdrv/common/machine.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <thread>

#include "refdrv/common/text.h"

namespace refdrv {

namespace {

std::string setting(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::string with_process_id(std::string path) {
  if (const size_t at = path.find("%p"); at != std::string::npos) {
    path.replace(at, 2, std::to_string(getpid()));
  }
  return path;
}

void say(const std::string& line) { std::fprintf(stderr, "refdrv: %s\n", line.c_str()); }

struct CountersAtExit {
  const Machine* machine;
  ~CountersAtExit() {
    if (machine) machine->write_counters();
  }
};

}  // namespace

Machine::Machine(Settings settings) : settings_(std::move(settings)) {}

Machine::~Machine() { write_counters(); }

unsigned Machine::surface_limit() const {
  const unsigned device = settings_.profile.max_surfaces;
  const auto script = settings_.faults.surface_limit;
  if (!script) return device;
  return device == 0 ? *script : std::min(device, *script);
}

std::optional<Interruption> Machine::enter(std::string_view call) {
  counters_.add(call);
  if (settings_.faults.faults.empty()) return std::nullopt;
  std::chrono::milliseconds pause{};
  {
    const std::scoped_lock lock(mutex_);
    InjectedFault* fault = settings_.faults.match(call, latest_picture_);
    if (!fault) return std::nullopt;
    counters_.add("faults_injected");
    switch (fault->action) {
    case InjectedFault::Action::Fail: return Interruption{.error = fault->error};
    case InjectedFault::Action::LoseDevice: return Interruption{.device_lost = true, .error = {}};
    case InjectedFault::Action::Hang:
      fault->done = true;
      pause = fault->duration;
      break;
    case InjectedFault::Action::Crash:
      write_counters();
      std::signal(SIGSEGV, SIG_DFL);
      std::raise(SIGSEGV);
      break;
    }
  }
  std::this_thread::sleep_for(pause);
  return std::nullopt;
}

void Machine::begin_picture() {
  const std::scoped_lock lock(mutex_);
  latest_picture_ = latest_picture_ ? *latest_picture_ + 1 : 0;
  counters_.add("pictures");
}

std::chrono::steady_clock::time_point Machine::occupy() {
  if (settings_.frame_time.count() == 0) return {};
  const std::scoped_lock lock(mutex_);
  busy_until_ = std::max(busy_until_, std::chrono::steady_clock::now()) + settings_.frame_time;
  return busy_until_;
}

void Machine::misuse(std::string_view call, std::string_view what) {
  counters_.add("misuse");
  say("misuse in " + std::string(call) + ": " + std::string(what));
  if (settings_.abort_on_misuse) {
    write_counters();
    std::abort();
  }
}

// Whole or not at all, since another process may be reading.
void Machine::write_counters() const {
  if (settings_.counters_path.empty() || counters_.empty()) return;
  const std::string path = with_process_id(settings_.counters_path);
  const std::string partial = path + "." + std::to_string(getpid()) + ".partial";
  const std::string json = counters_.to_json();
  bool written = false;
  if (std::FILE* file = std::fopen(partial.c_str(), "w")) {
    written = std::fwrite(json.data(), 1, json.size(), file) == json.size();
    written = std::fclose(file) == 0 && written;
  }
  if (!written || std::rename(partial.c_str(), path.c_str()) != 0) {
    say("cannot write the counts to " + path);
  }
}

Result<Machine::Settings> settings_from_environment() {
  Machine::Settings settings;
  const std::string profile_path = setting("REFDRV_PROFILE");
  if (profile_path.empty()) {
    return client_fault("REFDRV_PROFILE names no description of a device (tests/refdrv/profiles)");
  }
  auto profile = load_profile(profile_path);
  if (!profile) return std::unexpected(profile.error());
  settings.profile = std::move(*profile);

  std::string script = setting("REFDRV_FAULTS");
  if (script.starts_with('@')) {
    auto text = read_text(script.substr(1));
    if (!text) return client_fault("REFDRV_FAULTS: " + text.error().message);
    script = std::move(*text);
  }
  auto faults = parse_fault_script(script);
  if (!faults) return client_fault("REFDRV_FAULTS: " + faults.error().message);
  settings.faults = std::move(*faults);

  settings.counters_path = setting("REFDRV_COUNTERS");
  settings.null_mode = setting("REFDRV_NULL") == "1";
  if (const std::string text = setting("REFDRV_FRAME_TIME"); !text.empty()) {
    const auto microseconds = number<unsigned>(text);
    if (!microseconds || !settings.null_mode) {
      return client_fault("REFDRV_FRAME_TIME is no number of microseconds, or without REFDRV_NULL");
    }
    settings.frame_time = std::chrono::microseconds(*microseconds);
  }
  settings.late_streams = setting("REFDRV_STREAMS") == "late";
  settings.abort_on_misuse = setting("REFDRV_ABORT") == "1";
  return settings;
}

Machine* machine(Api api) {
  // Never destroyed: threads that outlive main() still call the driver, as they may a vendor's.
  static Machine* const instance = []() -> Machine* {
    auto settings = settings_from_environment();
    if (!settings) {
      say(settings.error().message);
      return nullptr;
    }
    return new Machine(std::move(*settings));
  }();
  static const CountersAtExit at_exit{instance};
  return instance && instance->profile().api == api ? instance : nullptr;
}

}  // namespace refdrv
