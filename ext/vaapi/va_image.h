// SPDX-License-Identifier: LGPL-2.1-or-later
// A VAImage, through which the CPU reads and writes the samples of surfaces.
#pragma once

#include <va/va.h>

#include <cstddef>
#include <cstdint>

#include "base/driver_calls.h"
#include "base/result.h"

namespace av1hw {

// Not thread-safe.
class VaImage {
 public:
  // Both outlive this.
  VaImage(VADisplay display, DriverCalls& calls);
  ~VaImage() { destroy(); }
  VaImage(const VaImage&) = delete;
  VaImage& operator=(const VaImage&) = delete;

  // Memory of its own, to be copied from or to a surface. The same as before where that is of this
  // format (VA_FOURCC_*) and size.
  Result<> create(uint32_t fourcc, unsigned width, unsigned height);
  // A view of a surface's memory. NotSupported: the driver shows it in another format only.
  Result<> derive(VASurfaceID surface, uint32_t fourcc);
  void destroy();

  bool is_derived() const { return derived_; }
  VAImageID id() const { return image_.image_id; }
  uint32_t fourcc() const { return image_.format.fourcc; }

  struct Plane {
    uint8_t* data = nullptr;
    size_t pitch = 0;
  };

  // Its samples, as long as this lives.
  class Mapping {
   public:
    Mapping(const VaImage& image, uint8_t* data) : image_(&image), data_(data) {}
    Mapping(Mapping&& other) noexcept : image_(other.image_), data_(other.data_) {
      other.data_ = nullptr;
    }
    Mapping& operator=(Mapping&&) = delete;
    ~Mapping();

    // Failed: the image has no such plane, or fewer rows or shorter ones. `rows` is above 0.
    Result<Plane> plane(unsigned index, size_t row_bytes, size_t rows) const;

   private:
    const VaImage* image_;
    uint8_t* data_;
  };
  Result<Mapping> map() const;

 private:
  void forget();

  const VADisplay display_;
  DriverCalls& calls_;
  VAImage image_ = {};
  bool derived_ = false;
};

}  // namespace av1hw
