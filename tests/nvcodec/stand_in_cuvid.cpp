// SPDX-License-Identifier: LGPL-2.1-or-later
// A stand-in for libnvcuvid.so.1: AV1 in 4:2:0 at 8 and 10 bits, unless it is told to do none.
#include <ffnvcodec/dynlink_cuda.h>
#include <ffnvcodec/dynlink_cuviddec.h>

#include "stand_in.h"

extern "C" STAND_IN CUresult cuvidGetDecoderCaps(CUVIDDECODECAPS* caps) {
  const bool main_profile = caps->eCodecType == cudaVideoCodec_AV1 &&
                            caps->eChromaFormat == cudaVideoChromaFormat_420 &&
                            caps->nBitDepthMinus8 <= 2;
  caps->bIsSupported = main_profile && !is_scenario("no-av1") ? 1 : 0;
  caps->nMinWidth = caps->nMinHeight = 128;
  caps->nMaxWidth = caps->nMaxHeight = 8192;
  return CUDA_SUCCESS;
}
