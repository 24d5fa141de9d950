// SPDX-License-Identifier: LGPL-2.1-or-later
// libnvidia-encode: the functions that clients call.
#include <algorithm>
#include <cstring>

#include "refdrv/nv/nvenc_caps.h"
#include "refdrv/nv/nvenc_session.h"

using namespace refdrv;
using namespace refdrv::nv;

namespace {

// The process's sessions. Never destroyed, as the driver: threads may outlive main().
class Sessions {
 public:
  // Null where `limit` (0: none) are open already.
  void* add(std::shared_ptr<EncodeSession> session, size_t limit) {
    const std::scoped_lock lock(mutex_);
    if (limit != 0 && sessions_.size() >= limit) return nullptr;
    return sessions_.add(std::move(session));
  }
  std::shared_ptr<EncodeSession> find(void* handle) const {
    const std::scoped_lock lock(mutex_);
    return sessions_.find(handle);
  }
  void remove(void* handle) {
    const std::scoped_lock lock(mutex_);
    sessions_.remove(handle);
  }
  size_t size() const {
    const std::scoped_lock lock(mutex_);
    return sessions_.size();
  }

 private:
  mutable std::mutex mutex_;
  Handles<EncodeSession> sessions_;
};

Sessions& sessions = *new Sessions;

// What every call begins with: counted, and failed as the fault script says.
NVENCSTATUS enter_nvenc(const char* call, Driver*& out) {
  Driver* instance = driver();
  if (!instance) return NV_ENC_ERR_NO_ENCODE_DEVICE;
  out = instance;
  const auto interruption = instance->machine().enter(call);
  if (!interruption) return NV_ENC_SUCCESS;
  if (interruption->device_lost) return NV_ENC_ERR_DEVICE_NOT_EXIST;
  if (const auto status = nvenc_status(interruption->error)) return *status;
  instance->machine().misuse(
      call, "the fault script's '" + interruption->error + "' is no status of NVENC's");
  return NV_ENC_ERR_GENERIC;
}

NVENCSTATUS result(Driver& driver, const char* call, const Outcome<>& outcome) {
  if (outcome) return NV_ENC_SUCCESS;
  if (outcome.error().misuse) driver.machine().misuse(call, outcome.error().message);
  return outcome.error().status;
}

// A call on a session; `action` takes the session and gives an Outcome<>.
template <typename Action>
NVENCSTATUS on_session(const char* call, void* encoder, Action action) {
  Driver* driver = nullptr;
  if (const auto status = enter_nvenc(call, driver)) return status;
  const auto session = sessions.find(encoder);
  if (!session) {
    return result(*driver, call, misuse(NV_ENC_ERR_INVALID_ENCODERDEVICE, "no such session"));
  }
  if (!driver->contexts.contains(session->context())) {
    return result(*driver, call,
                  misuse(NV_ENC_ERR_INVALID_DEVICE, "the session's context is destroyed"));
  }
  const Outcome<> outcome = action(*session);
  session->set_last_error(outcome ? "" : outcome.error().message);
  return result(*driver, call, outcome);
}

// The same, with a structure whose version is checked.
template <typename Structure, typename Action>
NVENCSTATUS with_structure(const char* call, void* encoder, Structure* structure,
                           const StructureVersion& version, Action action) {
  return on_session(call, encoder, [&](EncodeSession& session) -> Outcome<> {
    if (!structure) return misuse(NV_ENC_ERR_INVALID_PTR, "no parameters");
    if (const auto ok = check_version(structure->version, version); !ok) return ok;
    return action(session, *structure);
  });
}

Outcome<> check_codec(const GUID& codec) {
  if (same(codec, NV_ENC_CODEC_AV1_GUID)) return {};
  return refuse(NV_ENC_ERR_UNSUPPORTED_PARAM, "the codec is not AV1");
}

// Fills as much of a client's array as there is, and tells how much.
template <typename Item>
Outcome<> put_list(std::span<const Item> list, Item* out, uint32_t capacity, uint32_t* count) {
  if (!out || !count) return misuse(NV_ENC_ERR_INVALID_PTR, "nowhere to put the list");
  *count = static_cast<uint32_t>(std::min<size_t>(list.size(), capacity));
  std::copy_n(list.begin(), *count, out);
  return {};
}

Outcome<> put_count(size_t count, uint32_t* out) {
  if (!out) return misuse(NV_ENC_ERR_INVALID_PTR, "nowhere to put the count");
  *out = static_cast<uint32_t>(count);
  return {};
}

std::span<const GUID> codecs() {
  static const GUID list[] = {NV_ENC_CODEC_AV1_GUID};
  return list;
}

Outcome<> open(Driver& driver, NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS* params, void** encoder) {
  if (!params || !encoder) return misuse(NV_ENC_ERR_INVALID_PTR, "no parameters");
  *encoder = nullptr;
  if (const auto ok =
          check_version(params->version, REFDRV_VERSION(NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS, 1));
      !ok) {
    return ok;
  }
  if (!serves_api(params->apiVersion)) {
    return misuse(NV_ENC_ERR_INVALID_VERSION,
                  std::format("apiVersion is {:#x}", params->apiVersion));
  }
  if (params->deviceType != NV_ENC_DEVICE_TYPE_CUDA) {
    return refuse(NV_ENC_ERR_UNSUPPORTED_DEVICE, "only CUDA's devices are there");
  }
  const auto context = static_cast<CUcontext>(params->device);
  if (!driver.contexts.contains(context)) {
    return misuse(NV_ENC_ERR_INVALID_DEVICE, "the device is no CUDA context");
  }
  const auto& profile = driver.machine().profile();
  if (profile.nvenc_engines == 0) {
    return refuse(NV_ENC_ERR_UNSUPPORTED_DEVICE, "the device has no encoder");
  }
  *encoder = sessions.add(std::make_shared<EncodeSession>(driver, context), profile.nvenc_sessions);
  if (!*encoder) {
    return refuse(NV_ENC_ERR_OUT_OF_MEMORY,
                  std::format("{} sessions are open already", profile.nvenc_sessions));
  }
  driver.machine().counters().raise("most_sessions", sessions.size());
  return {};
}

NVENCSTATUS nvEncOpenEncodeSessionEx(NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS* params, void** encoder) {
  Driver* driver = nullptr;
  if (const auto status = enter_nvenc(__func__, driver)) return status;
  return result(*driver, __func__, open(*driver, params, encoder));
}

// Of interfaces before 2.0.
NVENCSTATUS nvEncOpenEncodeSession(void*, uint32_t, void**) {
  Driver* driver = nullptr;
  if (const auto status = enter_nvenc(__func__, driver)) return status;
  return result(*driver, __func__, misuse(NV_ENC_ERR_INVALID_CALL, "it is no longer supported"));
}

// It takes the session away whatever else it says, also from a device that is lost.
NVENCSTATUS nvEncDestroyEncoder(void* encoder) {
  Driver* driver = nullptr;
  const auto status = enter_nvenc(__func__, driver);
  if (!driver) return status;
  const auto session = sessions.find(encoder);
  if (!session) {
    return result(*driver, __func__, misuse(NV_ENC_ERR_INVALID_ENCODERDEVICE, "no such session"));
  }
  sessions.remove(encoder);
  session->close();
  if (const size_t left = session->left_buffers()) {
    driver->machine().counters().add("left_buffers", left);
  }
  return status;
}

NVENCSTATUS nvEncGetEncodeGUIDCount(void* encoder, uint32_t* count) {
  return on_session(__func__, encoder,
                    [&](EncodeSession&) { return put_count(codecs().size(), count); });
}

NVENCSTATUS nvEncGetEncodeGUIDs(void* encoder, GUID* guids, uint32_t capacity, uint32_t* count) {
  return on_session(__func__, encoder,
                    [&](EncodeSession&) { return put_list(codecs(), guids, capacity, count); });
}

NVENCSTATUS nvEncGetEncodeProfileGUIDCount(void* encoder, GUID codec, uint32_t* count) {
  return on_session(__func__, encoder, [&](EncodeSession&) {
    return check_codec(codec).and_then([&] { return put_count(nvenc_profiles().size(), count); });
  });
}

NVENCSTATUS nvEncGetEncodeProfileGUIDs(void* encoder, GUID codec, GUID* guids, uint32_t capacity,
                                       uint32_t* count) {
  return on_session(__func__, encoder, [&](EncodeSession&) {
    return check_codec(codec).and_then(
        [&] { return put_list(nvenc_profiles(), guids, capacity, count); });
  });
}

NVENCSTATUS nvEncGetInputFormatCount(void* encoder, GUID codec, uint32_t* count) {
  return on_session(__func__, encoder, [&](EncodeSession&) {
    return check_codec(codec).and_then([&] { return put_count(nvenc_formats().size(), count); });
  });
}

NVENCSTATUS nvEncGetInputFormats(void* encoder, GUID codec, NV_ENC_BUFFER_FORMAT* formats,
                                 uint32_t capacity, uint32_t* count) {
  return on_session(__func__, encoder, [&](EncodeSession&) {
    return check_codec(codec).and_then(
        [&] { return put_list(nvenc_formats(), formats, capacity, count); });
  });
}

NVENCSTATUS nvEncGetEncodeCaps(void* encoder, GUID codec, NV_ENC_CAPS_PARAM* params, int* value) {
  return with_structure(
      __func__, encoder, params, REFDRV_VERSION(NV_ENC_CAPS_PARAM, 1),
      [&](EncodeSession&, const NV_ENC_CAPS_PARAM& asked) -> Outcome<> {
        if (!value) return misuse(NV_ENC_ERR_INVALID_PTR, "nowhere to put the value");
        if (const auto ok = check_codec(codec); !ok) return ok;
        if (asked.capsToQuery < 0 || asked.capsToQuery >= NV_ENC_CAPS_EXPOSED_COUNT) {
          return refuse(NV_ENC_ERR_INVALID_PARAM, "no such capability");
        }
        *value = nvenc_capability(driver()->machine().profile(), asked.capsToQuery);
        return {};
      });
}

NVENCSTATUS nvEncGetEncodePresetCount(void* encoder, GUID codec, uint32_t* count) {
  return on_session(__func__, encoder, [&](EncodeSession&) {
    return check_codec(codec).and_then([&] { return put_count(nvenc_presets().size(), count); });
  });
}

NVENCSTATUS nvEncGetEncodePresetGUIDs(void* encoder, GUID codec, GUID* guids, uint32_t capacity,
                                      uint32_t* count) {
  return on_session(__func__, encoder, [&](EncodeSession&) {
    return check_codec(codec).and_then(
        [&] { return put_list(nvenc_presets(), guids, capacity, count); });
  });
}

NVENCSTATUS preset(const char* call, void* encoder, const GUID& codec, const GUID& preset,
                   NV_ENC_TUNING_INFO tuning, NV_ENC_PRESET_CONFIG* config) {
  return with_structure(
      call, encoder, config, REFDRV_VERSION(NV_ENC_PRESET_CONFIG, 4),
      [&](EncodeSession&, NV_ENC_PRESET_CONFIG& out) -> Outcome<> {
        const uint32_t version = out.presetCfg.version;
        if (const auto ok = check_version(version, REFDRV_VERSION(NV_ENC_CONFIG, 7)); !ok) {
          return ok;
        }
        if (const auto ok = check_codec(codec); !ok) return ok;
        const auto made = preset_config(preset, tuning);
        if (!made) return std::unexpected(made.error());
        out.presetCfg = *made;
        out.presetCfg.version = version;
        return {};
      });
}

NVENCSTATUS nvEncGetEncodePresetConfig(void* encoder, GUID codec, GUID guid,
                                       NV_ENC_PRESET_CONFIG* config) {
  return preset(__func__, encoder, codec, guid, NV_ENC_TUNING_INFO_HIGH_QUALITY, config);
}

NVENCSTATUS nvEncGetEncodePresetConfigEx(void* encoder, GUID codec, GUID guid,
                                         NV_ENC_TUNING_INFO tuning, NV_ENC_PRESET_CONFIG* config) {
  return preset(__func__, encoder, codec, guid, tuning, config);
}

// A call that takes one structure, which the session's function fills or reads.
#define WITH_STRUCTURE(name, structure, oldest, function)                                      \
  NVENCSTATUS name(void* encoder, structure* params) {                                         \
    return with_structure(                                                                     \
        __func__, encoder, params, REFDRV_VERSION(structure, oldest),                          \
        [](EncodeSession& session, structure& checked) { return session.function(checked); }); \
  }

#define WITH_HANDLE(name, function)                                                      \
  NVENCSTATUS name(void* encoder, void* handle) {                                        \
    return on_session(__func__, encoder,                                                 \
                      [&](EncodeSession& session) { return session.function(handle); }); \
  }

WITH_STRUCTURE(nvEncInitializeEncoder, NV_ENC_INITIALIZE_PARAMS, 5, initialize)
WITH_STRUCTURE(nvEncCreateInputBuffer, NV_ENC_CREATE_INPUT_BUFFER, 1, create_input)
WITH_STRUCTURE(nvEncLockInputBuffer, NV_ENC_LOCK_INPUT_BUFFER, 1, lock_input)
WITH_STRUCTURE(nvEncRegisterResource, NV_ENC_REGISTER_RESOURCE, 3, register_resource)
WITH_STRUCTURE(nvEncMapInputResource, NV_ENC_MAP_INPUT_RESOURCE, 4, map_resource)
WITH_STRUCTURE(nvEncCreateBitstreamBuffer, NV_ENC_CREATE_BITSTREAM_BUFFER, 1, create_bitstream)
WITH_STRUCTURE(nvEncLockBitstream, NV_ENC_LOCK_BITSTREAM, 1, lock_bitstream)
WITH_STRUCTURE(nvEncGetEncodeStats, NV_ENC_STAT, 1, statistics)
WITH_STRUCTURE(nvEncGetSequenceParams, NV_ENC_SEQUENCE_PARAM_PAYLOAD, 1, sequence_header)
WITH_HANDLE(nvEncDestroyInputBuffer, destroy_input)
WITH_HANDLE(nvEncUnlockInputBuffer, unlock_input)
WITH_HANDLE(nvEncUnregisterResource, unregister_resource)
WITH_HANDLE(nvEncUnmapInputResource, unmap_resource)
WITH_HANDLE(nvEncDestroyBitstreamBuffer, destroy_bitstream)
WITH_HANDLE(nvEncUnlockBitstream, unlock_bitstream)

NVENCSTATUS nvEncReconfigureEncoder(void* encoder, NV_ENC_RECONFIGURE_PARAMS* params) {
  return with_structure(__func__, encoder, params, REFDRV_VERSION(NV_ENC_RECONFIGURE_PARAMS, 1),
                        [](EncodeSession& session, const NV_ENC_RECONFIGURE_PARAMS& checked) {
                          return check_version(checked.reInitEncodeParams.version,
                                               REFDRV_VERSION(NV_ENC_INITIALIZE_PARAMS, 5))
                              .and_then([&] { return session.reconfigure(checked); });
                        });
}

NVENCSTATUS nvEncEncodePicture(void* encoder, NV_ENC_PIC_PARAMS* params) {
  Driver* present = driver();
  if (present && params && !(params->encodePicFlags & NV_ENC_PIC_FLAG_EOS)) {
    present->machine().begin_picture();
  }
  return with_structure(__func__, encoder, params, REFDRV_VERSION(NV_ENC_PIC_PARAMS, 4),
                        [](EncodeSession& session, const NV_ENC_PIC_PARAMS& checked) {
                          return session.encode(checked);
                        });
}

NVENCSTATUS nvEncGetSequenceParamEx(void* encoder, NV_ENC_INITIALIZE_PARAMS* params,
                                    NV_ENC_SEQUENCE_PARAM_PAYLOAD* payload) {
  return with_structure(
      __func__, encoder, payload, REFDRV_VERSION(NV_ENC_SEQUENCE_PARAM_PAYLOAD, 1),
      [&](EncodeSession& session, NV_ENC_SEQUENCE_PARAM_PAYLOAD& checked) -> Outcome<> {
        if (!params) return misuse(NV_ENC_ERR_INVALID_PTR, "no parameters");
        return check_version(params->version, REFDRV_VERSION(NV_ENC_INITIALIZE_PARAMS, 5))
            .and_then([&] { return session.sequence_header_for(*params, checked); });
      });
}

NVENCSTATUS nvEncInvalidateRefFrames(void* encoder, uint64_t time) {
  return on_session(__func__, encoder,
                    [&](EncodeSession& session) { return session.invalidate(time); });
}

NVENCSTATUS nvEncSetIOCudaStreams(void* encoder, NV_ENC_CUSTREAM_PTR input,
                                  NV_ENC_CUSTREAM_PTR output) {
  return on_session(__func__, encoder,
                    [&](EncodeSession& session) { return session.set_streams(input, output); });
}

const char* nvEncGetLastErrorString(void* encoder) {
  const auto session = sessions.find(encoder);
  return session ? session->last_error() : "no such session";
}

// Only Windows has events, only H.264 and HEVC motion estimation alone.
#define UNAVAILABLE(name, Structure, why)                                  \
  NVENCSTATUS name(void* encoder, Structure) {                             \
    return on_session(__func__, encoder, [](EncodeSession&) -> Outcome<> { \
      return misuse(NV_ENC_ERR_UNIMPLEMENTED, why);                        \
    });                                                                    \
  }

UNAVAILABLE(nvEncRegisterAsyncEvent, NV_ENC_EVENT_PARAMS*, "Linux has no completion events")
UNAVAILABLE(nvEncUnregisterAsyncEvent, NV_ENC_EVENT_PARAMS*, "Linux has no completion events")
UNAVAILABLE(nvEncCreateMVBuffer, NV_ENC_CREATE_MV_BUFFER*, "AV1 has no motion estimation alone")
UNAVAILABLE(nvEncDestroyMVBuffer, NV_ENC_OUTPUT_PTR, "AV1 has no motion estimation alone")
UNAVAILABLE(nvEncRunMotionEstimationOnly, NV_ENC_MEONLY_PARAMS*,
            "AV1 has no motion estimation alone")
UNAVAILABLE(nvEncRestoreEncoderState, NV_ENC_RESTORE_ENCODER_STATE_PARAMS*,
            "the device has no state buffers")
UNAVAILABLE(nvEncLookaheadPicture, NV_ENC_LOOKAHEAD_PIC_PARAMS*,
            "the device has no external lookahead")

}  // namespace

