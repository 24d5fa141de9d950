// SPDX-License-Identifier: LGPL-2.1-or-later
// Whether any Vulkan driver is installed, found without loading one.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace av1hw {

using GetEnvironment = std::function<const char*(const char*)>;

// The files and folders in which Vulkan's loader looks for driver manifests (Vulkan-Loader,
// "Driver interface to the loader"), given the environment.
std::vector<std::string> vk_manifest_places(const GetEnvironment& environment);

// Why no driver can be found in these places; empty: a manifest is there.
std::string vk_manifests_absent(const std::vector<std::string>& places);

}  // namespace av1hw
