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

bool plane_fits(const VAImage& image, unsigned plane, const PlaneShape& shape) {
  const uint64_t pitch = image.pitches[plane];
  return pitch >= shape.row_bytes &&
         image.offsets[plane] + (shape.rows - 1) * pitch + shape.row_bytes <= image.data_size;
}

}  // namespace

VaUpload::~VaUpload() { destroy_image(); }

void VaUpload::forget() {
  image_ = {};
  image_.image_id = VA_INVALID_ID;
}

void VaUpload::destroy_image() {
  if (image_.image_id != VA_INVALID_ID)
    log_failure(vaDestroyImage(display_, image_.image_id), "vaDestroyImage");
  forget();
}

bool VaUpload::derive(VASurfaceID to, uint32_t fourcc) {
  destroy_image();
  if (vaDeriveImage(display_, to, &image_) != VA_STATUS_SUCCESS) {
    forget();
    return false;
  }
  if (image_.format.fourcc == fourcc && image_.num_planes == 2) return true;
  destroy_image();
  return false;
}

Result<> VaUpload::prepare_image(uint32_t fourcc, unsigned width, unsigned height) {
  if (image_.image_id != VA_INVALID_ID && image_.format.fourcc == fourcc && image_.width == width &&
      image_.height == height) {
    return {};
  }
  destroy_image();
  VAImageFormat format = {};
  format.fourcc = fourcc;
  format.byte_order = VA_LSB_FIRST;
  format.bits_per_pixel = fourcc == VA_FOURCC_P010 ? 24 : 12;
  const VAStatus status =
      vaCreateImage(display_, &format, static_cast<int>(width), static_cast<int>(height), &image_);
  if (status == VA_STATUS_SUCCESS) return {};
  forget();
  return std::unexpected(va_error(status, "make an image to write pictures through"));
}

Result<uint64_t> VaUpload::write_image(const MappedFrame& from, unsigned width, unsigned height) {
  const uint32_t fourcc = image_.format.fourcc;
  void* mapped = nullptr;
  if (const Result<> done = va_result(vaMapBuffer(display_, image_.buf, &mapped), "map an image");
      !done) {
    return std::unexpected(done.error());
  }
  uint64_t bytes = 0;
  bool fits = mapped && image_.num_planes >= from.planes();
  for (unsigned plane = 0; fits && plane < from.planes(); plane++) {
    const PlaneShape shape = shape_of(plane, fourcc, width, height);
    fits = plane_fits(image_, plane, shape);
    if (!fits) break;
    const PlaneSource source = {from.plane(plane), static_cast<size_t>(from.stride(plane)),
                                from.row_bytes(plane), from.rows(plane)};
    const PlaneTarget target = {static_cast<uint8_t*>(mapped) + image_.offsets[plane],
                                image_.pitches[plane], shape.row_bytes, shape.rows};
    bytes += copy_with_edges(source, target, shape.sample_bytes);
  }
  log_failure(vaUnmapBuffer(display_, image_.buf), "vaUnmapBuffer");
  if (fits) return bytes;
  return fail(ErrorCode::Failed, "the VA driver's image is smaller than the picture");
}

Result<uint64_t> VaUpload::copy(const MappedFrame& from, VASurfaceID to, GstVideoFormat format,
                                unsigned width, unsigned height) {
  const uint32_t fourcc = va_fourcc(format);
  if (fourcc == 0) return fail(ErrorCode::NotSupported, "no VA surface has this format");
  derives_ = derives_ && derive(to, fourcc);
  if (derives_) {
    Result<uint64_t> bytes = write_image(from, width, height);
    destroy_image();
    return bytes;
  }
  if (Result<> done = prepare_image(fourcc, width, height); !done)
    return std::unexpected(done.error());
  Result<uint64_t> bytes = write_image(from, width, height);
  if (!bytes) return bytes;
  const VAStatus status =
      vaPutImage(display_, to, image_.image_id, 0, 0, width, height, 0, 0, width, height);
  if (status != VA_STATUS_SUCCESS) return std::unexpected(va_error(status, "write a picture"));
  return bytes;
}

}  // namespace av1hw
