// SPDX-License-Identifier: LGPL-2.1-or-later
// Threads of a GstSharedTaskPool take the next job until there is none.
#include "vulkan/compositor/copy_threads.h"

#include <algorithm>
#include <atomic>

namespace av1hw {
namespace {

struct Work {
  void (*const job)(void*, size_t);
  void* const data;
  const size_t count;
  std::atomic<size_t> next{0};

  void help() {
    for (size_t i = next++; i < count; i = next++) job(data, i);
  }
};

}  // namespace

CopyThreads::CopyThreads(unsigned threads) {
  if (threads < 2) return;
  pool_.reset(gst_shared_task_pool_new());
  gst_shared_task_pool_set_max_threads(GST_SHARED_TASK_POOL(pool_.get()), threads - 1);
  GError* error = nullptr;
  gst_task_pool_prepare(pool_.get(), &error);
  if (!error) {
    others_ = threads - 1;
    return;
  }
  g_clear_error(&error);
  pool_.reset();
}

CopyThreads::~CopyThreads() {
  if (pool_) gst_task_pool_cleanup(pool_.get());
}

void CopyThreads::do_all(size_t count, void (*job)(void*, size_t), void* data) {
  Work work = {job, data, count};
  const size_t helpers = count < 2 ? 0 : std::min<size_t>(others_, count - 1);
  started_.clear();
  for (size_t i = 0; i < helpers; i++) {
    GError* error = nullptr;
    gpointer id = gst_task_pool_push(
        pool_.get(), [](gpointer of) { static_cast<Work*>(of)->help(); }, &work, &error);
    if (error) {
      g_clear_error(&error);
      break;
    }
    started_.push_back(id);
  }
  work.help();
  for (gpointer id : started_) gst_task_pool_join(pool_.get(), id);
}

}  // namespace av1hw
