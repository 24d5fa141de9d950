// SPDX-License-Identifier: LGPL-2.1-or-later
// A VAImage, through which the CPU reads and writes the samples of surfaces.
#include "vaapi/va_image.h"

#include <algorithm>
#include <iterator>

#include "vaapi/va_status.h"

namespace av1hw {

VaImage::VaImage(VADisplay display, DriverCalls& calls) : display_(display), calls_(calls) {
  forget();
}

void VaImage::forget() {
  image_ = {};
  image_.image_id = VA_INVALID_ID;
  derived_ = false;
}

void VaImage::destroy() {
  if (image_.image_id == VA_INVALID_ID) return;
  const DriverCall call(calls_, "vaDestroyImage");
  log_failure(vaDestroyImage(display_, image_.image_id), "vaDestroyImage");
  forget();
}

Result<> VaImage::create(uint32_t fourcc, unsigned width, unsigned height) {
  if (!derived_ && image_.image_id != VA_INVALID_ID && image_.format.fourcc == fourcc &&
      image_.width == width && image_.height == height) {
    return {};
  }
  destroy();
  VAImageFormat format = {};
  format.fourcc = fourcc;
  format.byte_order = VA_LSB_FIRST;
  format.bits_per_pixel = fourcc == VA_FOURCC_P010 ? 24 : 12;
  const DriverCall call(calls_, "vaCreateImage");
  const VAStatus status =
      vaCreateImage(display_, &format, static_cast<int>(width), static_cast<int>(height), &image_);
  if (status == VA_STATUS_SUCCESS) return {};
  forget();
  return std::unexpected(va_error(status, "make an image to copy pictures through"));
}

Result<> VaImage::derive(VASurfaceID surface, uint32_t fourcc) {
  destroy();
  {
    const DriverCall call(calls_, "vaDeriveImage");
    const VAStatus status = vaDeriveImage(display_, surface, &image_);
    if (status != VA_STATUS_SUCCESS) {
      forget();
      return std::unexpected(va_error(status, "give access to a picture"));
    }
  }
  derived_ = true;
  if (image_.format.fourcc == fourcc) return {};
  destroy();
  return fail(ErrorCode::NotSupported, "the VA driver shows a picture in another format only");
}

Result<VaImage::Mapping> VaImage::map() const {
  const DriverCall call(calls_, "vaMapBuffer");
  void* mapped = nullptr;
  if (const Result<> done = va_result(vaMapBuffer(display_, image_.buf, &mapped), "map an image");
      !done) {
    return std::unexpected(done.error());
  }
  if (mapped) return Mapping(*this, static_cast<uint8_t*>(mapped));
  log_failure(vaUnmapBuffer(display_, image_.buf), "vaUnmapBuffer");
  return fail(ErrorCode::Failed, "the VA driver maps an image to nothing");
}

VaImage::Mapping::~Mapping() {
  if (!data_) return;
  const DriverCall call(image_->calls_, "vaUnmapBuffer");
  log_failure(vaUnmapBuffer(image_->display_, image_->image_.buf), "vaUnmapBuffer");
}

Result<VaImage::Plane> VaImage::Mapping::plane(unsigned index, size_t row_bytes,
                                               size_t rows) const {
  const VAImage& image = image_->image_;
  if (index >= std::min<size_t>(image.num_planes, std::size(image.pitches)))
    return fail(ErrorCode::Failed, "the VA driver's image lacks planes");
  const uint64_t pitch = image.pitches[index];
  const uint64_t end = image.offsets[index] + (rows - 1) * pitch + row_bytes;
  if (pitch < row_bytes || end > image.data_size)
    return fail(ErrorCode::Failed, "the VA driver's image is smaller than the picture");
  return Plane{data_ + image.offsets[index], static_cast<size_t>(pitch)};
}

}  // namespace av1hw
