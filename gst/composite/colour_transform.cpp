// SPDX-License-Identifier: LGPL-2.1-or-later
// Matrices between components and R'G'B' (ITU-R BT.601, BT.709, BT.2020), and what else a
// conversion is made of.
#include "composite/colour_transform.h"

#include <algorithm>
#include <cmath>

#include "composite/primaries.h"
#include "composite/transfer.h"

namespace av1hw {
namespace {

constexpr double default_peak = 1000;  // cd/m2, of streams that don't tell

template <typename Enum>
bool is_between(Enum value, Enum first, Enum last) {
  return value >= first && value <= last;
}

// What is unknown, or can't be, is as GstVideoInfo has it for this format and size.
GstVideoColorimetry resolved(const GstVideoInfo& info, const SampleLayout& layout) {
  GstVideoInfo defaults;
  gst_video_info_init(&defaults);
  // A small one, since memory for it can't be computed of any size; of sizes only the height
  // matters.
  gst_video_info_set_format(&defaults, layout.format, 16,
                            static_cast<guint>(std::min(layout.height, 4096)));
  GstVideoColorimetry colorimetry = info.colorimetry;
  if (!is_between(colorimetry.range, GST_VIDEO_COLOR_RANGE_0_255, GST_VIDEO_COLOR_RANGE_16_235))
    colorimetry.range = defaults.colorimetry.range;
  if (layout.rgb ||
      !is_between(colorimetry.matrix, GST_VIDEO_COLOR_MATRIX_FCC, GST_VIDEO_COLOR_MATRIX_BT2020))
    colorimetry.matrix = defaults.colorimetry.matrix;
  if (colorimetry.transfer == GST_VIDEO_TRANSFER_UNKNOWN)
    colorimetry.transfer = defaults.colorimetry.transfer;
  if (!is_between(colorimetry.primaries, GST_VIDEO_COLOR_PRIMARIES_BT709,
                  GST_VIDEO_COLOR_PRIMARIES_EBU3213))
    colorimetry.primaries = defaults.colorimetry.primaries;
  return colorimetry;
}

Matrix34 product(const Matrix34& second, const Matrix34& first) {
  Matrix34 result = {};
  for (size_t row = 0; row < 3; row++) {
    for (size_t column = 0; column < 4; column++) {
      double sum = column == 3 ? second[row][3] : 0;
      for (size_t i = 0; i < 3; i++) {
        sum += second[row][i] * first[i][column];
      }
      result[row][column] = sum;
    }
  }
  return result;
}

std::array<double, 3> transformed(const Matrix34& m, const std::array<double, 3>& v) {
  std::array<double, 3> result = {};
  for (size_t row = 0; row < 3; row++) {
    result[row] = m[row][0] * v[0] + m[row][1] * v[1] + m[row][2] * v[2] + m[row][3];
  }
  return result;
}

struct Quantisation {
  std::array<double, 3> scale = {},
                        offset = {};  // component = scale * (Y', Cb, Cr or R', G', B') + offset
};

Quantisation quantisation(const GstVideoColorimetry& colorimetry, const SampleLayout& layout) {
  gint offset[GST_VIDEO_MAX_COMPONENTS], scale[GST_VIDEO_MAX_COMPONENTS];
  gst_video_color_range_offsets(colorimetry.range, gst_video_format_get_info(layout.format), offset,
                                scale);
  const double most = (1 << layout.depth) - 1;
  Quantisation result;
  for (size_t i = 0; i < 3; i++) {
    result.scale[i] = scale[i] / most;
    result.offset[i] = offset[i] / most;
  }
  return result;
}

// R'G'B' -> Y'CbCr and back, or R'G'B' itself.
struct Matrices {
  Matrix34 encode = {{{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}}};
  Matrix34 decode = encode;
};

Matrices matrices(GstVideoColorMatrix matrix) {
  double kr = 0, kb = 0;
  Matrices result;
  if (!gst_video_color_matrix_get_Kr_Kb(matrix, &kr, &kb)) return result;
  const double kg = 1 - kr - kb, blue = 2 * (1 - kb), red = 2 * (1 - kr);
  result.encode = {{{kr, kg, kb, 0},
                    {-kr / blue, -kg / blue, (1 - kb) / blue, 0},
                    {(1 - kr) / red, -kg / red, -kb / red, 0}}};
  result.decode = {{{1, 0, red, 0}, {1, -blue * kb / kg, -red * kr / kg, 0}, {1, blue, 0, 0}}};
  return result;
}

double told(double luminance) {
  return std::isfinite(luminance) && luminance > 0 ? std::min(luminance, pq_peak) : 0;
}

double peak_of(const HdrLuminance& luminance) {
  double peak = told(luminance.max_content_light_level);
  if (peak == 0) peak = told(luminance.max_display_luminance);
  if (peak == 0) peak = default_peak;
  return peak / reference_white;
}

}  // namespace

Result<ColourSpace> colour_space(const GstVideoInfo& info, const SampleLayout& layout) {
  ColourSpace space;
  space.colorimetry = resolved(info, layout);
  space.depth = layout.depth;
  auto transfer = transfer_of(space.colorimetry.transfer, space.colorimetry.primaries);
  if (!transfer) return std::unexpected(transfer.error());
  space.transfer = *transfer;
  const Quantisation coded = quantisation(space.colorimetry, layout);
  const Matrices matrix = matrices(space.colorimetry.matrix);
  Matrix34 quantise = {}, dequantise = {};
  for (size_t i = 0; i < 3; i++) {
    quantise[i][i] = coded.scale[i];
    quantise[i][3] = coded.offset[i];
    dequantise[i][i] = 1 / coded.scale[i];
    dequantise[i][3] = -coded.offset[i] / coded.scale[i];
  }
  space.encode = product(quantise, matrix.encode);
  space.decode = product(matrix.decode, dequantise);
  return space;
}

ColourTransform colour_transform(const ColourSpace& layer, const ColourSpace& canvas,
                                 BlendGamma blend_gamma, ToneMap tone_map,
                                 const HdrLuminance& luminance) {
  const GstVideoColorimetry &from = layer.colorimetry, &to = canvas.colorimetry;
  const bool same_light = layer.transfer == canvas.transfer &&
                          gst_video_color_primaries_is_equivalent(from.primaries, to.primaries);
  ColourTransform transform;
  transform.from = layer.transfer;
  transform.tone_map = tone_map;
  if (!same_light || blend_gamma == BlendGamma::Linear) {
    transform.kind = ColourTransform::Kind::Light;
    transform.decode = layer.decode;
    transform.primaries = primaries_matrix(from.primaries, to.primaries);
    transform.tone_mapped = is_hdr(layer.transfer) && !is_hdr(canvas.transfer);
    transform.peak = peak_of(luminance);
    return transform;
  }
  const bool same_code =
      from.matrix == to.matrix && from.range == to.range && layer.depth == canvas.depth;
  transform.kind = same_code ? ColourTransform::Kind::Same : ColourTransform::Kind::Affine;
  transform.decode = product(canvas.encode, layer.decode);
  transform.primaries = identity33;
  return transform;
}

std::array<double, 4> canvas_colour(uint32_t argb, const ColourSpace& canvas,
                                    BlendGamma blend_gamma) {
  auto byte = [argb](unsigned shift) { return (argb >> shift & 0xff) / 255.0; };
  std::array<double, 3> colour = {byte(16), byte(8), byte(0)};
  const double alpha = byte(24);
  // A signal of 1 is the brightest that HDR knows, and not white.
  const Transfer& transfer = canvas.transfer;
  if (is_hdr(transfer))
    colour = from_light(transfer, to_light({.curve = TransferCurve::Srgb}, colour));
  colour = blend_gamma == BlendGamma::Linear ? to_light(transfer, colour)
                                             : transformed(canvas.encode, colour);
  return {colour[0], colour[1], colour[2], alpha};
}

}  // namespace av1hw
