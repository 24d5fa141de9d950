// SPDX-License-Identifier: LGPL-2.1-or-later
// av1decbin: decodes AV1 on whatever serves best.
#include <array>
#include <format>
#include <map>
#include <set>
#include <utility>

#include "bins/bins.h"
#include "bins/codec_bin.h"
#include "elements/decoder_properties.h"
#include "registry/raw_caps.h"

namespace av1hw {
namespace {

constexpr guint first_policy_id = static_cast<guint>(DecoderProperty::Stats) + 1;

using P = DecoderProperty;
constexpr std::array all_properties = {P::Threads,         P::MaxFrameDelay,  P::FilmGrain,
                                       P::OperatingPoint,  P::AllLayers,      P::InloopFilters,
                                       P::DecodeFrameType, P::FrameSizeLimit, P::DriverTimeout};

// Losing one of these changes nothing of the pictures that come out.
const std::set<std::string> of_no_matter = {"threads", "max-frame-delay", "output-corrupt",
                                            "driver-timeout"};

// A temporal unit of a few seconds' start is small; this covers deep frame threading.
constexpr CodecBin::HoldLimits hold_limits = {.buffers = 64, .bytes = 32U << 20};

GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS("video/x-av1"));
GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS,
                                                            GST_STATIC_CAPS("video/x-raw(ANY)"));

class DecodeBin final : public CodecBin {
 public:
  DecodeBin(GstBin* bin, GstElementClass* klass)
      : CodecBin(bin, klass, CodecDirection::Decode, first_policy_id, hold_limits) {}

 private:
  bool set_codec_property(guint id, const GValue* value, const GParamSpec* spec) override;
  bool get_codec_property(guint id, GValue* value) const override;
  Request request_for(const GstCaps* caps) const override;
  CapsHandle accepted_caps() const override;
  void complete(Policy& policy) const override;
  Result<std::vector<ElementHandle>> build_chain(const CandidateSource& source,
                                                 const ElementHandle& codec, const GstCaps* caps,
                                                 ChainNotes& notes) override;
  bool is_default(const std::string& name, guint id) const;
  void configure(const CandidateSource& source, GObject* decoder, ChainNotes& notes) const;

  // Guarded by lock_.
  DecoderSettings settings_;
  std::map<std::string, guint> asked_;  // the properties that were set, by name
};

bool DecodeBin::set_codec_property(guint id, const GValue* value, const GParamSpec* spec) {
  std::lock_guard guard(lock_);
  if (!set_decoder_property(settings_, id, value)) return false;
  asked_[spec->name] = id;
  return true;
}

bool DecodeBin::get_codec_property(guint id, GValue* value) const {
  if (static_cast<DecoderProperty>(id) == DecoderProperty::Stats) {
    get_stats(value);
    return true;
  }
  std::lock_guard guard(lock_);
  return get_decoder_property(settings_, id, value);
}

void DecodeBin::complete(Policy& policy) const {
  std::lock_guard guard(lock_);
  for (const auto& [name, id] : asked_) {
    if (!of_no_matter.contains(name) && !is_default(name, id)) policy.settings.insert(name);
  }
}

// Who asks for what is so anyway asks for nothing that could be lost. Under lock_.
bool DecodeBin::is_default(const std::string& name, guint id) const {
  GParamSpec* spec = g_object_class_find_property(G_OBJECT_GET_CLASS(bin()), name.c_str());
  GValue value = G_VALUE_INIT;
  g_value_init(&value, spec->value_type);
  get_decoder_property(settings_, id, &value);
  const bool same = g_param_value_defaults(spec, &value);
  g_value_unset(&value);
  return same;
}

// Only what was asked for: elsewhere each element's own defaults hold.
void DecodeBin::configure(const CandidateSource& source, GObject* decoder,
                          ChainNotes& notes) const {
  std::lock_guard guard(lock_);
  for (const auto& [name, id] : asked_) {
    GParamSpec* spec = g_object_class_find_property(G_OBJECT_GET_CLASS(decoder), name.c_str());
    if (!source.facts().own || !spec) {
      if (!is_default(name, id))
        notes.lost.push_back(
            std::format("{} is lost: {} has no such property", name, source.facts().element));
      continue;
    }
    GValue value = G_VALUE_INIT;
    g_value_init(&value, spec->value_type);
    get_decoder_property(settings_, id, &value);
    g_object_set_property(decoder, name.c_str(), &value);
    g_value_unset(&value);
  }
}

Request DecodeBin::request_for(const GstCaps* caps) const {
  const CapsHandle downstream(gst_pad_peer_query_caps(src_pad(), nullptr));
  return decode_request(caps, downstream.get());
}

CapsHandle DecodeBin::accepted_caps() const {
  return CapsHandle(gst_pad_get_pad_template_caps(sink_pad()));
}

// A parser goes before a decoder that wants another framing, or wants it named where caps don't.
Result<std::vector<ElementHandle>> DecodeBin::build_chain(const CandidateSource& source,
                                                          const ElementHandle& codec,
                                                          const GstCaps* caps, ChainNotes& notes) {
  configure(source, G_OBJECT(codec.get()), notes);
  std::vector<ElementHandle> chain;
  if (!gst_caps_is_subset(caps, source.template_caps(GST_PAD_SINK).get())) {
    GstElement* parser = gst_element_factory_make("av1parse", nullptr);
    if (!parser)
      return fail(ErrorCode::Unavailable,
                  "needs av1parse for this framing, which is not installed (gst-plugins-bad)");
    chain.emplace_back(static_cast<GstElement*>(gst_object_ref_sink(parser)));
    notes.others.push_back("behind av1parse, which changes the framing");
  }
  chain.emplace_back(static_cast<GstElement*>(gst_object_ref(codec.get())));
  return chain;
}

}  // namespace

struct Av1HwDecodeBin {
  Av1HwCodecBin parent;
};
struct Av1HwDecodeBinClass {
  Av1HwCodecBinClass parent_class;
};
G_DEFINE_TYPE(Av1HwDecodeBin, av1hw_decode_bin, av1hw_codec_bin_get_type())

static void av1hw_decode_bin_class_init(Av1HwDecodeBinClass* klass) {
  set_up_codec_bin_class(G_OBJECT_CLASS(klass), first_policy_id, [](GObjectClass* object_class) {
    install_decoder_properties(object_class, all_properties);
  });
  auto* element_class = GST_ELEMENT_CLASS(klass);
  gst_element_class_add_static_pad_template(element_class, &sink_template);
  gst_element_class_add_static_pad_template(element_class, &src_template);
  gst_element_class_set_static_metadata(
      element_class, "AV1 decoder bin", "Codec/Decoder/Video",
      "Decodes AV1 with the best element that works here: hardware, dav1d or another plugin's",
      "The av1hw authors");
}

static void av1hw_decode_bin_init(Av1HwDecodeBin* self) {
  self->parent.impl = new DecodeBin(GST_BIN(self), GST_ELEMENT_CLASS(G_OBJECT_GET_CLASS(self)));
}

}  // namespace av1hw
