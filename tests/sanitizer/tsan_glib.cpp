// SPDX-License-Identifier: LGPL-2.1-or-later
// Preloaded under ThreadSanitizer: tells it of GLib's and GStreamer's own synchronization.
//
// GLib's locks are made of futexes, in a library without instrumentation, so that ThreadSanitizer
// sees neither them nor the order they make. Each function here calls the real one, and says what
// it orders: a lock what was done before it was unlocked, the last reference what its other holders
// did.
#include <dlfcn.h>
#include <gst/gst.h>

// Not there in a program without instrumentation, which may be preloaded with this as well.
extern "C" {
[[gnu::weak]] void __tsan_acquire(void* address);
[[gnu::weak]] void __tsan_release(void* address);
}

namespace {

void acquire(void* address) {
  if (__tsan_acquire) __tsan_acquire(address);
}

void release(void* address) {
  if (__tsan_release) __tsan_release(address);
}

template <typename Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

// A function of this name, whose real one is `real_function`.
#define REAL(name) static const auto real_function = real<decltype(name)>(#name)

#define LOCKS(name, type)            \
  extern "C" void name(type* lock) { \
    REAL(name);                      \
    real_function(lock);             \
    acquire(lock);                   \
  }

#define TRIES_TO_LOCK(name, type)                \
  extern "C" gboolean name(type* lock) {         \
    REAL(name);                                  \
    const gboolean locked = real_function(lock); \
    if (locked) acquire(lock);                   \
    return locked;                               \
  }

#define UNLOCKS(name, type)          \
  extern "C" void name(type* lock) { \
    REAL(name);                      \
    release(lock);                   \
    real_function(lock);             \
  }

LOCKS(g_mutex_lock, GMutex)
TRIES_TO_LOCK(g_mutex_trylock, GMutex)
UNLOCKS(g_mutex_unlock, GMutex)
LOCKS(g_rec_mutex_lock, GRecMutex)
TRIES_TO_LOCK(g_rec_mutex_trylock, GRecMutex)
UNLOCKS(g_rec_mutex_unlock, GRecMutex)
LOCKS(g_rw_lock_writer_lock, GRWLock)
TRIES_TO_LOCK(g_rw_lock_writer_trylock, GRWLock)
UNLOCKS(g_rw_lock_writer_unlock, GRWLock)
LOCKS(g_rw_lock_reader_lock, GRWLock)
TRIES_TO_LOCK(g_rw_lock_reader_trylock, GRWLock)
UNLOCKS(g_rw_lock_reader_unlock, GRWLock)

extern "C" void g_cond_wait(GCond* cond, GMutex* mutex) {
  REAL(g_cond_wait);
  release(mutex);
  real_function(cond, mutex);
  acquire(mutex);
}

extern "C" gboolean g_cond_wait_until(GCond* cond, GMutex* mutex, gint64 end_time) {
  REAL(g_cond_wait_until);
  release(mutex);
  const gboolean signalled = real_function(cond, mutex, end_time);
  acquire(mutex);
  return signalled;
}

// GLib calls its own functions past these, so its queues are told apart.
extern "C" void g_async_queue_push(GAsyncQueue* queue, gpointer data) {
  REAL(g_async_queue_push);
  release(queue);
  real_function(queue, data);
}

extern "C" gpointer g_async_queue_pop(GAsyncQueue* queue) {
  REAL(g_async_queue_pop);
  gpointer data = real_function(queue);
  acquire(queue);
  return data;
}

extern "C" void gst_mini_object_unref(GstMiniObject* object) {
  REAL(gst_mini_object_unref);
  release(object);
  acquire(object);
  real_function(object);
}

extern "C" void gst_object_unref(gpointer object) {
  REAL(gst_object_unref);
  release(object);
  acquire(object);
  real_function(object);
}

extern "C" void g_object_unref(gpointer object) {
  REAL(g_object_unref);
  release(object);
  acquire(object);
  real_function(object);
}
