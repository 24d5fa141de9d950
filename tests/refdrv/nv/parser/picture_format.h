// SPDX-License-Identifier: LGPL-2.1-or-later
// What a parser's sequence callback is told.
#pragma once

#include "refdrv/nv/parser/frame_header.h"
// After frame_header.h, whose types it needs.
#include <ffnvcodec/dynlink_nvcuvid.h>

namespace refdrv::nv {

CUVIDEOFORMATEX video_format(const SequenceHeader& sequence, const FrameHeader& frame);
// Whether a client has to hear of the difference.
bool is_same(const CUVIDEOFORMATEX& a, const CUVIDEOFORMATEX& b);

}  // namespace refdrv::nv
