// SPDX-License-Identifier: LGPL-2.1-or-later
// Jobs are done in order, on another thread, a bounded number ahead.
#include "codec/ordered_worker.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <thread>
#include <vector>

#include "support/no_threads.h"

namespace av1hw {
namespace {

using namespace std::chrono_literals;

// Far less than a job that waits for a gate takes, and enough for a thread to get going.
constexpr auto moment = 50ms;

// Jobs that wait until it is opened.
class Gate {
 public:
  void open() { promise_.set_value(); }
  OrderedWorker::Job job(std::atomic<int>* done = nullptr) {
    return [future = future_, done] {
      future.wait();
      if (done) ++*done;
    };
  }

 private:
  std::promise<void> promise_;
  std::shared_future<void> future_ = promise_.get_future().share();
};

TEST(OrderedWorker, DoesJobsInOrderOnAnotherThread) {
  std::vector<int> done;
  std::thread::id thread;
  OrderedWorker worker(3);
  for (int i = 0; i < 100; ++i) {
    worker.push([&, i] {
      thread = std::this_thread::get_id();
      done.push_back(i);
    });
  }
  worker.wait_idle();
  ASSERT_EQ(done.size(), 100U);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(done[static_cast<size_t>(i)], i);
  EXPECT_NE(thread, std::this_thread::get_id());
  EXPECT_EQ(worker.finished(), 100U);
}

TEST(OrderedWorker, PushWaitsForRoom) {
  Gate gate;
  OrderedWorker worker(2);
  worker.push(gate.job());
  worker.push(gate.job());
  auto third = std::async(std::launch::async, [&] { worker.push([] {}); });
  EXPECT_EQ(third.wait_for(moment), std::future_status::timeout);
  gate.open();
  third.get();
  worker.wait_idle();
  EXPECT_EQ(worker.finished(), 3U);
}

TEST(OrderedWorker, WaitForRoomLeavesRoomForOne) {
  Gate gate;
  OrderedWorker worker(1);
  worker.wait_for_room();  // there is
  worker.push(gate.job());
  auto waiting = std::async(std::launch::async, [&] { worker.wait_for_room(); });
  EXPECT_EQ(waiting.wait_for(moment), std::future_status::timeout);
  gate.open();
  waiting.get();
  EXPECT_EQ(worker.finished(), 1U);
}

// Whoever was held up is not woken for each job.
TEST(OrderedWorker, WaitForRoomWaitsForHalfOfItOnceThereWasNone) {
  Gate first, second, others;
  OrderedWorker worker(4);
  worker.push(first.job());
  worker.push(second.job());
  for (int i = 0; i < 2; ++i) worker.push(others.job());
  std::promise<void> begun;
  auto waiting = std::async(std::launch::async, [&] {
    begun.set_value();
    worker.wait_for_room();
  });
  begun.get_future().wait();
  EXPECT_EQ(waiting.wait_for(moment), std::future_status::timeout);
  first.open();
  EXPECT_EQ(waiting.wait_for(moment), std::future_status::timeout);
  second.open();
  waiting.get();
  EXPECT_EQ(worker.finished(), 2U);
  worker.push(others.job());
  worker.wait_for_room();  // there is, for one
  EXPECT_EQ(worker.finished(), 2U);
  others.open();
}

TEST(OrderedWorker, WaitForNextReturnsWithTheNextJob) {
  Gate first, second;
  OrderedWorker worker(4);
  worker.push(first.job());
  worker.push(second.job());
  const uint64_t finished = worker.finished();
  auto waiting = std::async(std::launch::async, [&] { return worker.wait_for_next(finished); });
  EXPECT_EQ(waiting.wait_for(moment), std::future_status::timeout);
  first.open();
  EXPECT_TRUE(waiting.get());
  EXPECT_EQ(worker.finished(), finished + 1);
  // What was finished meanwhile counts, and nothing is left in the end.
  EXPECT_TRUE(worker.wait_for_next(finished));
  second.open();
  worker.wait_idle();
  EXPECT_FALSE(worker.wait_for_next(worker.finished()));
}

TEST(OrderedWorker, WhatAJobHoldsIsGivenBackBeforeItCounts) {
  OrderedWorker worker(1);
  auto held = std::make_shared<int>(1);
  const std::weak_ptr<int> watched = held;
  worker.push([held = std::move(held)] {});
  worker.wait_idle();
  EXPECT_TRUE(watched.expired());
}

TEST(OrderedWorker, TheEndDropsWhatWasNotBegun) {
  std::atomic<int> done = 0;
  std::promise<void> begun;
  Gate gate;
  auto worker = std::make_unique<OrderedWorker>(3);
  worker->push([&, wait = gate.job(&done)]() mutable {
    begun.set_value();
    wait();
  });
  worker->push([&] { ++done; });
  begun.get_future().wait();
  auto ending = std::async(std::launch::async, [&] { worker.reset(); });
  EXPECT_EQ(ending.wait_for(moment), std::future_status::timeout);
  gate.open();
  ending.get();
  EXPECT_EQ(done, 1);
}

TEST(OrderedWorker, WithoutAThreadItSaysSo) {
  {
    const test::NoThreads none;
    const OrderedWorker worker(2);
    EXPECT_FALSE(worker.has_thread());
  }
  const OrderedWorker worker(2);
  EXPECT_TRUE(worker.has_thread());
}

}  // namespace
}  // namespace av1hw
