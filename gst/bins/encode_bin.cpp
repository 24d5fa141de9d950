// SPDX-License-Identifier: LGPL-2.1-or-later
// av1encbin: encodes AV1 on whatever serves best.
#include <format>
#include <thread>
#include <utility>

#include "bins/bins.h"
#include "bins/codec_bin.h"
#include "bins/device_offer.h"
#include "bins/memory_caps.h"
#include "elements/driver_watch.h"
#include "elements/encoder_properties.h"
#include "registry/foreign_settings.h"
#include "registry/raw_caps.h"

namespace av1hw {
namespace {

constexpr guint driver_timeout_id = first_other_property;
constexpr guint first_policy_id = first_other_property + 1;

// Raw frames are large, and an encoder that takes a few has opened. Those of devices have four in
// flight before the first has to be done.
constexpr CodecBin::HoldLimits hold_limits = {.buffers = 8, .bytes = 256U << 20};

GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
                                                             GST_STATIC_CAPS("video/x-raw(ANY)"));
GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE(
    "src", GST_PAD_SRC, GST_PAD_ALWAYS,
    GST_STATIC_CAPS("video/x-av1, stream-format = (string) obu-stream, alignment = (string) tu"));

// Who asks for what is so anyway asks for nothing that could be lost.
bool is_default(const std::string& name, const EncoderSettings& settings) {
  const EncoderPropertySpec* spec = find_encoder_property(name.c_str());
  return spec && spec->get(settings) == spec->default_value;
}

class EncodeBin final : public CodecBin {
 public:
  EncodeBin(GstBin* bin, GstElementClass* klass)
      : CodecBin(bin, klass, CodecDirection::Encode, first_policy_id, hold_limits),
        device_offer_(GST_ELEMENT_CAST(bin)) {}

 private:
  bool set_codec_property(guint id, const GValue* value, const GParamSpec* spec) override;
  bool get_codec_property(guint id, GValue* value) const override;
  Request request_for(const GstCaps* caps) const override { return encode_request(caps); }
  CapsHandle accepted_caps() const override;
  bool answer_context(GstQuery* query) override {
    return device_offer_.answer(query, usual_sources());
  }
  void forget_contexts() override { device_offer_.close(); }
  Result<> check_properties() const override;
  void complete(Policy& policy) const override;
  Result<std::vector<ElementHandle>> build_chain(const CandidateSource& source,
                                                 const ElementHandle& codec, const GstCaps* caps,
                                                 ChainNotes& notes) override;
  void configure_own(GObject* encoder, const std::set<std::string>& asked,
                     const EncoderSettings& settings, const std::string& element,
                     ChainNotes& notes) const;
  CapsHandle downstream_limits() const;
  std::vector<CandidateSource> usual_sources() const;

