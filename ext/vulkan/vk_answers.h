// SPDX-License-Identifier: LGPL-2.1-or-later
// What a Vulkan driver answers to a probe, as plain values: filled by calls, read without a driver.
#pragma once

#include <vulkan/vulkan.h>

#include <cstdint>
#include <string>
#include <vector>

namespace av1hw {

// vkGetPhysicalDeviceVideoCapabilitiesKHR for one profile in one direction.
struct VkProfileAnswers {
  bool encode = false;
  unsigned profile = 0;    // seq_profile
  unsigned bit_depth = 8;  // 8, 10, 12
  VkVideoChromaSubsamplingFlagBitsKHR chroma = VK_VIDEO_CHROMA_SUBSAMPLING_420_BIT_KHR;
  VkResult status = VK_ERROR_UNKNOWN;  // VK_SUCCESS: what follows was given
  std::vector<VkFormat> formats;       // of decoded pictures, or of what is encoded
  VkExtent2D min_extent = {};
  VkExtent2D max_extent = {};
  bool film_grain = false;          // decode: also with grain applied
  bool separate_output = false;     // decode: the output is distinct from the reference picture
  uint32_t rate_control_modes = 0;  // encode: VK_VIDEO_ENCODE_RATE_CONTROL_MODE_*
  uint32_t temporal_layers = 0;     // encode
};

struct VkDeviceAnswers {
  int ordinal = 0;
  std::string name;
  VkPhysicalDeviceType type = VK_PHYSICAL_DEVICE_TYPE_OTHER;
  uint32_t api_version = 0;
  std::string driver_name;  // "radv"
  std::string driver_info;  // "Mesa 25.0.7"
  std::string pci;          // "0000:03:00.0"; empty: the driver does not say
  std::string uuid;
  int64_t render_minor = -1;  // of /dev/dri/renderD<minor>; -1: the driver does not say
  std::vector<std::string> extensions;
  bool composites = false;  // has what vkcompositor needs
  // Of images whose samples it copies into buffers that it shares with CUDA.
  std::vector<std::string> cuda_formats;
  // VK_VIDEO_CODEC_OPERATION_*, of all queue families together.
  VkVideoCodecOperationFlagsKHR queue_operations = 0;
  std::vector<VkProfileAnswers> profiles;
};

struct VkAnswers {
  std::string error;  // why no instance could be made; empty: one was
  std::vector<VkDeviceAnswers> devices;
};

}  // namespace av1hw
