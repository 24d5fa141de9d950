// SPDX-License-Identifier: LGPL-2.1-or-later
// Stands in for the CUDA toolkit's header, which libgstcuda's headers include: the driver's types
// as the nv-codec-headers have them, and names for those that only pass through.
#pragma once

#include <ffnvcodec/dynlink_cuda.h>

using CUmemGenericAllocationHandle = unsigned long long;
using CUmemoryPool = struct CUmemPoolHandle_st*;
struct CUmemAccessDesc;
struct CUmemAllocationProp;
struct CUmemLocation;
struct CUmemPoolProps;
struct CUipcEventHandle {
  char reserved[64];
};
struct CUipcMemHandle {
  char reserved[64];
};
enum CUgraphicsMapResourceFlags : int {};
enum CUmemAllocationGranularity_flags : int {};
enum CUmemAllocationHandleType : int {};
enum CUmemPool_attribute : int {};
