// SPDX-License-Identifier: LGPL-2.1-or-later
// Registers the bins.
#include "bins/bins.h"

#include "bins/log.h"

namespace av1hw {

GstDebugCategory* bins_debug_category() {
  static GstDebugCategory* const category = [] {
    GstDebugCategory* created = nullptr;
    GST_DEBUG_CATEGORY_INIT(created, "av1hw-bins", 0, "AV1 bins");
    return created;
  }();
  return category;
}

void register_bins(GstPlugin* plugin) {
  gst_element_register(plugin, "av1decbin", bin_rank, av1hw_decode_bin_get_type());
  gst_element_register(plugin, "av1encbin", bin_rank, av1hw_encode_bin_get_type());
  gst_element_register(plugin, "av1compositebin", GST_RANK_NONE, av1hw_composite_bin_get_type());
}

}  // namespace av1hw
