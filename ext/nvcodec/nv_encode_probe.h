// SPDX-License-Identifier: LGPL-2.1-or-later
// Asks NVENC what a GPU can encode.
#pragma once

#include <optional>

#include "nvcodec/nv_answers.h"
#include "nvcodec/nvenc_library.h"

namespace av1hw {

// What an open session answers about AV1. All but `has_av1` is empty if it has none.
NvEncodeAnswers ask_nv_session(const NV_ENCODE_API_FUNCTION_LIST& functions, void* session);

// Opens a session on `context` and closes it again. Empty: the driver is too old to be asked.
std::optional<NvEncodeAnswers> ask_nv_encoder(const NvEncodeLibrary& library, CUcontext context);

}  // namespace av1hw
