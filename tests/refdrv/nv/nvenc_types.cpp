// SPDX-License-Identifier: LGPL-2.1-or-later
// NVENC's statuses and structures, and what every part of the stand-in says of a refused call.
#include "refdrv/nv/nvenc_types.h"

#include <algorithm>
#include <iterator>

#include "refdrv/common/text.h"

namespace refdrv::nv {

namespace {

struct StatusName {
  NVENCSTATUS status;
  std::string_view name;
};

#define STATUS(name) {name, #name}

constexpr StatusName names[] = {
    STATUS(NV_ENC_SUCCESS),
    STATUS(NV_ENC_ERR_NO_ENCODE_DEVICE),
    STATUS(NV_ENC_ERR_UNSUPPORTED_DEVICE),
    STATUS(NV_ENC_ERR_INVALID_ENCODERDEVICE),
    STATUS(NV_ENC_ERR_INVALID_DEVICE),
    STATUS(NV_ENC_ERR_DEVICE_NOT_EXIST),
    STATUS(NV_ENC_ERR_INVALID_PTR),
    STATUS(NV_ENC_ERR_INVALID_EVENT),
    STATUS(NV_ENC_ERR_INVALID_PARAM),
    STATUS(NV_ENC_ERR_INVALID_CALL),
    STATUS(NV_ENC_ERR_OUT_OF_MEMORY),
    STATUS(NV_ENC_ERR_ENCODER_NOT_INITIALIZED),
    STATUS(NV_ENC_ERR_UNSUPPORTED_PARAM),
    STATUS(NV_ENC_ERR_LOCK_BUSY),
    STATUS(NV_ENC_ERR_NOT_ENOUGH_BUFFER),
    STATUS(NV_ENC_ERR_INVALID_VERSION),
    STATUS(NV_ENC_ERR_MAP_FAILED),
    STATUS(NV_ENC_ERR_NEED_MORE_INPUT),
    STATUS(NV_ENC_ERR_ENCODER_BUSY),
    STATUS(NV_ENC_ERR_EVENT_NOT_REGISTERD),
    STATUS(NV_ENC_ERR_GENERIC),
    STATUS(NV_ENC_ERR_INCOMPATIBLE_CLIENT_KEY),
    STATUS(NV_ENC_ERR_UNIMPLEMENTED),
    STATUS(NV_ENC_ERR_RESOURCE_REGISTER_FAILED),
    STATUS(NV_ENC_ERR_RESOURCE_NOT_REGISTERED),
    STATUS(NV_ENC_ERR_RESOURCE_NOT_MAPPED),
    STATUS(NV_ENC_ERR_NEED_MORE_OUTPUT),
};

#undef STATUS

// NVENCAPI_VERSION is the major number, and the minor one in the highest byte.
constexpr uint32_t api_mask = 0x0f0000ff;
constexpr uint32_t number_mask = 0x00ff0000;
// Says that a structure grew: in 12.1 some have it that had not in 12.0.
constexpr uint32_t grown_flag = 0x80000000;
constexpr unsigned first_api_with_av1 = 12;

}  // namespace

std::optional<NVENCSTATUS> nvenc_status(std::string_view name) {
  const auto* found = std::ranges::find(names, name, &StatusName::name);
  if (found != std::end(names)) return found->status;
  if (const auto code = number<int>(name)) return static_cast<NVENCSTATUS>(*code);
  return std::nullopt;
}

bool serves_api(uint32_t version) {
  const unsigned major = version & 0xff;
  const unsigned minor = version >> 24 & 0xf;
  return major == first_api_with_av1 && minor <= NVENCAPI_MINOR_VERSION;
}

Outcome<> check_version(uint32_t version, const StructureVersion& wanted) {
  const unsigned number = structure_number(version);
  const bool is_newest = (version & api_mask) == NVENCAPI_VERSION;
  const uint32_t free_bits = api_mask | number_mask | (is_newest ? 0 : grown_flag);
  const bool same_kind = (version & ~free_bits) == (wanted.current & ~free_bits);
  if (same_kind && serves_api(version & api_mask) && number >= wanted.oldest &&
      number <= structure_number(wanted.current)) {
    return {};
  }
  return misuse(NV_ENC_ERR_INVALID_VERSION, std::format("the version of {} is {:#x}, not {:#x}",
                                                        wanted.name, version, wanted.current));
}

}  // namespace refdrv::nv
