// SPDX-License-Identifier: LGPL-2.1-or-later
// Looks for Vulkan driver manifests where the loader looks.
#include "vulkan/vk_manifests.h"

#include <glib.h>

#include "base/unique_handle.h"

namespace av1hw {
namespace {

using DirHandle = UniqueHandle<GDir, g_dir_close>;
using StringList = UniqueHandle<char*, g_strfreev>;

// Appends `suffix` to each part of a colon-separated list and adds the results.
void add_list(std::vector<std::string>& places, const char* list, const char* suffix) {
  const StringList parts(g_strsplit(list, ":", -1));
  for (char** part = parts.get(); *part; part++) {
    if (**part != '\0') places.push_back(std::string(*part) + suffix);
  }
}

bool has_manifest(const std::string& place) {
  if (g_str_has_suffix(place.c_str(), ".json"))
    return g_file_test(place.c_str(), G_FILE_TEST_IS_REGULAR);
  const DirHandle dir(g_dir_open(place.c_str(), 0, nullptr));
  while (dir) {
    const char* name = g_dir_read_name(dir.get());
    if (!name) break;
    if (g_str_has_suffix(name, ".json")) return true;
  }
  return false;
}

}  // namespace

std::vector<std::string> vk_manifest_places(const GetEnvironment& environment) {
  static constexpr const char* folder = "/vulkan/icd.d";
  std::vector<std::string> places;
  for (const char* only : {"VK_DRIVER_FILES", "VK_ICD_FILENAMES"}) {
    if (const char* list = environment(only)) {
      add_list(places, list, "");
      return places;
    }
  }
  if (const char* list = environment("VK_ADD_DRIVER_FILES")) add_list(places, list, "");
  const auto add_variable = [&](const char* name, const char* fallback) {
    const char* list = environment(name);
    add_list(places, list ? list : fallback, folder);
  };
  const char* home = environment("HOME");
  const std::string user = home ? home : "";
  add_variable("XDG_CONFIG_HOME", home ? (user + "/.config").c_str() : "");
  add_variable("XDG_CONFIG_DIRS", "/etc/xdg");
  places.push_back(std::string("/etc") + folder);
  places.push_back(std::string("/usr/local/etc") + folder);
  add_variable("XDG_DATA_HOME", home ? (user + "/.local/share").c_str() : "");
  add_variable("XDG_DATA_DIRS", "/usr/local/share:/usr/share");
  return places;
}

std::string vk_manifests_absent(const std::vector<std::string>& places) {
  for (const std::string& place : places) {
    if (has_manifest(place)) return {};
  }
  return "no Vulkan driver is installed (no /usr/share/vulkan/icd.d/*.json): install "
         "mesa-vulkan-drivers, or NVIDIA's driver with its Vulkan part (in a container: "
         "NVIDIA_DRIVER_CAPABILITIES=graphics,video)";
}

}  // namespace av1hw
