// SPDX-License-Identifier: LGPL-2.1-or-later
// Surfaces of one size that an encoder copies into or reconstructs into, used again and again.
#include "vaapi/va_surfaces.h"

#include <array>
#include <format>
#include <utility>

#include "vaapi/va_attribute.h"
#include "vaapi/va_format.h"
#include "vaapi/va_status.h"

namespace av1hw {

class VaSurfaces::Lent final : public VaEncodeSurface {
 public:
  Lent(std::shared_ptr<VaSurfaces> owner, VASurfaceID id)
      : VaEncodeSurface(id), owner_(std::move(owner)) {}
  Lent(const Lent&) = delete;
  Lent& operator=(const Lent&) = delete;
  ~Lent() override { owner_->give_back(id()); }

 private:
  const std::shared_ptr<VaSurfaces> owner_;
};

std::shared_ptr<VaSurfaces> VaSurfaces::make(VaDisplayHandle display,
                                             std::shared_ptr<DriverCalls> calls,
                                             const VaSurfacesRequest& request) {
  return std::shared_ptr<VaSurfaces>(new VaSurfaces(std::move(display), std::move(calls), request));
}

VaSurfaces::~VaSurfaces() { destroy(idle_); }

void VaSurfaces::share_room(const std::shared_ptr<VaSurfaces>& a,
                            const std::shared_ptr<VaSurfaces>& b) {
  a->neighbour_ = b;
  b->neighbour_ = a;
}

void VaSurfaces::destroy(std::vector<VASurfaceID>& ids) {
  if (ids.empty()) return;
  const DriverCall call(*calls_, "vaDestroySurfaces");
  log_failure(vaDestroySurfaces(gst_va_display_get_va_dpy(display_.get()), ids.data(),
                                static_cast<int>(ids.size())),
              "vaDestroySurfaces");
}

// False: there are none.
bool VaSurfaces::destroy_idle() {
  std::vector<VASurfaceID> idle;
  {
    const std::scoped_lock lock(lock_);
    idle.swap(idle_);
  }
  destroy(idle);
  made_ -= idle.size();
  return !idle.empty();
}

Result<VASurfaceID> VaSurfaces::make_surface() {
  const uint32_t fourcc = va_fourcc(request_.format);
  if (fourcc == 0) return fail(ErrorCode::NotSupported, "no VA surface has this format");
  std::array attributes = {
      va_attribute(VASurfaceAttribUsageHint, VA_SURFACE_ATTRIB_USAGE_HINT_ENCODER),
      va_attribute(VASurfaceAttribMemoryType, VA_SURFACE_ATTRIB_MEM_TYPE_VA),
      va_attribute(VASurfaceAttribPixelFormat, fourcc)};
  const DriverCall call(*calls_, "vaCreateSurfaces");
  VASurfaceID id = VA_INVALID_SURFACE;
  const VAStatus status = vaCreateSurfaces(
      gst_va_display_get_va_dpy(display_.get()), va_rt_format_of(request_.format), request_.width,
      request_.height, &id, 1, attributes.data(), static_cast<unsigned>(attributes.size()));
  if (status == VA_STATUS_SUCCESS) return id;
  return std::unexpected(
      va_error(status, std::format("make a surface of {}x{}", request_.width, request_.height)));
}

std::shared_ptr<VaEncodeSurface> VaSurfaces::acquire_idle() {
  const std::scoped_lock lock(lock_);
  if (idle_.empty()) return nullptr;
  auto lent = std::make_shared<Lent>(shared_from_this(), idle_.back());
  idle_.pop_back();
  return lent;
}

Result<std::shared_ptr<VaEncodeSurface>> VaSurfaces::acquire() {
  if (auto lent = acquire_idle()) return lent;
  if (made_ >= request_.most) {
    return fail(ErrorCode::Busy,
                std::format("all {} surfaces of the encoder are in use", request_.most));
  }
  Result<VASurfaceID> made = make_surface();
  if (!made && made.error().code == ErrorCode::Busy) {
    const std::shared_ptr<VaSurfaces> neighbour = neighbour_.lock();
    if (neighbour && neighbour->destroy_idle()) made = make_surface();
  }
  if (!made) return std::unexpected(made.error());
  ++made_;
  return std::make_shared<Lent>(shared_from_this(), *made);
}

void VaSurfaces::give_back(VASurfaceID id) {
  const std::scoped_lock lock(lock_);
  idle_.push_back(id);
}

}  // namespace av1hw
