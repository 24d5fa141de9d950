// SPDX-License-Identifier: LGPL-2.1-or-later
// HDR metadata of the bitstream in the units of GStreamer's caps, and back.
#pragma once

#include <gst/video/video-hdr.h>

#include "av1/metadata.h"

namespace av1hw {

// Chromaticities from 1/65536 to 1/50000; luminances from 1/256 (highest) and 1/16384 (lowest) to
// 1/10000 cd/m2; rounded, and limited to what fits.
GstVideoMasteringDisplayInfo mastering_display_info(const HdrMdcv& mdcv);

GstVideoContentLightLevel content_light_level(const HdrCll& cll);

// The other way round.
HdrMdcv hdr_mdcv(const GstVideoMasteringDisplayInfo& info);
HdrCll hdr_cll(const GstVideoContentLightLevel& level);

}  // namespace av1hw
