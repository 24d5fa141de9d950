// SPDX-License-Identifier: LGPL-2.1-or-later
// The enumerations' names, GStreamer's where it has them.
#include "composite/enum_types.h"

#include "composite/planner.h"

namespace av1hw {
namespace {

template <typename Enum>
constexpr GEnumValue entry(Enum value, const char* what, const char* nick) {
  return {static_cast<int>(value), what, nick};
}
constexpr GEnumValue end = {0, nullptr, nullptr};

}  // namespace

GType sizing_policy_type() {
  static const GEnumValue values[] = {
      entry(SizingPolicy::None, "Fill the rectangle", "none"),
      entry(SizingPolicy::KeepAspectRatio,
            "Fit into the rectangle, centred, with the aspect ratio kept", "keep-aspect-ratio"),
      end};
  static const GType type = g_enum_register_static("Av1HwSizingPolicy", values);
  return type;
}

GType blend_operator_type() {
  static const GEnumValue values[] = {
      entry(BlendOperator::Source, "Replace what is below", "source"),
      entry(BlendOperator::Over, "Over what is below", "over"),
      entry(BlendOperator::Add, "Add to what is below", "add"), end};
  static const GType type = g_enum_register_static("Av1HwBlendOperator", values);
  return type;
}

GType scale_filter_type() {
  static const GEnumValue values[] = {
      entry(ScaleFilter::Nearest, "Nearest sample", "nearest"),
      entry(ScaleFilter::Bilinear, "Bilinear, averaging where it shrinks", "bilinear"),
      entry(ScaleFilter::Lanczos, "Lanczos of three lobes, widened where it shrinks", "lanczos"),
      end};
  static const GType type = g_enum_register_static("Av1HwScaleFilter", values);
  return type;
}

GType tone_map_type() {
  static const GEnumValue values[] = {
      entry(ToneMap::Bt2390, "The EETF of ITU-R BT.2390", "bt2390"),
      entry(ToneMap::Reinhard, "Reinhard's, to the source's peak", "reinhard"),
      entry(ToneMap::Clip, "What is brighter than reference white is cut", "clip"), end};
  static const GType type = g_enum_register_static("Av1HwToneMap", values);
  return type;
}

GType blend_gamma_type() {
  static const GEnumValue values[] = {
      entry(BlendGamma::AsCoded, "Blend code values, as GStreamer's compositor does", "as-coded"),
      entry(BlendGamma::Linear, "Blend light", "linear"), end};
  static const GType type = g_enum_register_static("Av1HwBlendGamma", values);
  return type;
}

GType background_kind_type() {
  static const GEnumValue values[] = {
      entry(BackgroundKind::Checker, "Checker pattern", "checker"),
      entry(BackgroundKind::Black, "Black", "black"),
      entry(BackgroundKind::White, "White", "white"),
      entry(BackgroundKind::Transparent, "Transparent, black where the canvas has no alpha",
            "transparent"),
      entry(BackgroundKind::Colour, "The colour of background-color", "color"),
      end};
  static const GType type = g_enum_register_static("Av1HwBackground", values);
  return type;
}

}  // namespace av1hw