  DeviceOffer device_offer_;
  // Guarded by lock_.
  EncoderSettings settings_;
  std::set<std::string> asked_;  // the properties that were set
  guint driver_timeout_ = default_driver_timeout;
};

bool EncodeBin::set_codec_property(guint id, const GValue* value, const GParamSpec* spec) {
  if (id == driver_timeout_id) {
    std::lock_guard guard(lock_);
    driver_timeout_ = g_value_get_uint(value);
    return true;
  }
  const auto property = static_cast<EncoderProperty>(id);
  EncoderSettings settings;
  {
    std::lock_guard guard(lock_);
    if (!set_encoder_property(settings_, id, value)) return false;
    asked_.insert(spec->name);
    settings = settings_;
  }
  const ElementHandle encoder = codec();
  if (!encoder) return true;
  if (!codec_is_own()) {
    add_note(std::format("{} was set while it runs: it holds from the next start", spec->name));
  } else if (!forward_encoder_property(property, settings, G_OBJECT(encoder.get()))) {
    add_note(std::format("{} can't be set on it", spec->name));
  }
  return true;
}

bool EncodeBin::get_codec_property(guint id, GValue* value) const {
  std::lock_guard guard(lock_);
  if (id != driver_timeout_id) return get_encoder_property(settings_, id, value);
  g_value_set_uint(value, driver_timeout_);
  return true;
}

Result<> EncodeBin::check_properties() const {
  std::lock_guard guard(lock_);
  return check_settings(settings_);
}

void EncodeBin::complete(Policy& policy) const {
  std::lock_guard guard(lock_);
  for (const std::string& name : asked_) {
    if (!is_default(name, settings_)) policy.settings.insert(name);
  }
  policy.preset = settings_.preset;
  policy.tiles = settings_.tile_columns * settings_.tile_rows;
  policy.threads = settings_.threads ? settings_.threads : std::thread::hardware_concurrency();
}

// What downstream's caps say of the picture, in terms of raw video.
CapsHandle EncodeBin::downstream_limits() const {
  const CapsHandle coded(gst_pad_peer_query_caps(src_pad(), nullptr));
  CapsHandle limits(gst_caps_new_empty());
  if (gst_caps_is_any(coded.get())) return CapsHandle(gst_caps_new_any());
  for (guint i = 0; i < gst_caps_get_size(coded.get()); i++) {
    const GstStructure* from = gst_caps_get_structure(coded.get(), i);
    if (!gst_structure_has_name(from, "video/x-av1")) continue;
    GstStructure* to = gst_structure_new_empty("video/x-raw");
    for (const char* field : {"width", "height", "framerate", "pixel-aspect-ratio"}) {
      if (const GValue* value = gst_structure_get_value(from, field))
        gst_structure_set_value(to, field, value);
    }
    gst_caps_append_structure_full(limits.get(), to, gst_caps_features_new_any());
  }
  return limits;
}

// What a usual picture would be encoded with, the best first.
std::vector<CandidateSource> EncodeBin::usual_sources() const {
  Request usual;
  usual.direction = CodecDirection::Encode;
  usual.width = 1920;
  usual.height = 1080;
  return ranked_sources(usual);
}

// Everything that some candidate takes, within what downstream allows: device memory first, so that
// whoever has frames there leaves them there, and of each kind of memory what a usual picture would
// be encoded with. Where the policy leaves no candidate, everything: it is open() that says why,
// and a link that is refused says nothing.
CapsHandle EncodeBin::accepted_caps() const {
  CapsHandle all(gst_caps_new_empty());
  for (const CandidateSource& source : usual_sources())
    all.reset(gst_caps_merge(all.release(), source.template_caps(GST_PAD_SINK).release()));
  all = device_memory_first(all.get());
  if (gst_caps_is_empty(all.get())) all.reset(gst_pad_get_pad_template_caps(sink_pad()));
  const CapsHandle limits = downstream_limits();
  return CapsHandle(gst_caps_intersect_full(all.get(), limits.get(), GST_CAPS_INTERSECT_FIRST));
}

Result<std::vector<ElementHandle>> EncodeBin::build_chain(const CandidateSource& source,
                                                          const ElementHandle& codec,
                                                          const GstCaps* caps, ChainNotes& notes) {
  EncoderSettings settings;
  std::set<std::string> asked;
  guint driver_timeout = 0;
  {
    std::lock_guard guard(lock_);
    settings = settings_;
    asked = asked_;
    driver_timeout = driver_timeout_;
  }
  const Candidate& facts = source.facts();
  auto* encoder = G_OBJECT(codec.get());
  if (facts.own) {
    configure_own(encoder, asked, settings, facts.element, notes);
    // Encoders of the CPU have none.
    if (facts.settings.contains("driver-timeout"))
      g_object_set(encoder, "driver-timeout", driver_timeout, nullptr);
  } else {
    apply_foreign_settings(facts.element, settings, asked, encoder);
    for (const std::string& name : asked) {
      if (!facts.settings.contains(name) && !is_default(name, settings))
        notes.lost.push_back(
            std::format("{} is lost: {} has no property for it", name, facts.element));
    }
  }
  std::vector<ElementHandle> chain;
  if (!gst_caps_can_intersect(caps, source.template_caps(GST_PAD_SINK).get())) {
    GstElement* converter = gst_element_factory_make("videoconvert", nullptr);
    if (!converter)
      return fail(ErrorCode::Unavailable,
                  "needs videoconvert for this format, which is not installed (gst-plugins-base)");
    chain.emplace_back(static_cast<GstElement*>(gst_object_ref_sink(converter)));
    notes.others.emplace_back("behind videoconvert, which puts frames into a format that it takes");
  }
  chain.emplace_back(static_cast<GstElement*>(gst_object_ref(codec.get())));
  return chain;
}

// Only what was asked for: elsewhere each element's own defaults hold.
void EncodeBin::configure_own(GObject* encoder, const std::set<std::string>& asked,
                              const EncoderSettings& settings, const std::string& element,
                              ChainNotes& notes) const {
  for (const std::string& name : asked) {
    const EncoderPropertySpec* spec = find_encoder_property(name.c_str());
    if (spec && !forward_encoder_property(spec->id, settings, encoder) &&
        !is_default(name, settings))
      notes.lost.push_back(
          std::format("{} is lost: {} has no such property or value", name, element));
  }
}

}  // namespace

struct Av1HwEncodeBin {
  Av1HwCodecBin parent;
};
struct Av1HwEncodeBinClass {
  Av1HwCodecBinClass parent_class;
};
G_DEFINE_TYPE_WITH_CODE(Av1HwEncodeBin, av1hw_encode_bin, av1hw_codec_bin_get_type(),
                        G_IMPLEMENT_INTERFACE(GST_TYPE_PRESET, nullptr))

static void av1hw_encode_bin_class_init(Av1HwEncodeBinClass* klass) {
  set_up_codec_bin_class(G_OBJECT_CLASS(klass), first_policy_id, [](GObjectClass* object_class) {
    install_encoder_properties(object_class, "Av1HwEncodeBin", all_encoder_properties());
    g_object_class_install_property(object_class, driver_timeout_id, make_driver_timeout_spec());
  });
  auto* element_class = GST_ELEMENT_CLASS(klass);
  gst_element_class_add_static_pad_template(element_class, &sink_template);
  gst_element_class_add_static_pad_template(element_class, &src_template);
  gst_element_class_set_static_metadata(
      element_class, "AV1 encoder bin", "Codec/Encoder/Video",
      "Encodes AV1 with the best element that works here: hardware, a CPU library or another "
      "plugin's",
      "The av1hw authors");
}

static void av1hw_encode_bin_init(Av1HwEncodeBin* self) {
  self->parent.impl = new EncodeBin(GST_BIN(self), GST_ELEMENT_CLASS(G_OBJECT_GET_CLASS(self)));
}

}  // namespace av1hw
