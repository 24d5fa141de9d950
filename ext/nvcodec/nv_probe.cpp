// SPDX-License-Identifier: LGPL-2.1-or-later
// The calls of the NVIDIA probe: every answer is kept as it was given, nothing is judged here.
#include "nvcodec/nv_probe.h"

#include <glib.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/unique_handle.h"
#include "base/uuid.h"
#include "nvcodec/dynamic_library.h"
#include "nvcodec/nv_encode_probe.h"

namespace av1hw {
namespace {

struct CudaFunctions {
  tcuInit* init;
  tcuDriverGetVersion* driver_version;
  tcuDeviceGetCount* device_count;
  tcuDeviceGet* device_get;
  tcuDeviceGetName* device_name;
  tcuDeviceGetAttribute* device_attribute;
  tcuDeviceGetPCIBusId* device_pci;  // may be missing, as the next
  tcuDeviceGetUuid* device_uuid;
  tcuCtxCreate_v2* context_create;
  tcuCtxDestroy_v2* context_destroy;

  // The name of a missing function; empty: all are there.
  std::string load(const DynamicLibrary& library) {
    library.find("cuDeviceGetPCIBusId", device_pci);
    library.find("cuDeviceGetUuid", device_uuid);
    if (!library.find("cuInit", init)) return "cuInit";
    if (!library.find("cuDriverGetVersion", driver_version)) return "cuDriverGetVersion";
    if (!library.find("cuDeviceGetCount", device_count)) return "cuDeviceGetCount";
    if (!library.find("cuDeviceGet", device_get)) return "cuDeviceGet";
    if (!library.find("cuDeviceGetName", device_name)) return "cuDeviceGetName";
    if (!library.find("cuDeviceGetAttribute", device_attribute)) return "cuDeviceGetAttribute";
    if (!library.find("cuCtxCreate_v2", context_create)) return "cuCtxCreate_v2";
    if (!library.find("cuCtxDestroy_v2", context_destroy)) return "cuCtxDestroy_v2";
    return {};
  }
};

std::string missing_function(const char* library, const std::string& function) {
  return std::string(library) + " has no " + function + ": update NVIDIA's driver";
}

std::string kernel_module_version() {
  char* text = nullptr;
  if (!g_file_get_contents("/sys/module/nvidia/version", &text, nullptr, nullptr)) return {};
  return g_strstrip(GCharPtr(text).get());
}

void ask_decoder(tcuvidGetDecoderCaps* get_caps, NvDeviceAnswers& answers) {
  for (const cudaVideoChromaFormat chroma :
       {cudaVideoChromaFormat_Monochrome, cudaVideoChromaFormat_420, cudaVideoChromaFormat_422,
        cudaVideoChromaFormat_444}) {
    for (const unsigned depth : {8U, 10U, 12U}) {
      CUVIDDECODECAPS caps = {};
      caps.eCodecType = cudaVideoCodec_AV1;
      caps.eChromaFormat = chroma;
      caps.nBitDepthMinus8 = depth - 8;
      if (const CUresult status = get_caps(&caps); status == CUDA_SUCCESS) {
        answers.decode.push_back(caps);
      } else {
        answers.decode_status = status;
      }
    }
  }
}

void name_device(const CudaFunctions& cuda, CUdevice device, NvDeviceAnswers& answers) {
  std::array<char, 256> text = {};
  if (cuda.device_name(text.data(), text.size() - 1, device) == CUDA_SUCCESS)
    answers.name = text.data();
  text = {};
  if (cuda.device_pci && cuda.device_pci(text.data(), text.size() - 1, device) == CUDA_SUCCESS) {
    const GCharPtr lower(g_ascii_strdown(text.data(), -1));
    answers.pci = lower.get();
  }
  CUuuid uuid = {};
  if (cuda.device_uuid && cuda.device_uuid(&uuid, device) == CUDA_SUCCESS) {
    std::array<uint8_t, uuid_bytes> bytes;
    std::ranges::copy(uuid.bytes, bytes.begin());
    answers.uuid = uuid_text(bytes);
  }
  cuda.device_attribute(&answers.compute_major, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR,
                        device);
  cuda.device_attribute(&answers.compute_minor, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR,
                        device);
}

NvDeviceAnswers ask_device(const CudaFunctions& cuda, int ordinal, tcuvidGetDecoderCaps* get_caps,
                           const NvEncodeLibrary* encode) {
  NvDeviceAnswers answers;
  answers.ordinal = ordinal;
  CUdevice device = 0;
  if (const CUresult status = cuda.device_get(&device, ordinal); status != CUDA_SUCCESS) {
    answers.error = "the GPU does not answer (cuDeviceGet: " + std::to_string(status) + ")";
    return answers;
  }
  name_device(cuda, device, answers);
  CUcontext context = nullptr;
  if (const CUresult status = cuda.context_create(&context, 0, device); status != CUDA_SUCCESS) {
    answers.error = "no CUDA context could be made (cuCtxCreate: " + std::to_string(status) +
                    "): GPU memory may be used up, or the GPU be reserved for another process";
    return answers;
  }
  // Making a context makes it the thread's current one, which cuvidGetDecoderCaps asks.
  if (get_caps) ask_decoder(get_caps, answers);
  if (encode) answers.encode = ask_nv_encoder(*encode, context);
  cuda.context_destroy(context);
  return answers;
}

}  // namespace

NvAnswers probe_nvidia() {
  NvAnswers answers;
  NvLibraries& libraries = answers.libraries;
  const Result<DynamicLibrary> cuda_library = DynamicLibrary::open("libcuda.so.1");
  if (!cuda_library) {
    libraries.cuda = cuda_library.error().message;
    return answers;
  }
  CudaFunctions cuda = {};
  if (const std::string missing = cuda.load(*cuda_library); !missing.empty()) {
    libraries.cuda = missing_function("libcuda.so.1", missing);
    return answers;
  }
  libraries.kernel_module_version = kernel_module_version();
  answers.init_status = cuda.init(0);
  if (answers.init_status != CUDA_SUCCESS) return answers;
  cuda.driver_version(&libraries.cuda_version);

  const Result<DynamicLibrary> cuvid_library = DynamicLibrary::open("libnvcuvid.so.1");
  tcuvidGetDecoderCaps* get_caps = nullptr;
  if (!cuvid_library) {
    libraries.cuvid = cuvid_library.error().message;
  } else if (!cuvid_library->find("cuvidGetDecoderCaps", get_caps)) {
    libraries.cuvid = missing_function("libnvcuvid.so.1", "cuvidGetDecoderCaps");
  }
  const Result<NvEncodeLibrary> encode = NvEncodeLibrary::open();
  if (!encode) libraries.encode = encode.error().message;
  if (encode) libraries.encode_api_version = encode->max_version();

  int count = 0;
  cuda.device_count(&count);
  for (int i = 0; i < count; i++)
    answers.devices.push_back(ask_device(cuda, i, get_caps, encode ? &*encode : nullptr));
  return answers;
}

}  // namespace av1hw
