// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads GstVideoRegionOfInterestMeta.
#include "codec/encode_regions.h"

#include <algorithm>
#include <optional>

namespace av1hw {
namespace {

// H.264's 51 quantizers over base_q_idx's 255.
constexpr int q_idx_a_qp = 5;
constexpr int most_qp = 51;
constexpr int most_q_idx = 255;

std::optional<int> delta_of(const GstStructure* parameter) {
  int delta = 0;
  if (gst_structure_get_int(parameter, "delta-q", &delta))
    return std::clamp(delta, -most_q_idx, most_q_idx);
  if (gst_structure_get_int(parameter, "delta-qp", &delta))
    return std::clamp(delta, -most_qp, most_qp) * q_idx_a_qp;
  return std::nullopt;
}

std::optional<int> delta_of(GstVideoRegionOfInterestMeta* meta) {
  std::optional<int> found;
  for (const GList* item = meta->params; item; item = item->next) {
    const auto* parameter = static_cast<const GstStructure*>(item->data);
    if (!g_str_has_prefix(gst_structure_get_name(parameter), "roi/")) continue;
    const std::optional<int> delta = delta_of(parameter);
    if (!delta) continue;
    if (gst_structure_has_name(parameter, "roi/av1hw")) return delta;
    if (!found) found = delta;
  }
  return found;
}

// Empty where nothing of it is in the picture.
std::optional<RegionOfInterest> region_of(GstVideoRegionOfInterestMeta* meta,
                                          const GstVideoInfo& info) {
  const auto width = static_cast<unsigned>(GST_VIDEO_INFO_WIDTH(&info));
  const auto height = static_cast<unsigned>(GST_VIDEO_INFO_HEIGHT(&info));
  const std::optional<int> delta = delta_of(meta);
  if (!delta || meta->x >= width || meta->y >= height || meta->w == 0 || meta->h == 0)
    return std::nullopt;
  return RegionOfInterest{.x = meta->x,
                          .y = meta->y,
                          .width = std::min(meta->w, width - meta->x),
                          .height = std::min(meta->h, height - meta->y),
                          .delta_q_idx = *delta};
}

}  // namespace

std::vector<RegionOfInterest> collect_regions(GstBuffer* frame, const GstVideoInfo& info) {
  std::vector<RegionOfInterest> regions;
  gpointer state = nullptr;
  while (regions.size() < max_regions_of_interest) {
    GstMeta* meta =
        gst_buffer_iterate_meta_filtered(frame, &state, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE);
    if (!meta) break;
    const auto region = region_of(reinterpret_cast<GstVideoRegionOfInterestMeta*>(meta), info);
    if (region) regions.push_back(*region);
  }
  return regions;
}

}  // namespace av1hw
