// SPDX-License-Identifier: LGPL-2.1-or-later
// ITU-T H.273's primaries, matrices and ranges, and the transfer functions, one formula after
// another.
#include "model_colour.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace av1hw::test {
namespace {

constexpr double white_nits = 203;

bool is_bt709_like(GstVideoTransferFunction f) {
  return f == GST_VIDEO_TRANSFER_BT601 || f == GST_VIDEO_TRANSFER_BT709 ||
         f == GST_VIDEO_TRANSFER_BT2020_10 || f == GST_VIDEO_TRANSFER_BT2020_12;
}

double gamma_of(GstVideoTransferFunction f) {
  switch (f) {
  case GST_VIDEO_TRANSFER_GAMMA18: return 1.8;
  case GST_VIDEO_TRANSFER_GAMMA20: return 2;
  case GST_VIDEO_TRANSFER_GAMMA22: return 2.2;
  case GST_VIDEO_TRANSFER_GAMMA28: return 2.8;
  case GST_VIDEO_TRANSFER_ADOBERGB: return 2.19921875;
  default: return 1;
  }
}

// SMPTE ST 2084, 5.1: display luminance in units of 10000 cd/m2.
double st2084_eotf(double n) {
  const double m1 = 0.1593017578125, m2 = 78.84375;
  const double c1 = 0.8359375, c2 = 18.8515625, c3 = 18.6875;
  const double p = std::pow(n, 1 / m2);
  return std::pow(std::max(p - c1, 0.0) / (c2 - c3 * p), 1 / m1);
}

double st2084_inverse(double l) {
  const double m1 = 0.1593017578125, m2 = 78.84375;
  const double c1 = 0.8359375, c2 = 18.8515625, c3 = 18.6875;
  const double p = std::pow(l, m1);
  return std::pow((c1 + c2 * p) / (1 + c3 * p), m2);
}

// ITU-R BT.2100-2, table 5: a, b = 1 - 4 a, c = 0.5 - a ln(4 a).
double hlg_inverse_oetf(double e) {
  const double a = 0.17883277, b = 1 - 4 * a, c = 0.5 - a * std::log(4 * a);
  return e <= 0.5 ? e * e / 3 : (std::exp((e - c) / a) + b) / 12;
}

double hlg_oetf(double e) {
  const double a = 0.17883277, b = 1 - 4 * a, c = 0.5 - a * std::log(4 * a);
  return e <= 1.0 / 12 ? std::sqrt(3 * e) : a * std::log(12 * e - b) + c;
}

// Solves m x = v by elimination; column 3 of `m` is v.
Vec3 solve(std::array<std::array<double, 4>, 3> m) {
  for (size_t i = 0; i < 3; i++) {
    size_t pivot = i;
    for (size_t r = i + 1; r < 3; r++) {
      if (std::abs(m[r][i]) > std::abs(m[pivot][i])) pivot = r;
    }
    std::swap(m[i], m[pivot]);
    for (size_t r = 0; r < 3; r++) {
      if (r == i) continue;
      const double factor = m[r][i] / m[i][i];
      for (size_t c = i; c < 4; c++) {
        m[r][c] -= factor * m[i][c];
      }
    }
  }
  return {m[0][3] / m[0][0], m[1][3] / m[1][1], m[2][3] / m[2][2]};
}

}  // namespace

