// SPDX-License-Identifier: LGPL-2.1-or-later
// What NVIDIA's libraries answer to a probe, as plain values: filled by calls, read without a
// driver.
#pragma once

#include <ffnvcodec/dynlink_cuda.h>
#include <ffnvcodec/dynlink_cuviddec.h>
#include <ffnvcodec/nvEncodeAPI.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace av1hw {

// The three libraries of the driver: why one can't be used, or an empty string.
struct NvLibraries {
  std::string cuda;                   // libcuda.so.1
  std::string cuvid;                  // libnvcuvid.so.1
  std::string encode;                 // libnvidia-encode.so.1
  std::string kernel_module_version;  // "580.95.05"; empty: not known
  int cuda_version = 0;               // 12080: CUDA 12.8
  uint32_t encode_api_version = 0;    // major << 4 | minor; 0: not known
};

struct NvEncodeAnswers {
  NVENCSTATUS open_status = NV_ENC_SUCCESS;
  bool has_av1 = false;
  std::vector<NV_ENC_BUFFER_FORMAT> input_formats;
  int min_width = 0, min_height = 0, max_width = 0, max_height = 0;
  int rate_control_modes = 0;  // NV_ENC_PARAMS_RC_*
  int ten_bit = 0, yuv444 = 0, lookahead = 0, dynamic_bitrate = 0;
  int temporal_layers = 0;  // 0: it has no temporal scalability
  int engines = 0;
  int b_frames = 0;            // between two others, at most
  int b_frame_references = 0;  // a NV_ENC_BFRAME_REF_MODE
  int multiple_references = 0, custom_vbv = 0, temporal_aq = 0, intra_refresh = 0, lossless = 0;
};

struct NvDeviceAnswers {
  int ordinal = 0;
  std::string name;
  std::string pci;
  std::string uuid;
  int compute_major = 0, compute_minor = 0;
  std::string error;  // why no context could be made; empty: one was
  // cuvidGetDecoderCaps for AV1, one for each chroma format and bit depth asked.
  std::vector<CUVIDDECODECAPS> decode;
  CUresult decode_status = CUDA_SUCCESS;  // of the last one that was not answered
  std::optional<NvEncodeAnswers> encode;  // empty: not asked, the library says why
};

struct NvAnswers {
  NvLibraries libraries;
  CUresult init_status = CUDA_SUCCESS;
  std::vector<NvDeviceAnswers> devices;
};

}  // namespace av1hw
