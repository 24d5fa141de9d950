// SPDX-License-Identifier: LGPL-2.1-or-later
// ITU-T T.35 payloads on buffers: how metadata OBUs travel between decoders and encoders.
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <span>
#include <vector>

namespace av1hw {

// The custom meta's name. Each carries one payload, in the field "payload" (GBytes) of its
// structure: the country code first, as in a metadata OBU (AV1 specification, 5.8.2). Applications
// may add and read it with gst_buffer_add_custom_meta() and gst_custom_meta_get_structure().
inline constexpr const char* itu_t35_meta_name = "av1hw-itu-t35";

// Makes the meta known to GStreamer. Called while the plugin is loaded; further calls do nothing.
void register_itu_t35_meta();

void add_itu_t35_meta(GstBuffer* buffer, std::span<const uint8_t> payload);

// Appends the payloads of all such metas of `buffer`, in their order. Empty ones are left out.
void collect_itu_t35_metas(GstBuffer* buffer, std::vector<std::vector<uint8_t>>& payloads);

}  // namespace av1hw
