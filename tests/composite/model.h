// SPDX-License-Identifier: LGPL-2.1-or-later
// What docs/compositor.md defines, in double precision: every layer for every sample, nothing left
// out or made fast, and sharing with gst/composite only the settings and the layout of samples.
#pragma once

#include <gst/video/video.h>

#include <array>
#include <span>
#include <vector>

#include "composite/planner.h"
#include "composite/sample_layout.h"

namespace av1hw::test {

class ModelFrame {
 public:
  explicit ModelFrame(const SampleLayout& layout);

  const SampleLayout& layout() const { return layout_; }
  // 3, or 4 with alpha.
  unsigned components() const { return layout_.alpha_depth > 0 ? 4 : 3; }
  // The code value of component c at sample (x, y) of its plane: within its range, but not rounded.
  double exact(unsigned c, int x, int y) const { return codes_[c][index(c, x, y)]; }
  void set(unsigned c, int x, int y, double code) { codes_[c][index(c, x, y)] = code; }
  // Rounded to the nearest.
  void write_to(GstVideoFrame& frame) const;

 private:
  size_t index(unsigned c, int x, int y) const;
  SampleLayout layout_;
  std::array<std::vector<double>, 4> codes_;
};

// `bottom_up` as plan_frame() has it; each is of valid settings and its `input` is the index of its
// picture in `pictures`, which are mapped.
ModelFrame model_frame(const CanvasSettings& canvas, std::span<const LayerInput> bottom_up,
                       std::span<const GstVideoFrame* const> pictures);

// The greatest difference of a frame's codes from the model's exact ones, and where.
struct Difference {
  double most = 0;
  unsigned component = 0;
  int x = 0, y = 0;
};
Difference difference(const ModelFrame& model, const GstVideoFrame& frame);

}  // namespace av1hw::test
