// SPDX-License-Identifier: LGPL-2.1-or-later
// Matches devices by their UUIDs.
#include "registry/device_copies.h"

#include <algorithm>
#include <utility>

namespace av1hw {
namespace {

void add_copy(CodecCapability& codec, DeviceCopy copy, const std::string& uuid) {
  if (codec.direction != CodecDirection::Encode || !codec.usable ||
      !std::ranges::contains(codec.memory, copy.to) ||
      std::ranges::contains(codec.memory, copy.from))
    return;
  codec.memory.insert(std::ranges::find(codec.memory, "memory:SystemMemory"), copy.from);
  copy.uuid = uuid;
  codec.copies.push_back(std::move(copy));
}

void add_copies_of(const DeviceReport& device, DeviceReport& other) {
  if (device.uuid.empty() || device.uuid != other.uuid) return;
  for (const DeviceCopy& copy : device.copies) {
    for (CodecCapability& codec : other.codecs) add_copy(codec, copy, device.uuid);
  }
}

}  // namespace

void add_device_copies(std::span<BackendReport* const> reports) {
  for (const BackendReport* report : reports) {
    for (const DeviceReport& device : report->devices) {
      for (BackendReport* other : reports) {
        if (other == report) continue;
        for (DeviceReport& codecs : other->devices) add_copies_of(device, codecs);
      }
    }
  }
}

}  // namespace av1hw
