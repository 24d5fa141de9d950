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

  // Where the driver gives one of them no more, what is idle in the other one is destroyed.
  static void share_room(const std::shared_ptr<VaSurfaces>& a,
                         const std::shared_ptr<VaSurfaces>& b);

  // Called from one thread, for pools that share room as well. Busy: all are in use, or the driver
  // gives no more.
  Result<std::shared_ptr<VaEncodeSurface>> acquire();

 private:
  class Lent;

  VaSurfaces(VaDisplayHandle display, std::shared_ptr<DriverCalls> calls,
             const VaSurfacesRequest& request)
      : display_(std::move(display)), calls_(std::move(calls)), request_(request) {}
  std::shared_ptr<VaEncodeSurface> acquire_idle();
  Result<VASurfaceID> make_surface();
  void destroy(std::vector<VASurfaceID>& ids);
  bool destroy_idle();
  void give_back(VASurfaceID id);

  const VaDisplayHandle display_;
  const std::shared_ptr<DriverCalls> calls_;
  const VaSurfacesRequest request_;
  std::weak_ptr<VaSurfaces> neighbour_;  // that it shares room with
  size_t made_ = 0;                      // those that are lent, and idle ones
  std::mutex lock_;
  std::vector<VASurfaceID> idle_;  // by lock_
};

}  // namespace av1hw
