// SPDX-License-Identifier: LGPL-2.1-or-later
// What elements post and put out, as lines that docs/faults.md speaks of.
#pragma once

#include <gst/video/video.h>

#include <cstdio>
#include <string>

#include "base/unique_handle.h"
#include "memory/handles.h"

namespace av1hw::test {

// "GST_RESOURCE_ERROR_BUSY".
inline std::string code_name(const GError& error) {
  GEnumClass* codes = nullptr;
  std::string domain = g_quark_to_string(error.domain);
  if (error.domain == GST_RESOURCE_ERROR) {
    codes = G_ENUM_CLASS(g_type_class_ref(GST_TYPE_RESOURCE_ERROR));
  } else if (error.domain == GST_STREAM_ERROR) {
    codes = G_ENUM_CLASS(g_type_class_ref(GST_TYPE_STREAM_ERROR));
  } else if (error.domain == GST_LIBRARY_ERROR) {
    codes = G_ENUM_CLASS(g_type_class_ref(GST_TYPE_LIBRARY_ERROR));
  }
  if (!codes) return domain;
  const GEnumValue* value = g_enum_get_value(codes, error.code);
  std::string name = value ? value->value_name : domain;
  g_type_class_unref(codes);
  return name;
}

// Who posted what was printed.
struct Posted {
  bool error = false;      // anybody, an error
  bool by_source = false;  // a source, which only says that somebody else has failed
};

inline void print_message(GstMessage* message) {
  const bool is_error = GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR;
  GError* parsed = nullptr;
  (is_error ? gst_message_parse_error : gst_message_parse_warning)(message, &parsed, nullptr);
  const GErrorPtr error(parsed);
  const GCharPtr text(g_strdelimit(g_strdup(error->message), "\n", '/'));
  std::printf("%s %s %s\n", is_error ? "error" : "warning", code_name(*error).c_str(), text.get());
  const GstStructure* details = nullptr;
  if (is_error) gst_message_parse_error_details(message, &details);
  if (details) {
    const GCharPtr all(gst_structure_to_string(details));
    std::printf("details %s\n", all.get());
  }
  std::fflush(stdout);
}

// Prints the errors and warnings that are on the bus, but for those of sources: "error NAME TEXT",
// "warning NAME TEXT", "details STRUCTURE" (of the error before it).
inline Posted print_messages(GstBus* bus) {
  Posted posted;
  const auto wanted = static_cast<GstMessageType>(GST_MESSAGE_ERROR | GST_MESSAGE_WARNING);
  while (GstMessage* popped = gst_bus_pop_filtered(bus, wanted)) {
    const GstHandle<GstMessage> message(popped);
    posted.error |= GST_MESSAGE_TYPE(popped) == GST_MESSAGE_ERROR;
    if (GST_OBJECT_FLAG_IS_SET(GST_MESSAGE_SRC(popped), GST_ELEMENT_FLAG_SOURCE)) {
      posted.by_source = true;
    } else {
      print_message(popped);
    }
  }
  return posted;
}

// Of a bin that chooses: "chosen ELEMENT", and "report ELEMENT VERDICT: REASON" for each candidate.
inline void print_choice(GstElement* bin) {
  if (!g_object_class_find_property(G_OBJECT_GET_CLASS(bin), "report")) return;
  gchar* chosen = nullptr;
  GstStructure* report = nullptr;
  g_object_get(bin, "chosen", &chosen, "report", &report, nullptr);
  const GCharPtr owned(chosen);
  const StructureHandle structure(report);
  std::printf("chosen %s\n", chosen ? chosen : "");
  const GValue* candidates = gst_structure_get_value(report, "candidates");
  for (guint i = 0; i < gst_value_array_get_size(candidates); i++) {
    const GstStructure* entry = gst_value_get_structure(gst_value_array_get_value(candidates, i));
    std::printf("report %s %s: %s\n", gst_structure_get_string(entry, "element"),
                gst_structure_get_string(entry, "verdict"),
                gst_structure_get_string(entry, "reason"));
  }
}

using ChecksumHandle = UniqueHandle<GChecksum, g_checksum_free>;

// The samples of a frame in system memory, plane by plane, without what lies between rows.
inline void add_to_checksum(GChecksum* sum, GstSample* sample) {
  GstVideoInfo info;
  GstVideoFrame frame;
  if (!gst_video_info_from_caps(&info, gst_sample_get_caps(sample)) ||
      !gst_video_frame_map(&frame, &info, gst_sample_get_buffer(sample), GST_MAP_READ)) {
    std::puts("error none a frame can't be mapped");
    return;
  }
  for (guint plane = 0; plane < GST_VIDEO_FRAME_N_PLANES(&frame); plane++) {
    const int width =
        GST_VIDEO_FRAME_COMP_WIDTH(&frame, plane) * GST_VIDEO_FRAME_COMP_PSTRIDE(&frame, plane);
    const auto* row = static_cast<const guint8*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, plane));
    for (int y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT(&frame, plane); y++) {
      g_checksum_update(sum, row, width);
      row += GST_VIDEO_FRAME_PLANE_STRIDE(&frame, plane);
    }
  }
  gst_video_frame_unmap(&frame);
}

}  // namespace av1hw::test
