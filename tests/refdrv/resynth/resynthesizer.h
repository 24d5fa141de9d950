// SPDX-License-Identifier: LGPL-2.1-or-later
// Rebuilds an AV1 stream from pictures' parameters, and decodes it with dav1d.
#pragma once

#include <dav1d/picture.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "refdrv/resynth/picture.h"
#include "refdrv/resynth/result.h"

namespace refdrv {

// Samples of one picture: 8 bits, or 16 bits in the machine's order with the value in the low bits.
struct PlaneView {
  std::array<const uint8_t*, 3> data = {};  // nullptr: monochrome has no chroma
  std::array<ptrdiff_t, 3> stride = {};     // bytes
  unsigned width = 0;                       // luma samples
  unsigned height = 0;
  unsigned bit_depth = 8;
  bool subsampling_x = true;
  bool subsampling_y = true;

  unsigned chroma_width() const { return subsampling_x ? (width + 1) / 2 : width; }
  unsigned chroma_height() const { return subsampling_y ? (height + 1) / 2 : height; }
};

// A reference to a picture of dav1d's.
class DecodedPlanes {
 public:
  DecodedPlanes() = default;
  DecodedPlanes(const DecodedPlanes&) = delete;
  DecodedPlanes& operator=(const DecodedPlanes&) = delete;
  DecodedPlanes(DecodedPlanes&& other) noexcept;
  DecodedPlanes& operator=(DecodedPlanes&& other) noexcept;
  ~DecodedPlanes();

  explicit operator bool() const { return picture_.data[0] != nullptr; }
  PlaneView view() const;
  // For functions of dav1d that fill one in.
  Dav1dPicture* put();
  const Dav1dPicture& get() const { return picture_; }

 private:
  Dav1dPicture picture_ = {};
};

struct DecodedPicture {
  DecodedPlanes reconstructed;
  DecodedPlanes grained;  // empty unless film_grain.apply
};

// The decoding state of one stream. Not thread-safe.
//
// Which slots a picture is stored in is nothing that a driver is told, and it is told nothing at
// all of show_existing_frame. So the rebuilt stream has slots of its own: a picture goes into one
// that holds no surface of its ref_frame_map. Where all eight are in use, it is decoded without
// being stored, and once more when the next picture's map has shown what it replaced.
class Resynthesizer {
 public:
  static Result<std::unique_ptr<Resynthesizer>> create();
  ~Resynthesizer();

  // Surfaces that are named neither by a picture's ref_frame_map nor as its target may be reused
  // by the caller at once.
  Result<DecodedPicture> decode(const Picture& picture);
  // Whether a picture that was decoded into this surface can still be referenced.
  bool knows(SurfaceId surface) const;

 private:
  struct State;
  explicit Resynthesizer(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace refdrv
