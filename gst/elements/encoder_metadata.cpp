// SPDX-License-Identifier: LGPL-2.1-or-later
// Collects closed captions and T.35 metas of a frame as T.35 payloads.
#include "elements/encoder_metadata.h"

#include <gst/video/video-anc.h>

#include <utility>

#include "memory/itu_t35_meta.h"

namespace av1hw {
namespace {

constexpr size_t triple_size = 3;
constexpr size_t max_triples = 31;  // cc_count has five bits

}  // namespace

std::vector<uint8_t> make_atsc_captions(std::span<const uint8_t> cc_data) {
  const size_t triples = cc_data.size() / triple_size;
  if (triples == 0 || triples > max_triples || cc_data.size() % triple_size != 0) return {};
  // Country code (USA), provider code (ATSC), user identifier, user_data_type_code (cc_data), then
  // cc_data() with process_cc_data_flag set and em_data unused.
  std::vector<uint8_t> payload = {
      0xb5, 0x00, 0x31, 'G', 'A', '9', '4', 0x03, static_cast<uint8_t>(0x40 | triples), 0xff};
  payload.insert(payload.end(), cc_data.begin(), cc_data.end());
  payload.push_back(0xff);  // marker_bits
  return payload;
}

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
