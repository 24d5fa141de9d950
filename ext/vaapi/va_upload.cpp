// SPDX-License-Identifier: LGPL-2.1-or-later
// Writes surfaces through vaDeriveImage, which needs no second copy; through vaPutImage where the
// driver does not show them.
#include "vaapi/va_upload.h"

#include "vaapi/plane_copy.h"
#include "vaapi/va_format.h"
#include "vaapi/va_status.h"

namespace av1hw {
namespace {

// Of a plane of a format that va_fourcc() knows: NV12 and P010 have two.
struct PlaneShape {
  size_t row_bytes;
  size_t rows;
  size_t sample_bytes;
};

PlaneShape shape_of(unsigned plane, uint32_t fourcc, unsigned width, unsigned height) {
  const size_t depth_bytes = fourcc == VA_FOURCC_P010 ? 2 : 1;
  if (plane == 0) return {width * depth_bytes, height, depth_bytes};
  return {(width + 1) / 2 * 2 * depth_bytes, (height + 1) / 2, 2 * depth_bytes};
}

}  // namespace

Result<uint64_t> VaUpload::write_image(const MappedFrame& from, unsigned width, unsigned height) {
  const Result<VaImage::Mapping> mapped = image_.map();
  if (!mapped) return std::unexpected(mapped.error());
  uint64_t bytes = 0;
  for (unsigned plane = 0; plane < from.planes(); plane++) {
    const PlaneShape shape = shape_of(plane, image_.fourcc(), width, height);
    const Result<VaImage::Plane> to = mapped->plane(plane, shape.row_bytes, shape.rows);
    if (!to) return std::unexpected(to.error());
    const PlaneSource source = {from.plane(plane), static_cast<size_t>(from.stride(plane)),
                                from.row_bytes(plane), from.rows(plane)};
    bytes += copy_with_edges(source, {to->data, to->pitch, shape.row_bytes, shape.rows},
                             shape.sample_bytes);
  }
  return bytes;
}

Result<uint64_t> VaUpload::copy(const MappedFrame& from, VASurfaceID to, GstVideoFormat format,
                                unsigned width, unsigned height) {
  const uint32_t fourcc = va_fourcc(format);
  if (fourcc == 0) return fail(ErrorCode::NotSupported, "no VA surface has this format");
  derives_ = derives_ && image_.derive(to, fourcc).has_value();
  if (derives_) {
    Result<uint64_t> bytes = write_image(from, width, height);
    image_.destroy();
    return bytes;
  }
  if (Result<> done = image_.create(fourcc, width, height); !done)
    return std::unexpected(done.error());
  Result<uint64_t> bytes = write_image(from, width, height);
  if (!bytes) return bytes;
  const DriverCall call(calls_, "vaPutImage");
  const VAStatus status =
      vaPutImage(display_, to, image_.id(), 0, 0, width, height, 0, 0, width, height);
  if (status != VA_STATUS_SUCCESS) return std::unexpected(va_error(status, "write a picture"));
  return bytes;
}

}  // namespace av1hw