ModelColour::ModelColour(const GstVideoInfo& info) {
  rgb_ = GST_VIDEO_INFO_IS_RGB(&info);
  depth_ = static_cast<int>(GST_VIDEO_INFO_COMP_DEPTH(&info, 0));
  const bool sd = info.height <= 576;
  const GstVideoColorimetry& said = info.colorimetry;
  full_ = said.range == GST_VIDEO_COLOR_RANGE_UNKNOWN ? rgb_
                                                      : said.range == GST_VIDEO_COLOR_RANGE_0_255;
  switch (said.matrix) {
  case GST_VIDEO_COLOR_MATRIX_FCC: kr_ = 0.30, kb_ = 0.11; break;
  case GST_VIDEO_COLOR_MATRIX_BT601: kr_ = 0.299, kb_ = 0.114; break;
  case GST_VIDEO_COLOR_MATRIX_BT709: kr_ = 0.2126, kb_ = 0.0722; break;
  case GST_VIDEO_COLOR_MATRIX_SMPTE240M: kr_ = 0.212, kb_ = 0.087; break;
  case GST_VIDEO_COLOR_MATRIX_BT2020: kr_ = 0.2627, kb_ = 0.0593; break;
  default: kr_ = sd ? 0.299 : 0.2126, kb_ = sd ? 0.114 : 0.0722; break;
  }
  if (rgb_) kr_ = kb_ = 0;
  curve_ = said.transfer;
  if (curve_ == GST_VIDEO_TRANSFER_UNKNOWN)
    curve_ = rgb_ ? GST_VIDEO_TRANSFER_SRGB : GST_VIDEO_TRANSFER_BT709;
  GstVideoColorPrimaries primaries = said.primaries;
  if (primaries == GST_VIDEO_COLOR_PRIMARIES_UNKNOWN)
    primaries = rgb_ || !sd ? GST_VIDEO_COLOR_PRIMARIES_BT709 : GST_VIDEO_COLOR_PRIMARIES_SMPTE170M;
  primaries_ = chromaticities(primaries);
}

// ITU-T H.273, table 2, as GStreamer rounds white (D65: 0.31271, 0.32902).
ModelColour::Chromaticities ModelColour::chromaticities(GstVideoColorPrimaries primaries) {
  const double d65[2] = {0.31271, 0.32902}, c[2] = {0.31006, 0.31616};
  auto with = [](double rx, double ry, double gx, double gy, double bx, double by,
                 const double(&w)[2]) {
    return Chromaticities{{rx, ry}, {gx, gy}, {bx, by}, {w[0], w[1]}};
  };
  switch (primaries) {
  case GST_VIDEO_COLOR_PRIMARIES_BT470M: return with(0.67, 0.33, 0.21, 0.71, 0.14, 0.08, c);
  case GST_VIDEO_COLOR_PRIMARIES_BT470BG: return with(0.64, 0.33, 0.29, 0.60, 0.15, 0.06, d65);
  case GST_VIDEO_COLOR_PRIMARIES_SMPTE170M:
  case GST_VIDEO_COLOR_PRIMARIES_SMPTE240M: return with(0.63, 0.34, 0.31, 0.595, 0.155, 0.07, d65);
  case GST_VIDEO_COLOR_PRIMARIES_FILM: return with(0.681, 0.319, 0.243, 0.692, 0.145, 0.049, c);
  case GST_VIDEO_COLOR_PRIMARIES_BT2020: return with(0.708, 0.292, 0.17, 0.797, 0.131, 0.046, d65);
  case GST_VIDEO_COLOR_PRIMARIES_ADOBERGB: return with(0.64, 0.33, 0.21, 0.71, 0.15, 0.06, d65);
  case GST_VIDEO_COLOR_PRIMARIES_SMPTEST428: return with(1, 0, 0, 1, 0, 0, {1.0 / 3, 1.0 / 3});
  case GST_VIDEO_COLOR_PRIMARIES_SMPTERP431:
    return with(0.68, 0.32, 0.265, 0.69, 0.15, 0.06, {0.314, 0.351});
  case GST_VIDEO_COLOR_PRIMARIES_SMPTEEG432: return with(0.68, 0.32, 0.265, 0.69, 0.15, 0.06, d65);
  case GST_VIDEO_COLOR_PRIMARIES_EBU3213: return with(0.63, 0.34, 0.295, 0.605, 0.155, 0.077, d65);
  default: return with(0.64, 0.33, 0.30, 0.60, 0.15, 0.06, d65);
  }
}

Vec3 ModelColour::to_signal(const Vec3& components) const {
  const double most = std::pow(2, depth_) - 1, unit = std::pow(2, depth_ - 8);
  auto luma = [&](double v) { return full_ ? v : (v * most - 16 * unit) / (219 * unit); };
  auto chroma = [&](double v) { return (v * most - 128 * unit) / (full_ ? most : 224 * unit); };
  if (rgb_) return {luma(components[0]), luma(components[1]), luma(components[2])};
  const double y = luma(components[0]), cb = chroma(components[1]), cr = chroma(components[2]);
  const double red = y + 2 * (1 - kr_) * cr, blue = y + 2 * (1 - kb_) * cb;
  return {red, (y - kr_ * red - kb_ * blue) / (1 - kr_ - kb_), blue};
}

