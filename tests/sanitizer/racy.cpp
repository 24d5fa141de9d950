// SPDX-License-Identifier: LGPL-2.1-or-later
// Races, and the same without: shows that ThreadSanitizer sees the one and says nothing of the
// other.
//
// `racy` lists the cases, a line each: "race NAME" or "order NAME". `racy NAME` runs one.
#include <gst/gst.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <functional>

namespace {

// What the threads of a case share. Not atomic, on purpose.
int shared = 0;
std::array<int, 2> of_thread = {};

// Runs both in threads of their own, which nothing orders but what they do themselves.
void run_both(const std::function<void()>& one, const std::function<void()>& other) {
  const auto call = [](gpointer body) -> gpointer {
    (*static_cast<const std::function<void()>*>(body))();
    return nullptr;
  };
  GThread* first = g_thread_new("one", call, const_cast<std::function<void()>*>(&one));
  GThread* second = g_thread_new("other", call, const_cast<std::function<void()>*>(&other));
  g_thread_join(first);
  g_thread_join(second);
}

template <typename Lock, auto lock_function, auto unlock_function>
void add_locked(Lock& lock) {
  lock_function(&lock);
  shared++;
  unlock_function(&lock);
}

void no_lock() {
  run_both([] { shared++; }, [] { shared++; });
}

void same_mutex() {
  GMutex mutex;
  g_mutex_init(&mutex);
  const auto add = [&] { add_locked<GMutex, g_mutex_lock, g_mutex_unlock>(mutex); };
  run_both(add, add);
  g_mutex_clear(&mutex);
}

void another_mutex() {
  std::array<GMutex, 2> mutexes;
  for (GMutex& mutex : mutexes) g_mutex_init(&mutex);
  run_both([&] { add_locked<GMutex, g_mutex_lock, g_mutex_unlock>(mutexes[0]); },
           [&] { add_locked<GMutex, g_mutex_lock, g_mutex_unlock>(mutexes[1]); });
  for (GMutex& mutex : mutexes) g_mutex_clear(&mutex);
}

void recursive_mutex() {
  GRecMutex mutex;
  g_rec_mutex_init(&mutex);
  const auto add = [&] { add_locked<GRecMutex, g_rec_mutex_lock, g_rec_mutex_unlock>(mutex); };
  run_both(add, add);
  g_rec_mutex_clear(&mutex);
}

GRWLock rw_lock;
void add_as_reader() {
  add_locked<GRWLock, g_rw_lock_reader_lock, g_rw_lock_reader_unlock>(rw_lock);
}
void add_as_writer() {
  add_locked<GRWLock, g_rw_lock_writer_lock, g_rw_lock_writer_unlock>(rw_lock);
}
void reader_and_writer() { run_both(add_as_reader, add_as_writer); }
void two_readers() { run_both(add_as_reader, add_as_reader); }

void condition() {
  GMutex mutex;
  GCond cond;
  g_mutex_init(&mutex);
  g_cond_init(&cond);
  bool ready = false;
  run_both(
      [&] {
        shared = 1;
        g_mutex_lock(&mutex);
        ready = true;
        g_cond_signal(&cond);
        g_mutex_unlock(&mutex);
      },
      [&] {
        g_mutex_lock(&mutex);
        while (!ready) g_cond_wait(&cond, &mutex);
        g_mutex_unlock(&mutex);
        shared = 2;
      });
  g_cond_clear(&cond);
  g_mutex_clear(&mutex);
}

void once() {
  static gsize done = 0;
  const auto use = [] {
    if (g_once_init_enter(&done)) {
      shared = 1;
      g_once_init_leave(&done, 1);
    }
    if (shared != 1) std::puts("not initialized");
  };
  run_both(use, use);
}

void through_queue(bool before) {
  GAsyncQueue* queue = g_async_queue_new();
  run_both(
      [=] {
        if (before) shared = 1;
        g_async_queue_push(queue, queue);
        if (!before) shared = 1;
      },
      [=] {
        g_async_queue_pop(queue);
        shared = 2;
      });
  g_async_queue_unref(queue);
}
void before_push() { through_queue(true); }
void after_push() { through_queue(false); }

void through_pool(bool before) {
  GThreadPool* pool =
      g_thread_pool_new([](gpointer, gpointer) { shared++; }, nullptr, 1, FALSE, nullptr);
  if (before) shared = 1;
  g_thread_pool_push(pool, pool, nullptr);
  if (!before) shared = 1;
  g_thread_pool_free(pool, FALSE, TRUE);
}
void before_work() { through_pool(true); }
void during_work() { through_pool(false); }

// Each thread writes something of its own and lets go; the last to do so reads it all.
void read_both(gpointer) { shared = of_thread[0] + of_thread[1]; }

void end_of_object() {
  auto* object = static_cast<GObject*>(g_object_new(G_TYPE_OBJECT, nullptr));
  g_object_set_data_full(object, "end", object, read_both);
  g_object_ref(object);
  run_both(
      [=] {
        of_thread[0] = 1;
        g_object_unref(object);
      },
      [=] {
        of_thread[1] = 1;
        g_object_unref(object);
      });
}

void end_of_memory() {
  GstMemory* memory = gst_memory_new_wrapped(GST_MEMORY_FLAG_READONLY, &shared, sizeof shared, 0,
                                             sizeof shared, nullptr, read_both);
  gst_memory_ref(memory);
  run_both(
      [=] {
        of_thread[0] = 1;
        gst_memory_unref(memory);
      },
      [=] {
        of_thread[1] = 1;
        gst_memory_unref(memory);
      });
}

GstPadProbeReturn count(GstPad*, GstPadProbeInfo*, gpointer) {
  shared++;
  return GST_PAD_PROBE_OK;
}

// A streaming thread counts buffers, and the application reads the count.
void stream(bool stops_first) {
  GstElement* pipeline = gst_parse_launch("fakesrc ! identity name=it ! fakesink", nullptr);
  GstElement* it = gst_bin_get_by_name(GST_BIN(pipeline), "it");
  GstPad* pad = gst_element_get_static_pad(it, "src");
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, count, nullptr, nullptr);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  gst_element_get_state(pipeline, nullptr, nullptr, GST_CLOCK_TIME_NONE);
  g_usleep(G_USEC_PER_SEC / 10);
  if (stops_first) gst_element_set_state(pipeline, GST_STATE_NULL);
  if (shared == 0) std::puts("nothing was streamed");
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pad);
  gst_object_unref(it);
  gst_object_unref(pipeline);
}
void after_streaming() { stream(true); }
void while_streaming() { stream(false); }

