// SPDX-License-Identifier: LGPL-2.1-or-later
// Finding render nodes, and the words for one that can't be opened.
#include "vaapi/render_nodes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace av1hw {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class RenderNodes : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "av1hw-render-nodes-" + std::to_string(getpid());
    std::filesystem::create_directory(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string make(const std::string& name) const {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path).put('\n');
    return path;
  }
  std::string folder_;
};

TEST_F(RenderNodes, AreListedInOrderWithoutOtherNodes) {
  const std::string second = make("renderD129");
  make("card0");
  const std::string first = make("renderD128");
  const auto nodes = render_nodes(folder_);
  ASSERT_TRUE(nodes);
  EXPECT_THAT(*nodes, ElementsAre(first, second));
}

TEST_F(RenderNodes, NoneSaysWhatToDo) {
  for (const std::string& folder : {folder_, folder_ + "/missing"}) {
    const auto nodes = render_nodes(folder);
    ASSERT_FALSE(nodes);
    EXPECT_THAT(nodes.error().message, HasSubstr("no GPU driver is loaded"));
    EXPECT_THAT(nodes.error().message, HasSubstr("--device " + folder));
  }
}

TEST_F(RenderNodes, ADeniedNodeSaysWhichGroupOpensIt) {
  if (getuid() != 0) GTEST_SKIP() << "needs root, to give a file away and to drop privileges";
  const std::string path = make("renderD128");
  constexpr gid_t video_group = 44;
  ASSERT_EQ(chown(path.c_str(), 0, video_group), 0);
  ASSERT_EQ(chmod(path.c_str(), 0660), 0);
  constexpr uid_t nobody = 65534;
  ASSERT_EQ(seteuid(nobody), 0);
  const auto opened = open_render_node(path);
  ASSERT_EQ(seteuid(0), 0);
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, HasSubstr("permission denied on " + path));
  EXPECT_THAT(opened.error().message, HasSubstr("group video"));
}

TEST_F(RenderNodes, AMissingNodeSaysSo) {
  const auto opened = open_render_node(folder_ + "/renderD128");
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, HasSubstr("No such file"));
}

}  // namespace
}  // namespace av1hw
