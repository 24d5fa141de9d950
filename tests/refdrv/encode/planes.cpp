// SPDX-License-Identifier: LGPL-2.1-or-later
// Between the samples that clients and dav1d have and those that are coded.
#include "refdrv/encode/planes.h"

#include <cstring>
#include <format>

namespace refdrv::encode {

namespace {

Plane read_plane(const uint8_t* data, ptrdiff_t stride, unsigned width, unsigned height,
                 unsigned bit_depth) {
  Plane plane(width, height);
  for (unsigned y = 0; y < height; y++) {
    const uint8_t* row = data + static_cast<ptrdiff_t>(y) * stride;
    uint16_t* to = &plane.samples[size_t{y} * width];
    if (bit_depth > 8) {
      std::memcpy(to, row, size_t{width} * 2);
    } else {
      std::copy_n(row, width, to);
    }
  }
  return plane;
}

}  // namespace

Result<Planes> read_source(const SourceView& source, const nv::SequenceHeader& sequence,
                           const nv::FrameHeader& header) {
  const unsigned width = header.av1.width, height = header.av1.height;
  if (source.width < width || source.height < height) {
    return client_fault(std::format("a source of {}x{} samples, for a frame of {}x{}", source.width,
                                    source.height, width, height));
  }
  Planes planes;
  for (unsigned i = 0; i < sequence.planes(); i++) {
    const unsigned shift_x = i > 0 && sequence.subsampling_x;
    const unsigned shift_y = i > 0 && sequence.subsampling_y;
    const SourcePlane& from = source.planes[i];
    if (!from.data) return client_fault(std::format("the source has no plane {}", i));
    planes[i] =
        read_plane(from.data, static_cast<ptrdiff_t>(from.stride), (width + shift_x) >> shift_x,
                   (height + shift_y) >> shift_y, sequence.bit_depth);
    // What is above the depth would be taken for a difference.
    const auto mask = static_cast<uint16_t>((1U << sequence.bit_depth) - 1);
    for (uint16_t& sample : planes[i].samples) sample &= mask;
  }
  return planes;
}

Planes read_decoded(const PlaneView& decoded) {
  Planes planes;
  for (unsigned i = 0; i < planes.size(); i++) {
    if (!decoded.data[i]) continue;
    planes[i] = read_plane(decoded.data[i], decoded.stride[i],
                           i > 0 ? decoded.chroma_width() : decoded.width,
                           i > 0 ? decoded.chroma_height() : decoded.height, decoded.bit_depth);
  }
  return planes;
}

Reconstruction to_reconstruction(const Planes& planes, unsigned bit_depth) {
  Reconstruction result;
  result.width = planes[0].width;
  result.height = planes[0].height;
  for (unsigned i = 0; i < planes.size(); i++) {
    const std::vector<uint16_t>& from = planes[i].samples;
    std::vector<uint8_t>& to = result.planes[i];
    if (bit_depth > 8) {
      to.resize(from.size() * 2);
      std::memcpy(to.data(), from.data(), to.size());
    } else {
      to.resize(from.size());
      std::ranges::transform(from, to.begin(),
                             [](uint16_t sample) { return static_cast<uint8_t>(sample); });
    }
  }
  return result;
}

}  // namespace refdrv::encode
