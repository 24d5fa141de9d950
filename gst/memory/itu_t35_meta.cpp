// SPDX-License-Identifier: LGPL-2.1-or-later
// The custom meta that carries ITU-T T.35 payloads.
#include "memory/itu_t35_meta.h"

#include "base/unique_handle.h"

namespace av1hw {
namespace {

using BytesPtr = UniqueHandle<GBytes, g_bytes_unref>;

constexpr const char* payload_field = "payload";

}  // namespace

void register_itu_t35_meta() {
  if (gst_meta_get_info(itu_t35_meta_name)) return;
  // No tags: the payload says nothing about size or memory, so it survives any conversion.
  gst_meta_register_custom_simple(itu_t35_meta_name);
}

void add_itu_t35_meta(GstBuffer* buffer, std::span<const uint8_t> payload) {
  GstCustomMeta* meta = gst_buffer_add_custom_meta(buffer, itu_t35_meta_name);
  if (!meta) return;
  const BytesPtr bytes{g_bytes_new(payload.data(), payload.size())};
  gst_structure_set(gst_custom_meta_get_structure(meta), payload_field, G_TYPE_BYTES, bytes.get(),
                    nullptr);
}

void collect_itu_t35_metas(GstBuffer* buffer, std::vector<std::vector<uint8_t>>& payloads) {
  gpointer state = nullptr;
  while (GstMeta* meta = gst_buffer_iterate_meta(buffer, &state)) {
    if (!gst_meta_info_is_custom(meta->info)) continue;
    auto* custom = reinterpret_cast<GstCustomMeta*>(meta);
    if (!gst_custom_meta_has_name(custom, itu_t35_meta_name)) continue;
    GBytes* found = nullptr;
    if (!gst_structure_get(gst_custom_meta_get_structure(custom), payload_field, G_TYPE_BYTES,
                           &found, nullptr)) {
      continue;
    }
    const BytesPtr bytes{found};
    gsize size = 0;
    const auto* data = static_cast<const uint8_t*>(g_bytes_get_data(bytes.get(), &size));
    if (size > 0) payloads.emplace_back(data, data + size);
  }
}

}  // namespace av1hw
