// SPDX-License-Identifier: LGPL-2.1-or-later
// An input's place in the picture: properties of our pad, handed on to the blender's.
#include "base/unique_handle.h"
#include "bins/composite_input.h"
#include "bins/composite_pad.h"

namespace av1hw {

bool CompositeInput::set_property(guint id, const GValue* value) {
  if (id < 1 || id > std::size(pad_property_names)) return false;
  {
    std::lock_guard guard(lock_);
    PadSettings& s = settings_;
    switch (static_cast<PadProperty>(id)) {
    case PadProperty::Xpos: s.xpos = g_value_get_int(value); break;
    case PadProperty::Ypos: s.ypos = g_value_get_int(value); break;
    case PadProperty::Width: s.width = g_value_get_int(value); break;
    case PadProperty::Height: s.height = g_value_get_int(value); break;
    case PadProperty::Alpha: s.alpha = g_value_get_double(value); break;
    case PadProperty::Zorder: s.zorder = g_value_get_uint(value); break;
    case PadProperty::SizingPolicy:
      s.sizing_policy = static_cast<SizingPolicy>(g_value_get_enum(value));
      break;
    case PadProperty::Operator:
      s.blend_operator = static_cast<BlendOperator>(g_value_get_enum(value));
      break;
    case PadProperty::RepeatAfterEos: s.repeat_after_eos = g_value_get_boolean(value); break;
    case PadProperty::MaxLastBufferRepeat:
      s.max_last_buffer_repeat = g_value_get_uint64(value);
      break;
    }
  }
  forward(pad_property_names[id - 1]);
  return true;
}

bool CompositeInput::get_property(guint id, GValue* value) const {
  const PadSettings s = settings();
  switch (static_cast<PadProperty>(id)) {
  case PadProperty::Xpos: g_value_set_int(value, s.xpos); return true;
  case PadProperty::Ypos: g_value_set_int(value, s.ypos); return true;
  case PadProperty::Width: g_value_set_int(value, s.width); return true;
  case PadProperty::Height: g_value_set_int(value, s.height); return true;
  case PadProperty::Alpha: g_value_set_double(value, s.alpha); return true;
  case PadProperty::Zorder: g_value_set_uint(value, s.zorder); return true;
  case PadProperty::SizingPolicy:
    g_value_set_enum(value, static_cast<int>(s.sizing_policy));
    return true;
  case PadProperty::Operator:
    g_value_set_enum(value, static_cast<int>(s.blend_operator));
    return true;
  case PadProperty::RepeatAfterEos: g_value_set_boolean(value, s.repeat_after_eos); return true;
  case PadProperty::MaxLastBufferRepeat:
    g_value_set_uint64(value, s.max_last_buffer_repeat);
    return true;
  }
  return false;
}

PadSettings CompositeInput::settings() const {
  std::lock_guard guard(lock_);
  return settings_;
}

void CompositeInput::set_rectangle(const Rectangle& r) {
  g_object_set(pad_, "xpos", r.x, "ypos", r.y, "width", r.width, "height", r.height, nullptr);
}

void CompositeInput::forward_all() {
  for (const char* property : pad_property_names) forward(property);
}

// As text, since the enumerations are two types with the same nicks.
void CompositeInput::forward(const char* property) {
  PadHandle target;
  {
    std::lock_guard guard(lock_);
    if (!blender_pad_) return;
    target.reset(static_cast<GstPad*>(gst_object_ref(blender_pad_.get())));
  }
  GParamSpec* spec = g_object_class_find_property(G_OBJECT_GET_CLASS(pad_), property);
  if (!g_object_class_find_property(G_OBJECT_GET_CLASS(target.get()), property)) return;
  GValue value = G_VALUE_INIT;
  g_value_init(&value, spec->value_type);
  g_object_get_property(G_OBJECT(pad_), property, &value);
  if (G_VALUE_HOLDS_ENUM(&value)) {
    const GCharPtr nick(gst_value_serialize(&value));
    gst_util_set_object_arg(G_OBJECT(target.get()), property, nick.get());
  } else {
    g_object_set_property(G_OBJECT(target.get()), property, &value);
  }
  g_value_unset(&value);
}

}  // namespace av1hw
