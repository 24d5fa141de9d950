// SPDX-License-Identifier: LGPL-2.1-or-later
// What a VA driver's answers become.
#include "vaapi/va_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <va/va_drmcommon.h>
#include <va/va_enc_av1.h>

namespace av1hw {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

VaConfigAnswers decode_config() {
  VaConfigAnswers config;
  config.profile = VAProfileAV1Profile0;
  config.entrypoint = VAEntrypointVLD;
  config.rt_formats = VA_RT_FORMAT_YUV420 | VA_RT_FORMAT_YUV420_10;
  config.max_picture_width = 8192;
  config.max_picture_height = 8192;
  config.min_width = 16;
  config.min_height = 16;
  config.memory_types = VA_SURFACE_ATTRIB_MEM_TYPE_VA | VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME_2;
  return config;
}

VaConfigAnswers encode_config() {
  VaConfigAnswers config = decode_config();
  config.entrypoint = VAEntrypointEncSliceLP;
  config.rate_control = VA_RC_CQP | VA_RC_CBR;
  config.packed_headers = VA_ENC_PACKED_HEADER_SEQUENCE | VA_ENC_PACKED_HEADER_PICTURE;
  return config;
}

VaDeviceAnswers intel_device() {
  VaDeviceAnswers device;
  device.path = "/dev/dri/renderD129";
  device.kernel_driver = "xe";
  device.pci = "0000:03:00.0";
  device.vendor = "Intel iHD driver for Intel(R) Gen Graphics - 25.2.3 ()";
  device.api_version = "1.22";
  device.configs = {decode_config(), encode_config()};
  return device;
}

TEST(VaReport, SaysWhatADriverDecodes) {
  const DeviceReport report = va_device_report(intel_device(), true);
  ASSERT_TRUE(report.usable);
  EXPECT_EQ(report.id, "renderD129");
  EXPECT_EQ(report.name, "Intel(R) Gen Graphics");
  EXPECT_EQ(report.pci, "0000:03:00.0");
  EXPECT_THAT(report.driver, HasSubstr("25.2.3"));
  const CodecCapability& decode = report.codecs[0];
  EXPECT_EQ(decode.element, "vaav1dec");
  EXPECT_THAT(decode.profiles, ElementsAre(0));
  EXPECT_THAT(decode.bit_depths, ElementsAre(8, 10));
  EXPECT_THAT(decode.chroma, ElementsAre("4:2:0"));
  EXPECT_EQ(decode.max_width, 8192U);
  EXPECT_EQ(decode.min_height, 16U);
  EXPECT_THAT(decode.memory,
              ElementsAre("memory:VAMemory", "memory:DMABuf", "memory:SystemMemory"));
}

TEST(VaReport, SaysHowADriverEncodes) {
  const CodecCapability encode = va_device_report(intel_device(), true).codecs[1];
  EXPECT_TRUE(encode.usable);
  EXPECT_THAT(encode.features, ElementsAre("low-power", "cqp", "cbr", "references=1"));
  // iHD refuses tiles of less than two superblocks.
  EXPECT_EQ(encode.min_width, 65U);
}

TEST(VaReport, NamesWhatAnEncoderHasBesides) {
  VaDeviceAnswers device = intel_device();
  VaConfigAnswers& config = device.configs[1];
  config.rate_control = VA_RC_CQP | VA_RC_ICQ | VA_RC_VBR;
  config.max_references = 3 | 1 << 16;
  config.tile_support = 1;
  config.quality_levels = 7;
  VAConfigAttribValEncAV1Ext2 ext2 = {};
  ext2.bits.max_tile_num_minus1 = 511;
  config.av1_ext2 = ext2.value;
  VAConfigAttribValEncROI regions = {};
  regions.bits.num_roi_regions = 8;
  config.regions = regions.value;
  EXPECT_THAT(va_device_report(device, true).codecs[1].features,
              ElementsAre("low-power", "cqp", "cq", "vbr", "references=3", "b-frames", "tiles",
                          "regions-of-interest", "presets"));
}

TEST(VaReport, LowPowerIsForWantOfAnother) {
  VaDeviceAnswers device = intel_device();
  VaConfigAnswers full = encode_config();
  full.entrypoint = VAEntrypointEncSlice;
  device.configs.push_back(full);
  EXPECT_THAT(va_device_report(device, true).codecs[1].features,
              ElementsAre("cqp", "cbr", "references=1"));
  // Where it does more than the other it is the better one.
  device.configs[1].rate_control = VA_RC_CQP | VA_RC_CBR | VA_RC_VBR;
  EXPECT_THAT(va_device_report(device, true).codecs[1].features,
              ElementsAre("low-power", "cqp", "vbr", "cbr", "references=1"));
}

// The element codes nothing but profile 0.
TEST(VaReport, WhatAnEncoderOfAnotherProfileDoesIsNotClaimed) {
  VaDeviceAnswers device = intel_device();
  VaConfigAnswers other = encode_config();
  other.profile = VAProfileAV1Profile1;
  other.rt_formats = VA_RT_FORMAT_YUV420 | VA_RT_FORMAT_YUV444;
  other.rate_control = VA_RC_CQP | VA_RC_VBR;
  other.max_references = 3 | 1 << 16;
  other.min_width = 256;
  other.max_picture_width = 16384;
  device.configs.push_back(other);
  const CodecCapability encode = va_device_report(device, true).codecs[1];
  EXPECT_THAT(encode.profiles, ElementsAre(0));
  EXPECT_THAT(encode.chroma, ElementsAre("4:2:0"));
  EXPECT_THAT(encode.features, ElementsAre("low-power", "cqp", "cbr", "references=1"));
  EXPECT_EQ(encode.min_width, 65U);
  EXPECT_EQ(encode.max_width, 8192U);
  device.configs.erase(device.configs.begin() + 1);
  const CodecCapability without = va_device_report(device, true).codecs[1];
  EXPECT_FALSE(without.usable);
  EXPECT_THAT(without.reason, HasSubstr("no AV1 of profile 0"));
}

TEST(VaReport, NamesElementsOfFurtherDevicesByTheirNode) {
  VaDeviceAnswers other = intel_device();
  other.path = "/dev/dri/renderD130";
  const BackendReport report = va_backend_report({intel_device(), other});
  EXPECT_EQ(report.devices[0].codecs[1].element, "vaav1enc");
  EXPECT_EQ(report.devices[1].codecs[1].element, "varenderD130av1enc");
}

TEST(VaReport, TheFirstUsableDeviceHasThePlainNames) {
  VaDeviceAnswers broken;
  broken.path = "/dev/dri/renderD128";
  broken.error = "permission denied";
  const BackendReport report = va_backend_report({broken, intel_device()});
  EXPECT_TRUE(report.usable);
  EXPECT_EQ(report.devices[1].codecs[0].element, "vaav1dec");
}

TEST(VaReport, LeavesOutWhatTheProfileCannotHold) {
  VaDeviceAnswers device = intel_device();
  device.configs[0].rt_formats = VA_RT_FORMAT_YUV420 | VA_RT_FORMAT_YUV422 |
                                 VA_RT_FORMAT_YUV420_12 | VA_RT_FORMAT_YUV444 | VA_RT_FORMAT_RGB32;
  const CodecCapability main = va_device_report(device, true).codecs[0];
  EXPECT_THAT(main.chroma, ElementsAre("4:2:0"));
  EXPECT_THAT(main.bit_depths, ElementsAre(8));
  device.configs[0].profile = VAProfileAV1Profile1;
  EXPECT_THAT(va_device_report(device, true).codecs[0].chroma, ElementsAre("4:2:0", "4:4:4"));
}

TEST(VaReport, AGpuWithoutAv1IsNotUsable) {
  VaDeviceAnswers device = intel_device();
  device.configs.clear();
  const BackendReport report = va_backend_report({device});
  EXPECT_FALSE(report.usable);
  EXPECT_THAT(report.reason,
              HasSubstr("/dev/dri/renderD129: this GPU, or its driver, does no AV1"));
  EXPECT_THAT(report.devices[0].codecs[0].reason, HasSubstr("no AV1 decoder"));
}

TEST(VaReport, ADriverThatGStreamerDoesNotKnowIsLeftOutUnlessAskedFor) {
  VaDeviceAnswers device = intel_device();
  device.vendor = "VA-API NVDEC driver [direct backend]";
  const DeviceReport report = va_device_report(device, true);
  EXPECT_FALSE(report.usable);
  EXPECT_THAT(report.reason, HasSubstr("GST_VA_ALL_DRIVERS=1"));
  device.all_drivers = true;
  EXPECT_TRUE(va_device_report(device, true).usable);
}

TEST(VaReport, AnEncoderThatTakesNoHeadersIsNotUsable) {
  VaDeviceAnswers device = intel_device();
  device.configs[1].packed_headers.reset();
  const CodecCapability encode = va_device_report(device, true).codecs[1];
  EXPECT_FALSE(encode.usable);
  EXPECT_THAT(encode.reason, HasSubstr("packed"));
}

TEST(VaReport, AConfigurationThatFailsSaysWhy) {
  VaDeviceAnswers device = intel_device();
  device.configs[0].error = "vaCreateConfig answers: allocation failed";
  const CodecCapability decode = va_device_report(device, true).codecs[0];
  EXPECT_FALSE(decode.usable);
  EXPECT_EQ(decode.reason, "vaCreateConfig answers: allocation failed");
}

TEST(VaReport, AnUnansweredAttributeClaimsNothing) {
  VaDeviceAnswers device = intel_device();
  VaConfigAnswers bare;
  bare.entrypoint = VAEntrypointVLD;
  bare.profile = VAProfileAV1Profile0;
  device.configs = {bare};
  const CodecCapability decode = va_device_report(device, true).codecs[0];
  EXPECT_FALSE(decode.usable);
  EXPECT_EQ(decode.max_width, 0U);
  EXPECT_THAT(decode.memory, testing::IsEmpty());
}

TEST(VaReport, AdvisesThePackageOfTheKernelDriver) {
  EXPECT_THAT(va_driver_advice("i915"), HasSubstr("intel-media-va-driver"));
  EXPECT_THAT(va_driver_advice("amdgpu"), HasSubstr("mesa-va-drivers"));
  EXPECT_THAT(va_driver_advice("nvidia-drm"), HasSubstr("nv backend"));
  EXPECT_FALSE(va_driver_advice("").empty());
}

}  // namespace
}  // namespace av1hw
