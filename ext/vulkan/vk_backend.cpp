// SPDX-License-Identifier: LGPL-2.1-or-later
// The Vulkan Video backend: one device a physical device.
#include <cstdlib>

#include "registry/backend.h"
#include "vulkan/vk_manifests.h"
#include "vulkan/vk_probe.h"
#include "vulkan/vk_report.h"

namespace av1hw {
namespace {

std::string absent() {
  return vk_manifests_absent(
      vk_manifest_places([](const char* name) { return std::getenv(name); }));
}

BackendReport probe() { return vk_backend_report(probe_vulkan()); }

}  // namespace

extern const Backend backend_vulkan = {BackendKind::Vk, absent, probe, nullptr};

}  // namespace av1hw
