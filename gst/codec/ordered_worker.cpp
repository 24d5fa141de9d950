// SPDX-License-Identifier: LGPL-2.1-or-later
// A bounded queue of jobs, and the thread that does them.
#include "codec/ordered_worker.h"

#include <algorithm>
#include <utility>

namespace av1hw {

OrderedWorker::OrderedWorker(size_t room) : room_(std::max<size_t>(room, 1)) {
  // Not std::thread, which ends the process where there is none to be had.
  thread_ = g_thread_try_new(
      "av1hw-coded",
      [](gpointer worker) -> gpointer {
        static_cast<OrderedWorker*>(worker)->run();
        return nullptr;
      },
      this, nullptr);
}

Error OrderedWorker::no_thread() {
  return {ErrorCode::Busy,
          "no thread could be started to wait for coded pictures: this process has as many as the "
          "system lets it (ulimit -u, or the cgroup's pids.max)"};
}

OrderedWorker::~OrderedWorker() {
  if (!thread_) return;
  {
    const std::lock_guard guard(lock_);
    stopping_ = true;
  }
  given_.notify_one();
  g_thread_join(thread_);
}

void OrderedWorker::wait_until_left(std::unique_lock<std::mutex>& guard, size_t most) {
  awaited_ = most;
  done_.wait(guard, [this, most] { return jobs_.size() <= most; });
  awaited_.reset();
}

void OrderedWorker::push(Job job) {
  std::unique_lock guard(lock_);
  wait_until_left(guard, room_ - 1);
  jobs_.push_back(std::move(job));
  const bool idle = jobs_.size() == 1;
  guard.unlock();
  if (idle) given_.notify_one();
}

void OrderedWorker::wait_idle() {
  std::unique_lock guard(lock_);
  wait_until_left(guard, 0);
}

void OrderedWorker::wait_for_room() {
  std::unique_lock guard(lock_);
  if (jobs_.size() >= room_) wait_until_left(guard, room_ / 2);
}

bool OrderedWorker::wait_for_next(uint64_t finished) {
  std::unique_lock guard(lock_);
  if (finished_ == finished && !jobs_.empty()) wait_until_left(guard, jobs_.size() - 1);
  return finished_ > finished;
}

void OrderedWorker::run() {
  std::unique_lock guard(lock_);
  while (true) {
    given_.wait(guard, [this] { return stopping_ || !jobs_.empty(); });
    if (stopping_) return;
    Job job = std::move(jobs_.front());
    guard.unlock();
    job();
    // What the job held is given back before it counts as finished.
    job = nullptr;
    guard.lock();
    jobs_.pop_front();
    ++finished_;
    if (awaited_ && jobs_.size() <= *awaited_) done_.notify_one();
  }
}

}  // namespace av1hw
