// SPDX-License-Identifier: LGPL-2.1-or-later
// Where Vulkan drivers are looked for.
#include "vulkan/vk_manifests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>

namespace av1hw {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> places(const std::map<std::string, std::string>& environment) {
  return vk_manifest_places([&](const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? nullptr : found->second.c_str();
  });
}

TEST(VkManifests, TheLoadersVariableReplacesAllPlaces) {
  EXPECT_THAT(places({{"VK_DRIVER_FILES", "/a.json:/b.json"}, {"HOME", "/u"}}),
              ElementsAre("/a.json", "/b.json"));
  EXPECT_THAT(places({{"VK_ICD_FILENAMES", "/old.json"}}), ElementsAre("/old.json"));
}

TEST(VkManifests, SystemAndUserFoldersAreSearched) {
  const auto found = places({{"HOME", "/u"}, {"XDG_DATA_DIRS", "/opt/share"}});
  EXPECT_THAT(found, Contains("/etc/vulkan/icd.d"));
  EXPECT_THAT(found, Contains("/u/.local/share/vulkan/icd.d"));
  EXPECT_THAT(found, Contains("/opt/share/vulkan/icd.d"));
  EXPECT_THAT(places({}), Contains("/usr/share/vulkan/icd.d"));
}

TEST(VkManifests, OneManifestIsEnough) {
  const std::string folder = testing::TempDir() + "av1hw-manifests-" + std::to_string(getpid());
  std::filesystem::create_directory(folder);
  std::ofstream(folder + "/readme.txt").put('\n');
  EXPECT_THAT(vk_manifests_absent({folder, folder + "/missing"}), HasSubstr("mesa-vulkan-drivers"));
  std::ofstream(folder + "/gpu.json").put('\n');
  EXPECT_EQ(vk_manifests_absent({folder}), "");
  EXPECT_EQ(vk_manifests_absent({folder + "/gpu.json"}), "");
  EXPECT_NE(vk_manifests_absent({folder + "/other.json"}), "");
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace av1hw
