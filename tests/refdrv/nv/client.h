// SPDX-License-Identifier: LGPL-2.1-or-later
// The functions of libcuda and libnvcuvid that the tests call, which no header declares as such.
#pragma once

#include "refdrv/nv/cuda_types.h"
// After cuda_types.h, whose types it needs.
#include <ffnvcodec/dynlink_cuviddec.h>

extern "C" {
tcuInit cuInit;
tcuDeviceGet cuDeviceGet;
tcuCtxCreate_v2 cuCtxCreate_v2;
tcuCtxDestroy_v2 cuCtxDestroy_v2;
tcuCtxPopCurrent_v2 cuCtxPopCurrent_v2;
tcuCtxPushCurrent_v2 cuCtxPushCurrent_v2;
tcuStreamCreate cuStreamCreate;
tcuStreamDestroy_v2 cuStreamDestroy_v2;
tcuStreamSynchronize cuStreamSynchronize;
tcuStreamWaitEvent cuStreamWaitEvent;
tcuEventCreate cuEventCreate;
tcuEventDestroy_v2 cuEventDestroy_v2;
tcuEventRecord cuEventRecord;
tcuMemAlloc_v2 cuMemAlloc_v2;
tcuMemAllocPitch_v2 cuMemAllocPitch_v2;
CUresult cuMemAllocAsync(CUdeviceptr*, size_t, CUstream);
tcuMemFree_v2 cuMemFree_v2;
tcuMemcpy2D_v2 cuMemcpy2D_v2;
tcuMemcpyHtoD_v2 cuMemcpyHtoD_v2;
tcuMemcpyHtoDAsync_v2 cuMemcpyHtoDAsync_v2;
tcuMemcpyDtoDAsync_v2 cuMemcpyDtoDAsync_v2;
tcuMemcpyDtoH_v2 cuMemcpyDtoH_v2;
tcuLaunchKernel cuLaunchKernel;
tcuImportExternalSemaphore cuImportExternalSemaphore;
tcuDestroyExternalSemaphore cuDestroyExternalSemaphore;
tcuWaitExternalSemaphoresAsync cuWaitExternalSemaphoresAsync;
tcuSignalExternalSemaphoresAsync cuSignalExternalSemaphoresAsync;
tcuvidGetDecoderCaps cuvidGetDecoderCaps;
tcuvidCreateDecoder cuvidCreateDecoder;
tcuvidDestroyDecoder cuvidDestroyDecoder;
tcuvidDecodePicture cuvidDecodePicture;
tcuvidReconfigureDecoder cuvidReconfigureDecoder;
tcuvidMapVideoFrame64 cuvidMapVideoFrame64;
tcuvidUnmapVideoFrame64 cuvidUnmapVideoFrame64;
CUresult cuMemCreate(refdrv::nv::MemHandle*, size_t, const refdrv::nv::MemAllocationProp*,
                     unsigned long long);
CUresult cuMemRelease(refdrv::nv::MemHandle);
CUresult cuMemAddressReserve(CUdeviceptr*, size_t, size_t, CUdeviceptr, unsigned long long);
CUresult cuMemAddressFree(CUdeviceptr, size_t);
CUresult cuMemMap(CUdeviceptr, size_t, size_t, refdrv::nv::MemHandle, unsigned long long);
CUresult cuMemUnmap(CUdeviceptr, size_t);
CUresult cuMemExportToShareableHandle(void*, refdrv::nv::MemHandle, int, unsigned long long);
CUresult cuMemImportFromShareableHandle(refdrv::nv::MemHandle*, void*, int);
}
