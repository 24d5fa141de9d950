// SPDX-License-Identifier: LGPL-2.1-or-later
// Pairs elements and asks for the memory path between each two.
#include "av1hw_info/paths.h"

namespace av1hw {
namespace {

struct Element {
  std::string name;
  MemoryEnd end;
};

MemoryEnd end_of(const DeviceReport& device, const CodecCapability& codec) {
  MemoryEnd end;
  // Without a PCI address the device is one with itself only.
  end.device = device.pci.empty() ? device.id : device.pci;
  for (const std::string& feature : codec.memory) {
    if (const auto domain = memory_domain_of(feature)) end.domains.push_back(*domain);
  }
  return end;
}

std::vector<Element> elements_of(const std::vector<ProbedBackend>& backends,
                                 CodecDirection direction) {
  std::vector<Element> elements;
  for (const ProbedBackend& backend : backends) {
    for (const DeviceReport& device : backend.report.devices) {
      for (const CodecCapability& codec : device.codecs) {
        if (codec.usable && codec.direction == direction)
          elements.push_back({codec.element, end_of(device, codec)});
      }
    }
  }
  return elements;
}

}  // namespace

std::vector<ElementPath> element_paths(const std::vector<ProbedBackend>& backends) {
  // GStreamer's compositor, with which av1compositebin blends, takes and gives system memory.
  const Element compositor = {"compositor", {{MemoryDomain::System}, {}}};
  std::vector<Element> producers = elements_of(backends, CodecDirection::Decode);
  producers.push_back(compositor);
  std::vector<Element> consumers = {compositor};
  for (const Element& encoder : elements_of(backends, CodecDirection::Encode))
    consumers.push_back(encoder);
  std::vector<ElementPath> paths;
  for (const Element& producer : producers) {
    for (const Element& consumer : consumers) {
      if (producer.name == consumer.name) continue;
      paths.push_back(
          {producer.name, consumer.name, choose_memory_path(producer.end, consumer.end)});
    }
  }
  return paths;
}

}  // namespace av1hw
