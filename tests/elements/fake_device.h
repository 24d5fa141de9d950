// SPDX-License-Identifier: LGPL-2.1-or-later
// A decoder element of a device that is none: system memory under other names.
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <mutex>
#include <vector>

#include "codec/output_memory.h"

namespace av1hw::test {

// The type of contexts that carry the device, and the field of it that has its number.
inline constexpr const char* fake_context_type = "av1hw.test.device";

inline constexpr uint64_t fake_modifier = 0x0102030405060708;

// What the elements made by register_fake_device() do, and what was done with them.
struct FakeDevice {
  std::vector<MemoryDomain> domains = {MemoryDomain::Cuda, MemoryDomain::DmaBuf,
                                       MemoryDomain::System};
  bool opens = true;
  bool allocates = true;  // false: the decoder brings buffers of its own
  bool moves = false;     // true: the decoder says that it copied each picture on the device
  MemoryDomain refused = MemoryDomain::System;  // this domain can't have the format
  unsigned choices = 0;  // how often downstream's layout could still be chosen
  unsigned opened = 0;
  unsigned closed = 0;
  unsigned device_number = 0;  // from a context
};

// Registers "fakedevicedec". Its decoder makes a picture of each packet: of the format NV12, of as
// many samples each way as the packet's first two bytes say, all of the value of its third.
void register_fake_device();

// The device of all its elements. Reset it before each test.
FakeDevice& fake_device();

}  // namespace av1hw::test
