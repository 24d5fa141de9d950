// SPDX-License-Identifier: LGPL-2.1-or-later
// Formats reports for people, and for programs.
#include "av1hw_info/print.h"

#include <algorithm>
#include <array>

#include "av1hw_info/paths.h"
#include "registry/report_json.h"

namespace av1hw {
namespace {

// The version of the JSON document; raised when a field changes its meaning or goes.
constexpr int format_version = 1;

std::string gstreamer_version() {
  const GCharPtr text(gst_version_string());
  return text.get();
}

template <typename T, typename ToText>
std::string joined(const std::vector<T>& values, ToText to_text) {
  std::string text;
  for (const T& value : values) {
    if (!text.empty()) text += ", ";
    text += to_text(value);
  }
  return text;
}

std::string profile_name(unsigned profile) {
  static constexpr std::array<const char*, 3> names = {"main", "high", "professional"};
  return profile < names.size() ? names[profile] : std::to_string(profile);
}

std::string same(const std::string& text) { return text; }

std::string short_feature(const std::string& feature) {
  static constexpr const char* prefix = "memory:";
  return feature.starts_with(prefix) ? feature.substr(std::string(prefix).size()) : feature;
}

std::string size_range(const CodecCapability& codec) {
  const auto size = [](unsigned width, unsigned height) {
    return std::to_string(width) + "x" + std::to_string(height);
  };
  const std::string smallest = codec.min_width ? size(codec.min_width, codec.min_height) : "";
  const std::string largest = codec.max_width ? size(codec.max_width, codec.max_height) : "";
  if (largest.empty()) return smallest.empty() ? "not told" : "from " + smallest;
  return smallest.empty() ? "up to " + largest : smallest + " to " + largest;
}

void add_line(std::string& text, const char* label, const std::string& value) {
  if (value.empty()) return;
  const GCharPtr line(g_strdup_printf("        %-11s %s\n", label, value.c_str()));
  text += line.get();
}

std::string codec_text(const CodecCapability& codec) {
  std::string text = std::string("      ") + codec_direction_name(codec.direction) + " " +
                     codec.element + ": " + (codec.usable ? "usable" : "not usable");
  if (!codec.reason.empty()) text += ": " + codec.reason;
  text += "\n";
  if (!codec.usable) return text;
  add_line(text, "profiles", joined(codec.profiles, profile_name));
  add_line(text, "bits",
           joined(codec.bit_depths, [](unsigned depth) { return std::to_string(depth); }));
  add_line(text, "chroma", joined(codec.chroma, same));
  add_line(text, "sizes", size_range(codec));
  add_line(text, "memory", joined(codec.memory, short_feature));
  add_line(text, "features", joined(codec.features, same));
  return text;
}

std::string device_text(const DeviceReport& device) {
  std::string text = "    " + device.id + ": " + device.name;
  if (!device.path.empty() && device.path != device.id) text += " (" + device.path + ")";
  text += device.usable ? "\n" : ": not usable: " + device.reason + "\n";
  if (!device.driver.empty()) text += "      driver " + device.driver + "\n";
  for (const CodecCapability& codec : device.codecs) text += codec_text(codec);
  return text;
}

// Devices come with reasons of their own, which a backend's repeats.
std::string reason_in_brief(const BackendReport& report) {
  switch (report.devices.size()) {
  case 0: return report.reason;
  case 1: return "its only device is not, for the reason given with it";
  default:
    return "none of its " + std::to_string(report.devices.size()) +
           " devices is, for the reasons given with them";
  }
}

std::string backend_text(const ProbedBackend& backend) {
  const BackendReport& report = backend.report;
  std::string text = std::string("  ") + backend_name(report.kind) + ": ";
  text += report.usable ? "usable" : "not usable";
  if (!report.usable) text += ": " + reason_in_brief(report);
  if (report.usable && !backend.has_elements)
    text += ", but this version of av1hw has no elements for it yet";
  text += "\n";
  for (const DeviceReport& device : report.devices) text += device_text(device);
  return text;
}

std::string paths_text(const std::vector<ElementPath>& paths) {
  size_t widest = 0;
  for (const ElementPath& path : paths)
    widest = std::max(widest, path.from.size() + path.to.size());
  std::string text;
  for (const ElementPath& path : paths) {
    const std::string padding(widest - path.from.size() - path.to.size(), ' ');
    text +=
        "  " + path.from + " -> " + path.to + padding + "  " + memory_path_text(path.path) + "\n";
  }
  return text;
}

JsonArray* backends_json(const std::vector<ProbedBackend>& backends) {
  JsonArray* array = json_array_new();
  for (const ProbedBackend& backend : backends) {
    JsonNodeHandle node = backend_report_to_json(backend.report);
    JsonObject* object = json_node_get_object(node.get());
    json_object_set_boolean_member(object, "has-elements", backend.has_elements);
    json_object_set_boolean_member(object, "answered", backend.answered);
    json_array_add_element(array, node.release());
  }
  return array;
}

JsonArray* paths_json(const std::vector<ElementPath>& paths) {
  JsonArray* array = json_array_new();
  for (const ElementPath& path : paths) {
    JsonObject* object = json_object_new();
    json_object_set_string_member(object, "from", path.from.c_str());
    json_object_set_string_member(object, "to", path.to.c_str());
    json_object_set_string_member(object, "from-memory", memory_domain_feature(path.path.from));
    json_object_set_string_member(object, "to-memory", memory_domain_feature(path.path.to));
    JsonArray* moves = json_array_new();
    for (const FrameMove move : path.path.moves)
      json_array_add_string_element(moves, frame_move_name(move));
    json_object_set_array_member(object, "moves", moves);
    json_array_add_object_element(array, object);
  }
  return array;
}

}  // namespace

std::string info_text(const std::vector<ProbedBackend>& backends) {
  std::string text = std::string("av1hw ") + AV1HW_VERSION + ", " + gstreamer_version() + "\n\n";
  text += "Backends\n";
  for (const ProbedBackend& backend : backends) text += backend_text(backend);
  const std::vector<ElementPath> paths = element_paths(backends);
  text += "\nMemory paths between elements\n";
  return text + paths_text(paths);
}

std::string info_json(const std::vector<ProbedBackend>& backends) {
  JsonObject* root = json_object_new();
  const JsonNodeHandle node(json_node_alloc());
  json_node_init_object(node.get(), root);
  json_object_unref(root);
  json_object_set_int_member(root, "format-version", format_version);
  json_object_set_string_member(root, "version", AV1HW_VERSION);
  json_object_set_string_member(root, "gstreamer", gstreamer_version().c_str());
  json_object_set_array_member(root, "backends", backends_json(backends));
  json_object_set_array_member(root, "memory-paths", paths_json(element_paths(backends)));
  return json_text(node.get(), true) + "\n";
}

}  // namespace av1hw
