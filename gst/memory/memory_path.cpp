// SPDX-License-Identifier: LGPL-2.1-or-later
// The rules by which memory passes between domains and devices.
#include "memory/memory_path.h"

#include <algorithm>
#include <array>

namespace av1hw {
namespace {

struct DomainName {
  MemoryDomain domain;
  const char* feature;
};

constexpr std::array<DomainName, 5> domain_names = {{
    {MemoryDomain::System, "memory:SystemMemory"},
    {MemoryDomain::Va, "memory:VAMemory"},
    {MemoryDomain::DmaBuf, "memory:DMABuf"},
    {MemoryDomain::Cuda, "memory:CUDAMemory"},
    {MemoryDomain::Vulkan, "memory:VulkanImage"},
}};

bool has(const MemoryEnd& end, MemoryDomain domain) {
  return std::find(end.domains.begin(), end.domains.end(), domain) != end.domains.end();
}

bool one_device(const MemoryEnd& a, const MemoryEnd& b) {
  return !a.device.empty() && a.device == b.device;
}

// Kinds of memory on a device, an element's own before what it can export or import.
constexpr std::array<MemoryDomain, 4> device_domains = {MemoryDomain::Va, MemoryDomain::Cuda,
                                                        MemoryDomain::Vulkan, MemoryDomain::DmaBuf};

// The end's own kind of device memory; System where it has none.
MemoryDomain native(const MemoryEnd& end) {
  for (const MemoryDomain domain : device_domains) {
    if (has(end, domain)) return domain;
  }
  return MemoryDomain::System;
}

// Nothing is copied on one device where a domain is both ends' own. A DMA-BUF is imported: the two
// see one memory through different APIs.
std::optional<MemoryPath> without_copy(const MemoryEnd& producer, const MemoryEnd& consumer) {
  for (const MemoryDomain domain : device_domains) {
    if (!has(producer, domain) || !has(consumer, domain)) continue;
    const bool import = domain == MemoryDomain::DmaBuf;
    // What an end takes besides its own kind it copies.
    if (!import && (domain != native(producer) || domain != native(consumer))) continue;
    return MemoryPath{domain, domain, {import ? FrameMove::Import : FrameMove::SameObject}};
  }
  return std::nullopt;
}

// CUDA and Vulkan share memory only through a buffer made to be exported: a decoder's output and a
// multi-plane image are not, so one copy on the device goes between.
bool meet_by_gpu_copy(MemoryDomain a, MemoryDomain b) {
  return (a == MemoryDomain::Cuda && b == MemoryDomain::Vulkan) ||
         (a == MemoryDomain::Vulkan && b == MemoryDomain::Cuda);
}

}  // namespace

const char* memory_domain_feature(MemoryDomain domain) {
  return domain_names[static_cast<size_t>(domain)].feature;
}

std::optional<MemoryDomain> memory_domain_of(const std::string& feature) {
  for (const DomainName& name : domain_names) {
    if (feature == name.feature) return name.domain;
  }
  return std::nullopt;
}

MemoryPath choose_memory_path(const MemoryEnd& producer, const MemoryEnd& consumer) {
  const MemoryDomain from = native(producer);
  const MemoryDomain to = native(consumer);
  if (!on_device(from) && !on_device(to)) return {from, to, {FrameMove::SameObject}};
  if (one_device(producer, consumer)) {
    if (const auto path = without_copy(producer, consumer)) return *path;
    if (meet_by_gpu_copy(from, to)) return {from, to, {FrameMove::GpuCopy}};
  }
  MemoryPath path{from, to, {}};
  if (on_device(from)) path.moves.push_back(FrameMove::Download);
  if (on_device(to)) path.moves.push_back(FrameMove::Upload);
  return path;
}

std::string memory_path_text(const MemoryPath& path) {
  std::string text;
  for (const FrameMove move : path.moves) {
    if (!text.empty()) text += " + ";
    text += frame_move_name(move);
  }
  return text + " (" + memory_domain_feature(path.from) + " -> " + memory_domain_feature(path.to) +
         ")";
}

}  // namespace av1hw
