// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads surfaces through vaGetImage, which drivers do on the GPU; through vaDeriveImage where they
// don't know it.
#include "vaapi/va_readback.h"

#include "vaapi/plane_copy.h"
#include "vaapi/va_format.h"
#include "vaapi/va_status.h"

namespace av1hw {

Result<> VaReadback::read(VASurfaceID surface, unsigned width, unsigned height) {
  const VAStatus status = [&] {
    const DriverCall call(calls_, "vaGetImage");
    return vaGetImage(display_, surface, 0, 0, width, height, image_.id());
  }();
  if (status == VA_STATUS_SUCCESS) return {};
  if (status != VA_STATUS_ERROR_UNIMPLEMENTED && status != VA_STATUS_ERROR_OPERATION_FAILED) {
    return std::unexpected(va_error(status, "read a picture"));
  }
  return image_.derive(surface, image_.fourcc());
}

Result<uint64_t> VaReadback::copy_planes(MappedFrame& to) const {
  const Result<VaImage::Mapping> mapped = image_.map();
  if (!mapped) return std::unexpected(mapped.error());
  for (unsigned plane = 0; plane < to.planes(); plane++) {
    const size_t row_bytes = to.row_bytes(plane);
    const size_t rows = to.rows(plane);
    const Result<VaImage::Plane> from = mapped->plane(plane, row_bytes, rows);
    if (!from) return std::unexpected(from.error());
    const PlaneSource source = {
        {from->data, (rows - 1) * from->pitch + row_bytes}, from->pitch, row_bytes, rows};
    const auto pitch = static_cast<size_t>(to.stride(plane));
    copy_with_edges(source, {to.writable_plane(plane).data(), pitch, row_bytes, rows}, 1);
  }
  return to.sample_bytes();
}

Result<uint64_t> VaReadback::copy(VASurfaceID surface, GstBuffer* to, const GstVideoInfo& info) {
  const uint32_t fourcc = va_fourcc(GST_VIDEO_INFO_FORMAT(&info));
  if (fourcc == 0) return fail(ErrorCode::NotSupported, "this format can't be read from VA-API");
  Result<MappedFrame> target = MappedFrame::map_write(to, info);
  if (!target) return std::unexpected(target.error());
  const auto width = static_cast<unsigned>(GST_VIDEO_INFO_WIDTH(&info));
  const auto height = static_cast<unsigned>(GST_VIDEO_INFO_HEIGHT(&info));
  if (Result<> done = image_.create(fourcc, width, height); !done) {
    return std::unexpected(done.error());
  }
  if (Result<> done = read(surface, width, height); !done) return std::unexpected(done.error());
  Result<uint64_t> bytes = copy_planes(*target);
  if (image_.is_derived()) image_.destroy();
  return bytes;
}

}  // namespace av1hw
