// SPDX-License-Identifier: LGPL-2.1-or-later
// The bins that choose: av1decbin, av1encbin, av1compositebin.
#pragma once

#include <gst/gst.h>

namespace av1hw {

// The bins' ranks: above every decoder and encoder of other plugins, and above our own, so that
// autoplugging finds the element that chooses among them.
inline constexpr guint bin_rank = GST_RANK_PRIMARY + 100;

GType av1hw_decode_bin_get_type();
GType av1hw_encode_bin_get_type();
GType av1hw_composite_bin_get_type();

void register_bins(GstPlugin* plugin);

}  // namespace av1hw
