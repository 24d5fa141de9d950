// SPDX-License-Identifier: LGPL-2.1-or-later
// The ranker: which element is chosen for which stream and policy, and what is said of the others.
#include "registry/ranker.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>

namespace av1hw {
namespace {

using enum CodecDirection;

Candidate decoder(std::string name, std::optional<BackendKind> backend, bool own) {
  Candidate c;
  c.element = std::move(name);
  c.backend = backend;
  c.hardware = backend != BackendKind::Cpu;
  c.own = own;
  c.rank = own ? 300 : 128;
  c.capability = {.direction = Decode, .usable = true};
  return c;
}

Candidate encoder(std::string name, bool own, std::set<std::string> settings) {
  Candidate c = decoder(std::move(name), BackendKind::Cpu, own);
  c.capability.direction = Encode;
  c.capability.min_width = c.capability.min_height = 16;
  c.formats = {"I420", "I420_10LE"};
  c.settings = std::move(settings);
  return c;
}

// Megapixels a second, whatever the preset.
const std::map<std::string, double> test_speeds = {
    {"slowenc", 10}, {"fastenc", 100}, {"otherenc", 100}};

double test_speed(const Candidate& c, const Request& r, const Policy&) {
  const auto known = test_speeds.find(c.element);
  return known == test_speeds.end() ? 0 : known->second * 1e6 / (r.width * r.height);
}

class Ranking : public testing::Test {
 protected:
  // The accepted elements, in order, with spaces between.
  std::string order() {
    verdicts_ = rank(request, policy, candidates, test_speed);
    EXPECT_EQ(verdicts_.size(), candidates.size());
    std::string names;
    bool rejected_before = false;
    for (const Verdict& v : verdicts_) {
      EXPECT_FALSE(v.reason.empty());
      EXPECT_FALSE(v.accepted && rejected_before) << "accepted after rejected";
      rejected_before |= !v.accepted;
      if (v.accepted) names += (names.empty() ? "" : " ") + candidates[v.candidate].element;
    }
    return names;
  }
  std::string reason(const std::string& element) const {
    for (const Verdict& v : verdicts_) {
      if (candidates[v.candidate].element == element) return v.reason;
    }
    return "(no verdict)";
  }

