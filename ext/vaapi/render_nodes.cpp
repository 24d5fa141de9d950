// SPDX-License-Identifier: LGPL-2.1-or-later
// Lists and opens DRM render nodes.
#include "vaapi/render_nodes.h"

#include <fcntl.h>
#include <glib.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/unique_handle.h"

namespace av1hw {
namespace {

using DirHandle = UniqueHandle<GDir, g_dir_close>;
// "add the user to group render": whoever owns the node says which group.
std::string permission_advice(const std::string& path) {
  struct stat info = {};
  if (stat(path.c_str(), &info) != 0 || !(info.st_mode & S_IRGRP) || info.st_gid == 0)
    return "its mode lets only root open it";
  const group* owner = getgrgid(info.st_gid);
  if (!owner) {
    return "it belongs to group " + std::to_string(info.st_gid) +
           ", which this system does not name: in a container, start it with --group-add " +
           std::to_string(info.st_gid);
  }
  return std::string("add the user to group ") + owner->gr_name + " and log in again";
}

}  // namespace

UniqueFd::~UniqueFd() {
  if (fd_ >= 0) close(fd_);
}

Result<std::vector<std::string>> render_nodes(const std::string& folder) {
  static constexpr const char* prefix = "renderD";
  std::vector<std::string> nodes;
  const DirHandle dir(g_dir_open(folder.c_str(), 0, nullptr));
  while (dir) {
    const char* name = g_dir_read_name(dir.get());
    if (!name) break;
    if (g_str_has_prefix(name, prefix)) nodes.push_back(folder + "/" + name);
  }
  if (nodes.empty()) {
    return fail(ErrorCode::Unavailable,
                "no " + folder + "/" + prefix +
                    "*: no GPU driver is loaded, or the container was started without --device " +
                    folder);
  }
  // renderD128 .. renderD191: equally long, so that the order of names is that of numbers.
  std::sort(nodes.begin(), nodes.end());
  return nodes;
}

Result<UniqueFd> open_render_node(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (fd.get() >= 0) return fd;
  const int error = errno;
  if (error == EACCES || error == EPERM) {
    return fail(ErrorCode::Unavailable,
                "permission denied on " + path + ": " + permission_advice(path));
  }
  return fail(ErrorCode::Unavailable, "can't open " + path + ": " + std::strerror(error));
}

}  // namespace av1hw
