// SPDX-License-Identifier: LGPL-2.1-or-later
// DRM render nodes: which there are, and why one can't be opened, in words that a user can act on.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace av1hw {

// A file descriptor that is closed.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~UniqueFd();
  int get() const { return fd_; }

 private:
  int fd_ = -1;
};

// The paths of `folder`/renderD*, in the order of their numbers. An error says what is amiss where
// there is none.
Result<std::vector<std::string>> render_nodes(const std::string& folder = "/dev/dri");

Result<UniqueFd> open_render_node(const std::string& path);

}  // namespace av1hw
