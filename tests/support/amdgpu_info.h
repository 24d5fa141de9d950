// SPDX-License-Identifier: LGPL-2.1-or-later
// What preloads before Mesa's amdgpu DRM shim share: they answer queries that the shim gets wrong.
#pragma once

#include <libdrm/amdgpu_drm.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace av1hw::test {

// The preload's own: whether it answered this query of DRM_AMDGPU_INFO. Others go to the shim.
bool answered(const drm_amdgpu_info& query);

template <typename T>
void answer(const drm_amdgpu_info& query, const T& value) {
  std::memcpy(reinterpret_cast<void*>(static_cast<uintptr_t>(query.return_pointer)), &value,
              std::min<size_t>(query.return_size, sizeof value));
}

}  // namespace av1hw::test
