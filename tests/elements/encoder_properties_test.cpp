// SPDX-License-Identifier: LGPL-2.1-or-later
// The table of encoder properties: on classes, to and from settings, and forwarded to elements.
#include "elements/encoder_properties.h"

#include <gst/gst.h>
#include <gtest/gtest.h>

#include <string>

namespace av1hw {
namespace {

constexpr unsigned bit(RateControl v) { return 1U << static_cast<unsigned>(v); }

// An object with some of the properties, as an encoder element has them.
struct Object {
  GObject parent;
  EncoderSettings* settings;
};

std::vector<EncoderPropertySupport> supported() {
  return {{.id = EncoderProperty::Bitrate, .maximum = 1000},
          {.id = EncoderProperty::Quantizer, .default_value = 77},
          {.id = EncoderProperty::LowLatency},
          {.id = EncoderProperty::RateControlMode,
           .choices = bit(RateControl::Auto) | bit(RateControl::Vbr)}};
}

GType object_type() {
  static const GType type = [] {
    auto class_init = [](gpointer g_class, gpointer) {
      GObjectClass* klass = G_OBJECT_CLASS(g_class);
      klass->set_property = [](GObject* o, guint id, const GValue* value, GParamSpec*) {
        set_encoder_property(*reinterpret_cast<Object*>(o)->settings, id, value);
      };
      klass->get_property = [](GObject* o, guint id, GValue* value, GParamSpec*) {
        get_encoder_property(*reinterpret_cast<Object*>(o)->settings, id, value);
      };
      klass->finalize = [](GObject* o) {
        delete reinterpret_cast<Object*>(o)->settings;
        G_OBJECT_CLASS(g_type_class_peek(G_TYPE_OBJECT))->finalize(o);
      };
      install_encoder_properties(klass, "TestEncoder", supported());
    };
    auto init = [](GTypeInstance* o, gpointer) {
      reinterpret_cast<Object*>(o)->settings =
          new EncoderSettings(default_encoder_settings(supported()));
    };
    return g_type_register_static_simple(G_TYPE_OBJECT, "TestEncoder", sizeof(GObjectClass),
                                         class_init, sizeof(Object), init,
                                         static_cast<GTypeFlags>(0));
  }();
  return type;
}

class EncoderProperties : public testing::Test {
 protected:
  ~EncoderProperties() override { g_object_unref(object_); }
  const EncoderSettings& settings() const { return *reinterpret_cast<Object*>(object_)->settings; }

  GObject* object_ = G_OBJECT(g_object_new(object_type(), nullptr));
};

TEST_F(EncoderProperties, OnlyWhatIsHonouredIsThere) {
  GObjectClass* klass = G_OBJECT_GET_CLASS(object_);
  guint n = 0;
  g_free(g_object_class_list_properties(klass, &n));
  EXPECT_EQ(n, 4U);
  EXPECT_FALSE(g_object_class_find_property(klass, "tile-rows"));
}

TEST_F(EncoderProperties, BackendsNarrowRangesAndSetDefaults) {
  GObjectClass* klass = G_OBJECT_GET_CLASS(object_);
  EXPECT_EQ(G_PARAM_SPEC_UINT(g_object_class_find_property(klass, "bitrate"))->maximum, 1000U);
  EXPECT_EQ(settings().quantizer, 77U);
  guint quantizer = 0;
  g_object_get(object_, "quantizer", &quantizer, nullptr);
  EXPECT_EQ(quantizer, 77U);
}

TEST_F(EncoderProperties, ValuesReachTheSettings) {
  gst_util_set_object_arg(object_, "rate-control", "vbr");
  g_object_set(object_, "bitrate", 321, "low-latency", TRUE, nullptr);
  EXPECT_EQ(settings().bitrate, 321U);
  EXPECT_TRUE(settings().low_latency);
  EXPECT_EQ(settings().rate_control, RateControl::Vbr);
}

TEST_F(EncoderProperties, ChoicesAreTheOnesHonoured) {
  GParamSpec* pspec = g_object_class_find_property(G_OBJECT_GET_CLASS(object_), "rate-control");
  GEnumClass* values = G_PARAM_SPEC_ENUM(pspec)->enum_class;
  EXPECT_EQ(values->n_values, 2U);
  EXPECT_TRUE(g_enum_get_value_by_nick(values, "vbr"));
  EXPECT_FALSE(g_enum_get_value_by_nick(values, "cqp"));
}

TEST_F(EncoderProperties, OnlyTheBitrateMayChangeWhilePlaying) {
  for (const EncoderPropertySpec& spec : encoder_property_table()) {
    EXPECT_EQ(spec.mutable_playing, spec.id == EncoderProperty::Bitrate) << spec.name;
  }
}

TEST_F(EncoderProperties, ForwardingSetsWhatFitsAndSaysWhatDoesNot) {
  const EncoderSettings from = {
      .bitrate = 900, .rate_control = RateControl::Cbr, .low_latency = true};
  EXPECT_TRUE(forward_encoder_property(EncoderProperty::Bitrate, from, object_));
  EXPECT_TRUE(forward_encoder_property(EncoderProperty::LowLatency, from, object_));
  EXPECT_EQ(settings().bitrate, 900U);
  EXPECT_TRUE(settings().low_latency);
  // It has no cbr, no tile-rows, and no bitrate above 1000.
  EXPECT_FALSE(forward_encoder_property(EncoderProperty::RateControlMode, from, object_));
  EXPECT_FALSE(forward_encoder_property(EncoderProperty::TileRows, from, object_));
  EXPECT_FALSE(forward_encoder_property(EncoderProperty::Bitrate, {.bitrate = 1001}, object_));
  EXPECT_EQ(settings().bitrate, 900U);
}

TEST_F(EncoderProperties, NamesAreFoundAndUnique) {
  for (const EncoderPropertySpec& spec : encoder_property_table()) {
    EXPECT_EQ(find_encoder_property(spec.name), &spec);
    EXPECT_LE(spec.minimum, spec.default_value) << spec.name;
    EXPECT_GE(spec.maximum, spec.default_value) << spec.name;
    EXPECT_GT(std::string(spec.blurb).size(), 20U) << spec.name;
  }
  EXPECT_FALSE(find_encoder_property("nonsense"));
  EXPECT_EQ(all_encoder_properties().size(), encoder_property_table().size());
}

}  // namespace
}  // namespace av1hw
