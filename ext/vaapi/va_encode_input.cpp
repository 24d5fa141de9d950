// SPDX-License-Identifier: LGPL-2.1-or-later
// The surfaces that an encoder reads frames from: their own, or copies.
#include "vaapi/va_encode_input.h"

#include <gst/va/gstva.h>

#include <utility>

#include "memory/mapped_frame.h"
#include "vaapi/va_dma_pool.h"

namespace av1hw {
namespace {

// A frame's memory, which stays as it is as long as this lives.
class FrameSurface final : public VaEncodeSurface {
 public:
  // `imported`: what owns the surface, where the frame does not.
  FrameSurface(VASurfaceID id, GstBuffer* frame, std::shared_ptr<VaEncodeSurface> imported)
      : VaEncodeSurface(id), frame_(share(frame)), imported_(std::move(imported)) {}

 private:
  const BufferHandle frame_;
  const std::shared_ptr<VaEncodeSurface> imported_;
};

}  // namespace

VaEncodeInput::VaEncodeInput(VaDisplayHandle display, std::shared_ptr<DriverCalls> calls,
                             EncoderClient& client, const VaInputRequest& request)
    : display_(std::move(display)),
      calls_(std::move(calls)),
      client_(client),
      request_(request),
      import_(VaDisplayHandle{GST_VA_DISPLAY(gst_object_ref(display_.get()))}, calls_),
      upload_(gst_va_display_get_va_dpy(display_.get()), *calls_) {}

Result<EncodeSurfaceRef> VaEncodeInput::own_surface(GstBuffer* frame) {
  const VASurfaceID id = va_surface_of(frame);
  if (id == VA_INVALID_SURFACE || va_display_of(frame) != display_.get()) return nullptr;
  client_.moved(FrameMove::SameObject, 0);
  return std::make_shared<FrameSurface>(id, frame, nullptr);
}

Result<EncodeSurfaceRef> VaEncodeInput::imported(GstBuffer* frame) {
  Result<std::shared_ptr<VaEncodeSurface>> surface =
      import_.surface_of(frame, request_.input.info, request_.input.drm_modifier);
  if (!surface) return std::unexpected(surface.error());
  client_.moved(FrameMove::Import, 0);
  const VASurfaceID id = (*surface)->id();
  return std::make_shared<FrameSurface>(id, frame, std::move(*surface));
}

Result<EncodeSurfaceRef> VaEncodeInput::copied(GstBuffer* frame) {
  Result<std::shared_ptr<VaEncodeSurface>> surface = request_.copies->acquire();
  if (!surface) return std::unexpected(surface.error());
  const Result<MappedFrame> mapped = [&] {
    // It may be a device's memory.
    const DriverCall call(*calls_, "the mapping of a frame");
    return MappedFrame::map_read(frame, request_.input.info);
  }();
  if (!mapped) return std::unexpected(mapped.error());
  const Result<uint64_t> bytes =
      upload_.copy(*mapped, (*surface)->id(), GST_VIDEO_INFO_FORMAT(&request_.input.info),
                   request_.coded_width, request_.coded_height);
  if (!bytes) return std::unexpected(bytes.error());
  client_.moved(FrameMove::Upload, *bytes);
  return *surface;
}

// Surfaces of another display are copied, as frames in system memory are.
Result<EncodeSurfaceRef> VaEncodeInput::surface_of(GstBuffer* frame) {
  if (request_.input.memory != MemoryDomain::System) {
    Result<EncodeSurfaceRef> own = own_surface(frame);
    if (!own || *own) return own;
  }
  return request_.input.memory == MemoryDomain::DmaBuf ? imported(frame) : copied(frame);
}

}  // namespace av1hw
