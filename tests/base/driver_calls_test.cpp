// SPDX-License-Identifier: LGPL-2.1-or-later
// Calls of a driver that never return: named once, and no other.
#include "base/driver_calls.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace av1hw {
namespace {

using namespace std::chrono_literals;

// What a look an hour from now would find.
std::optional<StuckCall> look_later(DriverCalls& calls) {
  return calls.look(DriverClock::now() + 1h, 1min);
}

TEST(DriverCalls, NamesACallThatLasts) {
  DriverCalls calls;
  const DriverCall call(calls, "vaSyncSurface");
  EXPECT_FALSE(calls.look(DriverClock::now(), 1min));
  const auto stuck = look_later(calls);
  ASSERT_TRUE(stuck);
  EXPECT_STREQ(stuck->name, "vaSyncSurface");
  EXPECT_GE(stuck->since, 1h);
}

TEST(DriverCalls, NamesItOnce) {
  DriverCalls calls;
  const DriverCall call(calls, "vaSyncSurface");
  EXPECT_TRUE(look_later(calls));
  EXPECT_FALSE(look_later(calls));
}

TEST(DriverCalls, FindsNothingWhereNothingIsUnderWay) {
  DriverCalls calls;
  {
    const DriverCall call(calls, "vaSyncSurface");
  }
  EXPECT_FALSE(look_later(calls));
}

// Downstream gives pictures back on its own threads.
TEST(DriverCalls, KeepsThreadsApart) {
  DriverCalls calls;
  const DriverCall outer(calls, "a");
  {
    const DriverCall inner(calls, "b");
  }
  EXPECT_STREQ(look_later(calls)->name, "a");
  const DriverCall next(calls, "c");
  EXPECT_STREQ(look_later(calls)->name, "c");
}

TEST(DriverCalls, MoreThreadsThanItWatchesDoNoHarm) {
  DriverCalls calls;
  std::vector<std::unique_ptr<DriverCall>> all;
  for (int i = 0; i < 20; i++) all.push_back(std::make_unique<DriverCall>(calls, "a"));
  unsigned found = 0;
  while (look_later(calls)) found++;
  EXPECT_EQ(found, 8U);
  all.clear();
  const DriverCall call(calls, "b");
  EXPECT_STREQ(look_later(calls)->name, "b");
}

// What alarms reported.
class Reports {
 public:
  HangAlarm::Report report() {
    return [this](const StuckCall& call) {
      const std::scoped_lock lock(mutex_);
      names_.emplace_back(call.name);
      changed_.notify_all();
    };
  }
  bool has(const std::string& name) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 60s,
                             [&] { return std::ranges::find(names_, name) != names_.end(); });
  }
  size_t count() {
    const std::scoped_lock lock(mutex_);
    return names_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> names_;
};

TEST(HangAlarm, ReportsWhileTheCallLasts) {
  Reports reports;
  const auto calls = std::make_shared<DriverCalls>();
  const HangAlarm alarm(calls, 20ms, reports.report());
  const DriverCall call(*calls, "cuvidMapVideoFrame64");
  EXPECT_TRUE(reports.has("cuvidMapVideoFrame64"));
}

TEST(HangAlarm, ServesSeveralAtOnce) {
  Reports reports;
  const auto first = std::make_shared<DriverCalls>();
  const auto second = std::make_shared<DriverCalls>();
  const auto patient = std::make_shared<DriverCalls>();
  const HangAlarm alarm_a(first, 20ms, reports.report());
  const HangAlarm alarm_b(second, 30ms, reports.report());
  const HangAlarm alarm_c(patient, 1h, reports.report());
  const DriverCall call_a(*first, "a");
  const DriverCall call_b(*second, "b");
  const DriverCall call_c(*patient, "c");
  EXPECT_TRUE(reports.has("a"));
  EXPECT_TRUE(reports.has("b"));
  EXPECT_EQ(reports.count(), 2U);
}

TEST(HangAlarm, EndsWithItsOwner) {
  Reports reports;
  const auto calls = std::make_shared<DriverCalls>();
  const auto others = std::make_shared<DriverCalls>();
  {
    const HangAlarm alarm(calls, 10ms, reports.report());
  }
  const DriverCall call(*calls, "of nobody");
  // The thread goes on for another, or is started again.
  const HangAlarm alarm(others, 10ms, reports.report());
  const DriverCall other(*others, "of somebody");
  EXPECT_TRUE(reports.has("of somebody"));
  EXPECT_EQ(reports.count(), 1U);
}

}  // namespace
}  // namespace av1hw
