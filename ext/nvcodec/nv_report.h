// SPDX-License-Identifier: LGPL-2.1-or-later
// Turns the answers of NVIDIA's libraries into a report: pure, so that it is tested without a
// driver.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "nvcodec/nv_answers.h"
#include "registry/capability.h"

namespace av1hw {

BackendReport nv_backend_report(const NvAnswers& answers);

// Which GPU a DeviceReport::id of ours names, as CUDA counts: 1 for "cuda1".
std::optional<int> nv_device_ordinal(std::string_view id);

// Features of encoders that have a number in front: "7-b-frames".
inline constexpr const char* nv_b_frames = "b-frames";
inline constexpr const char* nv_temporal_layers = "temporal-layers";
inline constexpr const char* nv_engines = "engines";

// That number; 0: the encoder has none of it.
unsigned nv_feature_count(const CodecCapability& codec, std::string_view feature);

// What a failed cuInit means and what to do about it.
std::string nv_init_reason(CUresult status);

// Why an encode session could not be opened, and whether that is for good (NotSupported) or for now
// (Busy).
std::string nv_open_session_reason(NVENCSTATUS status);

}  // namespace av1hw
