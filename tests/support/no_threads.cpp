// SPDX-License-Identifier: LGPL-2.1-or-later
// Stands in front of GLib's g_thread_try_new().
#include "support/no_threads.h"

#include <dlfcn.h>
#include <glib.h>

#include <atomic>

namespace av1hw::test {
namespace {

std::atomic<unsigned> refusing{0};

}  // namespace

NoThreads::NoThreads() { refusing++; }
NoThreads::~NoThreads() { refusing--; }

}  // namespace av1hw::test

extern "C" GThread* g_thread_try_new(const gchar* name, GThreadFunc func, gpointer data,
                                     GError** error) {
  if (av1hw::test::refusing > 0) {
    g_set_error_literal(error, G_THREAD_ERROR, G_THREAD_ERROR_AGAIN, "no thread is left");
    return nullptr;
  }
  using Function = decltype(&g_thread_try_new);
  static const auto next = reinterpret_cast<Function>(dlsym(RTLD_NEXT, "g_thread_try_new"));
  return next(name, func, data, error);
}
