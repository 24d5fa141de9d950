// SPDX-License-Identifier: LGPL-2.1-or-later
// What a Vulkan driver's answers mean: decode and encode capabilities, and words for what is
// missing.
#include "vulkan/vk_report.h"

#include <algorithm>

namespace av1hw {
namespace {

template <typename T>
void add_once(std::vector<T>& list, T value) {
  if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(value);
}

bool has_extension(const VkDeviceAnswers& device, const char* name) {
  return std::find(device.extensions.begin(), device.extensions.end(), name) !=
         device.extensions.end();
}

bool is_software(const VkDeviceAnswers& device) {
  return device.type == VK_PHYSICAL_DEVICE_TYPE_CPU;
}

const char* chroma_text(VkVideoChromaSubsamplingFlagBitsKHR chroma) {
  switch (chroma) {
  case VK_VIDEO_CHROMA_SUBSAMPLING_MONOCHROME_BIT_KHR: return "4:0:0";
  case VK_VIDEO_CHROMA_SUBSAMPLING_422_BIT_KHR: return "4:2:2";
  case VK_VIDEO_CHROMA_SUBSAMPLING_444_BIT_KHR: return "4:4:4";
  default: return "4:2:0";
  }
}

// A driver may accept a profile and still have no picture format that holds it: monochrome fits
// into a 4:2:0 format, everything else needs its own subsampling and at least its own depth.
bool holds(VkFormat format, const VkProfileAnswers& profile) {
  const bool four_two_zero = profile.chroma == VK_VIDEO_CHROMA_SUBSAMPLING_420_BIT_KHR ||
                             profile.chroma == VK_VIDEO_CHROMA_SUBSAMPLING_MONOCHROME_BIT_KHR;
  const bool four_four_four = profile.chroma == VK_VIDEO_CHROMA_SUBSAMPLING_444_BIT_KHR;
  const bool four_two_two = !four_two_zero && !four_four_four;
  switch (format) {
  case VK_FORMAT_R8_UNORM: return profile.bit_depth == 8 && !four_four_four && !four_two_two;
  case VK_FORMAT_G8_B8R8_2PLANE_420_UNORM:
  case VK_FORMAT_G8_B8_R8_3PLANE_420_UNORM: return profile.bit_depth == 8 && four_two_zero;
  case VK_FORMAT_G8_B8R8_2PLANE_422_UNORM:
  case VK_FORMAT_G8_B8_R8_3PLANE_422_UNORM: return profile.bit_depth == 8 && four_two_two;
  case VK_FORMAT_G8_B8R8_2PLANE_444_UNORM:
  case VK_FORMAT_G8_B8_R8_3PLANE_444_UNORM: return profile.bit_depth == 8 && four_four_four;
  case VK_FORMAT_G10X6_B10X6R10X6_2PLANE_420_UNORM_3PACK16:
    return profile.bit_depth == 10 && four_two_zero;
  case VK_FORMAT_G10X6_B10X6R10X6_2PLANE_422_UNORM_3PACK16:
    return profile.bit_depth == 10 && four_two_two;
  case VK_FORMAT_G10X6_B10X6R10X6_2PLANE_444_UNORM_3PACK16:
    return profile.bit_depth == 10 && four_four_four;
  case VK_FORMAT_G12X4_B12X4R12X4_2PLANE_420_UNORM_3PACK16:
    return profile.bit_depth == 12 && four_two_zero;
  case VK_FORMAT_G16_B16R16_2PLANE_420_UNORM: return profile.bit_depth > 8 && four_two_zero;
  case VK_FORMAT_G16_B16R16_2PLANE_422_UNORM: return profile.bit_depth > 8 && four_two_two;
  case VK_FORMAT_G16_B16R16_2PLANE_444_UNORM: return profile.bit_depth > 8 && four_four_four;
  default: return false;
  }
}

bool is_supported(const VkProfileAnswers& profile) {
  return profile.status == VK_SUCCESS &&
         std::any_of(profile.formats.begin(), profile.formats.end(),
                     [&](VkFormat format) { return holds(format, profile); });
}

std::string version_text(uint32_t version) {
  return std::to_string(VK_API_VERSION_MAJOR(version)) + "." +
         std::to_string(VK_API_VERSION_MINOR(version)) + "." +
         std::to_string(VK_API_VERSION_PATCH(version));
}

// Mesa hides video on some drivers behind a variable; NVIDIA's and newer Mesa's show it as it is.
std::string extension_advice(const VkDeviceAnswers& device, bool encode) {
  if (is_software(device)) return "it is a software device, which has no video engine";
  if (device.driver_name == "radv") {
    return std::string("with Mesa before 26.0 set RADV_PERFTEST=video_") +
           (encode ? "encode" : "decode") + "; else the GPU, or this Mesa, does not do it";
  }
  if (device.driver_name.find("Intel") != std::string::npos) {
    return std::string("with Mesa set ANV_DEBUG=video-") + (encode ? "encode" : "decode") +
           "; else the GPU, or this Mesa, does not do it";
  }
  return "the GPU does not do it, or a newer driver is needed";
}

std::string codec_obstacle(const VkDeviceAnswers& device, bool encode) {
  const char* extension =
      encode ? VK_KHR_VIDEO_ENCODE_AV1_EXTENSION_NAME : VK_KHR_VIDEO_DECODE_AV1_EXTENSION_NAME;
  if (!has_extension(device, extension))
    return std::string("no ") + extension + ": " + extension_advice(device, encode);
  const VkVideoCodecOperationFlagsKHR operation = encode
                                                      ? VK_VIDEO_CODEC_OPERATION_ENCODE_AV1_BIT_KHR
                                                      : VK_VIDEO_CODEC_OPERATION_DECODE_AV1_BIT_KHR;
  if (!(device.queue_operations & operation))
    return std::string(extension) +
           " is there, but no queue family for it; a newer driver may have one";
  return {};
}

void add_profile(CodecCapability& codec, const VkProfileAnswers& profile) {
  const auto lower = [](unsigned have, unsigned now) {
    return have == 0 ? now : std::min(have, now);
  };
  codec.usable = true;
  add_once(codec.profiles, profile.profile);
  add_once(codec.bit_depths, profile.bit_depth);
  add_once<std::string>(codec.chroma, chroma_text(profile.chroma));
  codec.min_width = lower(codec.min_width, profile.min_extent.width);
  codec.min_height = lower(codec.min_height, profile.min_extent.height);
  codec.max_width = std::max(codec.max_width, profile.max_extent.width);
  codec.max_height = std::max(codec.max_height, profile.max_extent.height);
  if (profile.film_grain) add_once<std::string>(codec.features, "film-grain");
  if (profile.separate_output) add_once<std::string>(codec.features, "separate-output");
  if (!profile.encode) return;
  if (profile.rate_control_modes & VK_VIDEO_ENCODE_RATE_CONTROL_MODE_DISABLED_BIT_KHR)
    add_once<std::string>(codec.features, "cqp");
  if (profile.rate_control_modes & VK_VIDEO_ENCODE_RATE_CONTROL_MODE_VBR_BIT_KHR)
    add_once<std::string>(codec.features, "vbr");
  if (profile.rate_control_modes & VK_VIDEO_ENCODE_RATE_CONTROL_MODE_CBR_BIT_KHR)
    add_once<std::string>(codec.features, "cbr");
  if (profile.temporal_layers > 1) add_once<std::string>(codec.features, "temporal-layers");
}

std::vector<std::string> memory_features(const VkDeviceAnswers& device) {
  std::vector<std::string> memory = {"memory:VulkanImage"};
  if (has_extension(device, VK_EXT_IMAGE_DRM_FORMAT_MODIFIER_EXTENSION_NAME) &&
      has_extension(device, VK_EXT_EXTERNAL_MEMORY_DMA_BUF_EXTENSION_NAME))
    memory.emplace_back("memory:DMABuf");
  memory.emplace_back("memory:SystemMemory");
  return memory;
}

CodecCapability codec_report(const VkDeviceAnswers& device, bool encode,
                             const std::string& prefix) {
  CodecCapability codec;
  codec.direction = encode ? CodecDirection::Encode : CodecDirection::Decode;
  codec.element = prefix + (encode ? "av1enc" : "av1dec");
  codec.reason = codec_obstacle(device, encode);
  if (!codec.reason.empty()) return codec;
  VkResult refusal = VK_SUCCESS;
  for (const VkProfileAnswers& profile : device.profiles) {
    if (profile.encode != encode) continue;
    if (is_supported(profile))
      add_profile(codec, profile);
    else if (refusal == VK_SUCCESS)
      refusal = profile.status;
  }
  if (codec.usable) {
    codec.memory = memory_features(device);
    return codec;
  }
  codec.reason = refusal == VK_SUCCESS
                     ? "the driver accepts profiles of AV1, but has no picture format for any"
                     : "the driver has the extension, but refuses every profile of AV1 "
                       "(vkGetPhysicalDeviceVideoCapabilitiesKHR: " +
                           std::to_string(static_cast<int>(refusal)) + ")";
  return codec;
}

DeviceReport device_report(const VkDeviceAnswers& answers, bool first) {
  DeviceReport device;
  device.id = "vk" + std::to_string(answers.ordinal);
  device.name = answers.name;
  device.software = is_software(answers);
  device.composites = answers.composites;
  if (device.software) device.name += " [software]";
  device.driver = answers.driver_name;
  if (!answers.driver_info.empty()) device.driver += " (" + answers.driver_info + ")";
  device.driver += ", Vulkan " + version_text(answers.api_version);
  device.pci = answers.pci;
  device.uuid = answers.uuid;
  if (!answers.cuda_formats.empty()) {
    device.copies = {
        {.from = "memory:VulkanImage", .to = "memory:CUDAMemory", .formats = answers.cuda_formats}};
  }
  device.path = answers.render_minor >= 0
                    ? "/dev/dri/renderD" + std::to_string(answers.render_minor)
                    : answers.pci;
  const std::string prefix = first ? "vk" : device.id;
  for (const bool encode : {false, true}) {
    device.codecs.push_back(codec_report(answers, encode, prefix));
    device.usable |= device.codecs.back().usable;
  }
  if (device.usable) return device;
  if (is_software(answers)) {
    device.reason = "it is a software device: it runs on the CPU and has no video engine";
  } else {
    device.reason = "decode: " + device.codecs[0].reason + "; encode: " + device.codecs[1].reason;
  }
  return device;
}

}  // namespace

BackendReport vk_backend_report(const VkAnswers& answers) {
  BackendReport report;
  report.kind = BackendKind::Vk;
  report.reason = answers.error;
  if (!report.reason.empty()) return report;
  for (const VkDeviceAnswers& device : answers.devices) {
    report.devices.push_back(device_report(device, !report.usable));
    report.usable |= report.devices.back().usable;
  }
  if (report.usable) return report;
  if (answers.devices.empty()) {
    report.reason =
        "Vulkan drivers are installed, but none found a GPU: is /dev/dri (or, for "
        "NVIDIA, /dev/nvidia*) there, and may this user open it?";
  }
  for (const DeviceReport& device : report.devices) {
    if (!report.reason.empty()) report.reason += "; ";
    report.reason += device.id + " (" + device.name + "): " + device.reason;
  }
  return report;
}

}  // namespace av1hw
