// SPDX-License-Identifier: LGPL-2.1-or-later
// vkGetPhysicalDeviceVideoCapabilitiesKHR, once a profile of AV1.
#include "vulkan/vk_video_probe.h"

#include <algorithm>
#include <array>

namespace av1hw {
namespace {

struct Av1Format {
  unsigned profile;
  unsigned bit_depth;
  VkVideoChromaSubsamplingFlagBitsKHR chroma;
};

// The combinations of AV1 (specification, 6.4.1) that hardware is built for, the common ones first.
constexpr std::array<Av1Format, 9> av1_formats = {{
    {0, 8, VK_VIDEO_CHROMA_SUBSAMPLING_420_BIT_KHR},
    {0, 10, VK_VIDEO_CHROMA_SUBSAMPLING_420_BIT_KHR},
    {0, 8, VK_VIDEO_CHROMA_SUBSAMPLING_MONOCHROME_BIT_KHR},
    {0, 10, VK_VIDEO_CHROMA_SUBSAMPLING_MONOCHROME_BIT_KHR},
    {1, 8, VK_VIDEO_CHROMA_SUBSAMPLING_444_BIT_KHR},
    {1, 10, VK_VIDEO_CHROMA_SUBSAMPLING_444_BIT_KHR},
    {2, 8, VK_VIDEO_CHROMA_SUBSAMPLING_422_BIT_KHR},
    {2, 10, VK_VIDEO_CHROMA_SUBSAMPLING_422_BIT_KHR},
    {2, 12, VK_VIDEO_CHROMA_SUBSAMPLING_420_BIT_KHR},
}};

VkVideoComponentBitDepthFlagBitsKHR depth_bit(unsigned depth) {
  if (depth == 12) return VK_VIDEO_COMPONENT_BIT_DEPTH_12_BIT_KHR;
  return depth == 10 ? VK_VIDEO_COMPONENT_BIT_DEPTH_10_BIT_KHR
                     : VK_VIDEO_COMPONENT_BIT_DEPTH_8_BIT_KHR;
}

VkVideoProfileInfoKHR profile_info(const Av1Format& format, bool encode, const void* codec) {
  VkVideoProfileInfoKHR info = {};
  info.sType = VK_STRUCTURE_TYPE_VIDEO_PROFILE_INFO_KHR;
  info.pNext = codec;
  info.videoCodecOperation = encode ? VK_VIDEO_CODEC_OPERATION_ENCODE_AV1_BIT_KHR
                                    : VK_VIDEO_CODEC_OPERATION_DECODE_AV1_BIT_KHR;
  info.chromaSubsampling = format.chroma;
  info.lumaBitDepth = depth_bit(format.bit_depth);
  // Vulkan wants "invalid" where there is no chroma.
  if (format.chroma != VK_VIDEO_CHROMA_SUBSAMPLING_MONOCHROME_BIT_KHR)
    info.chromaBitDepth = info.lumaBitDepth;
  return info;
}

class VideoProbe {
 public:
  VideoProbe(VkInstance instance, VkPhysicalDevice device)
      : device_(device),
        ask_(reinterpret_cast<PFN_vkGetPhysicalDeviceVideoCapabilitiesKHR>(
            vkGetInstanceProcAddr(instance, "vkGetPhysicalDeviceVideoCapabilitiesKHR"))),
        ask_formats_(reinterpret_cast<PFN_vkGetPhysicalDeviceVideoFormatPropertiesKHR>(
            vkGetInstanceProcAddr(instance, "vkGetPhysicalDeviceVideoFormatPropertiesKHR"))) {}
  bool usable() const { return ask_ && ask_formats_; }

  void ask_decode(const Av1Format& format, VkProfileAnswers& answers) const {
    const VkResult plain = ask_decode_once(format, false, answers);
    answers.status = plain;
    if (plain != VK_SUCCESS) return;
    VkProfileAnswers with_grain;
    answers.film_grain = ask_decode_once(format, true, with_grain) == VK_SUCCESS;
  }

  void ask_encode(const Av1Format& format, VkProfileAnswers& answers) const {
    VkVideoEncodeAV1ProfileInfoKHR codec = {};
    codec.sType = VK_STRUCTURE_TYPE_VIDEO_ENCODE_AV1_PROFILE_INFO_KHR;
    codec.stdProfile = static_cast<StdVideoAV1Profile>(format.profile);
    const VkVideoProfileInfoKHR info = profile_info(format, true, &codec);
    VkVideoEncodeAV1CapabilitiesKHR av1 = {};
    av1.sType = VK_STRUCTURE_TYPE_VIDEO_ENCODE_AV1_CAPABILITIES_KHR;
    VkVideoEncodeCapabilitiesKHR encode = {};
    encode.sType = VK_STRUCTURE_TYPE_VIDEO_ENCODE_CAPABILITIES_KHR;
    encode.pNext = &av1;
    answers.status = ask(info, &encode, answers);
    answers.rate_control_modes = encode.rateControlModes;
    answers.temporal_layers = av1.maxTemporalLayerCount;
  }

