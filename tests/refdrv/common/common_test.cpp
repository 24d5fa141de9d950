// SPDX-License-Identifier: LGPL-2.1-or-later
// Device descriptions, fault scripts and counts of the reference drivers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "refdrv/common/fault_script.h"
#include "refdrv/common/machine.h"
#include "refdrv/common/profile.h"
#include "refdrv/common/text.h"

namespace refdrv {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* smallest_profile =
    "api = vaapi\n"
    "name = Thing\n"
    "vendor = Things Inc.\n"
    "kernel-driver = i915\n"
    "pci-id = 8086:56a0\n"
    "pci-address = 0000:03:00.0\n"
    "formats = NV12\n";

std::string why_not(const std::string& profile) {
  const auto parsed = parse_profile(profile);
  return parsed ? "nothing wrong" : parsed.error().message;
}

std::string profile_path(const std::string& name) {
  const char* root = std::getenv("AV1HW_SOURCE_ROOT");
  return std::string(root ? root : ".") + "/tests/refdrv/profiles/" + name + ".conf";
}

TEST(DeviceProfile, TellsWhatTheFileSays) {
  const auto ada = load_profile(profile_path("ada"));
  ASSERT_TRUE(ada) << ada.error().message;
  EXPECT_EQ(ada->api, Api::Cuda);
  EXPECT_TRUE(ada->decodes(0, 8));
  EXPECT_TRUE(ada->decodes(0, 10));
  EXPECT_FALSE(ada->decodes(0, 12));
  EXPECT_FALSE(ada->decodes(1, 8));
  EXPECT_EQ(ada->max_size, (Size{8192, 8192}));
  EXPECT_EQ(ada->compute_capability.major, 8);
  EXPECT_EQ(ada->compute_capability.minor, 9);
  EXPECT_EQ(ada->uuid[0], 0x72);

  const auto arc = load_profile(profile_path("arc"));
  ASSERT_TRUE(arc) << arc.error().message;
  EXPECT_EQ(arc->api, Api::VaApi);
  EXPECT_EQ(arc->pci_device, 0x56a0);
  EXPECT_TRUE(arc->has_entry_point("EncSliceLP"));
  EXPECT_FALSE(arc->has_entry_point("EncSlice"));
  EXPECT_THAT(arc->formats, ElementsAre(fourcc('N', 'V', '1', '2'), fourcc('P', '0', '1', '0')));
  EXPECT_THAT(arc->modifiers, ElementsAre(0x0100000000000009U, 0U));
  EXPECT_FALSE(arc->modifier_lists);
  EXPECT_THAT(arc->encoder.rate_controls, ElementsAre("CQP", "CBR", "VBR", "ICQ", "TCBRC"));
  EXPECT_EQ(arc->encoder.max_size, (Size{8192, 8192}));
  EXPECT_FALSE(arc->encoder.writes_headers);

  const auto rdna3 = load_profile(profile_path("rdna3"));
  ASSERT_TRUE(rdna3) << rdna3.error().message;
  EXPECT_EQ(rdna3->encoder.alignment, (Size{64, 16}));
  EXPECT_EQ(rdna3->encoder.forward_references, 1U);
  EXPECT_TRUE(rdna3->encoder.writes_headers);
}

TEST(DeviceProfile, EveryOneOfOursLoads) {
  unsigned count = 0;
  const auto folder = std::filesystem::path(profile_path("ada")).parent_path();
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    const auto profile = load_profile(file.path());
    EXPECT_TRUE(profile) << profile.error().message;
    count++;
  }
  EXPECT_EQ(count, 7U);
}

TEST(DeviceProfile, WithoutAv1DecodesNothing) {
  const auto hopper = load_profile(profile_path("hopper"));
  ASSERT_TRUE(hopper) << hopper.error().message;
  EXPECT_THAT(hopper->av1_profiles, IsEmpty());
  EXPECT_FALSE(hopper->decodes(0, 8));
}

