// SPDX-License-Identifier: LGPL-2.1-or-later
// Reports survive JSON, and text that is none is refused.
#include "registry/report_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace av1hw {
namespace {

using testing::ElementsAre;

BackendReport sample() {
  CodecCapability codec;
  codec.direction = CodecDirection::Encode;
  codec.element = "vaav1enc";
  codec.usable = true;
  codec.reason = "10 bits were left out: \"quoted\"\n";
  codec.profiles = {0, 1};
  codec.bit_depths = {8, 10};
  codec.chroma = {"4:2:0"};
  codec.min_width = 16;
  codec.min_height = 32;
  codec.max_width = 8192;
  codec.max_height = 4352;
  codec.memory = {"memory:VAMemory"};
  codec.features = {"cbr"};
  DeviceReport device;
  device.id = "renderD128";
  device.name = "a GPU";
  device.driver = "a driver";
  device.path = "/dev/dri/renderD128";
  device.pci = "0000:03:00.0";
  device.uuid = "00000000-0000-0000-0000-000000000001";
  device.copies = {{.from = "memory:VulkanImage", .to = "memory:CUDAMemory", .formats = {"NV12"}}};
  device.usable = true;
  device.reason = "none";
  device.codecs = {codec};
  BackendReport report;
  report.kind = BackendKind::Va;
  report.usable = true;
  report.reason = "well";
  report.devices = {device};
  return report;
}

TEST(ReportJson, EveryFieldSurvives) {
  const JsonNodeHandle node = backend_report_to_json(sample());
  const auto read = backend_report_from_json(json_text(node.get(), true));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->kind, BackendKind::Va);
  EXPECT_TRUE(read->usable);
  EXPECT_EQ(read->reason, "well");
  ASSERT_EQ(read->devices.size(), 1U);
  const DeviceReport& device = read->devices[0];
  EXPECT_EQ(device.id, "renderD128");
  EXPECT_EQ(device.name, "a GPU");
  EXPECT_EQ(device.driver, "a driver");
  EXPECT_EQ(device.path, "/dev/dri/renderD128");
  EXPECT_EQ(device.pci, "0000:03:00.0");
  EXPECT_EQ(device.uuid, "00000000-0000-0000-0000-000000000001");
  ASSERT_EQ(device.copies.size(), 1U);
  EXPECT_EQ(device.copies[0].from, "memory:VulkanImage");
  EXPECT_EQ(device.copies[0].to, "memory:CUDAMemory");
  EXPECT_THAT(device.copies[0].formats, ElementsAre("NV12"));
  EXPECT_TRUE(device.usable);
  EXPECT_EQ(device.reason, "none");
  ASSERT_EQ(device.codecs.size(), 1U);
  const CodecCapability& codec = device.codecs[0];
  EXPECT_EQ(codec.direction, CodecDirection::Encode);
  EXPECT_EQ(codec.element, "vaav1enc");
  EXPECT_TRUE(codec.usable);
  EXPECT_EQ(codec.reason, "10 bits were left out: \"quoted\"\n");
  EXPECT_THAT(codec.profiles, ElementsAre(0, 1));
  EXPECT_THAT(codec.bit_depths, ElementsAre(8, 10));
  EXPECT_THAT(codec.chroma, ElementsAre("4:2:0"));
  EXPECT_EQ(codec.min_width, 16U);
  EXPECT_EQ(codec.min_height, 32U);
  EXPECT_EQ(codec.max_width, 8192U);
  EXPECT_EQ(codec.max_height, 4352U);
  EXPECT_THAT(codec.memory, ElementsAre("memory:VAMemory"));
  EXPECT_THAT(codec.features, ElementsAre("cbr"));
}

TEST(ReportJson, TextThatIsNoReportIsRefused) {
  for (const char* text : {"", "{", "[]", "null", "{}", "{\"backend\": 7}",
                           "{\"backend\": \"abacus\"}", "driver banner\n{\"backend\": \"va\"}"})
    EXPECT_FALSE(backend_report_from_json(text)) << text;
}

TEST(ReportJson, FieldsOfTheWrongTypeAreDefaults) {
  const auto read = backend_report_from_json(
      R"({"backend": "nv", "usable": "yes", "reason": 5, "devices": [7, {"id": [], "codecs":
          [{"max-width": -1, "min-width": 99999999999, "bit-depths": ["8", 10], "memory": "x"}]}]})");
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->usable);
  EXPECT_EQ(read->reason, "");
  ASSERT_EQ(read->devices.size(), 1U);
  const CodecCapability& codec = read->devices[0].codecs[0];
  EXPECT_EQ(codec.max_width, 0U);
  EXPECT_EQ(codec.min_width, static_cast<unsigned>(G_MAXINT));
  EXPECT_THAT(codec.bit_depths, ElementsAre(10));
  EXPECT_TRUE(codec.memory.empty());
}

}  // namespace
}  // namespace av1hw
