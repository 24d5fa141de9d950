// SPDX-License-Identifier: LGPL-2.1-or-later
// Preloaded under ThreadSanitizer: tells it of GStreamer's own synchronization.
//
// GStreamer's locks, and what is made of them (object locks, stream locks, tasks, state changes,
// buses), are GLib's, which tsan_glib.cpp knows. What remains are references, which are atomic
// operations in a library without instrumentation.
#include <gst/gst.h>

#include "tsan_edges.h"

using av1hw::tsan::acquire;
using av1hw::tsan::release;

// As with g_object_unref(): what the other holders did comes before the end.

extern "C" void gst_mini_object_unref(GstMiniObject* object) {
  REAL(gst_mini_object_unref);
  release(object);
  acquire(object);
  real_function(object);
}