TEST(DeviceProfile, ErrorsNameTheLineAndWhatIsWrong) {
  const std::string good = smallest_profile;
  EXPECT_EQ(why_not(good), "nothing wrong");
  EXPECT_THAT(why_not(good + "colour = red\n"), HasSubstr("line 8: unknown key 'colour'"));
  EXPECT_THAT(why_not(good + "name = Other\n"), HasSubstr("'name' is there twice"));
  EXPECT_THAT(why_not(good + "pitch-alignment = 96\n"), HasSubstr("is no power of two"));
  EXPECT_THAT(why_not(good + "bit-depths = 8 ten\n"), HasSubstr("'ten'"));
  EXPECT_THAT(why_not(good + "max-size = 16384\n"), HasSubstr("WIDTHxHEIGHT"));
  EXPECT_THAT(why_not(good + "entry-points = Decode\n"), HasSubstr("'Decode'"));
  EXPECT_THAT(why_not(good + "encode-rate-controls = CQP ABR\n"), HasSubstr("'ABR'"));
  EXPECT_THAT(why_not(good + "encode-alignment = 48x16\n"), HasSubstr("power of two"));
  EXPECT_THAT(why_not(good + "encode-writes-headers = often\n"), HasSubstr("yes nor no"));
  EXPECT_THAT(why_not(good + "entry-points = EncSlice\n"), HasSubstr("'encode-min-size'"));
  EXPECT_THAT(why_not(good + "uuid = 12-34\n"), HasSubstr("UUID"));
  EXPECT_THAT(why_not(good + "hello\n"), HasSubstr("KEY = VALUE"));
  EXPECT_THAT(why_not(good + "av1-profiles = 0\n"), HasSubstr("'bit-depths' is missing"));
  EXPECT_THAT(why_not("api = cuda\n"), HasSubstr("'name' is missing"));
  const auto missing_file = load_profile("/nonexistent.conf");
  ASSERT_FALSE(missing_file);
  EXPECT_THAT(missing_file.error().message, HasSubstr("/nonexistent.conf: No such file"));
}

TEST(FaultScript, MeetsTheCallsItNames) {
  auto script = parse_fault_script(
      "fail cuvidDecodePicture at 3 with CUDA_ERROR_UNKNOWN  # once\n"
      "\n"
      "fail vaMapBuffer from 5 with 7; fail cuInit with CUDA_ERROR_NO_DEVICE");
  ASSERT_TRUE(script) << script.error().message;
  EXPECT_EQ(script->match("cuvidDecodePicture", std::nullopt), nullptr);
  EXPECT_EQ(script->match("cuvidDecodePicture", 2), nullptr);
  ASSERT_NE(script->match("cuvidDecodePicture", 3), nullptr);
  EXPECT_EQ(script->match("cuvidDecodePicture", 3)->error, "CUDA_ERROR_UNKNOWN");
  EXPECT_EQ(script->match("cuvidDecodePicture", 4), nullptr);
  EXPECT_EQ(script->match("vaMapBuffer", 4), nullptr);
  EXPECT_NE(script->match("vaMapBuffer", 9), nullptr);
  EXPECT_NE(script->match("cuInit", std::nullopt), nullptr);
}

TEST(FaultScript, ErrorsQuoteTheLine) {
  const auto why = [](const char* text) {
    const auto script = parse_fault_script(text);
    return script ? "nothing wrong" : script.error().message;
  };
  EXPECT_EQ(why("limit surfaces to 4"), "nothing wrong");
  EXPECT_THAT(why("explode vaInit"), HasSubstr("'explode vaInit'"));
  EXPECT_THAT(why("cuInit; fail"), HasSubstr("fault 1"));
  EXPECT_THAT(why("fail cuInit"), HasSubstr("with ERROR"));
  EXPECT_THAT(why("fail cuInit at x with 3"), HasSubstr("number of a picture"));
  EXPECT_THAT(why("fail cuInit with 3 often"), HasSubstr("'often'"));
  EXPECT_THAT(why("hang cuInit for ever"), HasSubstr("'ever'"));
  EXPECT_THAT(why("hang cuInit for -1"), HasSubstr("'-1'"));
  EXPECT_THAT(why("hang cuInit"), HasSubstr("for SECONDS"));
  EXPECT_THAT(why("lose patience from 3"), HasSubstr("only a device"));
  EXPECT_THAT(why("lose device"), HasSubstr("from N"));
  EXPECT_THAT(why("limit surfaces"), HasSubstr("limit surfaces to N"));
}

