// SPDX-License-Identifier: LGPL-2.1-or-later
// What NVIDIA's answers mean: decode and encode capabilities, and words for what is missing.
#include "nvcodec/nv_report.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "nvcodec/nv_error.h"
#include "nvcodec/nvenc_library.h"

namespace av1hw {
namespace {

// Of DeviceReport::id; CUDA's number of the device follows.
constexpr std::string_view device_prefix = "cuda";

template <typename T>
void add_once(std::vector<T>& list, T value) {
  if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(value);
}

std::string driver_text(const NvLibraries& libraries) {
  std::string text = "NVIDIA";
  if (!libraries.kernel_module_version.empty()) text += " " + libraries.kernel_module_version;
  if (libraries.cuda_version > 0) {
    text += ", CUDA " + std::to_string(libraries.cuda_version / 1000) + "." +
            std::to_string(libraries.cuda_version % 1000 / 10);
  }
  if (libraries.encode_api_version > 0)
    text += ", NVENC API " + nvenc_version_text(libraries.encode_api_version);
  return text;
}

const char* chroma_text(cudaVideoChromaFormat format) {
  switch (format) {
  case cudaVideoChromaFormat_Monochrome: return "4:0:0";
  case cudaVideoChromaFormat_420: return "4:2:0";
  case cudaVideoChromaFormat_422: return "4:2:2";
  case cudaVideoChromaFormat_444: return "4:4:4";
  }
  return "4:2:0";
}

// The profile that a chroma format and bit depth need (specification, 6.4.1).
unsigned profile_of(cudaVideoChromaFormat chroma, unsigned depth) {
  if (depth == 12 || chroma == cudaVideoChromaFormat_422) return 2;
  return chroma == cudaVideoChromaFormat_444 ? 1 : 0;
}

void add_decode(CodecCapability& codec, const CUVIDDECODECAPS& caps) {
  if (!caps.bIsSupported) return;
  const unsigned depth = caps.nBitDepthMinus8 + 8;
  add_once(codec.profiles, profile_of(caps.eChromaFormat, depth));
  add_once(codec.bit_depths, depth);
  add_once<std::string>(codec.chroma, chroma_text(caps.eChromaFormat));
  const auto lower = [](unsigned have, unsigned now) {
    return have == 0 ? now : std::min(have, now);
  };
  codec.min_width = lower(codec.min_width, caps.nMinWidth);
  codec.min_height = lower(codec.min_height, caps.nMinHeight);
  codec.max_width = std::max(codec.max_width, caps.nMaxWidth);
  codec.max_height = std::max(codec.max_height, caps.nMaxHeight);
  codec.usable = true;
}

CodecCapability decode_report(const NvLibraries& libraries, const NvDeviceAnswers& device) {
  CodecCapability codec;
  codec.direction = CodecDirection::Decode;
  codec.reason = libraries.cuvid;
  if (!codec.reason.empty()) return codec;
  for (const CUVIDDECODECAPS& caps : device.decode) add_decode(codec, caps);
  if (device.decode.empty() && device.decode_status != CUDA_SUCCESS) {
    codec.reason = "the driver does not say what it decodes: " +
                   nv_error("cuvidGetDecoderCaps", device.decode_status).message;
    return codec;
  }
  if (!codec.usable) {
    codec.reason =
        "this GPU decodes no AV1 (cuvidGetDecoderCaps); GeForce 30, Ada, Blackwell and "
        "their professional siblings do";
    return codec;
  }
  std::sort(codec.profiles.begin(), codec.profiles.end());
  std::sort(codec.bit_depths.begin(), codec.bit_depths.end());
  codec.memory = {"memory:CUDAMemory", "memory:SystemMemory"};
  return codec;
}

bool takes(const NvEncodeAnswers& encode, NV_ENC_BUFFER_FORMAT format) {
  return std::ranges::contains(encode.input_formats, format);
}

std::string encode_obstacle(const NvLibraries& libraries, const NvDeviceAnswers& device) {
  if (!libraries.encode.empty()) return libraries.encode;
  if (libraries.encode_api_version < nvenc_header_version) {
    return "the driver's NVENC API is " + nvenc_version_text(libraries.encode_api_version) +
           ", this build needs " + nvenc_version_text(nvenc_header_version) +
           ": update NVIDIA's driver";
  }
  if (!device.encode) return "no encode session was tried";
  if (device.encode->open_status != NV_ENC_SUCCESS)
    return nv_open_session_reason(device.encode->open_status);
  if (!device.encode->has_av1)
    return "this GPU encodes, but not AV1; Ada (GeForce 40) and Blackwell (GeForce 50) do";
  if (!takes(*device.encode, NV_ENC_BUFFER_FORMAT_NV12))
    return "this GPU takes no NV12 to encode, which all that have AV1 do";
  return {};
}

std::string counted(int count, const char* feature) {
  return std::to_string(count) + "-" + feature;
}

void add_encode_features(CodecCapability& codec, const NvEncodeAnswers& encode) {
  const auto add = [&](bool has, std::string feature) {
    if (has) codec.features.push_back(std::move(feature));
  };
  // NVENC's constant-quantizer mode is 0, which every encoder has.
  add(true, "cqp");
  add(encode.rate_control_modes & NV_ENC_PARAMS_RC_VBR, "cq");
  add(encode.rate_control_modes & NV_ENC_PARAMS_RC_VBR, "vbr");
  add(encode.rate_control_modes & NV_ENC_PARAMS_RC_CBR, "cbr");
  add(encode.b_frames > 0, counted(encode.b_frames, nv_b_frames));
  add(encode.temporal_layers > 1, counted(encode.temporal_layers, nv_temporal_layers));
  add(encode.engines > 1, counted(encode.engines, nv_engines));
  add(encode.lookahead, "lookahead");
  add(encode.multiple_references, "references");
  add(encode.temporal_aq, "temporal-aq");
  add(encode.intra_refresh, "intra-refresh");
  add(encode.lossless, "lossless");
  add(encode.dynamic_bitrate, "dynamic-bitrate");
  add(takes(encode, NV_ENC_BUFFER_FORMAT_IYUV), "planar-input");
}

CodecCapability encode_report(const NvLibraries& libraries, const NvDeviceAnswers& device) {
  CodecCapability codec;
  codec.direction = CodecDirection::Encode;
  codec.reason = encode_obstacle(libraries, device);
  if (!codec.reason.empty()) return codec;
  const NvEncodeAnswers& encode = *device.encode;
  codec.usable = true;
  codec.profiles = {0};
  codec.bit_depths = {8};
  if (encode.ten_bit && takes(encode, NV_ENC_BUFFER_FORMAT_YUV420_10BIT))
    codec.bit_depths.push_back(10);
  codec.chroma = {"4:2:0"};
  codec.min_width = static_cast<unsigned>(std::max(encode.min_width, 0));
  codec.min_height = static_cast<unsigned>(std::max(encode.min_height, 0));
  codec.max_width = static_cast<unsigned>(std::max(encode.max_width, 0));
  codec.max_height = static_cast<unsigned>(std::max(encode.max_height, 0));
  codec.memory = {"memory:CUDAMemory", "memory:SystemMemory"};
  add_encode_features(codec, encode);
  return codec;
}

DeviceReport device_report(const NvLibraries& libraries, const NvDeviceAnswers& answers) {
  DeviceReport device;
  device.id = std::string(device_prefix) + std::to_string(answers.ordinal);
  device.name = answers.name;
  device.driver = driver_text(libraries);
  device.pci = answers.pci;
  device.path = answers.pci;
  device.uuid = answers.uuid;
  device.reason = answers.error;
  if (!device.reason.empty()) return device;
  if (answers.compute_major > 0) {
    device.driver += ", compute capability " + std::to_string(answers.compute_major) + "." +
                     std::to_string(answers.compute_minor);
  }
  device.codecs = {decode_report(libraries, answers), encode_report(libraries, answers)};
  for (const CodecCapability& codec : device.codecs) device.usable |= codec.usable;
  if (!device.usable) {
    device.reason = "decode: " + device.codecs[0].reason + "; encode: " + device.codecs[1].reason;
  }
  return device;
}

// The plain names go to the first GPU that can do it, others have their number in it.
void name_elements(std::vector<DeviceReport>& devices) {
  for (const CodecDirection direction : {CodecDirection::Decode, CodecDirection::Encode}) {
    const std::string suffix = direction == CodecDirection::Decode ? "dec" : "enc";
    const auto can = [&](const DeviceReport& device) {
      return std::ranges::any_of(device.codecs, [&](const CodecCapability& codec) {
        return codec.direction == direction && codec.usable;
      });
    };
    auto first = std::ranges::find_if(devices, can);
    if (first == devices.end()) first = devices.begin();
    for (auto device = devices.begin(); device != devices.end(); ++device) {
      const std::string number =
          device == first ? "" : "device" + device->id.substr(device_prefix.size());
      for (CodecCapability& codec : device->codecs) {
        if (codec.direction == direction) codec.element = "nvav1" + number + suffix;
      }
    }
  }
}

struct InitReason {
  int status;
  const char* text;
};

// Values of CUresult (CUDA driver API reference, "Data types"); the dynlink headers name few of
// them.
constexpr std::array<InitReason, 7> init_reasons = {{
    {34,
     "libcuda.so.1 is the CUDA toolkit's stub for linking: remove it from the library path, and "
     "install NVIDIA's driver"},
    {100,
     "no NVIDIA GPU is visible: there is none, CUDA_VISIBLE_DEVICES hides it, or the container "
     "was started without --gpus all"},
    {101, "CUDA_VISIBLE_DEVICES names a GPU that does not exist"},
    {801, "the GPU is in a mode that CUDA does not support"},
    {802, "the GPU is not ready yet: start nvidia-fabricmanager, or wait for it"},
    {803,
     "NVIDIA's kernel module and libraries are of different versions: restart the machine, or "
     "the container, after a driver update"},
    {999,
     "the driver gives no reason; often /dev/nvidia-uvm is missing: run nvidia-modprobe -u, or "
     "start the container with --gpus all"},
}};

}  // namespace

std::optional<int> nv_device_ordinal(std::string_view id) {
  if (!id.starts_with(device_prefix)) return std::nullopt;
  id.remove_prefix(device_prefix.size());
  int ordinal = 0;
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), ordinal);
  if (error != std::errc() || end != id.data() + id.size() || ordinal < 0) return std::nullopt;
  return ordinal;
}

