// SPDX-License-Identifier: LGPL-2.1-or-later
// Pictures as clients give them to NVENC: where their samples lie, and how they are read.
#include "refdrv/nv/nvenc_input.h"

#include <algorithm>
#include <cmath>

namespace refdrv::nv {

namespace {

unsigned half(unsigned value) { return (value + 1) / 2; }

bool is_planar(NV_ENC_BUFFER_FORMAT format) {
  return format == NV_ENC_BUFFER_FORMAT_YV12 || format == NV_ENC_BUFFER_FORMAT_IYUV;
}

bool is_semi_planar(NV_ENC_BUFFER_FORMAT format) {
  return format == NV_ENC_BUFFER_FORMAT_NV12 || format == NV_ENC_BUFFER_FORMAT_YUV420_10BIT;
}

uint16_t load16(const uint8_t* bytes) { return static_cast<uint16_t>(bytes[0] | bytes[1] << 8U); }

uint32_t load32(const uint8_t* bytes) {
  return bytes[0] | bytes[1] << 8U | bytes[2] << 16U | static_cast<uint32_t>(bytes[3]) << 24U;
}

// Writes samples of any depth, as `picture` has them.
class PlaneWriter {
 public:
  PlaneWriter(PlanarPicture& picture, size_t plane)
      : bytes_(picture.planes[plane]),
        width_(plane == 0 ? picture.width : half(picture.width)),
        sixteen_bits_(picture.sixteen_bits) {
    const unsigned rows = plane == 0 ? picture.height : half(picture.height);
    bytes_.resize(size_t{width_} * rows * (sixteen_bits_ ? 2 : 1));
  }
  void put(unsigned x, unsigned y, unsigned value) {
    const size_t at = size_t{y} * width_ + x;
    if (sixteen_bits_) {
      bytes_[2 * at] = static_cast<uint8_t>(value);
      bytes_[2 * at + 1] = static_cast<uint8_t>(value >> 8);
    } else {
      bytes_[at] = static_cast<uint8_t>(value);
    }
  }
  unsigned width() const { return width_; }

