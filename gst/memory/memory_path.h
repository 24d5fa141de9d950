// SPDX-License-Identifier: LGPL-2.1-or-later
// How a frame gets from one element's memory into another's: the cheapest way that both allow.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "memory/copy_accounting.h"

namespace av1hw {

// Where a frame can live.
enum class MemoryDomain : uint8_t { System, Va, DmaBuf, Cuda, Vulkan };

// The caps feature of a domain: "memory:SystemMemory", "memory:VAMemory", "memory:DMABuf",
// "memory:CUDAMemory", "memory:VulkanImage".
const char* memory_domain_feature(MemoryDomain domain);
inline bool on_device(MemoryDomain domain) { return domain != MemoryDomain::System; }
std::optional<MemoryDomain> memory_domain_of(const std::string& feature);

// One side of a link: the memory that an element gives or takes.
struct MemoryEnd {
  std::vector<MemoryDomain> domains;
  // Which physical device its memory is on ("0000:03:00.0"); empty: the CPU's, or not known. Two
  // ends are on one device only where both know it.
  std::string device;
};

struct MemoryPath {
  MemoryDomain from = MemoryDomain::System;
  MemoryDomain to = MemoryDomain::System;
  std::vector<FrameMove> moves;  // in order; never empty
};

// The path with the least copying from `producer` to `consumer`. Every element is taken to do
// system memory, whether it says so or not, and to copy what it has of another API than its own.
MemoryPath choose_memory_path(const MemoryEnd& producer, const MemoryEnd& consumer);

// "import (memory:DMABuf -> memory:DMABuf)".
std::string memory_path_text(const MemoryPath& path);

}  // namespace av1hw
