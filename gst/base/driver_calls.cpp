// SPDX-License-Identifier: LGPL-2.1-or-later
// The calls that are under way, and the thread that looks at them now and then.
#include "base/driver_calls.h"

#include <glib.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>
#include <vector>

namespace av1hw {
namespace {

using std::chrono::milliseconds;

// A call is noticed a quarter of its limit late at most.
constexpr int looks_per_limit = 4;

int64_t ticks(DriverClock::time_point time) { return time.time_since_epoch().count(); }

}  // namespace

DriverCalls::Slot* DriverCalls::enter(const char* name) {
  for (Slot& slot : slots_) {
    const char* none = nullptr;
    if (slot.name.load(std::memory_order_relaxed) ||
        !slot.name.compare_exchange_strong(none, name, std::memory_order_acquire)) {
      continue;
    }
    slot.began.store(ticks(DriverClock::now()), std::memory_order_release);
    return &slot;
  }
  return nullptr;
}

void DriverCalls::leave(Slot& slot) {
  slot.began.store(0, std::memory_order_relaxed);
  slot.name.store(nullptr, std::memory_order_release);
}

std::optional<StuckCall> DriverCalls::look(DriverClock::time_point now, milliseconds limit) {
  for (Slot& slot : slots_) {
    const int64_t began = slot.began.load(std::memory_order_acquire);
    if (began == 0 || began == slot.reported) continue;
    const DriverClock::time_point start{DriverClock::duration{began}};
    if (now - start < limit) continue;
    const char* name = slot.name.load(std::memory_order_acquire);
    // It ended meanwhile.
    if (!name || slot.began.load(std::memory_order_acquire) != began) continue;
    slot.reported = began;
    return StuckCall{name, std::chrono::duration_cast<milliseconds>(now - start)};
  }
  return std::nullopt;
}

struct HangAlarm::Watched {
  std::shared_ptr<DriverCalls> calls;
  milliseconds limit;
  Report report;
};

namespace {

using WatchedRef = std::shared_ptr<HangAlarm::Watched>;

class Watcher {
 public:
  // Never destroyed: its thread may outlive static objects.
  static Watcher& instance() {
    static auto* const watcher = new Watcher;
    return *watcher;
  }

  void add(WatchedRef watched) {
    const std::scoped_lock lock(mutex_);
    watched_.push_back(std::move(watched));
    if (!running_) {
      GThread* thread = g_thread_try_new(
          "av1hw-watch",
          [](gpointer self) -> gpointer {
            static_cast<Watcher*>(self)->run();
            return nullptr;
          },
          this, nullptr);
      running_ = thread != nullptr;
      if (thread) g_thread_unref(thread);
    }
    changed_.notify_one();
  }

  void remove(const WatchedRef& watched) {
    const std::scoped_lock lock(mutex_);
    std::erase(watched_, watched);
    changed_.notify_one();
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    while (!watched_.empty()) {
      const WatchedRef shortest = *std::ranges::min_element(
          watched_, {}, [](const WatchedRef& watched) { return watched->limit; });
      changed_.wait_for(lock, shortest->limit / looks_per_limit);
      // Not over a copy, which would be an allocation each time. Whom a change meanwhile hides is
      // looked at the next time.
      for (size_t i = 0; i < watched_.size(); ++i) {
        const WatchedRef watched = watched_[i];
        const auto stuck = watched->calls->look(DriverClock::now(), watched->limit);
        if (!stuck) continue;
        lock.unlock();
        watched->report(*stuck);
        lock.lock();
      }
    }
    running_ = false;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<WatchedRef> watched_;
  bool running_ = false;
};

}  // namespace

HangAlarm::HangAlarm(std::shared_ptr<DriverCalls> calls, milliseconds limit, Report report)
    : watched_(std::make_shared<Watched>(std::move(calls), limit, std::move(report))) {
  Watcher::instance().add(watched_);
}

HangAlarm::~HangAlarm() { Watcher::instance().remove(watched_); }

}  // namespace av1hw
