// SPDX-License-Identifier: LGPL-2.1-or-later
// What a VA driver answers to a probe, as plain values: filled by calls, read without a driver.
#pragma once

#include <va/va.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace av1hw {

// The answers to one profile and entrypoint. An attribute that the driver does not know is empty.
struct VaConfigAnswers {
  VAProfile profile = VAProfileNone;
  VAEntrypoint entrypoint = VAEntrypointVLD;
  std::string error;                   // why a configuration could not be made; empty: it could
  std::optional<uint32_t> rt_formats;  // VA_RT_FORMAT_*
  std::optional<uint32_t> max_picture_width;
  std::optional<uint32_t> max_picture_height;
  std::optional<uint32_t> rate_control;    // VA_RC_*
  std::optional<uint32_t> packed_headers;  // VA_ENC_PACKED_HEADER_*
  // Of encoders, as va.h and va_enc_av1.h have the attributes.
  std::optional<uint32_t> max_references;  // of list 0, and from bit 16 of list 1
  std::optional<uint32_t> tile_support;
  std::optional<uint32_t> quality_levels;
  std::optional<uint32_t> regions;           // VAConfigAttribValEncROI
  std::optional<uint32_t> rate_control_ext;  // VAConfigAttribValEncRateControlExt
  std::optional<uint32_t> av1;               // VAConfigAttribValEncAV1
  std::optional<uint32_t> av1_ext1;          // VAConfigAttribValEncAV1Ext1
  std::optional<uint32_t> av1_ext2;          // VAConfigAttribValEncAV1Ext2
  // From vaQuerySurfaceAttributes.
  std::optional<uint32_t> min_width, min_height, max_width, max_height;
  std::optional<uint32_t> alignment;     // VASurfaceAttribAlignmentSize: log2 width, log2 height
  std::optional<uint32_t> memory_types;  // VA_SURFACE_ATTRIB_MEM_TYPE_*
  std::vector<uint32_t> pixel_formats;   // VA_FOURCC_*
};

// The layout of a surface that was exported as a DMA-BUF.
struct VaExportAnswer {
  uint32_t fourcc = 0;    // VA_FOURCC_*
  uint64_t modifier = 0;  // DRM_FORMAT_MOD_*
};

// The answers of one render node, as far as they were got.
struct VaDeviceAnswers {
  std::string path;           // "/dev/dri/renderD128"
  std::string kernel_driver;  // "i915", "amdgpu", ...; empty: not known
  std::string pci;            // "0000:03:00.0"; empty: not a PCI device, or not known
  std::string error;          // why there is nothing below; empty: there is
  std::string vendor;         // vaQueryVendorString
  std::string api_version;    // "1.22"
  bool all_drivers = false;   // the user set GST_VA_ALL_DRIVERS to 1
  std::vector<VaConfigAnswers> configs;
  std::vector<VaExportAnswer> exports;
};

}  // namespace av1hw
