// SPDX-License-Identifier: LGPL-2.1-or-later
// Pictures as clients give them to NVENC: where their samples lie, and how they are read.
#pragma once

#include <span>
#include <vector>

#include "refdrv/nv/aom_encoder.h"
#include "refdrv/nv/device_memory.h"
#include "refdrv/nv/nvenc_types.h"

namespace refdrv::nv {

// One input: memory of the driver's own (nvEncCreateInputBuffer), or the client's on the device
// (nvEncRegisterResource).
struct InputSurface {
  NV_ENC_BUFFER_FORMAT format = NV_ENC_BUFFER_FORMAT_UNDEFINED;
  unsigned width = 0;
  unsigned height = 0;
  unsigned pitch = 0;  // bytes, of luma or of packed samples
  CUdeviceptr address = 0;
  std::vector<uint8_t> own;
  bool locked = false;    // by nvEncLockInputBuffer
  bool mapped = false;    // by nvEncMapInputResource
  unsigned pictures = 0;  // that were given and are not coded yet
};

// Bytes that a picture of this format takes.
size_t surface_size(NV_ENC_BUFFER_FORMAT format, unsigned pitch, unsigned height);
// Bytes that a row needs at least; 0 for formats that are no input.
size_t row_size(NV_ENC_BUFFER_FORMAT format, unsigned width);

// An error where the client has freed the memory.
Outcome<std::span<const uint8_t>> surface_bytes(const InputSurface& surface,
                                                const DeviceMemory& memory);

// The picture's upper left `width` x `height` samples, for coding with `bit_depth` bits. RGB
// becomes BT.709 of limited range.
PlanarPicture read_picture(const InputSurface& surface, std::span<const uint8_t> bytes,
                           unsigned width, unsigned height, unsigned bit_depth);

// Tells contents apart, from a sample of the bytes: an input that changes while it is coded has
// another one afterwards.
uint64_t fingerprint(std::span<const uint8_t> bytes);

}  // namespace refdrv::nv
