// SPDX-License-Identifier: LGPL-2.1-or-later
// Queues of work, one a stream, that are done as far as somebody waits for.
#include "refdrv/nv/stream_work.h"

#include <utility>

namespace refdrv::nv {

void StreamWork::give(CUstream stream, Work work) {
  const std::scoped_lock lock(mutex_);
  Queue& queue = queues_[stream];
  queue.pieces.push_back({.work = std::move(work), .after = {}});
  queue.given++;
}

void StreamWork::record(CUevent event, CUstream stream) {
  const std::scoped_lock lock(mutex_);
  events_[event] = {.stream = stream, .count = queues_[stream].given};
}

void StreamWork::wait(CUstream stream, CUevent event) {
  const std::scoped_lock lock(mutex_);
  const auto recorded = events_.find(event);
  if (recorded == events_.end()) return;
  Queue& queue = queues_[stream];
  queue.pieces.push_back({.work = {}, .after = recorded->second});
  queue.given++;
}

// With the mutex held. A place lies before whatever waits for it, so that this ends.
void StreamWork::run(const Place& until) {
  const auto found = queues_.find(until.stream);
  if (found == queues_.end()) return;
  Queue& queue = found->second;
  while (queue.done < until.count && !queue.pieces.empty()) {
    const Piece piece = std::move(queue.pieces.front());
    queue.pieces.pop_front();
    queue.done++;
    if (piece.work) {
      piece.work();
    } else {
      run(piece.after);
    }
  }
}

void StreamWork::catch_up(CUstream stream) {
  const std::scoped_lock lock(mutex_);
  run({.stream = stream, .count = UINT64_MAX});
}

void StreamWork::catch_up(CUevent event) {
  const std::scoped_lock lock(mutex_);
  if (const auto recorded = events_.find(event); recorded != events_.end()) run(recorded->second);
}

void StreamWork::catch_up_all() {
  const std::scoped_lock lock(mutex_);
  for (const auto& [stream, queue] : queues_) run({.stream = stream, .count = UINT64_MAX});
}

// It does what it was given first, as CUDA's do.
void StreamWork::forget(CUstream stream) {
  const std::scoped_lock lock(mutex_);
  run({.stream = stream, .count = UINT64_MAX});
  queues_.erase(stream);
}

void StreamWork::forget(CUevent event) {
  const std::scoped_lock lock(mutex_);
  events_.erase(event);
}

}  // namespace refdrv::nv
