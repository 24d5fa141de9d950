// SPDX-License-Identifier: LGPL-2.1-or-later
// Owning handles for GStreamer's reference-counted objects.
#pragma once

#include <gst/gst.h>

#include <memory>

namespace av1hw {

struct GstUnref {
  void operator()(GstBuffer* p) const { gst_buffer_unref(p); }
  void operator()(GstBufferList* p) const { gst_buffer_list_unref(p); }
  void operator()(GstCaps* p) const { gst_caps_unref(p); }
  void operator()(GstEvent* p) const { gst_event_unref(p); }
  void operator()(GstMessage* p) const { gst_message_unref(p); }
  void operator()(GstQuery* p) const { gst_query_unref(p); }
  void operator()(GstSample* p) const { gst_sample_unref(p); }
  void operator()(GstTagList* p) const { gst_tag_list_unref(p); }
  void operator()(GstStructure* p) const { gst_structure_free(p); }
  void operator()(GstPluginFeature* p) const { gst_object_unref(p); }
  template <typename T>
  void operator()(T* p) const {
    gst_object_unref(p);
  }
};

template <typename T>
using GstHandle = std::unique_ptr<T, GstUnref>;

using BufferHandle = GstHandle<GstBuffer>;
using CapsHandle = GstHandle<GstCaps>;
using StructureHandle = GstHandle<GstStructure>;
using PoolHandle = GstHandle<GstBufferPool>;
using ElementHandle = GstHandle<GstElement>;
using PadHandle = GstHandle<GstPad>;

// A further reference to what somebody else holds.
inline BufferHandle share(GstBuffer* buffer) { return BufferHandle(gst_buffer_ref(buffer)); }
inline CapsHandle share(GstCaps* caps) { return CapsHandle(gst_caps_ref(caps)); }

}  // namespace av1hw
