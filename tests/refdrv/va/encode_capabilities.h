// SPDX-License-Identifier: LGPL-2.1-or-later
// What the device's encoder says of itself: configuration attributes.
#pragma once

#include <va/va.h>

#include <cstdint>

#include "refdrv/common/profile.h"

namespace refdrv::va {

// EncSlice or EncSliceLP, whichever the device has.
bool is_encode_entrypoint(VAEntrypoint entrypoint);
bool encodes(const DeviceProfile& device, VAEntrypoint entrypoint);

// VA_RC_* and VA_ENC_PACKED_HEADER_* that it has.
uint32_t rate_controls(const EncoderProfile& encoder);
uint32_t packed_headers(const EncoderProfile& encoder);

// VA_ATTRIB_NOT_SUPPORTED where an encoder has nothing to say. Of VAConfigAttribRTFormat it has
// not.
uint32_t encode_attribute(const EncoderProfile& encoder, VAConfigAttribType type);

// The value of VASurfaceAttribAlignmentSize; 0 where the device does not tell any.
uint32_t surface_alignment(const EncoderProfile& encoder);

}  // namespace refdrv::va
