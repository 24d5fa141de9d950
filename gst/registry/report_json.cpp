// SPDX-License-Identifier: LGPL-2.1-or-later
// Writes and reads probe reports as JSON.
#include "registry/report_json.h"

#include <algorithm>
#include <array>
#include <optional>

namespace av1hw {
namespace {

using Builder = UniqueHandle<JsonBuilder, g_object_unref>;
using Parser = UniqueHandle<JsonParser, g_object_unref>;
using Generator = UniqueHandle<JsonGenerator, g_object_unref>;

void add(JsonBuilder* builder, const char* name, const std::string& value) {
  json_builder_set_member_name(builder, name);
  json_builder_add_string_value(builder, value.c_str());
}

void add(JsonBuilder* builder, const char* name, bool value) {
  json_builder_set_member_name(builder, name);
  json_builder_add_boolean_value(builder, value);
}

void add(JsonBuilder* builder, const char* name, unsigned value) {
  json_builder_set_member_name(builder, name);
  json_builder_add_int_value(builder, value);
}

void add_element(JsonBuilder* builder, const std::string& value) {
  json_builder_add_string_value(builder, value.c_str());
}

void add_element(JsonBuilder* builder, unsigned value) {
  json_builder_add_int_value(builder, value);
}

template <typename T>
void add(JsonBuilder* builder, const char* name, const std::vector<T>& values) {
  json_builder_set_member_name(builder, name);
  json_builder_begin_array(builder);
  for (const T& value : values) add_element(builder, value);
  json_builder_end_array(builder);
}

void add_codec(JsonBuilder* builder, const CodecCapability& codec) {
  json_builder_begin_object(builder);
  add(builder, "direction", std::string(codec_direction_name(codec.direction)));
  add(builder, "element", codec.element);
  add(builder, "usable", codec.usable);
  add(builder, "reason", codec.reason);
  add(builder, "profiles", codec.profiles);
  add(builder, "bit-depths", codec.bit_depths);
  add(builder, "chroma", codec.chroma);
  add(builder, "min-width", codec.min_width);
  add(builder, "min-height", codec.min_height);
  add(builder, "max-width", codec.max_width);
  add(builder, "max-height", codec.max_height);
  add(builder, "memory", codec.memory);
  add(builder, "features", codec.features);
  json_builder_end_object(builder);
}

void add_copy(JsonBuilder* builder, const DeviceCopy& copy) {
  json_builder_begin_object(builder);
  add(builder, "from", copy.from);
  add(builder, "to", copy.to);
  add(builder, "formats", copy.formats);
  json_builder_end_object(builder);
}

void add_device(JsonBuilder* builder, const DeviceReport& device) {
  json_builder_begin_object(builder);
  add(builder, "id", device.id);
  add(builder, "name", device.name);
  add(builder, "driver", device.driver);
  add(builder, "path", device.path);
  add(builder, "pci", device.pci);
  add(builder, "uuid", device.uuid);
  add(builder, "usable", device.usable);
  add(builder, "reason", device.reason);
  add(builder, "software", device.software);
  add(builder, "composites", device.composites);
  json_builder_set_member_name(builder, "copies");
  json_builder_begin_array(builder);
  for (const DeviceCopy& copy : device.copies) add_copy(builder, copy);
  json_builder_end_array(builder);
  json_builder_set_member_name(builder, "codecs");
  json_builder_begin_array(builder);
  for (const CodecCapability& codec : device.codecs) add_codec(builder, codec);
  json_builder_end_array(builder);
  json_builder_end_object(builder);
}

// Values of an object's members; a missing member, or one of another type, is the default.
JsonNode* member(JsonObject* object, const char* name, GType type) {
  JsonNode* node = json_object_get_member(object, name);
  return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == type ? node
                                                                                       : nullptr;
}

std::string text_of(JsonObject* object, const char* name) {
  JsonNode* node = member(object, name, G_TYPE_STRING);
  return node ? json_node_get_string(node) : "";
}

bool bool_of(JsonObject* object, const char* name) {
  JsonNode* node = member(object, name, G_TYPE_BOOLEAN);
  return node && json_node_get_boolean(node);
}

unsigned to_unsigned(gint64 value) {
  return static_cast<unsigned>(std::clamp<gint64>(value, 0, G_MAXINT));
}

unsigned number_of(JsonObject* object, const char* name) {
  JsonNode* node = member(object, name, G_TYPE_INT64);
  return node ? to_unsigned(json_node_get_int(node)) : 0;
}

// Calls `take` with each node of an array member.
template <typename Take>
void for_each(JsonObject* object, const char* name, Take take) {
  JsonNode* node = json_object_get_member(object, name);
  if (!node || !JSON_NODE_HOLDS_ARRAY(node)) return;
  JsonArray* array = json_node_get_array(node);
  for (guint i = 0; i < json_array_get_length(array); i++) take(json_array_get_element(array, i));
}

std::vector<std::string> texts_of(JsonObject* object, const char* name) {
  std::vector<std::string> texts;
  for_each(object, name, [&](JsonNode* node) {
    if (JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING)
      texts.emplace_back(json_node_get_string(node));
  });
  return texts;
}

std::vector<unsigned> numbers_of(JsonObject* object, const char* name) {
  std::vector<unsigned> numbers;
  for_each(object, name, [&](JsonNode* node) {
    if (JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_INT64)
      numbers.push_back(to_unsigned(json_node_get_int(node)));
  });
  return numbers;
}

CodecCapability read_codec(JsonObject* object) {
  CodecCapability codec;
  codec.direction =
      text_of(object, "direction") == "encode" ? CodecDirection::Encode : CodecDirection::Decode;
  codec.element = text_of(object, "element");
  codec.usable = bool_of(object, "usable");
  codec.reason = text_of(object, "reason");
  codec.profiles = numbers_of(object, "profiles");
  codec.bit_depths = numbers_of(object, "bit-depths");
  codec.chroma = texts_of(object, "chroma");
  codec.min_width = number_of(object, "min-width");
  codec.min_height = number_of(object, "min-height");
  codec.max_width = number_of(object, "max-width");
  codec.max_height = number_of(object, "max-height");
  codec.memory = texts_of(object, "memory");
  codec.features = texts_of(object, "features");
  return codec;
}

DeviceCopy read_copy(JsonObject* object) {
  return {.from = text_of(object, "from"),
          .to = text_of(object, "to"),
          .formats = texts_of(object, "formats")};
}

DeviceReport read_device(JsonObject* object) {
  DeviceReport device;
  device.id = text_of(object, "id");
  device.name = text_of(object, "name");
  device.driver = text_of(object, "driver");
  device.path = text_of(object, "path");
  device.pci = text_of(object, "pci");
  device.uuid = text_of(object, "uuid");
  device.usable = bool_of(object, "usable");
  device.reason = text_of(object, "reason");
  device.software = bool_of(object, "software");
  device.composites = bool_of(object, "composites");
  for_each(object, "copies", [&](JsonNode* node) {
    if (JSON_NODE_HOLDS_OBJECT(node))
      device.copies.push_back(read_copy(json_node_get_object(node)));
  });
  for_each(object, "codecs", [&](JsonNode* node) {
    if (JSON_NODE_HOLDS_OBJECT(node))
      device.codecs.push_back(read_codec(json_node_get_object(node)));
  });
  return device;
}

std::optional<BackendKind> kind_of(const std::string& name) {
  for (const BackendKind kind :
       {BackendKind::Cpu, BackendKind::Va, BackendKind::Nv, BackendKind::Vk}) {
    if (name == backend_name(kind)) return kind;
  }
  return std::nullopt;
}

}  // namespace

JsonNodeHandle backend_report_to_json(const BackendReport& report) {
  const Builder builder(json_builder_new());
  json_builder_begin_object(builder.get());
  add(builder.get(), "backend", std::string(backend_name(report.kind)));
  add(builder.get(), "usable", report.usable);
  add(builder.get(), "reason", report.reason);
  json_builder_set_member_name(builder.get(), "devices");
  json_builder_begin_array(builder.get());
  for (const DeviceReport& device : report.devices) add_device(builder.get(), device);
  json_builder_end_array(builder.get());
  json_builder_end_object(builder.get());
  return JsonNodeHandle(json_builder_get_root(builder.get()));
}

Result<BackendReport> backend_report_from_json(const std::string& text) {
  const Parser parser(json_parser_new());
  GError* raw = nullptr;
  if (!json_parser_load_from_data(parser.get(), text.data(), static_cast<gssize>(text.size()),
                                  &raw)) {
    const GErrorPtr error(raw);
    return fail(ErrorCode::InvalidData, error->message);
  }
  JsonNode* root = json_parser_get_root(parser.get());
  if (!root || !JSON_NODE_HOLDS_OBJECT(root))
    return fail(ErrorCode::InvalidData, "not a JSON object");
  JsonObject* object = json_node_get_object(root);
  const std::optional<BackendKind> kind = kind_of(text_of(object, "backend"));
  if (!kind) return fail(ErrorCode::InvalidData, "not the report of a backend");
  BackendReport report;
  report.kind = *kind;
  report.usable = bool_of(object, "usable");
  report.reason = text_of(object, "reason");
  for_each(object, "devices", [&](JsonNode* node) {
    if (JSON_NODE_HOLDS_OBJECT(node))
      report.devices.push_back(read_device(json_node_get_object(node)));
  });
  return report;
}

std::string json_text(JsonNode* node, bool pretty) {
  const Generator generator(json_generator_new());
  json_generator_set_root(generator.get(), node);
  json_generator_set_pretty(generator.get(), pretty);
  const GCharPtr text(json_generator_to_data(generator.get(), nullptr));
  return text.get();
}

}  // namespace av1hw
