// SPDX-License-Identifier: LGPL-2.1-or-later
// Preloaded under ThreadSanitizer: tells it of GLib's own synchronization.
//
// GLib's locks are futexes in a library without instrumentation, so that ThreadSanitizer sees
// neither them nor the order they make. Each function here calls the real one, and says what that
// orders, and no more: an order too many would hide races. GLib's threads need no help, being made
// and joined by the pthread functions, which ThreadSanitizer knows.
#include <glib-object.h>

#include "tsan_edges.h"

using av1hw::tsan::acquire;
using av1hw::tsan::release;

// Locks: what was done before one is unlocked comes before what is done with it held.

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
// g_async_queue_push_unlocked() and the like need nothing of their own.
LOCKS(g_async_queue_lock, GAsyncQueue)
UNLOCKS(g_async_queue_unlock, GAsyncQueue)

// Readers come before the next writer, and not before each other: two that write are a race. So
// they release an address of their own, which lies within the lock.
namespace {
const void* readers(const GRWLock* lock) { return &lock->i[0]; }
}  // namespace

extern "C" void g_rw_lock_writer_lock(GRWLock* lock) {
  REAL(g_rw_lock_writer_lock);
  real_function(lock);
  acquire(lock);
  acquire(readers(lock));
}

extern "C" gboolean g_rw_lock_writer_trylock(GRWLock* lock) {
  REAL(g_rw_lock_writer_trylock);
  const gboolean locked = real_function(lock);
  if (locked) {
    acquire(lock);
    acquire(readers(lock));
  }
  return locked;
}

UNLOCKS(g_rw_lock_writer_unlock, GRWLock)
LOCKS(g_rw_lock_reader_lock, GRWLock)
TRIES_TO_LOCK(g_rw_lock_reader_trylock, GRWLock)

extern "C" void g_rw_lock_reader_unlock(GRWLock* lock) {
  REAL(g_rw_lock_reader_unlock);
  release(readers(lock));
  real_function(lock);
}

// To wait unlocks the mutex and locks it again. A signal by itself orders nothing.

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

// What is initialized once comes before its use. In a program with instrumentation the macro's own
// look at the location is an atomic load, which acquires it as well.

#define ENTERS_ONCE(name, address)                    \
  extern "C" gboolean(name)(address where) {          \
    REAL(name);                                       \
    const gboolean is_first = real_function(where);   \
    if (!is_first) acquire(const_cast<void*>(where)); \
    return is_first;                                  \
  }

ENTERS_ONCE(g_once_init_enter, volatile void*)
ENTERS_ONCE(g_once_init_enter_pointer, void*)

extern "C" void(g_once_init_leave)(volatile void* where, gsize result) {
  REAL(g_once_init_leave);
  release(const_cast<void*>(where));
  real_function(where, result);
}

extern "C" void(g_once_init_leave_pointer)(void* where, gpointer result) {
  REAL(g_once_init_leave_pointer);
  release(where);
  real_function(where, result);
}

// Queues: what was done before something is pushed comes before what is done with it. GLib locks
// the queue in there without the functions above.

extern "C" void g_async_queue_push(GAsyncQueue* queue, gpointer data) {
  REAL(g_async_queue_push);
  release(queue);
  real_function(queue, data);
}

#define POPS(name, parameters, ...)             \
  extern "C" gpointer name parameters {         \
    REAL(name);                                 \
    gpointer data = real_function(__VA_ARGS__); \
    if (data) acquire(queue);                   \
    return data;                                \
  }

POPS(g_async_queue_pop, (GAsyncQueue * queue), queue)
POPS(g_async_queue_try_pop, (GAsyncQueue * queue), queue)
POPS(g_async_queue_timeout_pop, (GAsyncQueue * queue, guint64 timeout), queue, timeout)

// Thread pools: what was done before work is handed over comes before that work. Its function is
// called from within GLib, so another takes its place; the pool's user data is where the order is
// kept. gst_element_call_async() and GstTaskPool end here.
namespace {

struct PoolWork {
  GFunc function;
  gpointer user_data;
};

void work(gpointer data, gpointer pool_work) {
  acquire(pool_work);
  const auto* kept = static_cast<PoolWork*>(pool_work);
  kept->function(data, kept->user_data);
}

}  // namespace

extern "C" GThreadPool* g_thread_pool_new(GFunc function, gpointer user_data, gint max_threads,
                                          gboolean exclusive, GError** error) {
  REAL(g_thread_pool_new);
  // Threads may work for a pool until the process ends, so this stays.
  return real_function(work, new PoolWork{function, user_data}, max_threads, exclusive, error);
}

extern "C" gboolean g_thread_pool_push(GThreadPool* pool, gpointer data, GError** error) {
  REAL(g_thread_pool_push);
  if (pool->func == work) release(pool->user_data);
  return real_function(pool, data, error);
}

// References: what the other holders did with an object comes before its end, and so before what
// its class does then. That one is given up, by an atomic operation, comes before all that are
// given up later.

extern "C" void g_object_unref(gpointer object) {
  REAL(g_object_unref);
  release(object);
  acquire(object);
  real_function(object);
}
