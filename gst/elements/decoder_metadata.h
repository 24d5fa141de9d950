// SPDX-License-Identifier: LGPL-2.1-or-later
// ITU-T T.35 payloads of the bitstream as metas of a frame's buffer.
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <span>

namespace av1hw {

// CEA-708 captions become a GstVideoCaptionMeta, which is what captions' elements look for; every
// other payload a T.35 meta, as it is. Each in one form only, or an encoder would write both.
void attach_t35(GstBuffer* buffer, std::span<const uint8_t> payload);

}  // namespace av1hw