Vec3 ModelColour::to_components(const Vec3& signal) const {
  const double most = std::pow(2, depth_) - 1, unit = std::pow(2, depth_ - 8);
  auto luma = [&](double v) { return full_ ? v : (v * 219 * unit + 16 * unit) / most; };
  auto chroma = [&](double v) { return (v * (full_ ? most : 224 * unit) + 128 * unit) / most; };
  if (rgb_) return {luma(signal[0]), luma(signal[1]), luma(signal[2])};
  const double y = kr_ * signal[0] + (1 - kr_ - kb_) * signal[1] + kb_ * signal[2];
  return {luma(y), chroma((signal[2] - y) / (2 * (1 - kb_))),
          chroma((signal[0] - y) / (2 * (1 - kr_)))};
}

bool ModelColour::hdr() const {
  return curve_ == GST_VIDEO_TRANSFER_SMPTE2084 || curve_ == GST_VIDEO_TRANSFER_ARIB_STD_B67;
}

bool ModelColour::same_light(const ModelColour& other) const {
  const bool same_curve =
      curve_ == other.curve_ || (is_bt709_like(curve_) && is_bt709_like(other.curve_));
  return same_curve && primaries_ == other.primaries_;
}

bool ModelColour::same_code(const ModelColour& other) const {
  return same_light(other) && rgb_ == other.rgb_ && full_ == other.full_ && kr_ == other.kr_ &&
         kb_ == other.kb_ && depth_ == other.depth_;
}

// Columns: X, Y and Z of red, green and blue at full strength.
std::array<Vec3, 3> ModelColour::xyz_of(const Chromaticities& of) {
  const double* points[3] = {of.red, of.green, of.blue};
  std::array<std::array<double, 4>, 3> system;
  for (size_t i = 0; i < 3; i++) {
    system[0][i] = points[i][0];
    system[1][i] = points[i][1];
    system[2][i] = 1 - points[i][0] - points[i][1];
  }
  system[0][3] = of.white[0] / of.white[1];
  system[1][3] = 1;
  system[2][3] = (1 - of.white[0] - of.white[1]) / of.white[1];
  const Vec3 strength = solve(system);
  std::array<Vec3, 3> columns;
  for (size_t i = 0; i < 3; i++) {
    columns[i] = {system[0][i] * strength[i], system[1][i] * strength[i],
                  system[2][i] * strength[i]};
  }
  return columns;
}

double ModelColour::hlg_luminance(const Vec3& rgb) const {
  const auto columns = xyz_of(primaries_);
  return columns[0][1] * rgb[0] + columns[1][1] * rgb[1] + columns[2][1] * rgb[2];
}

Vec3 ModelColour::light_for(const ModelColour& other, const Vec3& light) const {
  if (primaries_ == other.primaries_) return light;
  const auto from = xyz_of(primaries_), to = xyz_of(other.primaries_);
  std::array<std::array<double, 4>, 3> system;
  for (size_t i = 0; i < 3; i++) {
    const double white_from = from[0][i] + from[1][i] + from[2][i];
    const double white_to = to[0][i] + to[1][i] + to[2][i];
    const double xyz = from[0][i] * light[0] + from[1][i] * light[1] + from[2][i] * light[2];
    system[i] = {to[0][i], to[1][i], to[2][i], xyz * white_to / white_from};
  }
  return solve(system);
}

Vec3 ModelColour::to_light(const Vec3& signal) const {
  Vec3 light;
  for (size_t i = 0; i < 3; i++) {
    const double v = std::max(signal[i], 0.0);
    if (is_bt709_like(curve_))
      light[i] = v < 0.081 ? v / 4.5 : std::pow((v + 0.099) / 1.099, 1 / 0.45);
    else if (curve_ == GST_VIDEO_TRANSFER_SRGB)
      light[i] = v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
    else if (curve_ == GST_VIDEO_TRANSFER_SMPTE240M)
      light[i] = v < 0.0912 ? v / 4 : std::pow((v + 0.1115) / 1.1115, 1 / 0.45);
    else if (curve_ == GST_VIDEO_TRANSFER_SMPTE2084)
      light[i] = st2084_eotf(std::min(v, 1.0)) * 10000 / white_nits;
    else if (curve_ == GST_VIDEO_TRANSFER_ARIB_STD_B67)
      light[i] = hlg_inverse_oetf(v);
    else
      light[i] = std::pow(v, gamma_of(curve_));
  }
  if (curve_ == GST_VIDEO_TRANSFER_ARIB_STD_B67) {
    const double y = hlg_luminance(light);
    for (double& v : light) {
      v = y > 0 ? 1000 * std::pow(y, 0.2) * v / white_nits : 0;
    }
  }
  return light;
}

