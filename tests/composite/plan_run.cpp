// SPDX-License-Identifier: LGPL-2.1-or-later
// The plan's numbers and nothing else decide; filters and tone maps are the model's.
#include "plan_run.h"

#include <algorithm>
#include <cmath>

#include "composite/transfer.h"
#include "model_colour.h"
#include "model_picture.h"

namespace av1hw::test {
namespace {

Position mapped(const Affine& m, Position p) {
  return {m.xx * p.x + m.xy * p.y + m.x0, m.yx * p.x + m.yy * p.y + m.y0};
}

Vec3 applied(const Matrix34& m, const Vec3& v) {
  Vec3 result;
  for (size_t i = 0; i < 3; i++) {
    result[i] = m[i][0] * v[0] + m[i][1] * v[1] + m[i][2] * v[2] + m[i][3];
  }
  return result;
}

Vec3 applied(const Matrix33& m, const Vec3& v) {
  Vec3 result;
  for (size_t i = 0; i < 3; i++) {
    result[i] = m[i][0] * v[0] + m[i][1] * v[1] + m[i][2] * v[2];
  }
  return result;
}

double distance_to(const LayerPlan& layer, Position at) {
  const Position p = mapped(layer.to_shape, at);
  const double x = std::abs(p.x - layer.width / 2) - layer.width / 2 + layer.corner_radius;
  const double y = std::abs(p.y - layer.height / 2) - layer.height / 2 + layer.corner_radius;
  return std::hypot(std::max(x, 0.0), std::max(y, 0.0)) + std::min(std::max(x, y), 0.0) -
         layer.corner_radius;
}

Vec3 converted(const FramePlan& plan, const LayerPlan& layer, const Vec3& components) {
  const ColourTransform& colour = layer.colour;
  if (colour.kind == ColourTransform::Kind::Same) return components;
  const Vec3 decoded = applied(colour.decode, components);
  if (colour.kind == ColourTransform::Kind::Affine) return decoded;
  Vec3 light = applied(colour.primaries, to_light(colour.from, decoded));
  for (double& v : light) {
    v = std::max(v, 0.0);
  }
  if (colour.tone_mapped) light = model_tone_map(colour.tone_map, colour.peak, light);
  return plan.blend_gamma == BlendGamma::Linear
             ? light
             : applied(plan.canvas_encode, from_light(plan.canvas_transfer, light));
}

FilteredSample picture_at(const FramePlan& plan, const LayerPlan& layer,
                          const GstVideoFrame& picture, unsigned c, Position at) {
  const bool chroma = c == 1 || c == 2;
  const double step_x = chroma ? 1 << plan.canvas.sub_x : 1;
  const double step_y = chroma ? 1 << plan.canvas.sub_y : 1;
  // The very sample that lies on this one, or at the edges of soft layers the one beside it.
  const ScaleFilter filter = layer.one_to_one ? ScaleFilter::Nearest : layer.filter;
  return filtered(picture, layer.layout, layer.crop, filter, mapped(layer.to_source, at),
                  mapped(layer.to_source, {at.x + step_x, at.y}),
                  mapped(layer.to_source, {at.x, at.y + step_y}));
}

struct Sum {
  Vec3 colour = {};
  double alpha = 0, through = 1;
  void add(const Vec3& premultiplied, double a) {
    for (size_t i = 0; i < 3; i++) {
      colour[i] += through * premultiplied[i];
    }
    alpha += through * a;
  }
};

Vec3 scaled(const Vec3& v, double by) { return {v[0] * by, v[1] * by, v[2] * by}; }

void add_layer(const FramePlan& plan, const LayerPlan& layer, const GstVideoFrame& picture,
               unsigned c, Position at, Position covered_at, Sum& sum) {
  const PixelBox& box = layer.box;
  if (covered_at.x < box.left || covered_at.x >= box.right || covered_at.y < box.top ||
      covered_at.y >= box.bottom)
    return;
  const double distance = layer.soft ? distance_to(layer, covered_at) : -1;
  const double cover = layer.soft ? std::clamp(0.5 - distance, 0.0, 1.0) : 1;
  const FilteredSample sample = picture_at(plan, layer, picture, c, at);
  Vec3 colour =
      sample.alpha > 0 ? scaled(converted(plan, layer, sample.colour), sample.alpha) : Vec3{};
  double alpha = sample.alpha;
  if (layer.border_width > 0) {
    const double share =
        layer.border[3] * std::clamp(0.5 + distance + layer.border_width, 0.0, 1.0);
    for (size_t i = 0; i < 3; i++) {
      colour[i] = share * layer.border[i] + (1 - share) * colour[i];
    }
    alpha = share + (1 - share) * alpha;
  }
  const double strength = layer.alpha * cover;
  sum.add(scaled(colour, strength), alpha * strength);
  if (layer.op == BlendOperator::Over) sum.through *= 1 - alpha * strength;
  if (layer.op == BlendOperator::Source) sum.through *= 1 - cover;
  // What is said to hide all beneath must do so.
  if (layer.opaque && sum.through != 0) sum.colour[0] = NAN;
}

Vec3 finished(const FramePlan& plan, const Sum& sum) {
  const bool linear = plan.blend_gamma == BlendGamma::Linear;
  const Vec3 black = linear ? Vec3{} : applied(plan.canvas_encode, Vec3{});
  Vec3 colour = black;
  for (size_t i = 0; i < 3 && sum.alpha > 0; i++) {
    colour[i] += (sum.colour[i] - sum.alpha * black[i]) / std::min(sum.alpha, 1.0);
  }
  return linear ? applied(plan.canvas_encode, from_light(plan.canvas_transfer, colour)) : colour;
}

double component(const FramePlan& plan, std::span<const GstVideoFrame* const> pictures, unsigned c,
                 Position at) {
  const Position covered_at = {std::min(at.x, plan.canvas.width - 0.5),
                               std::min(at.y, plan.canvas.height - 0.5)};
  Sum sum;
  for (const LayerPlan& layer : plan.layers) {
    add_layer(plan, layer, *pictures[layer.input], c, at, covered_at, sum);
  }
  const int squares = static_cast<int>(covered_at.x) / 8 + static_cast<int>(covered_at.y) / 8;
  const size_t which = plan.background == Background::Checker ? squares % 2 : 0;
  const auto& below = plan.background_colours[which];
  sum.add(scaled({below[0], below[1], below[2]}, below[3]), below[3]);
  return c == 3 ? std::min(sum.alpha, 1.0) : finished(plan, sum)[c];
}

}  // namespace

ModelFrame run_plan(const FramePlan& plan, std::span<const GstVideoFrame* const> pictures) {
  ModelFrame frame(plan.canvas);
  for (unsigned c = 0; c < frame.components(); c++) {
    const double most = (1 << (c == 3 ? plan.canvas.alpha_depth : plan.canvas.depth)) - 1;
    for (int y = 0; y < plane_height(plan.canvas, c); y++) {
      for (int x = 0; x < plane_width(plan.canvas, c); x++) {
        const double value = component(plan, pictures, c, sample_position(plan.canvas, c, x, y));
        frame.set(c, x, y, std::isnan(value) ? NAN : std::clamp(value * most, 0.0, most));
      }
    }
  }
  return frame;
}

}  // namespace av1hw::test
