// SPDX-License-Identifier: LGPL-2.1-or-later
// Collects closed captions and T.35 metas of a frame as T.35 payloads.
#include "elements/encoder_metadata.h"

#include <gst/video/video-anc.h>

#include <utility>

#include "elements/closed_captions.h"
#include "memory/itu_t35_meta.h"

namespace av1hw {

void collect_t35(GstBuffer* buffer, std::vector<std::vector<uint8_t>>& payloads) {
  gpointer state = nullptr;
  while (GstMeta* meta =
             gst_buffer_iterate_meta_filtered(buffer, &state, GST_VIDEO_CAPTION_META_API_TYPE)) {
    const auto* caption = reinterpret_cast<const GstVideoCaptionMeta*>(meta);
    if (caption->caption_type != GST_VIDEO_CAPTION_TYPE_CEA708_RAW) continue;
    std::vector<uint8_t> payload = make_atsc_captions({caption->data, caption->size});
    if (!payload.empty()) payloads.push_back(std::move(payload));
  }
  collect_itu_t35_metas(buffer, payloads);
}

}  // namespace av1hw
