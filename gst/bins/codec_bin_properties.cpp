// SPDX-License-Identifier: LGPL-2.1-or-later
// A codec bin's properties, and the GObject that the codec bins share.
#include <utility>

#include "bins/codec_bin.h"

namespace av1hw {
namespace {

bool has_stats(GstElement* element) {
  GParamSpec* spec = g_object_class_find_property(G_OBJECT_GET_CLASS(element), "stats");
  return spec && spec->value_type == GST_TYPE_STRUCTURE && (spec->flags & G_PARAM_READABLE);
}

}  // namespace

bool CodecBin::set_property(guint id, const GValue* value, const GParamSpec* spec) {
  if (id < first_policy_id_) return set_codec_property(id, value, spec);
  std::lock_guard guard(lock_);
  return set_policy_property(policy_, static_cast<PolicyProperty>(id - first_policy_id_), value);
}

bool CodecBin::get_property(guint id, GValue* value) const {
  if (id < first_policy_id_) return get_codec_property(id, value);
  const auto property = static_cast<PolicyProperty>(id - first_policy_id_);
  if (property == PolicyProperty::Stats) {
    get_stats(value);
    return true;
  }
  std::lock_guard guard(lock_);
  switch (property) {
  case PolicyProperty::Chosen:
    g_value_set_string(value, report_.chosen_text().c_str());
    return true;
  case PolicyProperty::Report:
    g_value_take_boxed(value, report_structure(report_).release());
    return true;
  default: return get_policy_property(policy_, property, value);
  }
}

void CodecBin::get_stats(GValue* value) const {
  StructureHandle stats = codec_stats();
  std::lock_guard guard(lock_);
  if (stats) {
    g_value_take_boxed(value, stats.release());
  } else {
    g_value_set_boxed(value, last_stats_.get());
  }
}

StructureHandle CodecBin::codec_stats() const {
  const ElementHandle element = codec();
  GstStructure* stats = nullptr;
  if (element && has_stats(element.get())) g_object_get(element.get(), "stats", &stats, nullptr);
  return StructureHandle(stats);
}

bool CodecBin::codec_is_own() const {
  std::lock_guard guard(lock_);
  return codec_is_own_;
}

void CodecBin::add_note(const std::string& note) {
  std::lock_guard guard(lock_);
  for (ReportEntry& entry : report_.entries) {
    if (entry.verdict == ReportVerdict::Chosen) entry.notes.push_back(note);
  }
}

G_DEFINE_ABSTRACT_TYPE(Av1HwCodecBin, av1hw_codec_bin, GST_TYPE_BIN)

static CodecBin& impl_of(gpointer instance) { return *static_cast<Av1HwCodecBin*>(instance)->impl; }

static void set_gobject_property(GObject* object, guint id, const GValue* value, GParamSpec* spec) {
  if (!impl_of(object).set_property(id, value, spec))
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
}

static void get_gobject_property(GObject* object, guint id, GValue* value, GParamSpec* spec) {
  if (!impl_of(object).get_property(id, value)) G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
}

static GstStateChangeReturn change_state(GstElement* element, GstStateChange transition) {
  CodecBin& impl = impl_of(element);
  switch (transition) {
  case GST_STATE_CHANGE_NULL_TO_READY:
    if (!impl.open()) return GST_STATE_CHANGE_FAILURE;
    break;
  case GST_STATE_CHANGE_READY_TO_PAUSED: impl.start(); break;
  case GST_STATE_CHANGE_PAUSED_TO_PLAYING: impl.follow(GST_STATE_PLAYING); break;
  case GST_STATE_CHANGE_PLAYING_TO_PAUSED: impl.follow(GST_STATE_PAUSED); break;
  case GST_STATE_CHANGE_PAUSED_TO_READY: impl.begin_stop(); break;
  default: break;
  }
  const GstStateChangeReturn result =
      GST_ELEMENT_CLASS(av1hw_codec_bin_parent_class)->change_state(element, transition);
  switch (transition) {
  case GST_STATE_CHANGE_PAUSED_TO_READY: impl.end_stop(); break;
  case GST_STATE_CHANGE_READY_TO_NULL: impl.close(); break;
  default: break;
  }
  return result;
}

static void handle_message(GstBin* bin, GstMessage* message) {
  if (impl_of(bin).take_message(message)) {
    gst_message_unref(message);
  } else {
    GST_BIN_CLASS(av1hw_codec_bin_parent_class)->handle_message(bin, message);
  }
}

static void finalize(GObject* object) {
  delete reinterpret_cast<Av1HwCodecBin*>(object)->impl;
  G_OBJECT_CLASS(av1hw_codec_bin_parent_class)->finalize(object);
}

static void av1hw_codec_bin_class_init(Av1HwCodecBinClass* klass) {
  G_OBJECT_CLASS(klass)->finalize = finalize;
  GST_ELEMENT_CLASS(klass)->change_state = change_state;
  GST_BIN_CLASS(klass)->handle_message = handle_message;
}

static void av1hw_codec_bin_init(Av1HwCodecBin*) {}

void set_up_codec_bin_class(GObjectClass* klass, guint first_policy_id,
                            void (*install_codec_properties)(GObjectClass* klass)) {
  klass->set_property = set_gobject_property;
  klass->get_property = get_gobject_property;
  install_codec_properties(klass);
  install_policy_properties(klass, first_policy_id);
}

}  // namespace av1hw
