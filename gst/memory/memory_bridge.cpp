// SPDX-License-Identifier: LGPL-2.1-or-later
// The bridges that backends have registered.
#include "memory/memory_bridge.h"

#include <algorithm>
#include <vector>

namespace av1hw {
namespace {

struct RegisteredBridge {
  MemoryDomain from, to;
  MakeMemoryBridge make;
};

std::vector<RegisteredBridge>& registered_bridges() {
  static std::vector<RegisteredBridge> bridges;
  return bridges;
}

}  // namespace

void register_memory_bridge(MemoryDomain from, MemoryDomain to, MakeMemoryBridge make) {
  registered_bridges().push_back({from, to, make});
}

std::unique_ptr<MemoryBridge> make_memory_bridge(MemoryDomain from, MemoryDomain to,
                                                 const BridgeEnds& ends) {
  const auto found = std::ranges::find_if(
      registered_bridges(),
      [&](const RegisteredBridge& bridge) { return bridge.from == from && bridge.to == to; });
  return found == registered_bridges().end() ? nullptr : found->make(ends);
}

}  // namespace av1hw