Machine::Settings with_faults(const char* script) {
  Machine::Settings settings;
  settings.profile = *parse_profile(smallest_profile);
  settings.faults = *parse_fault_script(script);
  return settings;
}

TEST(Machine, LosesTheDeviceForGood) {
  Machine machine(with_faults("lose device from 1"));
  EXPECT_FALSE(machine.enter("vaEndPicture"));
  machine.begin_picture();
  EXPECT_FALSE(machine.enter("vaEndPicture"));
  machine.begin_picture();
  const auto interruption = machine.enter("vaEndPicture");
  ASSERT_TRUE(interruption);
  EXPECT_TRUE(interruption->device_lost);
  machine.begin_picture();
  EXPECT_TRUE(machine.enter("vaCreateSurfaces"));
  EXPECT_EQ(machine.counters().value("vaEndPicture"), 3U);
  EXPECT_EQ(machine.counters().value("pictures"), 3U);
  EXPECT_EQ(machine.counters().value("faults_injected"), 2U);
}

TEST(Machine, HangsOnceForAsLongAsTheScriptSays) {
  Machine machine(with_faults("hang vaSyncSurface for 0.05"));
  const auto before = std::chrono::steady_clock::now();
  EXPECT_FALSE(machine.enter("vaSyncSurface"));
  EXPECT_GE(std::chrono::steady_clock::now() - before, std::chrono::milliseconds(50));
  EXPECT_FALSE(machine.enter("vaSyncSurface"));
  EXPECT_EQ(machine.counters().value("faults_injected"), 1U);
}

TEST(MachineDeathTest, CrashesWhereTheScriptSays) {
  Machine machine(with_faults("crash vaEndPicture at 0"));
  EXPECT_FALSE(machine.enter("vaEndPicture"));
  machine.begin_picture();
  EXPECT_FALSE(machine.enter("vaBeginPicture"));
  EXPECT_EXIT(machine.enter("vaEndPicture"), testing::KilledBySignal(SIGSEGV), "");
}

TEST(Machine, LimitsSurfacesToTheLesserOfDeviceAndScript) {
  EXPECT_EQ(Machine(with_faults("")).surface_limit(), 0U);
  EXPECT_EQ(Machine(with_faults("limit surfaces to 4")).surface_limit(), 4U);
  auto settings = with_faults("limit surfaces to 4");
  settings.profile.max_surfaces = 3;
  EXPECT_EQ(Machine(settings).surface_limit(), 3U);
}

TEST(Machine, PicturesAreDoneOneAfterTheOther) {
  auto settings = with_faults("");
  EXPECT_EQ(Machine(settings).occupy(), std::chrono::steady_clock::time_point());
  settings.frame_time = std::chrono::seconds(1);
  Machine machine(settings);
  const auto before = std::chrono::steady_clock::now();
  const auto first = machine.occupy();
  EXPECT_GE(first, before + std::chrono::seconds(1));
  EXPECT_EQ(machine.occupy(), first + std::chrono::seconds(1));
}

TEST(Machine, WritesItsCountsAsJson) {
  const std::string path = testing::TempDir() + "refdrv-counts-" + std::to_string(getpid());
  {
    auto settings = with_faults("");
    settings.counters_path = path;
    Machine machine(settings);
    machine.enter("vaInitialize");
    machine.counters().add("bytes_decoded", 1000);
    machine.counters().raise("most_mapped", 3);
    machine.counters().raise("most_mapped", 2);
    machine.misuse("vaEndPicture", "made up for the test");
  }
  const auto text = read_text(path);
  ASSERT_TRUE(text) << text.error().message;
  EXPECT_EQ(*text,
            "{\n  \"bytes_decoded\": 1000,\n  \"misuse\": 1,\n  \"most_mapped\": 3,\n"
            "  \"vaInitialize\": 1\n}\n");
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace refdrv
