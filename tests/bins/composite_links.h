// SPDX-License-Identifier: LGPL-2.1-or-later
// For tests of av1compositebin: what it says of its links, and a blender that fails.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "pipeline.h"

namespace av1hw::test {

struct Link {
  std::string from, to, memory, adapter;
  guint64 downloaded = 0, copied = 0, uploaded = 0;
};

inline std::vector<Link> links(const Pipeline& pipeline) {
  const Ref<GstStructure> report = get_structure(pipeline.get("c").get(), "report");
  const GValue* array = gst_structure_get_value(report.get(), "links");
  std::vector<Link> found;
  for (guint i = 0; i < gst_value_array_get_size(array); i++) {
    const GstStructure* s = gst_value_get_structure(gst_value_array_get_value(array, i));
    Link link;
    for (const auto& [field, text] : {std::pair("from", &link.from),
                                      {"to", &link.to},
                                      {"memory", &link.memory},
                                      {"adapter", &link.adapter}})
      *text = gst_structure_get_string(s, field);
    EXPECT_TRUE(gst_structure_get(s, "download-bytes", G_TYPE_UINT64, &link.downloaded,
                                  "system-copy-bytes", G_TYPE_UINT64, &link.copied, "upload-bytes",
                                  G_TYPE_UINT64, &link.uploaded, nullptr));
    found.push_back(link);
  }
  return found;
}

// What the blender says of itself in the report: its first note.
inline std::string blender_note(const Pipeline& pipeline) {
  const Ref<GstStructure> report = get_structure(pipeline.get("c").get(), "report");
  const GValue* stages = gst_structure_get_value(report.get(), "stages");
  for (guint i = 0; i < gst_value_array_get_size(stages); i++) {
    const GstStructure* stage = gst_value_get_structure(gst_value_array_get_value(stages, i));
    if (std::string(gst_structure_get_string(stage, "stage")) != "blend") continue;
    const GValue* candidates = gst_structure_get_value(stage, "candidates");
    const GstStructure* first = gst_value_get_structure(gst_value_array_get_value(candidates, 0));
    const GValue* notes = gst_structure_get_value(first, "notes");
    if (gst_value_array_get_size(notes) > 0)
      return g_value_get_string(gst_value_array_get_value(notes, 0));
  }
  return "";
}

inline const char* factory_name(GstElement* element) {
  GstElementFactory* factory = gst_element_get_factory(element);
  return factory ? gst_plugin_feature_get_name(factory) : "";
}

// The blender inside of the bin. Its type has several factories, any of which may be the one that
// it names.
inline Ref<GstElement> blender_of(const Pipeline& pipeline) {
  const Ref<GstElement> bin = pipeline.get("c");
  GstIterator* children = gst_bin_iterate_recurse(GST_BIN(bin.get()));
  Ref<GstElement> found;
  GValue value = G_VALUE_INIT;
  for (bool done = false; !done && !found;) {
    switch (gst_iterator_next(children, &value)) {
    case GST_ITERATOR_OK:
      found = Ref<GstElement>(static_cast<GstElement*>(g_value_dup_object(&value)));
      if (!g_str_has_suffix(factory_name(found.get()), "vkcompositor")) found = {};
      g_value_reset(&value);
      break;
    case GST_ITERATOR_RESYNC:  // Children come and go meanwhile.
      gst_iterator_resync(children);
      break;
    default: done = true;
    }
  }
  g_value_unset(&value);
  gst_iterator_free(children);
  return found;
}

inline void fail_blender(const Pipeline& pipeline) {
  const Ref<GstElement> blender = blender_of(pipeline);
  ASSERT_TRUE(blender);
  GST_ELEMENT_ERROR(blender.get(), RESOURCE, FAILED, ("the device is on fire"), (nullptr));
}

}  // namespace av1hw::test
