// SPDX-License-Identifier: LGPL-2.1-or-later
// Children that end well, fail, crash, hang and talk too much.
#include "base/child_process.h"

#include <gtest/gtest.h>

#include <csignal>

namespace av1hw {
namespace {

using namespace std::chrono_literals;
using End = ChildOutcome::End;

Result<ChildOutcome> shell(const std::string& script, std::chrono::milliseconds timeout = 20s) {
  return run_child({"/bin/sh", "-c", script}, timeout);
}

TEST(ChildProcess, GivesStatusAndBothStreams) {
  const auto outcome = shell("echo out; echo err >&2; exit 3");
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->end, End::Exited);
  EXPECT_EQ(outcome->exit_status, 3);
  EXPECT_EQ(outcome->output, "out\n");
  EXPECT_EQ(outcome->errors, "err\n");
}

TEST(ChildProcess, ACrashIsTheSignalsName) {
  const auto outcome = shell("kill -SEGV $$");
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->end, End::Killed);
  EXPECT_EQ(signal_name(outcome->signal), "SIGSEGV");
}

TEST(ChildProcess, AHangIsEndedInTime) {
  const auto start = std::chrono::steady_clock::now();
  const auto outcome = shell("echo before; exec sleep 60", 200ms);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->end, End::TimedOut);
  EXPECT_EQ(outcome->output, "before\n");
  EXPECT_LT(std::chrono::steady_clock::now() - start, 10s);
}

TEST(ChildProcess, AHangWithClosedStreamsIsEndedToo) {
  const auto outcome = shell("exec >&- 2>&-; exec sleep 60", 200ms);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->end, End::TimedOut);
}

TEST(ChildProcess, OutputIsBounded) {
  const auto outcome = shell("head -c 3000000 /dev/zero; exit 0");
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->exit_status, 0) << "the child is read to its end";
  EXPECT_EQ(outcome->output.size(), size_t{1} << 20);
}

TEST(ChildProcess, AMissingProgramIsAnError) {
  const auto outcome = run_child({"/nonexistent/program"}, 1s);
  ASSERT_FALSE(outcome);
  EXPECT_NE(outcome.error().message.find("/nonexistent/program"), std::string::npos);
}

TEST(ChildProcess, SignalsWithoutANameHaveTheirNumber) {
  EXPECT_EQ(signal_name(SIGABRT), "SIGABRT");
  EXPECT_EQ(signal_name(SIGRTMAX), "signal " + std::to_string(SIGRTMAX));
}

}  // namespace
}  // namespace av1hw
