// SPDX-License-Identifier: LGPL-2.1-or-later
// NVENC's statuses and structures, and what every part of the stand-in says of a refused call.
#pragma once

#include <ffnvcodec/nvEncodeAPI.h>

#include <cstdint>
#include <cstring>
#include <expected>
#include <format>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace refdrv::nv {

// Why a call did not succeed. `misuse`: the client broke the interface's rules, rather than asked
// for what the device has not, or too early.
struct Refusal {
  NVENCSTATUS status = NV_ENC_ERR_GENERIC;
  std::string message;
  bool misuse = true;
};

template <typename T = void>
using Outcome = std::expected<T, Refusal>;

inline std::unexpected<Refusal> misuse(NVENCSTATUS status, std::string message) {
  return std::unexpected(Refusal{.status = status, .message = std::move(message), .misuse = true});
}

inline std::unexpected<Refusal> refuse(NVENCSTATUS status, std::string message) {
  return std::unexpected(Refusal{.status = status, .message = std::move(message), .misuse = false});
}

// By its name in the header, or by number.
std::optional<NVENCSTATUS> nvenc_status(std::string_view name);

inline bool same(const GUID& a, const GUID& b) { return std::memcmp(&a, &b, sizeof a) == 0; }

// Which numbers of a structure's version are taken. The older ones have the same layout, with fewer
// fields; clients that serve old drivers as well still send them.
struct StructureVersion {
  const char* name;
  uint32_t current;  // the header's macro
  unsigned oldest;   // number
};

constexpr unsigned structure_number(uint32_t version) { return version >> 16 & 0xff; }

#define REFDRV_VERSION(structure, oldest) \
  ::refdrv::nv::StructureVersion { #structure, structure##_VER, oldest }

// NV_ENC_ERR_INVALID_VERSION unless `version` is one of these.
Outcome<> check_version(uint32_t version, const StructureVersion& wanted);
// Whether the interface's version (NVENCAPI_VERSION) is one that drivers of this kind serve.
bool serves_api(uint32_t version);

}  // namespace refdrv::nv
