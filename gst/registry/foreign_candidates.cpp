// SPDX-License-Identifier: LGPL-2.1-or-later
// Finds other plugins' AV1 decoders and encoders, and reads their capabilities off their templates.
#include <algorithm>
#include <string_view>

#include "registry/candidate_source.h"
#include "registry/foreign_settings.h"
#include "registry/raw_caps.h"

namespace av1hw {
namespace {

constexpr const char* own_plugin = "av1hw";

struct FeatureListFree {
  void operator()(GList* list) const { gst_plugin_feature_list_free(list); }
};
using FeatureList = std::unique_ptr<GList, FeatureListFree>;

CapsHandle template_caps(GstElementFactory* factory, GstPadDirection direction) {
  for (const GList* l = gst_element_factory_get_static_pad_templates(factory); l; l = l->next) {
    auto* pad_template = static_cast<GstStaticPadTemplate*>(l->data);
    if (pad_template->direction == direction && pad_template->presence == GST_PAD_ALWAYS)
      return CapsHandle(gst_static_pad_template_get_caps(pad_template));
  }
  return nullptr;
}

bool names_av1(const GstCaps* caps) {
  if (!caps || gst_caps_is_any(caps)) return false;
  for (guint i = 0; i < gst_caps_get_size(caps); i++) {
    if (gst_structure_has_name(gst_caps_get_structure(caps, i), "video/x-av1")) return true;
  }
  return false;
}

bool names_raw_video(const GstCaps* caps) {
  if (!caps || gst_caps_is_any(caps)) return false;
  for (guint i = 0; i < gst_caps_get_size(caps); i++) {
    if (gst_structure_has_name(gst_caps_get_structure(caps, i), "video/x-raw")) return true;
  }
  return false;
}

// The backend that an element of another plugin stands for. Hardware of other families (V4L2, QSV,
// AMF, ...) is none of them: only `backend=auto` or its own name finds it.
std::optional<BackendKind> backend_of(std::string_view plugin, bool hardware) {
  if (plugin == "va" || plugin == "vaapi") return BackendKind::Va;
  if (plugin == "nvcodec") return BackendKind::Nv;
  if (plugin == "vulkan") return BackendKind::Vk;
  return hardware ? std::nullopt : std::optional(BackendKind::Cpu);
}

struct Range {
  unsigned low = 0, high = 0;
};

Range range_of(const GstCaps* caps, const char* field) {
  Range widest;
  for (guint i = 0; i < gst_caps_get_size(caps); i++) {
    const GValue* value = gst_structure_get_value(gst_caps_get_structure(caps, i), field);
    if (!value || !GST_VALUE_HOLDS_INT_RANGE(value)) return {};
    const auto low = static_cast<unsigned>(std::max(0, gst_value_get_int_range_min(value)));
    const auto high = static_cast<unsigned>(std::max(0, gst_value_get_int_range_max(value)));
    widest.low = i == 0 ? low : std::min(widest.low, low);
    widest.high = std::max(widest.high, high);
  }
  return widest;
}

CodecCapability capability_of(CodecDirection direction, const GstCaps* av1, const GstCaps* raw) {
  CodecCapability can;
  can.direction = direction;
  can.usable = true;
  can.memory = raw_memory(raw);
  add_raw_facts(raw_formats(raw), &can);
  // Where the AV1 side says nothing of sizes, the raw side may.
  for (const GstCaps* caps : {raw, av1}) {
    const Range width = range_of(caps, "width"), height = range_of(caps, "height");
    can.min_width = std::max(can.min_width, width.low);
    can.min_height = std::max(can.min_height, height.low);
    if (width.high) can.max_width = width.high;
    if (height.high) can.max_height = height.high;
  }
  return can;
}

// Empty for what an application registered itself.
std::string_view plugin_of(GstElementFactory* factory) {
  const char* name = gst_plugin_feature_get_plugin_name(GST_PLUGIN_FEATURE(factory));
  return name ? name : "";
}

std::optional<Candidate> describe(GstElementFactory* factory, CodecDirection direction) {
  const std::string_view klass =
      gst_element_factory_get_metadata(factory, GST_ELEMENT_METADATA_KLASS);
  if (plugin_of(factory) == own_plugin || klass.find("Bin") != std::string_view::npos ||
      klass.find("Parser") != std::string_view::npos)
    return std::nullopt;
  const CapsHandle sink = template_caps(factory, GST_PAD_SINK);
  const CapsHandle src = template_caps(factory, GST_PAD_SRC);
  const bool decode = direction == CodecDirection::Decode;
  const GstCaps* av1 = (decode ? sink : src).get();
  const GstCaps* raw = (decode ? src : sink).get();
  if (!names_av1(av1) || !names_raw_video(raw)) return std::nullopt;

  Candidate c;
  c.element = GST_OBJECT_NAME(factory);
  c.hardware = klass.find("Hardware") != std::string_view::npos;
  c.backend = backend_of(plugin_of(factory), c.hardware);
  c.rank = gst_plugin_feature_get_rank(GST_PLUGIN_FEATURE(factory));
  c.capability = capability_of(direction, av1, raw);
  c.capability.element = c.element;
  if (!decode) {
    c.formats = raw_formats(raw);
    c.settings = foreign_settings(c.element);
  }
  return c;
}

}  // namespace

std::vector<CandidateSource> foreign_candidates(CodecDirection direction) {
  const GstElementFactoryListType type =
      (direction == CodecDirection::Decode ? GST_ELEMENT_FACTORY_TYPE_DECODER
                                           : GST_ELEMENT_FACTORY_TYPE_ENCODER) |
      GST_ELEMENT_FACTORY_TYPE_MEDIA_VIDEO;
  const FeatureList factories(gst_element_factory_list_get_elements(type, GST_RANK_NONE));
  std::vector<CandidateSource> found;
  for (GList* l = factories.get(); l; l = l->next) {
    auto* factory = GST_ELEMENT_FACTORY(l->data);
    if (std::optional<Candidate> c = describe(factory, direction))
      found.emplace_back(std::move(*c), factory);
  }
  return found;
}

}  // namespace av1hw