unsigned nv_feature_count(const CodecCapability& codec, std::string_view feature) {
  for (const std::string& text : codec.features) {
    unsigned count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc() || *end != '-') continue;
    if (std::string_view(end + 1, text.data() + text.size()) == feature) return count;
  }
  return 0;
}

std::string nv_init_reason(CUresult status) {
  const std::string code = " (cuInit: " + std::to_string(status) + ")";
  for (const InitReason& reason : init_reasons) {
    if (reason.status == static_cast<int>(status)) return reason.text + code;
  }
  return "CUDA could not be started" + code;
}

std::string nv_open_session_reason(NVENCSTATUS status) {
  switch (status) {
  case NV_ENC_ERR_UNSUPPORTED_DEVICE:
  case NV_ENC_ERR_NO_ENCODE_DEVICE: return "this GPU has no video encoder (NVENC)";
  case NV_ENC_ERR_OUT_OF_MEMORY:
    return "busy: the limit of encode sessions is reached, or GPU memory is used up; end another "
           "encode, or use another GPU";
  case NV_ENC_ERR_ENCODER_BUSY:
  case NV_ENC_ERR_LOCK_BUSY: return "busy: the encoder is in use; try again";
  case NV_ENC_ERR_INVALID_VERSION:
    return "the driver is older than this build's NVENC API " +
           nvenc_version_text(nvenc_header_version) + ": update NVIDIA's driver";
  default:
    return "no encode session could be opened (NVENCSTATUS " +
           std::to_string(static_cast<int>(status)) + ")";
  }
}

BackendReport nv_backend_report(const NvAnswers& answers) {
  BackendReport report;
  report.kind = BackendKind::Nv;
  report.reason = answers.libraries.cuda;
  if (!report.reason.empty()) return report;
  if (answers.init_status != CUDA_SUCCESS) {
    report.reason = nv_init_reason(answers.init_status);
    return report;
  }
  for (const NvDeviceAnswers& device : answers.devices) {
    report.devices.push_back(device_report(answers.libraries, device));
    report.usable |= report.devices.back().usable;
  }
  name_elements(report.devices);
  if (answers.devices.empty()) report.reason = nv_init_reason(static_cast<CUresult>(100));
  if (report.usable) return report;
  for (const DeviceReport& device : report.devices) {
    if (!report.reason.empty()) report.reason += "; ";
    report.reason += device.id + " (" + device.name + "): " + device.reason;
  }
  return report;
}

}  // namespace av1hw
