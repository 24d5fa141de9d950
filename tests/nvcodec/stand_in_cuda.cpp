// SPDX-License-Identifier: LGPL-2.1-or-later
// A stand-in for libcuda.so.1 that answers the probe, as AV1HW_STAND_IN tells it to.
#include <ffnvcodec/dynlink_cuda.h>

#include <cstdio>

#include "stand_in.h"

extern "C" {

STAND_IN CUresult cuInit(unsigned) {
  return is_scenario("no-gpu") ? static_cast<CUresult>(100) : CUDA_SUCCESS;
}

STAND_IN CUresult cuDriverGetVersion(int* version) {
  *version = 12080;
  return CUDA_SUCCESS;
}

STAND_IN CUresult cuDeviceGetCount(int* count) {
  *count = 1;
  return CUDA_SUCCESS;
}

STAND_IN CUresult cuDeviceGet(CUdevice* device, int ordinal) {
  *device = ordinal;
  return CUDA_SUCCESS;
}

STAND_IN CUresult cuDeviceGetName(char* name, int size, CUdevice) {
  std::snprintf(name, static_cast<size_t>(size), "Stand-in GPU");
  return CUDA_SUCCESS;
}

STAND_IN CUresult cuDeviceGetPCIBusId(char* id, int size, CUdevice) {
  std::snprintf(id, static_cast<size_t>(size), "0000:0A:00.0");
  return CUDA_SUCCESS;
}

STAND_IN CUresult cuDeviceGetAttribute(int* value, CUdevice_attribute attribute, CUdevice) {
  *value = attribute == CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR ? 8 : 9;
  return CUDA_SUCCESS;
}

STAND_IN CUresult cuCtxCreate_v2(CUcontext* context, unsigned, CUdevice) {
  static char it;
  *context = reinterpret_cast<CUcontext>(&it);
  return is_scenario("no-context") ? static_cast<CUresult>(2) : CUDA_SUCCESS;
}

STAND_IN CUresult cuCtxDestroy_v2(CUcontext) { return CUDA_SUCCESS; }
}
