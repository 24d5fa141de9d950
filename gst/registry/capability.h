// SPDX-License-Identifier: LGPL-2.1-or-later
// What a probe found: backends, their devices, and what each device can decode and encode.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace av1hw {

enum class BackendKind : uint8_t { Cpu, Va, Nv, Vk };

// "cpu", "va", "nv", "vk": as the `backend` property and the reports write it.
const char* backend_name(BackendKind kind);

enum class CodecDirection : uint8_t { Decode, Encode };

const char* codec_direction_name(CodecDirection direction);  // "decode", "encode"

// Frames in one API's memory that the device copies into memory of another API's on it.
struct DeviceCopy {
  std::string from;                  // caps feature: "memory:VulkanImage"
  std::string to;                    // caps feature: "memory:CUDAMemory"
  std::vector<std::string> formats;  // "NV12"
  std::string uuid = {};             // of the device; empty in that device's own report
};

// One codec engine of a device in one direction.
struct CodecCapability {
  CodecDirection direction = CodecDirection::Decode;
  std::string element;  // the factory's plain name, "cpuav1dec"
  bool usable = false;
  std::string reason;                // why not; or what was left out; never empty if not usable
  std::vector<unsigned> profiles;    // seq_profile values: 0 main, 1 high, 2 professional
  std::vector<unsigned> bit_depths;  // 8, 10, 12
  std::vector<std::string> chroma;   // "4:0:0", "4:2:0", "4:2:2", "4:4:4"
  unsigned min_width = 0, min_height = 0;
  unsigned max_width = 0, max_height = 0;  // 0: not known
  std::vector<std::string> memory;  // caps features: "memory:SystemMemory", "memory:VAMemory", ...
  // How those of `memory` come in that are another API's; in no report, but what
  // add_device_copies() makes of several.
  std::vector<DeviceCopy> copies;
  // What else the engine says it does: "film-grain", "low-power", "cbr", ...
  std::vector<std::string> features;
};

struct DeviceReport {
  std::string id;      // "cpu", "renderD128", "cuda0", "vk0": the `device` property takes it
  std::string name;    // "Intel Arc A380", "NVIDIA H200"
  std::string driver;  // with its version: "Mesa Gallium 25.0.7", "libdav1d 1.5.1"
  std::string path;    // "/dev/dri/renderD128", "0000:01:00.0"; empty where there is none
  std::string pci;     // "0000:01:00.0": one physical device has one, whatever API shows it
  std::string uuid;    // "01234567-89ab-...", as CUDA and Vulkan know it; empty: not known
  bool usable = false;
  std::string reason;       // why not
  bool software = false;    // its driver runs on the CPU
  bool composites = false;  // vkcompositor runs on it
  std::vector<DeviceCopy> copies;
  std::vector<CodecCapability> codecs;
};

struct BackendReport {
  BackendKind kind = BackendKind::Cpu;
  bool usable = false;
  std::string reason;  // why not, in words that a person can act on
  std::vector<DeviceReport> devices;
};

}  // namespace av1hw
