// SPDX-License-Identifier: LGPL-2.1-or-later
// A thread that does jobs in the order in which they were given, a bounded number ahead: encoders
// wait on it for the pictures that they have in flight.
#pragma once

#include <glib.h>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>

#include "base/result.h"

namespace av1hw {

// Its functions are called from one thread, which is not the worker's.
class OrderedWorker {
 public:
  using Job = std::move_only_function<void()>;

  // `room`: jobs that are not finished, at least 1, before push() waits.
  explicit OrderedWorker(size_t room);
  // Drops the jobs that were not begun, and waits for the one that was.
  ~OrderedWorker();
  OrderedWorker(const OrderedWorker&) = delete;
  OrderedWorker& operator=(const OrderedWorker&) = delete;

  // False: the system has no thread to spare. Then no job may be given.
  bool has_thread() const { return thread_ != nullptr; }
  // What to tell of a worker without one.
  static Error no_thread();

  // Waits until there is room.
  void push(Job job);
  // Waits until every job is finished.
  void wait_idle();
  // Waits until there is room for one more job, so that the next push() does not wait.
  void wait_for_room();
  // Jobs that were finished, since the start.
  uint64_t finished() const { return finished_; }
  // Waits until more jobs than `finished` were finished; false: there is none left to wait for.
  bool wait_for_next(uint64_t finished);

 private:
  void run();

  const size_t room_;
  std::mutex lock_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;                // the first one is the one that is being done
  std::atomic<uint64_t> finished_ = 0;  // changes with lock_
  bool stopping_ = false;
  GThread* thread_ = nullptr;  // last: it uses the others
};

}  // namespace av1hw
