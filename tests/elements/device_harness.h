// SPDX-License-Identifier: LGPL-2.1-or-later
// A decoder element of a device between two test pads; what it puts out stays as it lies.
#pragma once

#include <gst/video/video.h>

#include <cstdint>
#include <string>
#include <vector>

#include "elements/element_harness.h"
#include "memory/handles.h"
#include "support/test_files.h"

namespace av1hw::test {

class DeviceHarness : public ElementHarness {
 public:
  // `element`: as gst-launch-1.0 writes it. Downstream takes `sink_caps`, and no others.
  DeviceHarness(const std::string& element, const char* sink_caps)
      : ElementHarness(element + " name=dec", "dec") {
    gst_harness_set_sink_caps_str(harness_, sink_caps);
    gst_harness_add_propose_allocation_meta(harness_, GST_VIDEO_META_API_TYPE, nullptr);
    set_caps("video/x-av1,stream-format=obu-stream,alignment=tu,framerate=25/1");
  }

  // Decodes units of an IVF file and gives what came out; stops at an error.
  std::vector<BufferHandle> decode(const Bytes& file, size_t first = 0, size_t count = SIZE_MAX) {
    std::vector<BufferHandle> out;
    const auto units = split_ivf(file);
    const size_t behind = count < units.size() - first ? first + count : units.size();
    for (size_t i = first; i < behind; i++) {
      GstBuffer* unit = gst_buffer_new_memdup(units[i].data(), units[i].size());
      GST_BUFFER_PTS(unit) = pushed_++ * GST_SECOND / 25;
      stopped_ = gst_harness_push(harness_, unit) != GST_FLOW_OK;
      if (stopped_) break;
      take_output(out);
    }
    return out;
  }
  std::vector<BufferHandle> finish() {
    std::vector<BufferHandle> out;
    end();
    take_output(out);
    return out;
  }

  // The last packet was refused.
  bool stopped() const { return stopped_; }

  // A text field of the caps at the source pad; "none".
  std::string field(const char* name) const {
    const CapsHandle caps{gst_pad_get_current_caps(harness_->sinkpad)};
    const gchar* value =
        caps ? gst_structure_get_string(gst_caps_get_structure(caps.get(), 0), name) : nullptr;
    return value ? value : "none";
  }

  // Of the pictures, as the caps say: "320x180".
  std::string size() const {
    const CapsHandle caps{gst_pad_get_current_caps(harness_->sinkpad)};
    int width = 0;
    int height = 0;
    if (!caps) return "none";
    gst_structure_get(gst_caps_get_structure(caps.get(), 0), "width", G_TYPE_INT, &width, "height",
                      G_TYPE_INT, &height, nullptr);
    return std::to_string(width) + "x" + std::to_string(height);
  }

 private:
  void take_output(std::vector<BufferHandle>& out) {
    while (GstBuffer* decoded = gst_harness_try_pull(harness_)) out.emplace_back(decoded);
  }

  uint64_t pushed_ = 0;
  bool stopped_ = false;
};

inline Bytes mapped_bytes(GstBuffer* buffer) {
  GstMapInfo map;
  if (!gst_buffer_map(buffer, &map, GST_MAP_READ)) return {};
  Bytes bytes(map.data, map.data + map.size);
  gst_buffer_unmap(buffer, &map);
  return bytes;
}

}  // namespace av1hw::test
