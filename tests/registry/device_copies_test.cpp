// SPDX-License-Identifier: LGPL-2.1-or-later
// What an encoder takes by a copy on its device: where another backend has the same device, and
// nowhere else.
#include "registry/device_copies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace av1hw {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* uuid = "00000000-0000-0000-0000-000000000001";

BackendReport cuda_report(const std::string& device_uuid = uuid) {
  BackendReport report;
  report.kind = BackendKind::Nv;
  DeviceReport device;
  device.uuid = device_uuid;
  for (const CodecDirection direction : {CodecDirection::Decode, CodecDirection::Encode}) {
    CodecCapability codec;
    codec.direction = direction;
    codec.usable = true;
    codec.memory = {"memory:CUDAMemory", "memory:SystemMemory"};
    device.codecs.push_back(codec);
  }
  report.devices = {device};
  return report;
}

BackendReport vulkan_report(const std::string& device_uuid = uuid) {
  BackendReport report;
  report.kind = BackendKind::Vk;
  DeviceReport device;
  device.uuid = device_uuid;
  device.copies = {{.from = "memory:VulkanImage", .to = "memory:CUDAMemory", .formats = {"NV12"}}};
  report.devices = {device};
  return report;
}

const CodecCapability& encoder_of(const BackendReport& report) {
  return report.devices.at(0).codecs.at(1);
}

void add(BackendReport& cuda, BackendReport& vulkan) {
  BackendReport* const reports[] = {&cuda, &vulkan};
  add_device_copies(reports);
}

TEST(DeviceCopies, OfOneDeviceAreTakenByItsEncoder) {
  BackendReport cuda = cuda_report(), vulkan = vulkan_report();
  add(cuda, vulkan);
  EXPECT_THAT(encoder_of(cuda).memory,
              ElementsAre("memory:CUDAMemory", "memory:VulkanImage", "memory:SystemMemory"));
  ASSERT_EQ(encoder_of(cuda).copies.size(), 1U);
  EXPECT_EQ(encoder_of(cuda).copies[0].from, "memory:VulkanImage");
  EXPECT_THAT(encoder_of(cuda).copies[0].formats, ElementsAre("NV12"));
  EXPECT_EQ(encoder_of(cuda).copies[0].uuid, uuid);
  // What a decoder puts out is no matter of this.
  EXPECT_THAT(cuda.devices[0].codecs[0].memory,
              ElementsAre("memory:CUDAMemory", "memory:SystemMemory"));
}

TEST(DeviceCopies, OfAnotherDeviceAreNot) {
  for (const char* other : {"00000000-0000-0000-0000-000000000002", ""}) {
    BackendReport cuda = cuda_report(), vulkan = vulkan_report(other);
    add(cuda, vulkan);
    EXPECT_THAT(encoder_of(cuda).copies, IsEmpty());
    EXPECT_THAT(encoder_of(cuda).memory, ElementsAre("memory:CUDAMemory", "memory:SystemMemory"));
  }
  BackendReport cuda = cuda_report(""), vulkan = vulkan_report("");
  add(cuda, vulkan);
  EXPECT_THAT(encoder_of(cuda).copies, IsEmpty()) << "two that are not known are not one";
}

TEST(DeviceCopies, AreOfMemoryThatTheEncoderTakes) {
  BackendReport cuda = cuda_report(), vulkan = vulkan_report();
  vulkan.devices[0].copies[0].to = "memory:VAMemory";
  add(cuda, vulkan);
  EXPECT_THAT(encoder_of(cuda).copies, IsEmpty());
  cuda.devices[0].codecs[1].usable = false;
  vulkan = vulkan_report();
  add(cuda, vulkan);
  EXPECT_THAT(encoder_of(cuda).copies, IsEmpty());
}

}  // namespace
}  // namespace av1hw
