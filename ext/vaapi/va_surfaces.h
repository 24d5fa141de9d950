// SPDX-License-Identifier: LGPL-2.1-or-later
// Surfaces of one size that an encoder copies into or reconstructs into, used again and again.
#pragma once

#include <va/va.h>

#include <memory>
#include <mutex>
#include <vector>

#include "base/driver_calls.h"
#include "base/result.h"
#include "vaapi/va_device.h"
#include "vaapi/va_encode_surface.h"

namespace av1hw {

struct VaSurfacesRequest {
  GstVideoFormat format = GST_VIDEO_FORMAT_UNKNOWN;
  unsigned width = 0;
  unsigned height = 0;
  unsigned most = 0;  // that are made
};

// They are made when they are needed. A surface that is let go, by whatever thread, comes back; the
// last of them to be let go destroys all, where the pool was let go before.
class VaSurfaces : public std::enable_shared_from_this<VaSurfaces> {
 public:
  static std::shared_ptr<VaSurfaces> make(VaDisplayHandle display,
                                          std::shared_ptr<DriverCalls> calls,
                                          const VaSurfacesRequest& request);
  ~VaSurfaces();
  VaSurfaces(const VaSurfaces&) = delete;
  VaSurfaces& operator=(const VaSurfaces&) = delete;

  // Busy: all are in use, or the driver gives no more.
  Result<std::shared_ptr<VaEncodeSurface>> acquire();

 private:
  class Lent;

  VaSurfaces(VaDisplayHandle display, std::shared_ptr<DriverCalls> calls,
             const VaSurfacesRequest& request)
      : display_(std::move(display)), calls_(std::move(calls)), request_(request) {}
  Result<VASurfaceID> make_surface();
  void give_back(VASurfaceID id);

  const VaDisplayHandle display_;
  const std::shared_ptr<DriverCalls> calls_;
  const VaSurfacesRequest request_;
  std::mutex lock_;
  std::vector<VASurfaceID> made_;
  std::vector<VASurfaceID> idle_;
};

}  // namespace av1hw
