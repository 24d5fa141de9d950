// SPDX-License-Identifier: LGPL-2.1-or-later
// What is to be computed for one output frame: plain numbers, of no API. docs/compositor.md defines
// what they mean.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "composite/sample_layout.h"

namespace av1hw {

// Row-major: y = m[r][0..2] . x + m[r][3].
using Matrix34 = std::array<std::array<double, 4>, 3>;
using Matrix33 = std::array<std::array<double, 3>, 3>;

// (x, y) -> (xx x + xy y + x0, yx x + yy y + y0)
struct Affine {
  double xx = 1, xy = 0, x0 = 0;
  double yx = 0, yy = 1, y0 = 0;
};

struct Extent {
  double left = 0, top = 0, right = 0, bottom = 0;
};

// Pixels [left, right) x [top, bottom) of the canvas.
struct PixelBox {
  int left = 0, top = 0, right = 0, bottom = 0;
  bool empty() const { return left >= right || top >= bottom; }
};

enum class BlendOperator : uint8_t { Source, Over, Add };  // numbered as in GStreamer
enum class ScaleFilter : uint8_t { Nearest, Bilinear, Lanczos };
enum class BlendGamma : uint8_t { AsCoded, Linear };
enum class ToneMap : uint8_t { Bt2390, Reinhard, Clip };

enum class TransferCurve : uint8_t { Linear, Gamma, Bt709, Srgb, Smpte240m, Pq, Hlg };
struct Transfer {
  TransferCurve curve = TransferCurve::Bt709;
  double gamma = 1;                      // Gamma: light = signal ^ gamma
  std::array<double, 3> luminance = {};  // Hlg: what R, G and B contribute to it
  bool operator==(const Transfer&) const = default;
};

// How a layer's components become the canvas's.
struct ColourTransform {
  enum class Kind : uint8_t {
    Same,    // the values themselves
    Affine,  // decode alone, straight to the canvas's components
    Light,   // all of it
  };
  Kind kind = Kind::Same;
  Matrix34 decode = {};      // Light: normalised components -> R'G'B'
  Transfer from;             // R'G'B' -> light, reference white = 1
  Matrix33 primaries = {};   // light of the layer's primaries -> of the canvas's
  bool tone_mapped = false;  // an HDR layer on an SDR canvas
  ToneMap tone_map = ToneMap::Bt2390;
  double peak = 1;  // of the source, in units of reference white
};

struct LayerPlan {
  size_t input = 0;     // which of the frames that are handed in
  SampleLayout layout;  // of that frame
  PixelBox box;         // all that it can touch, within the canvas
  Affine to_source;     // canvas -> picture, luma samples
  Extent crop;          // of the picture, luma samples
  ScaleFilter filter = ScaleFilter::Bilinear;
  ColourTransform colour;

  Affine to_shape;  // canvas -> its rectangle: (0, 0) to (width, height), in canvas pixels
  double width = 0, height = 0;
  bool soft = false;  // turned, or corners, or a border: coverage is by distance
  double corner_radius = 0;
  double border_width = 0;
  std::array<double, 4> border = {};  // colour in the space that is blended in, and alpha

  double alpha = 1;
  BlendOperator op = BlendOperator::Over;
  // Over or Source with alpha 1, no alpha of its own, not soft: hides what is beneath.
  bool opaque = false;
  // Each sample of this class of the canvas's planes is one of the picture's, whatever its colour.
  bool luma_meets = false, chroma_meets = false;
  // Kind::Same, and samples meet the canvas's one to one in every plane: each is taken as it is.
  // At the edges of a soft layer they may be the crop's nearest, as for any filter.
  bool one_to_one = false;
};

enum class Background : uint8_t { Colour, Checker };

struct FramePlan {
  SampleLayout canvas;
  BlendGamma blend_gamma = BlendGamma::AsCoded;
  Background background = Background::Colour;
  // In the space that is blended in, not premultiplied, and alpha; the checker's two, for luma
  // samples of which (x / 8 + y / 8) is even and odd.
  std::array<std::array<double, 4>, 2> background_colours = {};
  // Linear light: how blended light becomes components. Otherwise, of Light layers.
  Transfer canvas_transfer;
  Matrix34 canvas_encode = {};    // R'G'B' -> normalised components
  std::vector<LayerPlan> layers;  // from the top down; none that shows nothing
};

}  // namespace av1hw
