// SPDX-License-Identifier: LGPL-2.1-or-later
// ITU-T T.35 payloads of the bitstream as metas of a frame's buffer.
#include "elements/decoder_metadata.h"

#include <gst/video/video-anc.h>

#include "elements/closed_captions.h"
#include "memory/itu_t35_meta.h"

namespace av1hw {

void attach_t35(GstBuffer* buffer, std::span<const uint8_t> payload) {
  const std::span<const uint8_t> cc_data = find_atsc_captions(payload);
  if (cc_data.empty()) {
    add_itu_t35_meta(buffer, payload);
    return;
  }
  gst_buffer_add_video_caption_meta(buffer, GST_VIDEO_CAPTION_TYPE_CEA708_RAW, cc_data.data(),
                                    cc_data.size());
}

}  // namespace av1hw
