// SPDX-License-Identifier: LGPL-2.1-or-later
// Which settings, sizes and depths device encoders are tested with, and how few cases have each
// pair.
#pragma once

#include <gst/gst.h>

#include <array>
#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace av1hw::test {

constexpr unsigned default_quantizer = 100;
constexpr unsigned coarsest_quantizer = 255;

// One choice for a property, or for several that belong together.
struct Setting {
  std::string name;
  // As gst-launch-1.0 writes them. "min" and "max" are the ends of the property's range.
  std::string properties;
  // Frames from one key frame to the next; 0: the first one only.
  unsigned gop = 0;
  // The coarsest base_q_idx that frames are coded with; 0: they are lossless.
  unsigned quantizer = default_quantizer;
};

// Settings that exclude each other; the first is that of who sets nothing.
using Factor = std::vector<Setting>;

struct PictureSize {
  unsigned width;
  unsigned height;
};

// What is particular to a device of tests/refdrv/profiles.
struct EncodeDevice {
  const char* profile;
  const char* element;
  std::vector<PictureSize> sizes;
  // Below its least size, or odd where it takes none.
  std::vector<PictureSize> refused;
  // Whether it codes multiples of 64x16 only, of which the headers' render size says what is shown.
  bool codes_aligned;
  // How far it may be off at any quantizer (EncodeCase::tolerance).
  double coarseness;
  // In large pictures it loses the colour of a few blocks.
  bool loses_colour;
};

struct EncodeCase {
  std::string name = {};
  std::string properties = {};
  PictureSize size = {};
  unsigned depth = 8;
  unsigned gop = 0;
  unsigned quantizer = default_quantizer;
  // How far means of blocks may be from the input's, of 8 bits: of each block, and as the square
  // root of the mean of their squares.
  double tolerance = 0;
  double mean_tolerance = 0;
};

// gtest would print the bytes, and with them what is between the members.
inline void PrintTo(const EncodeCase& one, std::ostream* out) { *out << one.properties; }

// The device that REFDRV_PROFILE names; nullptr: none that encodes.
const EncodeDevice* encode_device();

// The settings of an element that has these properties.
std::vector<Factor> encode_factors(GObjectClass* element);

// Cases in which each two settings of different factors meet, with sizes and depths (large sizes
// meet each setting); or with `product` each setting alone with each size and depth.
std::vector<EncodeCase> encode_cases(const EncodeDevice& device, const std::vector<Factor>& factors,
                                     bool product);

}  // namespace av1hw::test
