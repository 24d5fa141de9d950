// SPDX-License-Identifier: LGPL-2.1-or-later
// A fuzzer's bytes as what an encoder is given: valid for the most part, and at its bounds or
// beyond them now and then.
#pragma once

#include <vector>

#include "codec/encode_backend.h"
#include "codec/encode_structure.h"
#include "support/checking_encode_backend.h"
#include "support/fuzz_bytes.h"

namespace av1hw::test {

using FrameBuffer = BufferHandle;

// What a driver may say that it can do.
void choose_limits(FuzzBytes& bytes, EncodeLimits& limits);
// Errors at some calls.
void plan_faults(FuzzBytes& bytes, EncodeScript& script);
bool has_faults(const EncodeScript& script);

EncoderSettings choose_settings(FuzzBytes& bytes);
EncoderInput choose_input(FuzzBytes& bytes);
unsigned choose_bitrate(FuzzBytes& bytes);
// With regions of interest, anywhere.
FrameBuffer choose_frame(FuzzBytes& bytes, uint64_t number);
std::vector<std::vector<uint8_t>> choose_payloads(FuzzBytes& bytes);

}  // namespace av1hw::test
