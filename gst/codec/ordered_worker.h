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
#include <optional>

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
  // Makes sure that the next push() does not wait. Where there is no room, waits for as much as
  // half of it: a thread that is held up is then woken once for several jobs.
  void wait_for_room();
  // Jobs that were finished, since the start.
  uint64_t finished() const { return finished_; }
  // Waits until more jobs than `finished` were finished; false: there is none left to wait for.
  bool wait_for_next(uint64_t finished);

 private:
  void run();
  void wait_until_left(std::unique_lock<std::mutex>& guard, size_t most);

  const size_t room_;
  std::mutex lock_;
  std::condition_variable given_;       // a job, where there was none, or the end
  std::condition_variable done_;        // jobs, so that no more than awaited_ are left
  std::deque<Job> jobs_;                // the first one is the one that is being done
  std::optional<size_t> awaited_;       // empty: nobody waits
  std::atomic<uint64_t> finished_ = 0;  // changes with lock_
  bool stopping_ = false;
  GThread* thread_ = nullptr;  // last: it uses the others
};

}  // namespace av1hw
