// SPDX-License-Identifier: LGPL-2.1-or-later
// CUVID's picture parameters as text: one line a picture, each field by its name.
#pragma once

#include <ffnvcodec/dynlink_cuda.h>
#include <ffnvcodec/dynlink_cuviddec.h>

#include <string>

namespace av1hw {

// "CurrPicIdx=0 PicWidthInMbs=13 ... apply_grain=0", in the words of the traces of NVIDIA's parser.
std::string picture_line(const CUVIDPICPARAMS& params);

}  // namespace av1hw
