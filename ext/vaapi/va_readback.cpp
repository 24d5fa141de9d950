// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads surfaces through vaGetImage, which drivers do on the GPU; through vaDeriveImage where they
// don't know it.
#include "vaapi/va_readback.h"

#include <cstring>
#include <string>

#include "vaapi/va_format.h"
#include "vaapi/va_status.h"

namespace av1hw {
namespace {

// Rows of a plane in a buffer of the image.
bool plane_fits(const VAImage& image, unsigned plane, size_t rows, size_t row_bytes) {
  const uint64_t pitch = image.pitches[plane];
  return rows > 0 && pitch >= row_bytes &&
         image.offsets[plane] + (rows - 1) * pitch + row_bytes <= image.data_size;
}

}  // namespace

VaReadback::~VaReadback() { destroy_image(); }

void VaReadback::forget() {
  image_ = {};
  image_.image_id = VA_INVALID_ID;
  derived_ = false;
}

void VaReadback::destroy_image() {
  if (image_.image_id != VA_INVALID_ID)
    log_failure(vaDestroyImage(display_, image_.image_id), "vaDestroyImage");
  forget();
}

Result<> VaReadback::prepare_image(uint32_t fourcc, unsigned width, unsigned height) {
  if (!derived_ && image_.image_id != VA_INVALID_ID && image_.format.fourcc == fourcc &&
      image_.width == width && image_.height == height) {
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
  return std::unexpected(va_error(status, "make an image to read pictures through"));
}

Result<> VaReadback::read(VASurfaceID surface, unsigned width, unsigned height) {
  const VAStatus status = vaGetImage(display_, surface, 0, 0, width, height, image_.image_id);
  if (status == VA_STATUS_SUCCESS) return {};
  if (status != VA_STATUS_ERROR_UNIMPLEMENTED && status != VA_STATUS_ERROR_OPERATION_FAILED) {
    return std::unexpected(va_error(status, "read a picture"));
  }
  const uint32_t fourcc = image_.format.fourcc;
  destroy_image();
  if (const VAStatus derived = vaDeriveImage(display_, surface, &image_);
      derived != VA_STATUS_SUCCESS) {
    forget();
    return std::unexpected(va_error(derived, "give access to a picture"));
  }
  derived_ = true;
  if (image_.format.fourcc == fourcc) return {};
  return fail(ErrorCode::NotSupported, "the VA driver shows a picture in another format only");
}

Result<uint64_t> VaReadback::copy_planes(MappedFrame& to) {
  if (image_.num_planes < to.planes()) {
    return fail(ErrorCode::Failed, "the VA driver's image lacks planes");
  }
  for (unsigned plane = 0; plane < to.planes(); plane++) {
    if (!plane_fits(image_, plane, to.rows(plane), to.row_bytes(plane))) {
      return fail(ErrorCode::Failed, "the VA driver's image is smaller than the picture");
    }
  }
  void* mapped = nullptr;
  if (const Result<> done = va_result(vaMapBuffer(display_, image_.buf, &mapped), "map an image");
      !done) {
    return std::unexpected(done.error());
  }
  for (unsigned plane = 0; plane < to.planes(); plane++) {
    const uint8_t* in = static_cast<const uint8_t*>(mapped) + image_.offsets[plane];
    uint8_t* out = to.writable_plane(plane).data();
    for (unsigned y = 0; y < to.rows(plane); y++) {
      std::memcpy(out, in, to.row_bytes(plane));
      in += image_.pitches[plane];
      out += to.stride(plane);
    }
  }
  log_failure(vaUnmapBuffer(display_, image_.buf), "vaUnmapBuffer");
  return to.sample_bytes();
}

Result<uint64_t> VaReadback::copy(VASurfaceID surface, GstBuffer* to, const GstVideoInfo& info) {
  const uint32_t fourcc = va_fourcc(GST_VIDEO_INFO_FORMAT(&info));
  if (fourcc == 0) return fail(ErrorCode::NotSupported, "this format can't be read from VA-API");
  Result<MappedFrame> target = MappedFrame::map_write(to, info);
  if (!target) return std::unexpected(target.error());
  const auto width = static_cast<unsigned>(GST_VIDEO_INFO_WIDTH(&info));
  const auto height = static_cast<unsigned>(GST_VIDEO_INFO_HEIGHT(&info));
  if (Result<> done = prepare_image(fourcc, width, height); !done) {
    return std::unexpected(done.error());
  }
  if (Result<> done = read(surface, width, height); !done) return std::unexpected(done.error());
  Result<uint64_t> bytes = copy_planes(*target);
  if (derived_) destroy_image();
  return bytes;
}

}  // namespace av1hw
