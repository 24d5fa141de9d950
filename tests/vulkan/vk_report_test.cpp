// SPDX-License-Identifier: LGPL-2.1-or-later
// What a Vulkan driver's answers become.
#include "vulkan/vk_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace av1hw {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

VkProfileAnswers profile(bool encode, unsigned seq_profile, unsigned depth, VkFormat format) {
  VkProfileAnswers answers;
  answers.encode = encode;
  answers.profile = seq_profile;
  answers.bit_depth = depth;
  answers.status = VK_SUCCESS;
  answers.formats = {format};
  answers.min_extent = {16, 16};
  answers.max_extent = {8192, 4352};
  return answers;
}

VkDeviceAnswers radv() {
  VkDeviceAnswers device;
  device.name = "AMD Radeon RX 7900 XTX";
  device.type = VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU;
  device.api_version = VK_MAKE_API_VERSION(0, 1, 4, 305);
  device.driver_name = "radv";
  device.driver_info = "Mesa 26.1.0";
  device.pci = "0000:03:00.0";
  device.render_minor = 128;
  device.extensions = {VK_KHR_VIDEO_DECODE_AV1_EXTENSION_NAME,
                       VK_KHR_VIDEO_ENCODE_AV1_EXTENSION_NAME,
                       VK_EXT_IMAGE_DRM_FORMAT_MODIFIER_EXTENSION_NAME,
                       VK_EXT_EXTERNAL_MEMORY_DMA_BUF_EXTENSION_NAME};
  device.queue_operations =
      VK_VIDEO_CODEC_OPERATION_DECODE_AV1_BIT_KHR | VK_VIDEO_CODEC_OPERATION_ENCODE_AV1_BIT_KHR;
  device.profiles = {
      profile(false, 0, 8, VK_FORMAT_G8_B8R8_2PLANE_420_UNORM),
      profile(false, 0, 10, VK_FORMAT_G10X6_B10X6R10X6_2PLANE_420_UNORM_3PACK16),
      profile(true, 0, 8, VK_FORMAT_G8_B8R8_2PLANE_420_UNORM),
  };
  device.profiles[0].film_grain = true;
  device.profiles[2].rate_control_modes = VK_VIDEO_ENCODE_RATE_CONTROL_MODE_DISABLED_BIT_KHR |
                                          VK_VIDEO_ENCODE_RATE_CONTROL_MODE_CBR_BIT_KHR;
  return device;
}

BackendReport report_of(const VkDeviceAnswers& device) { return vk_backend_report({{}, {device}}); }

TEST(VkReport, SaysWhatCudaGetsOfADevice) {
  VkDeviceAnswers answers;
  answers.uuid = "00000000-0000-0000-0000-000000000001";
  answers.cuda_formats = {"NV12"};
  const DeviceReport device = report_of(answers).devices.at(0);
  EXPECT_EQ(device.uuid, answers.uuid);
  ASSERT_EQ(device.copies.size(), 1U);
  EXPECT_EQ(device.copies[0].from, "memory:VulkanImage");
  EXPECT_EQ(device.copies[0].to, "memory:CUDAMemory");
  EXPECT_THAT(device.copies[0].formats, ElementsAre("NV12"));
}

TEST(VkReport, SaysWhatADriverDoes) {
  const BackendReport report = report_of(radv());
  ASSERT_TRUE(report.usable);
  const DeviceReport& device = report.devices[0];
  EXPECT_EQ(device.driver, "radv (Mesa 26.1.0), Vulkan 1.4.305");
  EXPECT_EQ(device.path, "/dev/dri/renderD128");
  EXPECT_EQ(device.pci, "0000:03:00.0");
  EXPECT_TRUE(device.copies.empty());
  EXPECT_EQ(device.codecs[0].element, "vkav1dec");
  EXPECT_THAT(device.codecs[0].bit_depths, ElementsAre(8, 10));
  EXPECT_THAT(device.codecs[0].features, ElementsAre("film-grain"));
  EXPECT_THAT(device.codecs[0].memory,
              ElementsAre("memory:VulkanImage", "memory:DMABuf", "memory:SystemMemory"));
  EXPECT_EQ(device.codecs[0].max_height, 4352U);
  EXPECT_THAT(device.codecs[1].bit_depths, ElementsAre(8));
  EXPECT_THAT(device.codecs[1].features, ElementsAre("cqp", "cbr"));
}

TEST(VkReport, WithoutModifiersThereIsNoDmaBuf) {
  VkDeviceAnswers device = radv();
  device.extensions.resize(2);
  EXPECT_THAT(report_of(device).devices[0].codecs[0].memory,
              ElementsAre("memory:VulkanImage", "memory:SystemMemory"));
}

TEST(VkReport, AProfileWithoutAPictureFormatIsNotClaimed) {
  VkDeviceAnswers device = radv();
  device.profiles = {profile(false, 0, 8, VK_FORMAT_G8_B8R8_2PLANE_420_UNORM),
                     profile(false, 2, 8, VK_FORMAT_G8_B8R8_2PLANE_420_UNORM)};
  device.profiles[1].chroma = VK_VIDEO_CHROMA_SUBSAMPLING_422_BIT_KHR;
  const CodecCapability decode = report_of(device).devices[0].codecs[0];
  EXPECT_THAT(decode.profiles, ElementsAre(0));
  EXPECT_THAT(decode.chroma, ElementsAre("4:2:0"));
}

TEST(VkReport, ASoftwareDeviceIsNamedAsSuch) {
  VkDeviceAnswers device;
  device.name = "llvmpipe";
  device.type = VK_PHYSICAL_DEVICE_TYPE_CPU;
  const BackendReport report = report_of(device);
  EXPECT_FALSE(report.usable);
  EXPECT_THAT(report.devices[0].name, HasSubstr("[software]"));
  EXPECT_THAT(report.reason, HasSubstr("software device"));
}

TEST(VkReport, AMissingExtensionNamesTheVariableThatShowsIt) {
  VkDeviceAnswers device = radv();
  device.extensions.clear();
  const DeviceReport report = report_of(device).devices[0];
  EXPECT_FALSE(report.usable);
  EXPECT_THAT(report.codecs[0].reason, HasSubstr("VK_KHR_video_decode_av1"));
  EXPECT_THAT(report.codecs[0].reason, HasSubstr("RADV_PERFTEST=video_decode"));
  EXPECT_THAT(report.codecs[1].reason, HasSubstr("RADV_PERFTEST=video_encode"));
}

TEST(VkReport, AnExtensionWithoutAQueueIsNotUsable) {
  VkDeviceAnswers device = radv();
  device.queue_operations = VK_VIDEO_CODEC_OPERATION_DECODE_AV1_BIT_KHR;
  const DeviceReport report = report_of(device).devices[0];
  EXPECT_TRUE(report.codecs[0].usable);
  EXPECT_THAT(report.codecs[1].reason, HasSubstr("no queue family"));
}

TEST(VkReport, ARefusalKeepsTheDriversAnswer) {
  VkDeviceAnswers device = radv();
  for (VkProfileAnswers& p : device.profiles)
    p.status = VK_ERROR_VIDEO_PROFILE_CODEC_NOT_SUPPORTED_KHR;
  EXPECT_THAT(report_of(device).devices[0].codecs[0].reason, HasSubstr("-1000023004"));
}

TEST(VkReport, DriversWithoutADeviceSayWhereToLook) {
  EXPECT_THAT(vk_backend_report({}).reason, HasSubstr("/dev/dri"));
  EXPECT_EQ(vk_backend_report({"no instance", {}}).reason, "no instance");
}

}  // namespace
}  // namespace av1hw
