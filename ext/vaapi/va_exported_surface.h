// SPDX-License-Identifier: LGPL-2.1-or-later
// A VA surface for decoding, made and exported as DMA-BUFs.
#pragma once

#include <gst/video/video.h>
#include <va/va.h>
#include <va/va_drmcommon.h>

#include <cstdint>
#include <vector>

#include "base/result.h"

namespace av1hw {

struct VaSurfaceRequest {
  GstVideoFormat format = GST_VIDEO_FORMAT_UNKNOWN;
  unsigned width = 0;
  unsigned height = 0;
  // DRM format modifiers that it may have; empty: what the driver likes best.
  std::vector<uint64_t> modifiers;

  bool operator==(const VaSurfaceRequest&) const = default;
};

// Drivers have no list of modifiers to ask for, some take no notice of those that they are given,
// and the choice may depend on the size. So what a surface has is read back from its export.
class ExportedSurface {
 public:
  // NotSupported: it has another modifier than was asked for, or several.
  static Result<ExportedSurface> make(VADisplay display, const VaSurfaceRequest& request);
  ExportedSurface(ExportedSurface&& other) noexcept;
  ExportedSurface& operator=(ExportedSurface&&) = delete;
  ~ExportedSurface();

  VASurfaceID id() const { return id_; }
  uint64_t modifier() const { return exported_.objects[0].drm_format_modifier; }
  // One layer a plane.
  const VADRMPRIMESurfaceDescriptor& layout() const { return exported_; }
  // An object's descriptor, which is the caller's then.
  int take_fd(unsigned object);

 private:
  ExportedSurface(VADisplay display, VASurfaceID id) : display_(display), id_(id) {}
  Result<> export_it();

  VADisplay display_;
  VASurfaceID id_;
  VADRMPRIMESurfaceDescriptor exported_ = {};
};

}  // namespace av1hw