void call_async() {
  GstElement* element = gst_pipeline_new(nullptr);
  shared = 1;
  gst_element_call_async(element, [](GstElement*, gpointer) { shared++; }, nullptr, nullptr);
  g_usleep(G_USEC_PER_SEC / 10);
  gst_object_unref(element);
}

struct Case {
  const char* name;
  bool races;
  void (*run)();
};
constexpr Case cases[] = {
    {"no-lock", true, no_lock},
    {"same-mutex", false, same_mutex},
    {"another-mutex", true, another_mutex},
    {"recursive-mutex", false, recursive_mutex},
    {"reader-and-writer", false, reader_and_writer},
    {"two-readers", true, two_readers},
    {"condition", false, condition},
    {"once", false, once},
    {"before-push", false, before_push},
    {"after-push", true, after_push},
    {"before-work", false, before_work},
    {"during-work", true, during_work},
    {"end-of-object", false, end_of_object},
    {"end-of-memory", false, end_of_memory},
    {"after-streaming", false, after_streaming},
    {"while-streaming", true, while_streaming},
    {"call-async", false, call_async},
};

}  // namespace

int main(int argc, char** argv) {
  gst_init(nullptr, nullptr);
  for (const Case& one : cases) {
    if (argc < 2) {
      std::printf("%s %s\n", one.races ? "race" : "order", one.name);
    } else if (std::strcmp(one.name, argv[1]) == 0) {
      one.run();
      return 0;
    }
  }
  return argc < 2 ? 0 : 2;
}
