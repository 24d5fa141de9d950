// SPDX-License-Identifier: LGPL-2.1-or-later
// A child process with its output on pipes, and a clock.
#include "base/child_process.h"

#include <glib.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/unique_handle.h"

namespace av1hw {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t output_limit = size_t{1} << 20;

struct Child {
  GPid pid = 0;
  int output = -1;
  int errors = -1;

  Child() = default;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (output >= 0) close(output);
    if (errors >= 0) close(errors);
  }
};

Result<> start(const std::vector<std::string>& arguments, Child& child) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  GError* raw = nullptr;
  // The search path is for programs given by name; glib takes a path with a slash as it is.
  constexpr auto flags = static_cast<GSpawnFlags>(G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_SEARCH_PATH);
  if (g_spawn_async_with_pipes(nullptr, argv.data(), nullptr, flags, nullptr, nullptr, &child.pid,
                               nullptr, &child.output, &child.errors, &raw))
    return {};
  const GErrorPtr error(raw);
  return fail(ErrorCode::Unavailable, error->message);
}

// Takes what can be read now. False: the stream has ended.
bool take(int fd, std::string& text) {
  std::array<char, 4096> chunk;
  const ssize_t n = read(fd, chunk.data(), chunk.size());
  if (n < 0) return errno == EINTR || errno == EAGAIN;
  const size_t room = output_limit - text.size();
  text.append(chunk.data(), std::min(static_cast<size_t>(n), room));
  return n > 0;
}

int remaining_ms(Clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
  return static_cast<int>(std::max<int64_t>(left.count(), 0));
}

// Reads both streams until they end or time is up.
void read_streams(const Child& child, Clock::time_point deadline, ChildOutcome& outcome) {
  std::array<pollfd, 2> streams = {{{child.output, POLLIN, 0}, {child.errors, POLLIN, 0}}};
  std::array<std::string*, 2> texts = {&outcome.output, &outcome.errors};
  while (streams[0].fd >= 0 || streams[1].fd >= 0) {
    const int left = remaining_ms(deadline);
    if (left == 0) return;
    if (poll(streams.data(), streams.size(), left) < 0 && errno != EINTR) return;
    for (size_t i = 0; i < streams.size(); i++) {
      if (streams[i].revents != 0 && !take(streams[i].fd, *texts[i])) streams[i].fd = -1;
    }
  }
}

// Waits for the child's end until the deadline. False: it has not ended.
bool reap(GPid pid, Clock::time_point deadline, int& status) {
  for (;;) {
    const pid_t answer = waitpid(pid, &status, WNOHANG);
    if (answer == pid) return true;
    if (answer < 0 && errno != EINTR) return true;
    if (remaining_ms(deadline) == 0) return false;
    // It has closed its streams, so that its end is near: no need of anything finer.
    g_usleep(1000);
  }
}

}  // namespace

Result<ChildOutcome> run_child(const std::vector<std::string>& arguments,
                               std::chrono::milliseconds timeout) {
  Child child;
  if (const Result<> started = start(arguments, child); !started)
    return std::unexpected(started.error());
  const Clock::time_point deadline = Clock::now() + timeout;
  ChildOutcome outcome;
  read_streams(child, deadline, outcome);
  int status = 0;
  if (!reap(child.pid, deadline, status)) {
    kill(child.pid, SIGKILL);
    waitpid(child.pid, &status, 0);
    outcome.end = ChildOutcome::End::TimedOut;
  } else if (WIFSIGNALED(status)) {
    outcome.end = ChildOutcome::End::Killed;
    outcome.signal = WTERMSIG(status);
  } else {
    outcome.exit_status = WEXITSTATUS(status);
  }
  g_spawn_close_pid(child.pid);
  return outcome;
}

std::string signal_name(int signal) {
  const char* name = sigabbrev_np(signal);
  return name ? std::string("SIG") + name : "signal " + std::to_string(signal);
}

}  // namespace av1hw
