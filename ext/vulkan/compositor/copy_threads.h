// SPDX-License-Identifier: LGPL-2.1-or-later
// Copies of the CPU, by several of its threads.
#pragma once

#include <gst/gst.h>

#include <vector>

#include "memory/handles.h"

namespace av1hw {

// One thread does not fill a bus. To be used by one thread at a time.
class CopyThreads {
 public:
  // As many at a time, that of the caller included; at least one.
  explicit CopyThreads(unsigned threads);
  ~CopyThreads();
  CopyThreads(const CopyThreads&) = delete;
  CopyThreads& operator=(const CopyThreads&) = delete;

  // Does job(0) to job(count - 1), in any order, and returns once all are done.
  template <typename Job>
  void run(size_t count, Job job) {
    do_all(count, [](void* of, size_t number) { (*static_cast<Job*>(of))(number); }, &job);
  }

 private:
  void do_all(size_t count, void (*job)(void*, size_t), void* data);

  GstHandle<GstTaskPool> pool_;  // null: the caller is the only one
  unsigned others_ = 0;
  std::vector<gpointer> started_;
};

}  // namespace av1hw
