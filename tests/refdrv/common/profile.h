// SPDX-License-Identifier: LGPL-2.1-or-later
// What a device says about itself, read from a small description file.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "refdrv/resynth/result.h"

namespace refdrv {

enum class Api : uint8_t { VaApi, Cuda };

struct Size {
  uint32_t width = 0;
  uint32_t height = 0;

  bool operator==(const Size&) const = default;
};

struct ComputeCapability {
  int major = 0;
  int minor = 0;
};

// What a VA device codes AV1 with: the keys that begin with "encode-".
struct EncoderProfile {
  Size min_size;
  Size max_size;
  Size alignment{1, 1};                     // of what it reads; 1x1: nothing is said of it
  std::vector<std::string> rate_controls;   // CQP, CBR, VBR, ICQ, QVBR, TCBRC
  std::vector<std::string> packed_headers;  // sequence, picture, slice, misc, raw
  unsigned forward_references = 0;
  unsigned backward_references = 0;
  std::vector<std::string> tools;      // what VAConfigAttribValEncAV1 calls support_*
  unsigned interpolation_filters = 0;  // bits of VAConfigAttribValEncAV1Ext1
  unsigned segment_features = 0;
  unsigned segment_block = 0;
  unsigned tile_size_bytes = 4;
  unsigned obu_size_bytes = 4;
  unsigned tx_modes = 0;  // bits of VAConfigAttribValEncAV1Ext2
  unsigned max_tiles = 1;
  unsigned max_tile_columns = 1;
  unsigned min_tile = 1;  // superblocks, either way
  unsigned quality_levels = 0;
  unsigned roi_regions = 0;
  bool roi_with_bitrate = false;  // also where the device chooses quantizers
  bool writes_headers = false;    // anew, instead of patching those that it is given
  bool segment_per_obu = false;
};

// One file of profiles/. Comments there say what each number imitates.
struct DeviceProfile {
  Api api = Api::VaApi;
  std::string name;           // of the device, for people
  std::string vendor;         // vaQueryVendorString
  std::string kernel_driver;  // DRM driver: i915, xe, amdgpu, nvidia-drm
  uint16_t pci_vendor = 0;
  uint16_t pci_device = 0;
  std::string pci_address;  // domain:bus:device.function
  std::array<uint8_t, 16> uuid = {};
  std::vector<unsigned> av1_profiles;  // seq_profile values that decode; empty: no AV1
  std::vector<unsigned> bit_depths;
  std::vector<std::string> entry_points;  // VLD, EncSlice, EncSliceLP
  bool film_grain = false;
  Size min_size;
  Size max_size;
  std::vector<uint32_t> formats;    // fourcc codes of surfaces
  std::vector<uint64_t> modifiers;  // DRM format modifiers, the preferred one first
  bool modifier_lists = true;       // VADRMFormatModifierList is taken notice of
  unsigned pitch_alignment = 1;     // bytes
  unsigned width_alignment = 1;     // samples, of a surface's allocation
  unsigned height_alignment = 1;
  unsigned max_surfaces = 0;  // 0: as many as memory holds
  EncoderProfile encoder;     // of entry points EncSlice and EncSliceLP

  // NVIDIA's only
  ComputeCapability compute_capability;
  int cuda_version = 0;  // cuDriverGetVersion
  unsigned decode_engines = 0;
  uint32_t max_macroblocks = 0;
  uint64_t memory_bytes = 0;
  unsigned texture_alignment = 512;
  unsigned nvenc_engines = 0;   // NVENCs; 0: the device encodes no AV1
  unsigned nvenc_sessions = 0;  // encode sessions at a time; 0: any number
  Size nvenc_min_size;
  Size nvenc_max_size;
  std::vector<unsigned> nvenc_bit_depths;
  unsigned nvenc_b_frames = 0;  // in a row
  unsigned nvenc_temporal_layers = 0;

  bool decodes(unsigned av1_profile, unsigned bit_depth) const;
  bool has_entry_point(std::string_view name) const;
};

constexpr uint32_t fourcc(char a, char b, char c, char d) {
  return static_cast<uint8_t>(a) | static_cast<uint32_t>(static_cast<uint8_t>(b)) << 8 |
         static_cast<uint32_t>(static_cast<uint8_t>(c)) << 16 |
         static_cast<uint32_t>(static_cast<uint8_t>(d)) << 24;
}

// Errors name the line.
Result<DeviceProfile> parse_profile(std::string_view text);
Result<DeviceProfile> load_profile(const std::string& path);

}  // namespace refdrv
