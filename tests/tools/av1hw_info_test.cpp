// SPDX-License-Identifier: LGPL-2.1-or-later
// What av1hw-info makes of probes: those that answer and those that crash, hang or babble.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "av1hw_info/collect.h"
#include "av1hw_info/paths.h"
#include "av1hw_info/print.h"

namespace av1hw {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using End = ChildOutcome::End;

ChildOutcome outcome(End end, const std::string& output, const std::string& errors = {}) {
  ChildOutcome result;
  result.end = end;
  result.output = output;
  result.errors = errors;
  return result;
}

std::string reason_of(const Result<ChildOutcome>& result) {
  const ProbedBackend probed = read_probe(BackendKind::Va, result, 1500ms);
  EXPECT_FALSE(probed.answered);
  EXPECT_FALSE(probed.report.usable);
  EXPECT_EQ(probed.report.kind, BackendKind::Va);
  return probed.report.reason;
}

TEST(ReadProbe, ACrashNamesTheSignalAndTheLastWords) {
  ChildOutcome crash = outcome(End::Killed, "{\"half", "first\nassertion failed\n");
  crash.signal = SIGSEGV;
  EXPECT_EQ(reason_of(crash),
            "the driver crashed with SIGSEGV while it was probed; it wrote: assertion failed");
}

TEST(ReadProbe, AHangNamesTheTime) {
  EXPECT_EQ(reason_of(outcome(End::TimedOut, "")), "the driver did not answer within 1.5 s");
}

TEST(ReadProbe, AnEarlyExitNamesTheStatus) {
  ChildOutcome early = outcome(End::Exited, "");
  early.exit_status = 7;
  EXPECT_THAT(reason_of(early), HasSubstr("exit status 7"));
  EXPECT_THAT(reason_of(outcome(End::Exited, "not JSON")), HasSubstr("exit status 0"));
}

TEST(ReadProbe, AProbeThatDidNotStartSaysSo) {
  EXPECT_THAT(reason_of(fail(ErrorCode::Unavailable, "no such program")),
              HasSubstr("could not be started: no such program"));
}

TEST(ReadProbe, AnAnswerIsTheReport) {
  const auto probed =
      read_probe(BackendKind::Nv, outcome(End::Exited, R"({"backend": "nv", "usable": true})"), 1s);
  EXPECT_TRUE(probed.answered);
  EXPECT_TRUE(probed.report.usable);
}

CodecCapability codec(CodecDirection direction, const std::string& element,
                      const std::vector<std::string>& memory) {
  CodecCapability result;
  result.direction = direction;
  result.element = element;
  result.usable = true;
  result.memory = memory;
  result.profiles = {0};
  result.bit_depths = {8};
  return result;
}

std::vector<ProbedBackend> machine() {
  DeviceReport cpu;
  cpu.id = "cpu";
  cpu.usable = true;
  cpu.codecs = {codec(CodecDirection::Decode, "cpuav1dec", {"memory:SystemMemory"}),
                codec(CodecDirection::Encode, "cpuav1enc", {"memory:SystemMemory"})};
  DeviceReport gpu;
  gpu.id = "renderD128";
  gpu.usable = true;
  gpu.codecs = {codec(CodecDirection::Decode, "vaav1dec", {"memory:VAMemory"}),
                codec(CodecDirection::Encode, "vaav1enc", {"memory:VAMemory"})};
  gpu.codecs[1].usable = false;
  gpu.codecs[1].reason = "no entrypoint";
  ProbedBackend first;
  first.report = {BackendKind::Cpu, true, "", {cpu}};
  first.has_elements = true;
  ProbedBackend second;
  second.report = {BackendKind::Va, true, "", {gpu}};
  return {first, second};
}

TEST(ElementPaths, PairUsableDecodersAndEncodersThroughTheCompositorOrNot) {
  std::vector<std::string> pairs;
  for (const ElementPath& path : element_paths(machine()))
    pairs.push_back(path.from + " -> " + path.to + ": " + memory_path_text(path.path));
  EXPECT_THAT(pairs, testing::ElementsAre(HasSubstr("cpuav1dec -> compositor: same-object"),
                                          HasSubstr("cpuav1dec -> cpuav1enc: same-object"),
                                          HasSubstr("vaav1dec -> compositor: download"),
                                          HasSubstr("vaav1dec -> cpuav1enc: download"),
                                          HasSubstr("compositor -> cpuav1enc: same-object")));
}

TEST(InfoText, SaysWhatIsUsableAndWhyTheRestIsNot) {
  const std::string text = info_text(machine());
  EXPECT_THAT(text, HasSubstr("cpu: usable\n"));
  EXPECT_THAT(text, HasSubstr("va: usable, but this version of av1hw has no elements for it yet"));
  EXPECT_THAT(text, HasSubstr("encode vaav1enc: not usable: no entrypoint"));
  EXPECT_THAT(text, HasSubstr("profiles    main"));
}

TEST(InfoText, BackendsWithoutAUsableDeviceSayWhereTheReasonIs) {
  ProbedBackend probed;
  probed.report.kind = BackendKind::Vk;
  probed.report.reason = "no loader";
  EXPECT_THAT(info_text({probed}), HasSubstr("vk: not usable: no loader\n"));
  DeviceReport device;
  device.id = "vk0";
  device.name = "llvmpipe";
  device.reason = "it is a software device";
  probed.report.devices = {device};
  const std::string one = info_text({probed});
  EXPECT_THAT(one, HasSubstr("vk: not usable: its only device is not"));
  EXPECT_THAT(one, HasSubstr("vk0: llvmpipe: not usable: it is a software device\n"));
  probed.report.devices.push_back(device);
  EXPECT_THAT(info_text({probed}), HasSubstr("vk: not usable: none of its 2 devices is"));
}

TEST(InfoJson, IsOneDocumentWithPaths) {
  const std::string text = info_json(machine());
  EXPECT_THAT(text, HasSubstr("\"format-version\" : 1"));
  EXPECT_THAT(text, HasSubstr("\"has-elements\" : false"));
  EXPECT_THAT(text, HasSubstr("\"from\" : \"vaav1dec\""));
  EXPECT_THAT(text, HasSubstr("\"download\""));
}

}  // namespace
}  // namespace av1hw
