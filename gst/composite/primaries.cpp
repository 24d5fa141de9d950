// SPDX-License-Identifier: LGPL-2.1-or-later
// The matrices of SMPTE RP 177, from chromaticities.
#include "composite/primaries.h"

namespace av1hw {
namespace {

using Vector = std::array<double, 3>;

Vector multiply(const Matrix33& m, const Vector& v) {
  Vector result = {};
  for (size_t row = 0; row < 3; row++) {
    result[row] = m[row][0] * v[0] + m[row][1] * v[1] + m[row][2] * v[2];
  }
  return result;
}

Matrix33 multiply(const Matrix33& a, const Matrix33& b) {
  Matrix33 result = {};
  for (size_t column = 0; column < 3; column++) {
    const Vector product = multiply(a, Vector{b[0][column], b[1][column], b[2][column]});
    for (size_t row = 0; row < 3; row++) {
      result[row][column] = product[row];
    }
  }
  return result;
}

// By cofactors; a triangle of primaries that is none has been refused before.
Matrix33 inverse(const Matrix33& m) {
  auto cofactor = [&m](size_t row, size_t column) {
    const size_t r1 = (row + 1) % 3, r2 = (row + 2) % 3;
    const size_t c1 = (column + 1) % 3, c2 = (column + 2) % 3;
    return m[r1][c1] * m[r2][c2] - m[r1][c2] * m[r2][c1];
  };
  const double determinant =
      m[0][0] * cofactor(0, 0) + m[0][1] * cofactor(0, 1) + m[0][2] * cofactor(0, 2);
  Matrix33 result = {};
  for (size_t row = 0; row < 3; row++) {
    for (size_t column = 0; column < 3; column++) {
      result[row][column] = cofactor(column, row) / determinant;
    }
  }
  return result;
}

const GstVideoColorPrimariesInfo& chromaticities(GstVideoColorPrimaries primaries) {
  const bool known = primaries > GST_VIDEO_COLOR_PRIMARIES_UNKNOWN &&
                     primaries <= GST_VIDEO_COLOR_PRIMARIES_EBU3213;
  return *gst_video_color_primaries_get_info(known ? primaries : GST_VIDEO_COLOR_PRIMARIES_BT709);
}

// GStreamer's SMPTE ST 428 has a white of 0 where it should be a third.
Vector white_xyz(const GstVideoColorPrimariesInfo& info) {
  if (info.Wy <= 0) return {1, 1, 1};
  return {info.Wx / info.Wy, 1, (1 - info.Wx - info.Wy) / info.Wy};
}

// In chromaticities and not in XYZ, since those of SMPTE ST 428 have a y of 0.
Matrix33 to_xyz(const GstVideoColorPrimariesInfo& info) {
  const Matrix33 directions = {
      {{info.Rx, info.Gx, info.Bx},
       {info.Ry, info.Gy, info.By},
       {1 - info.Rx - info.Ry, 1 - info.Gx - info.Gy, 1 - info.Bx - info.By}}};
  const Vector strength = multiply(inverse(directions), white_xyz(info));
  Matrix33 result = directions;
  for (auto& row : result) {
    for (size_t column = 0; column < 3; column++) {
      row[column] *= strength[column];
    }
  }
  return result;
}

}  // namespace

Matrix33 primaries_matrix(GstVideoColorPrimaries from, GstVideoColorPrimaries to) {
  if (gst_video_color_primaries_is_equivalent(from, to)) return identity33;
  const GstVideoColorPrimariesInfo &source = chromaticities(from), &target = chromaticities(to);
  const Vector source_white = white_xyz(source), target_white = white_xyz(target);
  Matrix33 adapted = to_xyz(source);
  for (size_t row = 0; row < 3; row++) {
    for (double& value : adapted[row]) {
      value *= target_white[row] / source_white[row];
    }
  }
  return multiply(inverse(to_xyz(target)), adapted);
}

std::array<double, 3> luminance_weights(GstVideoColorPrimaries primaries) {
  return to_xyz(chromaticities(primaries))[1];
}

}  // namespace av1hw
