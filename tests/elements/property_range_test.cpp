// SPDX-License-Identifier: LGPL-2.1-or-later
// Every property of every decoder: values out of range are refused, those at its ends do no harm.
#include <gst/gst.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/unique_handle.h"
#include "memory/handles.h"
#include "support/decode_session.h"
#include "support/decoder_test_name.h"
#include "support/test_files.h"

namespace av1hw::test {
namespace {

using ParamSpecsHandle = UniqueHandle<GParamSpec*, g_free>;

ElementHandle make(const std::string& factory) {
  GstElement* made = gst_element_factory_make(factory.c_str(), nullptr);
  return ElementHandle(made != nullptr ? GST_ELEMENT(gst_object_ref_sink(made)) : nullptr);
}

// Those that a user may set, but the name and the parent that every object has.
std::vector<GParamSpec*> settable_properties(GstElement* element) {
  guint count = 0;
  const ParamSpecsHandle all(g_object_class_list_properties(G_OBJECT_GET_CLASS(element), &count));
  std::vector<GParamSpec*> settable;
  for (guint i = 0; i < count; i++) {
    GParamSpec* spec = all.get()[i];
    if ((spec->flags & G_PARAM_WRITABLE) != 0 && spec->owner_type != GST_TYPE_OBJECT) {
      settable.push_back(spec);
    }
  }
  return settable;
}

// The values at the ends of a property's range, as gst-launch-1.0 takes them; none for types that
// have no ends.
std::vector<std::string> extremes(GParamSpec* spec) {
  if (G_IS_PARAM_SPEC_BOOLEAN(spec)) return {"false", "true"};
  if (const auto* range = G_IS_PARAM_SPEC_UINT(spec) ? G_PARAM_SPEC_UINT(spec) : nullptr) {
    return {std::to_string(range->minimum), std::to_string(range->maximum)};
  }
  if (const auto* range = G_IS_PARAM_SPEC_INT(spec) ? G_PARAM_SPEC_INT(spec) : nullptr) {
    return {std::to_string(range->minimum), std::to_string(range->maximum)};
  }
  if (const auto* range = G_IS_PARAM_SPEC_UINT64(spec) ? G_PARAM_SPEC_UINT64(spec) : nullptr) {
    return {std::to_string(range->minimum), std::to_string(range->maximum)};
  }
  std::vector<std::string> values;
  if (G_IS_PARAM_SPEC_ENUM(spec)) {
    const GEnumClass* of = G_PARAM_SPEC_ENUM(spec)->enum_class;
    for (guint i = 0; i < of->n_values; i++) values.emplace_back(of->values[i].value_nick);
  } else if (G_IS_PARAM_SPEC_FLAGS(spec)) {
    values = {"0", std::to_string(G_PARAM_SPEC_FLAGS(spec)->flags_class->mask)};
  }
  return values;
}

class PropertyRange : public testing::TestWithParam<std::string> {};

TEST_P(PropertyRange, EndsOfTheRangeDoNoHarm) {
  const Bytes file = read_bytes(std::filesystem::path(std::getenv("AV1HW_SOURCE_ROOT")) / "tests" /
                                "data" / "grain.ivf");
  std::vector<Bytes> clip;
  for (const auto frame : split_ivf(file)) clip.emplace_back(frame.begin(), frame.end());
  const ElementHandle element = make(GetParam());
  ASSERT_TRUE(element);
  for (GParamSpec* spec : settable_properties(element.get())) {
    for (const std::string& value : extremes(spec)) {
      const std::string with = GetParam() + " " + spec->name + "=" + value;
      SCOPED_TRACE(with);
      const DecodeOutcome outcome = decode_packets({.element = with}, clip);
      EXPECT_TRUE(outcome.ended) << outcome.complaints();
      EXPECT_TRUE(!outcome.frames.empty() || !outcome.errors.empty())
          << "neither a frame nor an error";
    }
  }
}

// One above the largest value, in a type that can hold it.
struct OutOfRange {
  GParamSpec* spec;
  GValue value = G_VALUE_INIT;
};

std::vector<OutOfRange> out_of_range(GstElement* element) {
  std::vector<OutOfRange> values;
  for (GParamSpec* spec : settable_properties(element)) {
    if (!G_IS_PARAM_SPEC_UINT(spec) || G_PARAM_SPEC_UINT(spec)->maximum == G_MAXUINT) continue;
    OutOfRange& bad = values.emplace_back(OutOfRange{spec});
    g_value_init(&bad.value, G_TYPE_UINT);
    g_value_set_uint(&bad.value, G_PARAM_SPEC_UINT(spec)->maximum + 1);
  }
  return values;
}

// Everything that GLib's log gets while it lives; none of it ends the program.
class LogCapture {
 public:
  LogCapture()
      : fatal_(g_log_set_always_fatal(static_cast<GLogLevelFlags>(G_LOG_FATAL_MASK))),
        handler_(g_log_set_default_handler(keep, &text_)) {}
  ~LogCapture() {
    g_log_set_default_handler(handler_, nullptr);
    g_log_set_always_fatal(fatal_);
  }
  LogCapture(const LogCapture&) = delete;

  const std::string& text() const { return text_; }

 private:
  static void keep(const gchar*, GLogLevelFlags, const gchar* message, gpointer text) {
    *static_cast<std::string*>(text) += message;
  }

  std::string text_;
  GLogLevelFlags fatal_;
  GLogFunc handler_;
};

TEST_P(PropertyRange, ValuesOutOfRangeAreRefusedByName) {
  const ElementHandle element = make(GetParam());
  ASSERT_TRUE(element);
  for (const OutOfRange& bad : out_of_range(element.get())) {
    guint before = 0;
    guint after = 0;
    g_object_get(element.get(), bad.spec->name, &before, nullptr);
    const LogCapture log;
    g_object_set_property(G_OBJECT(element.get()), bad.spec->name, &bad.value);
    g_object_get(element.get(), bad.spec->name, &after, nullptr);
    EXPECT_EQ(after, before) << bad.spec->name;
    EXPECT_TRUE(log.text().contains(bad.spec->name)) << bad.spec->name << ": " << log.text();
  }
}

INSTANTIATE_TEST_SUITE_P(Decoders, PropertyRange, testing::ValuesIn(decoders_to_test()),
                         decoder_test_name);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(PropertyRange);

}  // namespace
}  // namespace av1hw::test
