// SPDX-License-Identifier: LGPL-2.1-or-later
// What a VA driver's answers mean: profiles, depths, sizes, memory, and words for what is missing.
#include "vaapi/va_report.h"

#include <gst/video/video-info-dma.h>
#include <va/va_drmcommon.h>

#include <algorithm>
#include <array>

#include "base/unique_handle.h"
#include "vaapi/va_encode_features.h"
#include "vaapi/va_quirks.h"

namespace av1hw {
namespace {

struct RtFormat {
  uint32_t bit;
  unsigned depth;
  const char* chroma;
};

constexpr std::array<RtFormat, 10> rt_formats = {{
    {VA_RT_FORMAT_YUV400, 8, "4:0:0"},
    {VA_RT_FORMAT_YUV420, 8, "4:2:0"},
    {VA_RT_FORMAT_YUV420_10, 10, "4:2:0"},
    {VA_RT_FORMAT_YUV420_12, 12, "4:2:0"},
    {VA_RT_FORMAT_YUV422, 8, "4:2:2"},
    {VA_RT_FORMAT_YUV422_10, 10, "4:2:2"},
    {VA_RT_FORMAT_YUV422_12, 12, "4:2:2"},
    {VA_RT_FORMAT_YUV444, 8, "4:4:4"},
    {VA_RT_FORMAT_YUV444_10, 10, "4:4:4"},
    {VA_RT_FORMAT_YUV444_12, 12, "4:4:4"},
}};

template <typename T>
void add_once(std::vector<T>& list, T value) {
  if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(value);
}

// What a profile of AV1 can hold at all (specification, 6.4.1): drivers list the formats of their
// surfaces, which may be more than the profile's.
bool profile_holds(unsigned profile, const RtFormat& format) {
  if (format.depth > 10) return false;
  const std::string chroma = format.chroma;
  return chroma == "4:0:0" || chroma == "4:2:0" || (profile == 1 && chroma == "4:4:4");
}

void widen(CodecCapability& codec, const VaConfigAnswers& config) {
  const auto smallest = [](std::optional<uint32_t> a, std::optional<uint32_t> b) {
    return a && b ? std::min(*a, *b) : a.value_or(b.value_or(0));
  };
  const auto lower = [](unsigned have, uint32_t now) {
    return have == 0 ? now : std::min(have, now);
  };
  codec.max_width = std::max(codec.max_width, smallest(config.max_picture_width, config.max_width));
  codec.max_height =
      std::max(codec.max_height, smallest(config.max_picture_height, config.max_height));
  codec.min_width = lower(codec.min_width, config.min_width.value_or(0));
  codec.min_height = lower(codec.min_height, config.min_height.value_or(0));
}

void add_memory(CodecCapability& codec, uint32_t types) {
  add_once<std::string>(codec.memory, "memory:VAMemory");
  constexpr uint32_t prime =
      VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME_2 | VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME_3;
  if (types & prime) add_once<std::string>(codec.memory, "memory:DMABuf");
  add_once<std::string>(codec.memory, "memory:SystemMemory");
}

void add_config(CodecCapability& codec, const VaConfigAnswers& config) {
  const unsigned profile = config.profile == VAProfileAV1Profile1 ? 1 : 0;
  const bool encodes = is_va_encoder(config.entrypoint);
  const std::string obstacle = encodes ? va_encode_obstacle(config) : config.error;
  if (!obstacle.empty()) {
    if (codec.reason.empty()) codec.reason = obstacle;
    return;
  }
  for (const RtFormat& format : rt_formats) {
    if (!(config.rt_formats.value_or(0) & format.bit) || !profile_holds(profile, format)) continue;
    add_once(codec.bit_depths, format.depth);
    add_once<std::string>(codec.chroma, format.chroma);
  }
  if (codec.bit_depths.empty()) {
    codec.reason = "the driver lists AV1 but no 4:2:0 surface format for it";
    return;
  }
  codec.usable = true;
  add_once(codec.profiles, profile);
  widen(codec, config);
  add_memory(codec, config.memory_types.value_or(0));
}

// The DMA-BUFs that an encoder reads: as rows one after the other, and as the driver's own are.
void add_drm_formats(CodecCapability& codec, const std::vector<VaExportAnswer>& exports) {
  for (const VaExportAnswer& answer : exports) {
    // Of these formats libva's codes are DRM's.
    for (const uint64_t modifier : {uint64_t{0}, answer.modifier}) {
      const GCharPtr text{gst_video_dma_drm_fourcc_to_string(answer.fourcc, modifier)};
      if (text) add_once(codec.features, std::string("drm-format=") + text.get());
    }
  }
}

// Of several encoders the one that is used counts; what speaks against each where none can be. Of
// profile 0, which alone is coded (VaEncodeBackend): what another has would be claimed for it.
void add_encoders(CodecCapability& codec, const VaDeviceAnswers& answers) {
  constexpr VAProfile profile = VAProfileAV1Profile0;
  if (const VaConfigAnswers* chosen = choose_va_encoder(answers.configs, profile)) {
    add_config(codec, *chosen);
    const VaEncodeFeatures features = va_encode_features(*chosen, va_quirks(answers.vendor));
    codec.min_width = std::max(codec.min_width, features.limits.min_width);
    codec.min_height = std::max(codec.min_height, features.limits.min_height);
    codec.features = va_feature_names(features);
  }
  if (codec.usable) {
    add_drm_formats(codec, answers.exports);
    return;
  }
  for (const VaConfigAnswers& config : answers.configs) {
    if (config.profile == profile && is_va_encoder(config.entrypoint)) add_config(codec, config);
  }
  if (codec.reason.empty()) codec.reason = "the driver encodes no AV1 of profile 0";
}

CodecCapability codec_report(const VaDeviceAnswers& answers, CodecDirection direction,
                             const std::string& prefix) {
  CodecCapability codec;
  codec.direction = direction;
  codec.element = prefix + (direction == CodecDirection::Decode ? "av1dec" : "av1enc");
  const bool encode = direction == CodecDirection::Encode;
  bool any = false;
  for (const VaConfigAnswers& config : answers.configs) {
    if (is_va_encoder(config.entrypoint) != encode) continue;
    any = true;
    if (!encode) add_config(codec, config);
  }
  if (encode) add_encoders(codec, answers);
  std::sort(codec.bit_depths.begin(), codec.bit_depths.end());
  if (codec.usable) codec.reason.clear();
  if (!any) {
    codec.reason = std::string("the driver has no AV1 ") +
                   (direction == CodecDirection::Decode ? "decoder" : "encoder") +
                   " for this GPU (no such entrypoint)";
  }
  return codec;
}

// The GPU's name from a vendor string: "Mesa Gallium driver 25.0.7 for AMD Radeon RX 7900 XTX
// (...)", "Intel iHD driver for Intel(R) Gen Graphics - 25.2.3 (...)". The whole string where it
// has no " for ".
std::string gpu_name(const std::string& vendor) {
  static constexpr const char* before = " for ";
  const size_t start = vendor.find(before);
  if (start == std::string::npos) return vendor;
  const std::string name = vendor.substr(start + std::string(before).size());
  return name.substr(0, std::min(name.find(" ("), name.find(" - ")));
}

std::string node_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

std::string va_driver_advice(const std::string& kernel_driver) {
  if (kernel_driver == "i915" || kernel_driver == "xe")
    return "install intel-media-va-driver (non-free: intel-media-va-driver-non-free)";
  if (kernel_driver == "amdgpu" || kernel_driver == "radeon" || kernel_driver == "virtio_gpu")
    return "install mesa-va-drivers";
  if (kernel_driver.starts_with("nvidia"))
    return "NVIDIA's driver has no VA-API of its own; the nv backend is the one for this GPU";
  return "install the VA-API driver of this GPU's vendor";
}

DeviceReport va_device_report(const VaDeviceAnswers& answers, bool first) {
  DeviceReport device;
  device.id = node_name(answers.path);
  device.path = answers.path;
  device.pci = answers.pci;
  device.name = answers.vendor.empty() ? device.id : gpu_name(answers.vendor);
  device.reason = answers.error;
  if (!answers.vendor.empty()) {
    device.driver = answers.vendor + ", VA-API " + answers.api_version;
    if (!answers.kernel_driver.empty()) device.driver += ", kernel driver " + answers.kernel_driver;
  }
  if (device.reason.empty() && !answers.all_drivers &&
      !va_quirks(answers.vendor).known_to_gstreamer) {
    device.reason =
        "GStreamer's VA library does not know this driver; GST_VA_ALL_DRIVERS=1 makes it try";
  }
  if (!device.reason.empty()) return device;
  const std::string prefix = first ? "va" : "va" + device.id;
  for (const CodecDirection direction : {CodecDirection::Decode, CodecDirection::Encode}) {
    device.codecs.push_back(codec_report(answers, direction, prefix));
    device.usable |= device.codecs.back().usable;
  }
  if (!device.usable) device.reason = "this GPU, or its driver, does no AV1";
  return device;
}

BackendReport va_backend_report(const std::vector<VaDeviceAnswers>& devices) {
  BackendReport report;
  report.kind = BackendKind::Va;
  for (const VaDeviceAnswers& answers : devices) {
    report.devices.push_back(va_device_report(answers, !report.usable));
    report.usable |= report.devices.back().usable;
  }
  if (report.usable) return report;
  for (const DeviceReport& device : report.devices) {
    if (!report.reason.empty()) report.reason += "; ";
    report.reason += device.path + ": " + device.reason;
  }
  return report;
}

}  // namespace av1hw
