// SPDX-License-Identifier: LGPL-2.1-or-later
// Creates candidates, and lists those of this plugin.
#include "registry/candidate_source.h"

#include <utility>

#include "registry/element_table.h"
#include "registry/raw_caps.h"

namespace av1hw {
namespace {

struct TypeClassUnref {
  void operator()(gpointer p) const { g_type_class_unref(p); }
};

CapsHandle class_template_caps(GType type, GstPadDirection direction) {
  std::unique_ptr<void, TypeClassUnref> held(g_type_class_ref(type));
  GList* templates = gst_element_class_get_pad_template_list(GST_ELEMENT_CLASS(held.get()));
  for (GList* l = templates; l; l = l->next) {
    auto* pad_template = GST_PAD_TEMPLATE(l->data);
    if (GST_PAD_TEMPLATE_DIRECTION(pad_template) == direction)
      return CapsHandle(gst_pad_template_get_caps(pad_template));
  }
  return CapsHandle(gst_caps_new_empty());
}

CapsHandle factory_template_caps(GstElementFactory* factory, GstPadDirection direction) {
  for (const GList* l = gst_element_factory_get_static_pad_templates(factory); l; l = l->next) {
    auto* pad_template = static_cast<GstStaticPadTemplate*>(l->data);
    if (pad_template->direction == direction)
      return CapsHandle(gst_static_pad_template_get_caps(pad_template));
  }
  return CapsHandle(gst_caps_new_empty());
}

// The names of the properties that an element of ours has: its class leaves out what it can't
// honour.
std::set<std::string> property_names(GType type) {
  std::unique_ptr<void, TypeClassUnref> held(g_type_class_ref(type));
  guint count = 0;
  GParamSpec** specs = g_object_class_list_properties(G_OBJECT_CLASS(held.get()), &count);
  std::set<std::string> names;
  for (guint i = 0; i < count; i++) names.insert(specs[i]->name);
  g_free(specs);
  return names;
}

}  // namespace

CandidateSource::CandidateSource(Candidate facts, GType own_type)
    : facts_(std::move(facts)), own_type_(own_type) {}

CandidateSource::CandidateSource(Candidate facts, GstElementFactory* factory)
    : facts_(std::move(facts)),
      factory_(static_cast<GstElementFactory*>(gst_object_ref(factory))) {}

CapsHandle CandidateSource::template_caps(GstPadDirection direction) const {
  return factory_ ? factory_template_caps(factory_.get(), direction)
                  : class_template_caps(own_type_, direction);
}

ElementHandle CandidateSource::create() const {
  GstElement* element = nullptr;
  if (factory_) {
    element = gst_element_factory_create(factory_.get(), nullptr);
  } else {
    element = static_cast<GstElement*>(g_object_new(own_type_, nullptr));
  }
  return element ? ElementHandle(static_cast<GstElement*>(gst_object_ref_sink(element))) : nullptr;
}

std::vector<CandidateSource> own_candidates(CodecDirection direction) {
  std::vector<CandidateSource> found;
  for (const RegisteredElement& element : registered_elements()) {
    if (element.direction != direction) continue;
    Candidate c;
    c.element = element.name;
    c.backend = element.backend;
    c.device = element.device;
    c.hardware = element.backend != BackendKind::Cpu;
    c.own = true;
    c.capability = element.capability;
    if (direction == CodecDirection::Encode)
      c.formats = raw_formats(class_template_caps(element.type, GST_PAD_SINK).get());
    c.settings = property_names(element.type);
    found.emplace_back(std::move(c), element.type);
  }
  return found;
}

std::vector<CandidateSource> all_candidates(CodecDirection direction) {
  std::vector<CandidateSource> all = own_candidates(direction);
  for (CandidateSource& foreign : foreign_candidates(direction)) all.push_back(std::move(foreign));
  return all;
}

}  // namespace av1hw
