// SPDX-License-Identifier: LGPL-2.1-or-later
// A preload before Mesa's amdgpu DRM shim: gives the simulated GPU an engine that copies (SDMA).
#include "../../support/amdgpu_info.h"

namespace av1hw::test {
namespace {

constexpr unsigned sdma_major = 6;

}  // namespace

bool answered(const drm_amdgpu_info& query) {
  const uint32_t type = query.query_hw_ip.type;
  if (query.query == AMDGPU_INFO_HW_IP_INFO && type == AMDGPU_HW_IP_DMA) {
    drm_amdgpu_info_hw_ip engine = {};
    engine.hw_ip_version_major = sdma_major;
    engine.ib_start_alignment = 256;
    engine.ib_size_alignment = 4;
    engine.available_rings = 1;
    answer(query, engine);
    return true;
  }
  if (query.query == AMDGPU_INFO_HW_IP_COUNT && type <= AMDGPU_HW_IP_DMA) {
    answer(query, uint32_t{1});
    return true;
  }
  return false;
}

}  // namespace av1hw::test
