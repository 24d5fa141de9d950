// SPDX-License-Identifier: LGPL-2.1-or-later
// Has a bridge open the device that the encoder would have asked for.
#include "bins/device_offer.h"

namespace av1hw {
namespace {

std::shared_ptr<MemoryBridge> bridge_for(const CandidateSource& encoder, GstElement* bin) {
  for (const DeviceCopy& copy : encoder.facts().capability.copies) {
    const auto from = memory_domain_of(copy.from), to = memory_domain_of(copy.to);
    if (!from || !to) continue;
    const BridgeEnds ends = {
        .element = bin, .calls = std::make_shared<DriverCalls>(), .uuid = copy.uuid};
    if (auto bridge = make_memory_bridge(*from, *to, ends)) return bridge;
  }
  return nullptr;
}

// What the pipeline has, which the bin keeps for its children.
void give_contexts(GstElement* bin, MemoryBridge& bridge) {
  GList* contexts = gst_element_get_contexts(bin);
  for (GList* each = contexts; each; each = each->next)
    bridge.set_context(static_cast<GstContext*>(each->data));
  g_list_free_full(contexts, reinterpret_cast<GDestroyNotify>(gst_context_unref));
}

}  // namespace

bool DeviceOffer::answer(GstQuery* query, std::span<const CandidateSource> encoders) {
  std::shared_ptr<MemoryBridge> bridge;
  {
    const std::scoped_lock lock(mutex_);
    for (const CandidateSource& encoder : encoders) {
      if (bridge_) break;
      bridge_ = bridge_for(encoder, bin_);
    }
    bridge = bridge_;
  }
  if (!bridge) return false;
  give_contexts(bin_, *bridge);
  return bridge->handle_context_query(query);
}

void DeviceOffer::close() {
  const std::scoped_lock lock(mutex_);
  bridge_.reset();
}

}  // namespace av1hw