Vec3 ModelColour::from_light(const Vec3& light) const {
  Vec3 scene;
  for (size_t i = 0; i < 3; i++) {
    scene[i] = std::max(light[i], 0.0);
  }
  if (curve_ == GST_VIDEO_TRANSFER_ARIB_STD_B67) {
    const double y = hlg_luminance(scene) * white_nits / 1000;
    for (double& v : scene) {
      v = y > 0 ? v * white_nits / 1000 * std::pow(y, (1 - 1.2) / 1.2) : 0;
    }
  }
  Vec3 signal;
  for (size_t i = 0; i < 3; i++) {
    const double l = scene[i];
    if (is_bt709_like(curve_))
      signal[i] = l < 0.018 ? 4.5 * l : 1.099 * std::pow(l, 0.45) - 0.099;
    else if (curve_ == GST_VIDEO_TRANSFER_SRGB)
      signal[i] = l <= 0.0031308 ? 12.92 * l : 1.055 * std::pow(l, 1 / 2.4) - 0.055;
    else if (curve_ == GST_VIDEO_TRANSFER_SMPTE240M)
      signal[i] = l < 0.0228 ? 4 * l : 1.1115 * std::pow(l, 0.45) - 0.1115;
    else if (curve_ == GST_VIDEO_TRANSFER_SMPTE2084)
      signal[i] = st2084_inverse(l * white_nits / 10000);
    else if (curve_ == GST_VIDEO_TRANSFER_ARIB_STD_B67)
      signal[i] = hlg_oetf(l);
    else
      signal[i] = std::pow(l, 1 / gamma_of(curve_));
  }
  return signal;
}

double model_peak(const HdrLuminance& luminance) {
  double nits = 1000;
  if (luminance.max_display_luminance > 0) nits = luminance.max_display_luminance;
  if (luminance.max_content_light_level > 0) nits = luminance.max_content_light_level;
  return std::min(nits, 10000.0) / white_nits;
}

// ITU-R BT.2390-11, 5.4.1: steps 1 to 3 with black at 0, where step 3 changes nothing.
static double eetf(double light, double peak) {
  const double source = st2084_inverse(peak * white_nits / 10000);
  const double target = st2084_inverse(white_nits / 10000);
  const double e1 = std::min(st2084_inverse(light * white_nits / 10000) / source, 1.0);
  const double max_lum = target / source;
  const double ks = 1.5 * max_lum - 0.5;
  if (e1 < ks) return light;
  const double t = (e1 - ks) / (1 - ks);
  const double e2 = (2 * std::pow(t, 3) - 3 * std::pow(t, 2) + 1) * ks +
                    (std::pow(t, 3) - 2 * std::pow(t, 2) + t) * (1 - ks) +
                    (-2 * std::pow(t, 3) + 3 * std::pow(t, 2)) * max_lum;
  return st2084_eotf(e2 * source) * 10000 / white_nits;
}

Vec3 model_tone_map(ToneMap kind, double peak, const Vec3& light) {
  if (kind == ToneMap::Clip)
    return {std::min(light[0], 1.0), std::min(light[1], 1.0), std::min(light[2], 1.0)};
  const double l = std::max({light[0], light[1], light[2]});
  if (l <= 0) return light;
  double mapped = l;
  if (kind == ToneMap::Reinhard)
    mapped = l * (1 + l / (peak * peak)) / (1 + l);
  else if (peak > 1)
    mapped = eetf(l, peak);
  return {light[0] * mapped / l, light[1] * mapped / l, light[2] * mapped / l};
}

}  // namespace av1hw::test