  Request request;
  Policy policy;
  std::vector<Candidate> candidates;
  std::vector<Verdict> verdicts_;
};

class DecoderRanking : public Ranking {
 protected:
  DecoderRanking() {
    candidates = {
        decoder("dec-cpu", BackendKind::Cpu, true),    decoder("dec-vk", BackendKind::Vk, true),
        decoder("dec-va", BackendKind::Va, true),      decoder("dec-nv", BackendKind::Nv, true),
        decoder("their-cpu", BackendKind::Cpu, false), decoder("their-va", BackendKind::Va, false),
        decoder("their-hw", std::nullopt, false)};
  }
};

TEST_F(DecoderRanking, HardwareThenOursThenBackendThenRank) {
  EXPECT_EQ(order(), "dec-va dec-nv dec-vk their-va their-hw dec-cpu their-cpu");
  EXPECT_EQ(reason("dec-va"), "hardware, ours");
  EXPECT_EQ(reason("their-cpu"), "software, another plugin's");
}

TEST_F(DecoderRanking, PolicyTable) {
  struct Case {
    const char* what;
    std::function<void(Policy&)> set;
    const char* order;
    const char* of;
    const char* reason;
  };
  const Case cases[] = {
      {"backend", [](Policy& p) { p.backend = BackendKind::Va; }, "dec-va their-va", "dec-cpu",
       "not of the backend asked for (va)"},
      {"backend cpu", [](Policy& p) { p.backend = BackendKind::Cpu; }, "dec-cpu their-cpu",
       "their-hw", "not of the backend asked for (cpu)"},
      {"allow elements", [](Policy& p) { p.allow = {"their-cpu", "dec-nv"}; }, "dec-nv their-cpu",
       "dec-va", "not named in `allow`"},
      {"allow a backend", [](Policy& p) { p.allow = {"vk"}; }, "dec-vk", "dec-va",
       "not named in `allow`"},
      {"deny wins", [](Policy& p) { p.allow = {"va"}, p.deny = {"dec-va"}; }, "their-va", "dec-va",
       "named in `deny`"},
      {"hardware", [](Policy& p) { p.require_hardware = true, p.deny = {"va"}; },
       "dec-nv dec-vk their-hw", "dec-cpu", "software, and `require-hardware` is set"},
      {"nothing left", [](Policy& p) { p.allow = {"nosuch"}; }, "", "dec-cpu",
       "not named in `allow`"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.what);
    policy = {};
    c.set(policy);
    EXPECT_EQ(order(), c.order);
    EXPECT_EQ(reason(c.of), c.reason);
  }
}

TEST_F(DecoderRanking, DeviceIsAskedForByItsId) {
  candidates[2].device = "renderD128";
  candidates.push_back(decoder("dec-va2", BackendKind::Va, true));
  candidates.back().device = "renderD129";
  policy.device = "renderD129";
  EXPECT_EQ(order(), "dec-va2");
  EXPECT_EQ(reason("dec-va"), "on device renderD128, renderD129 was asked for");
  EXPECT_EQ(reason("their-cpu"), "works on no named device, renderD129 was asked for");
}

TEST_F(DecoderRanking, RankNoneTakesANameInAllow) {
  candidates[4].rank = 0;
  policy.backend = BackendKind::Cpu;
  EXPECT_EQ(order(), "dec-cpu");
  EXPECT_EQ(reason("their-cpu"), "of rank none; name it in `allow` to have it considered");
  policy.allow = {"their-cpu"};
  EXPECT_EQ(order(), "their-cpu");
}

TEST_F(DecoderRanking, StreamTable) {
  candidates.resize(3);
  candidates[1].capability.profiles = {0};
  candidates[1].capability.bit_depths = {8, 10};
  candidates[2].capability.profiles = {0};
  candidates[2].capability.chroma = {"4:2:0"};
  candidates[2].capability.min_width = candidates[2].capability.min_height = 64;
  candidates[2].capability.max_width = candidates[2].capability.max_height = 4096;
  struct Case {
    const char* what;
    std::function<void(Request&)> set;
    const char* order;
    const char* of;
    const char* reason;
  };
  const Case cases[] = {
      {"nothing known", [](Request&) {}, "dec-va dec-vk dec-cpu", "dec-va", "hardware, ours"},
      {"profile", [](Request& r) { r.profile = 1; }, "dec-cpu", "dec-vk",
       "no high profile (it has main)"},
      {"depth", [](Request& r) { r.bit_depth = 12; }, "dec-va dec-cpu", "dec-vk",
       "not 12 bits a sample (it takes 8, 10)"},
      {"chroma", [](Request& r) { r.chroma = "4:0:0"; }, "dec-vk dec-cpu", "dec-va",
       "not 4:0:0 (it takes 4:2:0)"},
      {"small", [](Request& r) { r.width = 16, r.height = 64; }, "dec-vk dec-cpu", "dec-va",
       "takes 64x64 at least, this is 16x64"},
      {"large", [](Request& r) { r.width = 7680, r.height = 4320; }, "dec-vk dec-cpu", "dec-va",
       "takes 4096x4096 at most, this is 7680x4320"},
      {"largest", [](Request& r) { r.width = 4096, r.height = 4096; }, "dec-va dec-vk dec-cpu",
       "dec-va", "hardware, ours"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.what);
    request = {};
    c.set(request);
    EXPECT_EQ(order(), c.order);
    EXPECT_EQ(reason(c.of), c.reason);
  }
}

TEST_F(DecoderRanking, UnusableSaysWhatTheProbeSaid) {
  candidates[2].capability.usable = false;
  candidates[2].capability.reason = "the driver has no AV1 profile";
  EXPECT_EQ(order(), "dec-nv dec-vk their-va their-hw dec-cpu their-cpu");
  EXPECT_EQ(reason("dec-va"), "the driver has no AV1 profile");
}

TEST_F(DecoderRanking, NeighboursMemoryComesFirst) {
  candidates.resize(4);
  candidates[0].capability.memory = {"memory:SystemMemory"};
  candidates[1].capability.memory = {"memory:VulkanImage", "memory:SystemMemory"};
  candidates[2].capability.memory = {"memory:VAMemory", "memory:DMABuf"};
  candidates[3].capability.memory = {"memory:CUDAMemory", "memory:SystemMemory"};
  request.memory = {"memory:CUDAMemory", "memory:SystemMemory"};
  EXPECT_EQ(order(), "dec-nv dec-vk dec-cpu");
  EXPECT_EQ(reason("dec-nv"), "hardware, ours, memory:CUDAMemory");
  EXPECT_EQ(reason("dec-va"),
            "works with memory:VAMemory, memory:DMABuf, the neighbour with memory:CUDAMemory, "
            "memory:SystemMemory");
}

class EncoderRanking : public Ranking {
 protected:
  EncoderRanking() {
    request.direction = Encode;
    request.width = 1000;
    request.height = 1000;
    candidates = {encoder("slowenc", true, {"bitrate", "min-gop-size"}),
                  encoder("fastenc", true, {"bitrate"}), encoder("otherenc", false, {"bitrate"}),
                  decoder("dec", BackendKind::Cpu, true)};
  }
};

TEST_F(EncoderRanking, FasterOfOursWhereAllKeepUp) {
  request.frame_rate = 5;
  EXPECT_EQ(order(), "fastenc slowenc otherenc");
  EXPECT_EQ(reason("dec"), "does not encode");
}

TEST_F(EncoderRanking, KeepingUpComesBeforeOurs) {
  request.frame_rate = 30;
  EXPECT_EQ(order(), "fastenc otherenc slowenc");
  EXPECT_EQ(reason("slowenc"),
            "software, ours, does not keep up with 30 fps (about 10 fps expected)");
  EXPECT_EQ(reason("fastenc"), "software, ours, keeps up with 30 fps (about 100 fps expected)");
  policy.deny = {"fastenc"};
  EXPECT_EQ(order(), "otherenc slowenc");
}

TEST_F(EncoderRanking, FasterFirstWhereNoneKeepsUp) {
  request.frame_rate = 500;
  EXPECT_EQ(order(), "fastenc slowenc otherenc");
}

TEST_F(EncoderRanking, SettingsThatOnlyOneHonoursDecide) {
  request.frame_rate = 30;
  policy.settings = {"bitrate", "min-gop-size"};
  EXPECT_EQ(order(), "slowenc fastenc otherenc");
  EXPECT_EQ(reason("fastenc"),
            "software, ours, keeps up with 30 fps (about 100 fps expected), without min-gop-size");
  policy.settings = {"bitrate"};
  EXPECT_EQ(order(), "fastenc otherenc slowenc");
}

TEST_F(EncoderRanking, HardwareKeepsUp) {
  request.frame_rate = 500;
  candidates.push_back(encoder("hwenc", true, {}));
  candidates.back().hardware = true;
  candidates.back().backend = BackendKind::Vk;
  policy.settings = {"bitrate"};
  EXPECT_EQ(order(), "hwenc fastenc slowenc otherenc");
}

TEST_F(EncoderRanking, FormatMustBeOneOfTheirs) {
  request.format = "RGBA";
  EXPECT_EQ(order(), "");
  EXPECT_EQ(reason("fastenc"), "not RGBA (it takes I420, I420_10LE)");
  candidates[1].formats.insert("RGBA");
  EXPECT_EQ(order(), "fastenc");
}

TEST_F(EncoderRanking, FramesInSystemMemoryMayBePutIntoAnotherLayout) {
  request.format = "NV12";
  request.memory = {"memory:SystemMemory"};
  EXPECT_EQ(order(), "fastenc slowenc otherenc");
  EXPECT_NE(reason("fastenc").find("behind a converter from NV12"), std::string::npos);
  // Who takes it as it is comes first, of equals.
  candidates[0].formats.insert("NV12");
  EXPECT_EQ(order(), "slowenc fastenc otherenc");
  for (Candidate& candidate : candidates) candidate.capability.memory = {"memory:CUDAMemory"};
  request.memory = {"memory:CUDAMemory"};
  EXPECT_EQ(order(), "slowenc");
  request.memory.clear();
  request.format = "Y42B";
  EXPECT_EQ(order(), "");
}

}  // namespace
}  // namespace av1hw