#define PUT(name) list->name = name

REFDRV_API NVENCSTATUS NvEncodeAPICreateInstance(NV_ENCODE_API_FUNCTION_LIST* list) {
  Driver* driver = nullptr;
  if (const auto status = enter_nvenc(__func__, driver)) return status;
  if (!list) return result(*driver, __func__, misuse(NV_ENC_ERR_INVALID_PTR, "no list"));
  if (const auto ok = check_version(list->version, REFDRV_VERSION(NV_ENCODE_API_FUNCTION_LIST, 2));
      !ok) {
    return result(*driver, __func__, ok);
  }
  PUT(nvEncOpenEncodeSession);
  PUT(nvEncGetEncodeGUIDCount);
  PUT(nvEncGetEncodeProfileGUIDCount);
  PUT(nvEncGetEncodeProfileGUIDs);
  PUT(nvEncGetEncodeGUIDs);
  PUT(nvEncGetInputFormatCount);
  PUT(nvEncGetInputFormats);
  PUT(nvEncGetEncodeCaps);
  PUT(nvEncGetEncodePresetCount);
  PUT(nvEncGetEncodePresetGUIDs);
  PUT(nvEncGetEncodePresetConfig);
  PUT(nvEncInitializeEncoder);
  PUT(nvEncCreateInputBuffer);
  PUT(nvEncDestroyInputBuffer);
  PUT(nvEncCreateBitstreamBuffer);
  PUT(nvEncDestroyBitstreamBuffer);
  PUT(nvEncEncodePicture);
  PUT(nvEncLockBitstream);
  PUT(nvEncUnlockBitstream);
  PUT(nvEncLockInputBuffer);
  PUT(nvEncUnlockInputBuffer);
  PUT(nvEncGetEncodeStats);
  PUT(nvEncGetSequenceParams);
  PUT(nvEncRegisterAsyncEvent);
  PUT(nvEncUnregisterAsyncEvent);
  PUT(nvEncMapInputResource);
  PUT(nvEncUnmapInputResource);
  PUT(nvEncDestroyEncoder);
  PUT(nvEncInvalidateRefFrames);
  PUT(nvEncOpenEncodeSessionEx);
  PUT(nvEncRegisterResource);
  PUT(nvEncUnregisterResource);
  PUT(nvEncReconfigureEncoder);
  PUT(nvEncCreateMVBuffer);
  PUT(nvEncDestroyMVBuffer);
  PUT(nvEncRunMotionEstimationOnly);
  PUT(nvEncGetLastErrorString);
  PUT(nvEncSetIOCudaStreams);
  PUT(nvEncGetEncodePresetConfigEx);
  PUT(nvEncGetSequenceParamEx);
  PUT(nvEncRestoreEncoderState);
  PUT(nvEncLookaheadPicture);
  return NV_ENC_SUCCESS;
}

REFDRV_API NVENCSTATUS NvEncodeAPIGetMaxSupportedVersion(uint32_t* version) {
  Driver* driver = nullptr;
  if (const auto status = enter_nvenc(__func__, driver)) return status;
  if (!version) return result(*driver, __func__, misuse(NV_ENC_ERR_INVALID_PTR, "no version"));
  *version = NVENCAPI_MAJOR_VERSION << 4 | NVENCAPI_MINOR_VERSION;
  return NV_ENC_SUCCESS;
}