 private:
  VkResult ask_decode_once(const Av1Format& format, bool grain, VkProfileAnswers& answers) const {
    VkVideoDecodeAV1ProfileInfoKHR codec = {};
    codec.sType = VK_STRUCTURE_TYPE_VIDEO_DECODE_AV1_PROFILE_INFO_KHR;
    codec.stdProfile = static_cast<StdVideoAV1Profile>(format.profile);
    codec.filmGrainSupport = grain ? VK_TRUE : VK_FALSE;
    const VkVideoProfileInfoKHR info = profile_info(format, false, &codec);
    VkVideoDecodeAV1CapabilitiesKHR av1 = {};
    av1.sType = VK_STRUCTURE_TYPE_VIDEO_DECODE_AV1_CAPABILITIES_KHR;
    VkVideoDecodeCapabilitiesKHR decode = {};
    decode.sType = VK_STRUCTURE_TYPE_VIDEO_DECODE_CAPABILITIES_KHR;
    decode.pNext = &av1;
    const VkResult status = ask(info, &decode, answers);
    answers.separate_output =
        (decode.flags & VK_VIDEO_DECODE_CAPABILITY_DPB_AND_OUTPUT_DISTINCT_BIT_KHR) != 0;
    return status;
  }

  VkResult ask(const VkVideoProfileInfoKHR& info, void* chain, VkProfileAnswers& answers) const {
    VkVideoCapabilitiesKHR capabilities = {};
    capabilities.sType = VK_STRUCTURE_TYPE_VIDEO_CAPABILITIES_KHR;
    capabilities.pNext = chain;
    const VkResult status = ask_(device_, &info, &capabilities);
    if (status != VK_SUCCESS) return status;
    answers.min_extent = capabilities.minCodedExtent;
    answers.max_extent = capabilities.maxCodedExtent;
    answers.formats = formats(info, answers.encode ? VK_IMAGE_USAGE_VIDEO_ENCODE_SRC_BIT_KHR
                                                   : VK_IMAGE_USAGE_VIDEO_DECODE_DST_BIT_KHR);
    return status;
  }

  std::vector<VkFormat> formats(const VkVideoProfileInfoKHR& profile,
                                VkImageUsageFlags usage) const {
    VkVideoProfileListInfoKHR list = {};
    list.sType = VK_STRUCTURE_TYPE_VIDEO_PROFILE_LIST_INFO_KHR;
    list.profileCount = 1;
    list.pProfiles = &profile;
    VkPhysicalDeviceVideoFormatInfoKHR info = {};
    info.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VIDEO_FORMAT_INFO_KHR;
    info.pNext = &list;
    info.imageUsage = usage;
    uint32_t count = 0;
    if (ask_formats_(device_, &info, &count, nullptr) != VK_SUCCESS) return {};
    VkVideoFormatPropertiesKHR empty = {};
    empty.sType = VK_STRUCTURE_TYPE_VIDEO_FORMAT_PROPERTIES_KHR;
    std::vector<VkVideoFormatPropertiesKHR> properties(count, empty);
    if (ask_formats_(device_, &info, &count, properties.data()) < 0) return {};
    properties.resize(std::min<size_t>(count, properties.size()));
    std::vector<VkFormat> found;
    for (const VkVideoFormatPropertiesKHR& format : properties) found.push_back(format.format);
    return found;
  }

  VkPhysicalDevice device_;
  PFN_vkGetPhysicalDeviceVideoCapabilitiesKHR ask_;
  PFN_vkGetPhysicalDeviceVideoFormatPropertiesKHR ask_formats_;
};

}  // namespace

void ask_av1_profiles(VkInstance instance, VkPhysicalDevice device, bool encode,
                      std::vector<VkProfileAnswers>& answers) {
  const VideoProbe probe(instance, device);
  if (!probe.usable()) return;
  for (const Av1Format& format : av1_formats) {
    VkProfileAnswers answer;
    answer.encode = encode;
    answer.profile = format.profile;
    answer.bit_depth = format.bit_depth;
    answer.chroma = format.chroma;
    if (encode)
      probe.ask_encode(format, answer);
    else
      probe.ask_decode(format, answer);
    answers.push_back(answer);
  }
}

}  // namespace av1hw
