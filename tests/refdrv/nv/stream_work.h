// SPDX-License-Identifier: LGPL-2.1-or-later
// What streams were given to do and have not done yet. With REFDRV_STREAMS=late a stream does
// nothing before somebody waits for it, so that who forgets to wait sees what was there before.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>

#include "refdrv/nv/cuda_types.h"

namespace refdrv::nv {

// Thread-safe. Streams that are not late have always caught up: nothing is ever given to them.
class REFDRV_SHARED StreamWork {
 public:
  using Work = std::function<void()>;

  // To be done after all that the stream was given before. Work calls nothing of this.
  void give(CUstream stream, Work work);
  // What `stream` is given from now on is done after what `event` was recorded behind.
  void wait(CUstream stream, CUevent event);
  void record(CUevent event, CUstream stream);

  // Do, on the caller's thread, what was given until now.
  void catch_up(CUstream stream);
  void catch_up(CUevent event);
  void catch_up_all();

  void forget(CUstream stream);
  void forget(CUevent event);

 private:
  // A place in the order of a stream: behind the first `count` pieces of work.
  struct Place {
    CUstream stream = nullptr;
    uint64_t count = 0;
  };
  struct Piece {
    Work work;
    Place after;  // without work: this one comes first
  };
  struct Queue {
    std::deque<Piece> pieces;
    uint64_t given = 0;
    uint64_t done = 0;
  };

  void run(const Place& until);

  std::mutex mutex_;
  std::map<CUstream, Queue> queues_;
  std::map<CUevent, Place> events_;
};

}  // namespace refdrv::nv
