// SPDX-License-Identifier: LGPL-2.1-or-later
// What the encoder says that it can do, before it is initialised.
#pragma once

#include <span>

#include "refdrv/common/profile.h"
#include "refdrv/nv/nvenc_types.h"

namespace refdrv::nv {

std::span<const GUID> nvenc_profiles();
std::span<const GUID> nvenc_presets();
std::span<const NV_ENC_BUFFER_FORMAT> nvenc_formats();
bool takes_format(const DeviceProfile& profile, NV_ENC_BUFFER_FORMAT format);

int nvenc_capability(const DeviceProfile& profile, NV_ENC_CAPS capability);

// The configuration of a preset (P1 to P7), for AV1.
Outcome<NV_ENC_CONFIG> preset_config(const GUID& preset, NV_ENC_TUNING_INFO tuning);

}  // namespace refdrv::nv