 private:
  std::vector<uint8_t>& bytes_;
  const unsigned width_;
  const bool sixteen_bits_;
};

// Where a plane's samples are: `step` bytes apart, of `bits` in the high bits of 16 where above 8.
struct PlaneSource {
  const uint8_t* data = nullptr;
  size_t pitch = 0;
  unsigned step = 1;
  bool high_sixteen = false;
};

void copy_plane(const PlaneSource& from, PlanarPicture& picture, size_t plane) {
  PlaneWriter out(picture, plane);
  const unsigned rows = plane == 0 ? picture.height : half(picture.height);
  for (unsigned y = 0; y < rows; y++) {
    const uint8_t* row = from.data + y * from.pitch;
    if (!picture.sixteen_bits && from.step == 1) {
      std::copy_n(row, out.width(), picture.planes[plane].data() + size_t{y} * out.width());
      continue;
    }
    for (unsigned x = 0; x < out.width(); x++, row += from.step) {
      const unsigned value = from.high_sixteen ? load16(row) >> 6 : *row;
      out.put(x, y, picture.sixteen_bits && !from.high_sixteen ? value << 2 : value);
    }
  }
}

void read_planes(const InputSurface& surface, const uint8_t* bytes, PlanarPicture& picture) {
  const bool wide = surface.format == NV_ENC_BUFFER_FORMAT_YUV420_10BIT;
  const unsigned sample = wide ? 2 : 1;
  const uint8_t* chroma = bytes + size_t{surface.pitch} * surface.height;
  copy_plane({bytes, surface.pitch, sample, wide}, picture, 0);
  if (is_semi_planar(surface.format)) {
    copy_plane({chroma, surface.pitch, 2 * sample, wide}, picture, 1);
    copy_plane({chroma + sample, surface.pitch, 2 * sample, wide}, picture, 2);
    return;
  }
  const size_t pitch = surface.pitch / 2;
  const uint8_t* second = chroma + pitch * half(surface.height);
  const bool v_first = surface.format == NV_ENC_BUFFER_FORMAT_YV12;
  copy_plane({v_first ? second : chroma, pitch, 1, false}, picture, 1);
  copy_plane({v_first ? chroma : second, pitch, 1, false}, picture, 2);
}

// Luma and chroma of one sample, as fractions of the coded range's unit.
struct Yuv {
  double y = 0;
  double u = 0;
  double v = 0;
};

struct PackedLayout {
  unsigned red_shift = 16;
  unsigned blue_shift = 0;
  unsigned bits = 8;
};

PackedLayout layout_of(NV_ENC_BUFFER_FORMAT format) {
  switch (format) {
  case NV_ENC_BUFFER_FORMAT_ABGR: return {.red_shift = 0, .blue_shift = 16, .bits = 8};
  case NV_ENC_BUFFER_FORMAT_ARGB10: return {.red_shift = 20, .blue_shift = 0, .bits = 10};
  case NV_ENC_BUFFER_FORMAT_ABGR10: return {.red_shift = 0, .blue_shift = 20, .bits = 10};
  default: return {};
  }
}

// BT.709 of limited range, on the scale of 8 bits.
Yuv convert(uint32_t word, const PackedLayout& layout) {
  const unsigned mask = (1U << layout.bits) - 1;
  const auto part = [&](unsigned shift) {
    return (word >> shift & mask) / static_cast<double>(mask);
  };
  const double r = part(layout.red_shift);
  const double g = part(layout.bits);
  const double b = part(layout.blue_shift);
  const double y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  return {16 + 219 * y, 128 + 224 * (b - y) / 1.8556, 128 + 224 * (r - y) / 1.5748};
}

// A8Y8U8V8, V in the lowest byte.
Yuv unpack(uint32_t word) {
  return {static_cast<double>(word >> 16 & 0xff), static_cast<double>(word >> 8 & 0xff),
          static_cast<double>(word & 0xff)};
}

void read_packed(const InputSurface& surface, const uint8_t* bytes, PlanarPicture& picture) {
  const bool is_yuv = surface.format == NV_ENC_BUFFER_FORMAT_AYUV;
  const PackedLayout layout = layout_of(surface.format);
  const auto at = [&](unsigned x, unsigned y) {
    x = std::min(x, picture.width - 1);
    y = std::min(y, picture.height - 1);
    const uint32_t word = load32(bytes + size_t{y} * surface.pitch + size_t{x} * 4);
    return is_yuv ? unpack(word) : convert(word, layout);
  };
  const double scale = picture.sixteen_bits ? 4 : 1;
  const auto rounded = [&](double value) {
    return static_cast<unsigned>(std::lround(std::clamp(value, 0.0, 255.0) * scale));
  };
  PlaneWriter luma(picture, 0);
  PlaneWriter cb(picture, 1);
  PlaneWriter cr(picture, 2);
  for (unsigned y = 0; y < picture.height; y++) {
    for (unsigned x = 0; x < picture.width; x++) luma.put(x, y, rounded(at(x, y).y));
  }
  for (unsigned y = 0; y < half(picture.height); y++) {
    for (unsigned x = 0; x < half(picture.width); x++) {
      Yuv sum;
      for (const auto& one : {at(2 * x, 2 * y), at(2 * x + 1, 2 * y), at(2 * x, 2 * y + 1),
                              at(2 * x + 1, 2 * y + 1)}) {
        sum.u += one.u / 4;
        sum.v += one.v / 4;
      }
      cb.put(x, y, rounded(sum.u));
      cr.put(x, y, rounded(sum.v));
    }
  }
}

}  // namespace

size_t row_size(NV_ENC_BUFFER_FORMAT format, unsigned width) {
  switch (format) {
  case NV_ENC_BUFFER_FORMAT_NV12:
  case NV_ENC_BUFFER_FORMAT_YV12:
  case NV_ENC_BUFFER_FORMAT_IYUV: return width;
  case NV_ENC_BUFFER_FORMAT_YUV420_10BIT: return size_t{width} * 2;
  case NV_ENC_BUFFER_FORMAT_ARGB:
  case NV_ENC_BUFFER_FORMAT_ABGR:
  case NV_ENC_BUFFER_FORMAT_ARGB10:
  case NV_ENC_BUFFER_FORMAT_ABGR10:
  case NV_ENC_BUFFER_FORMAT_AYUV: return size_t{width} * 4;
  default: return 0;
  }
}

size_t surface_size(NV_ENC_BUFFER_FORMAT format, unsigned pitch, unsigned height) {
  const size_t luma = size_t{pitch} * height;
  if (is_semi_planar(format)) return luma + size_t{pitch} * half(height);
  if (is_planar(format)) return luma + size_t{2} * (pitch / 2) * half(height);
  return luma;
}

Outcome<std::span<const uint8_t>> surface_bytes(const InputSurface& surface,
                                                const DeviceMemory& memory) {
  if (surface.address == 0) return std::span<const uint8_t>(surface.own);
  const auto bytes =
      memory.bytes(surface.address, surface_size(surface.format, surface.pitch, surface.height));
  if (!bytes) return misuse(NV_ENC_ERR_GENERIC, "an input's memory: " + bytes.error().message);
  return *bytes;
}

PlanarPicture read_picture(const InputSurface& surface, std::span<const uint8_t> bytes,
                           unsigned width, unsigned height, unsigned bit_depth) {
  PlanarPicture picture;
  picture.width = width;
  picture.height = height;
  picture.sixteen_bits = bit_depth > 8;
  if (is_planar(surface.format) || is_semi_planar(surface.format)) {
    read_planes(surface, bytes.data(), picture);
  } else {
    read_packed(surface, bytes.data(), picture);
  }
  return picture;
}

uint64_t fingerprint(std::span<const uint8_t> bytes) {
  constexpr size_t stride = 61;        // no divisor of a pitch
  uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (size_t i = 0; i < bytes.size(); i += stride) hash = (hash ^ bytes[i]) * 0x100000001b3;
  return hash;
}

}  // namespace refdrv::nv
