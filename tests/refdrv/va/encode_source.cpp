// SPDX-License-Identifier: LGPL-2.1-or-later
// The samples that an encoder reads from a surface.
#include "refdrv/va/encode_source.h"

#include <algorithm>
#include <cstring>

namespace refdrv::va {

namespace {

// Copies one row of `channels` interleaved channels into planes, repeating its last sample.
template <typename Sample>
void split_row(std::span<const uint8_t> row, unsigned channels, unsigned shift, size_t width,
               std::span<uint8_t* const> to) {
  const size_t there = row.size() / sizeof(Sample) / channels;
  for (size_t x = 0; x < width; x++) {
    for (unsigned c = 0; c < channels; c++) {
      Sample sample;
      const size_t at = (std::min(x, there - 1) * channels + c) * sizeof(Sample);
      std::memcpy(&sample, row.data() + at, sizeof sample);
      sample = static_cast<Sample>(sample >> shift);
      std::memcpy(to[c] + x * sizeof(Sample), &sample, sizeof sample);
    }
  }
}

}  // namespace

EncodeSource::EncodeSource(const Surface& surface, Size size)
    : size_(size), sample_bytes_(surface.layout().format->sample_bytes) {
  const unsigned shift = sample_bytes_ == 2 ? 16 - surface.layout().format->bit_depth : 0;
  for (unsigned plane = 0; plane < 2; plane++) {
    const SurfacePlane& from = surface.layout().planes[plane];
    const unsigned channels = plane == 0 ? 1 : 2;
    const size_t width = plane == 0 ? size.width : (size.width + 1) / 2;
    const size_t height = plane == 0 ? size.height : (size.height + 1) / 2;
    for (unsigned c = 0; c < channels; c++) {
      planes_[plane + c].resize(width * height * sample_bytes_);
    }
    std::vector<uint8_t> row(from.row_bytes);
    for (size_t y = 0; y < height; y++) {
      surface.read(plane, 0, std::min(y, from.rows - 1), row);
      uint8_t* to[2] = {};
      for (unsigned c = 0; c < channels; c++) {
        to[c] = planes_[plane + c].data() + y * width * sample_bytes_;
      }
      if (sample_bytes_ == 2) {
        split_row<uint16_t>(row, channels, shift, width, to);
      } else {
        split_row<uint8_t>(row, channels, shift, width, to);
      }
    }
  }
}

SourceView EncodeSource::view() const {
  SourceView view{.planes = {}, .width = size_.width, .height = size_.height};
  for (unsigned plane = 0; plane < planes_.size(); plane++) {
    const size_t width = plane == 0 ? size_.width : (size_.width + 1) / 2;
    view.planes[plane] = {.data = planes_[plane].data(), .stride = width * sample_bytes_};
  }
  return view;
}

}  // namespace refdrv::va
