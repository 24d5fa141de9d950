// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads the script, and counts calls.
#include "fault_plan.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "refdrv/common/text.h"

namespace av1hw::test {
namespace {

constexpr std::string_view submission = "vkQueueSubmit2";

constexpr struct {
  const char* name;
  VkResult result;
} results[] = {
    {"VK_TIMEOUT", VK_TIMEOUT},
    {"VK_ERROR_DEVICE_LOST", VK_ERROR_DEVICE_LOST},
    {"VK_ERROR_OUT_OF_HOST_MEMORY", VK_ERROR_OUT_OF_HOST_MEMORY},
    {"VK_ERROR_OUT_OF_DEVICE_MEMORY", VK_ERROR_OUT_OF_DEVICE_MEMORY},
    {"VK_ERROR_INITIALIZATION_FAILED", VK_ERROR_INITIALIZATION_FAILED},
    {"VK_ERROR_UNKNOWN", VK_ERROR_UNKNOWN},
};

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "AV1HW_VK_FAULTS: %s\n", why.c_str());
  std::exit(2);
}

VkResult result_named(const std::string& name) {
  for (const auto& each : results) {
    if (name == each.name) return each.result;
  }
  give_up("'" + name + "' is no VkResult that is known here");
}

}  // namespace

void FaultPlan::read() {
  const std::lock_guard guard(lock_);
  const char* text = std::getenv("AV1HW_VK_FAULTS");
  std::string rest;
  counts_.clear();
  limit_.reset();
  discrete_ = shared_ = false;
  for (const std::string_view line : refdrv::lines(text ? text : "", "\n;")) {
    const auto words = refdrv::words(line);
    if (words.size() == 5 && words[0] == "limit" && words[1] == "memory" && words[4] == "MiB") {
      const auto mebibytes = refdrv::number<uint32_t>(words[3]);
      if (!mebibytes) give_up("'" + std::string(words[3]) + "' is no number");
      limit_ = uint64_t{*mebibytes} << 20;
    } else if (words.size() == 2 && words[0] == "pretend" && words[1] == "discrete") {
      discrete_ = true;
    } else if (words.size() == 2 && words[0] == "share" && words[1] == "semaphores") {
      shared_ = true;
    } else {
      rest += std::string(line) + "\n";
    }
  }
  const auto parsed = refdrv::parse_fault_script(rest);
  if (!parsed) give_up(parsed.error().message);
  script_ = *parsed;
}

FaultPlan::Verdict FaultPlan::judge(std::string_view call) {
  using Action = refdrv::InjectedFault::Action;
  std::unique_lock guard(lock_);
  const auto counted = counts_.try_emplace(std::string(call), 0).first;
  const uint64_t before = counted->second++;
  // A device is lost once for each line that says so: another may take its place.
  for (refdrv::InjectedFault& fault : script_.faults) {
    if (fault.action != Action::LoseDevice || fault.done || call != submission) continue;
    if (before < *fault.first) continue;
    fault.done = true;
    return {VK_ERROR_DEVICE_LOST, true};
  }
  refdrv::InjectedFault* fault = script_.match(call, before);
  if (!fault || fault->action == Action::LoseDevice) return {};
  if (fault->action == Action::Crash) std::abort();
  if (fault->action == Action::Hang) {
    fault->done = true;
    const auto duration = fault->duration;
    guard.unlock();
    std::this_thread::sleep_for(duration);
    return {};
  }
  const VkResult answer = result_named(fault->error);
  return {answer, answer == VK_ERROR_DEVICE_LOST};
}

bool FaultPlan::reserve(uint64_t bytes) {
  const std::lock_guard guard(lock_);
  if (limit_ && reserved_ + bytes > *limit_) return false;
  reserved_ += bytes;
  return true;
}

void FaultPlan::release(uint64_t bytes) {
  const std::lock_guard guard(lock_);
  reserved_ -= bytes;
}

}  // namespace av1hw::test
