// SPDX-License-Identifier: LGPL-2.1-or-later
// The calls of NVENC, marked while they last, and what their answers mean.
#include "nvcodec/nvenc_session.h"

#include <chrono>
#include <thread>

#include "nvcodec/nv_encode_probe.h"
#include "nvcodec/nv_error.h"
#include "nvcodec/nv_report.h"

namespace av1hw {
namespace {

// NVENC asks that a picture be offered again "after few milliseconds" while it is busy.
constexpr auto busy_pause = std::chrono::milliseconds(2);
constexpr unsigned busy_tries = 1000;

// Stands for a context that can't be made current, which no status of NVENC does.
constexpr auto no_context = static_cast<NVENCSTATUS>(-1);

}  // namespace

NvencSession::NvencSession(std::shared_ptr<const NvEncodeLibrary> library,
                           const CudaInputMemory& memory)
    : library_(std::move(library)),
      context_(share(memory.device().context())),
      calls_(memory.calls()),
      stream_(memory.device().stream_handle()) {}

NvencSession::~NvencSession() { close(); }

void NvencSession::close() {
  released("nvEncDestroyEncoder", (*library_)->nvEncDestroyEncoder);
  session_ = nullptr;
}

template <typename Function, typename... Arguments>
NVENCSTATUS NvencSession::call(const char* name, Function function, Arguments... arguments) {
  const CurrentCudaContext context = current();
  if (!context) return no_context;
  return call_anywhere(name, function, arguments...);
}

template <typename Function, typename... Arguments>
NVENCSTATUS NvencSession::call_anywhere(const char* name, Function function,
                                        Arguments... arguments) {
  const DriverCall mark(*calls_, name);
  return function(session_, arguments...);
}

template <typename Function, typename... Arguments>
Result<> NvencSession::checked(const char* name, Function function, Arguments... arguments) {
  return success(name, call(name, function, arguments...));
}

Result<> NvencSession::success(const char* name, NVENCSTATUS status) {
  if (status == NV_ENC_SUCCESS) return {};
  return std::unexpected(error(name, status));
}

// Nobody can do anything about what can't be given back. A session that is gone took all with it.
template <typename Function, typename... Arguments>
bool NvencSession::released(const char* name, Function function, Arguments... arguments) {
  if (!session_) return true;
  const Result<> done = checked(name, function, arguments...);
  if (!done) GST_WARNING("%s", done.error().message.c_str());
  return done.has_value();
}

// NVENC does not tell a GPU that is gone from other failures; CUDA does.
Error NvencSession::error(const char* name, NVENCSTATUS status) {
  const Error lost = {ErrorCode::DeviceLost,
                      "the GPU is gone, and must be opened anew (the CUDA context can't be made "
                      "current)"};
  if (status == no_context) return lost;
  const CurrentCudaContext context = current();
  if (!context) return lost;
  if (status == NV_ENC_ERR_GENERIC || status == NV_ENC_ERR_INVALID_DEVICE) {
    const DriverCall mark(*calls_, "cuStreamSynchronize");
    if (const CUresult cuda = CuStreamSynchronize(stream_); cuda != CUDA_SUCCESS)
      return nv_error((std::string("cuStreamSynchronize after ") + name).c_str(), cuda);
  }
  const auto get_text = (*library_)->nvEncGetLastErrorString;
  const char* text = get_text && session_ ? get_text(session_) : nullptr;
  return nvenc_error(name, status, text ? text : "");
}

Result<std::shared_ptr<NvencSession>> NvencSession::open(
    std::shared_ptr<const NvEncodeLibrary> library, const CudaInputMemory& memory) {
  const std::shared_ptr<NvencSession> session(new NvencSession(std::move(library), memory));
  NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS params = {};
  params.version = NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS_VER;
  params.deviceType = NV_ENC_DEVICE_TYPE_CUDA;
  params.device = gst_cuda_context_get_handle(memory.device().context());
  params.apiVersion = NVENCAPI_VERSION;
  const auto open = (*session->library_)->nvEncOpenEncodeSessionEx;
  // Even after a failure there may be a handle, which is closed then.
  const NVENCSTATUS status = session->call(
      "nvEncOpenEncodeSessionEx",
      [open](void*, NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS* wanted, void** handle) {
        return open(wanted, handle);
      },
      &params, &session->session_);
  if (status == NV_ENC_SUCCESS) return session;
  Error failure = session->error("nvEncOpenEncodeSessionEx", status);
  if (failure.code != ErrorCode::DeviceLost && status != no_context) {
    failure.message = nv_open_session_reason(status) + " (nvEncOpenEncodeSessionEx answered " +
                      std::to_string(status) + ")";
  }
  return std::unexpected(std::move(failure));
}

Result<NvEncodeAnswers> NvencSession::ask() {
  const CurrentCudaContext context = current();
  if (!context) return std::unexpected(error("nvEncGetEncodeCaps", no_context));
  const DriverCall mark(*calls_, "nvEncGetEncodeCaps");
  NvEncodeAnswers answers = ask_nv_session(library_->functions(), session_);
  if (!answers.has_av1) return fail(ErrorCode::NotSupported, "this GPU encodes, but not AV1");
  return answers;
}

Result<NV_ENC_CONFIG> NvencSession::preset_config(const GUID& preset, NV_ENC_TUNING_INFO tuning) {
  NV_ENC_PRESET_CONFIG config = {};
  config.version = NV_ENC_PRESET_CONFIG_VER;
  config.presetCfg.version = NV_ENC_CONFIG_VER;
  if (const Result<> got =
          checked("nvEncGetEncodePresetConfigEx", (*library_)->nvEncGetEncodePresetConfigEx,
                  NV_ENC_CODEC_AV1_GUID, preset, tuning, &config);
      !got)
    return std::unexpected(got.error());
  return config.presetCfg;
}

Result<> NvencSession::initialize(NV_ENC_INITIALIZE_PARAMS params, NV_ENC_CONFIG config) {
  params.encodeConfig = &config;
  if (Result<> done =
          checked("nvEncInitializeEncoder", (*library_)->nvEncInitializeEncoder, &params);
      !done || !stream_)
    return done;
  return checked("nvEncSetIOCudaStreams", (*library_)->nvEncSetIOCudaStreams,
                 static_cast<NV_ENC_CUSTREAM_PTR>(&stream_),
                 static_cast<NV_ENC_CUSTREAM_PTR>(&stream_));
}

Result<> NvencSession::reconfigure(NV_ENC_INITIALIZE_PARAMS params, NV_ENC_CONFIG config) {
  NV_ENC_RECONFIGURE_PARAMS changed = {};
  changed.version = NV_ENC_RECONFIGURE_PARAMS_VER;
  params.encodeConfig = &config;
  changed.reInitEncodeParams = params;
  return checked("nvEncReconfigureEncoder", (*library_)->nvEncReconfigureEncoder, &changed);
}

Result<NV_ENC_OUTPUT_PTR> NvencSession::create_output() {
  NV_ENC_CREATE_BITSTREAM_BUFFER params = {};
  params.version = NV_ENC_CREATE_BITSTREAM_BUFFER_VER;
  if (const Result<> done =
          checked("nvEncCreateBitstreamBuffer", (*library_)->nvEncCreateBitstreamBuffer, &params);
      !done)
    return std::unexpected(done.error());
  return params.bitstreamBuffer;
}

void NvencSession::destroy_output(NV_ENC_OUTPUT_PTR output) {
  released("nvEncDestroyBitstreamBuffer", (*library_)->nvEncDestroyBitstreamBuffer, output);
}

Result<NV_ENC_REGISTERED_PTR> NvencSession::register_memory(const NvencLayout& layout) {
  NV_ENC_REGISTER_RESOURCE resource = {};
  resource.version = NV_ENC_REGISTER_RESOURCE_VER;
  resource.resourceType = NV_ENC_INPUT_RESOURCE_TYPE_CUDADEVICEPTR;
  resource.bufferUsage = NV_ENC_INPUT_IMAGE;
  resource.resourceToRegister = layout.address;
  resource.width = layout.width;
  resource.height = layout.rows;
  resource.pitch = layout.pitch;
  resource.bufferFormat = layout.format;
  if (const Result<> done =
          checked("nvEncRegisterResource", (*library_)->nvEncRegisterResource, &resource);
      !done)
    return std::unexpected(done.error());
  return resource.registeredResource;
}

void NvencSession::unregister_memory(NV_ENC_REGISTERED_PTR registered) {
  released("nvEncUnregisterResource", (*library_)->nvEncUnregisterResource, registered);
}

Result<NV_ENC_INPUT_PTR> NvencSession::map(NV_ENC_REGISTERED_PTR registered) {
  NV_ENC_MAP_INPUT_RESOURCE params = {};
  params.version = NV_ENC_MAP_INPUT_RESOURCE_VER;
  params.registeredResource = registered;
  if (const Result<> done =
          checked("nvEncMapInputResource", (*library_)->nvEncMapInputResource, &params);
      !done)
    return std::unexpected(done.error());
  return params.mappedResource;
}

bool NvencSession::unmap(NV_ENC_INPUT_PTR mapped) {
  return released("nvEncUnmapInputResource", (*library_)->nvEncUnmapInputResource, mapped);
}

Result<bool> NvencSession::encode(NV_ENC_PIC_PARAMS& picture) {
  NVENCSTATUS status = NV_ENC_ERR_ENCODER_BUSY;
  for (unsigned i = 0; i < busy_tries && status == NV_ENC_ERR_ENCODER_BUSY; i++) {
    if (i > 0) std::this_thread::sleep_for(busy_pause);
    status = call("nvEncEncodePicture", (*library_)->nvEncEncodePicture, &picture);
  }
  if (status == NV_ENC_SUCCESS) return true;
  if (status == NV_ENC_ERR_NEED_MORE_INPUT) return false;
  return std::unexpected(error("nvEncEncodePicture", status));
}

Result<> NvencSession::end() {
  NV_ENC_PIC_PARAMS end = {};
  end.version = NV_ENC_PIC_PARAMS_VER;
  end.encodePicFlags = NV_ENC_PIC_FLAG_EOS;
  if (const Result<bool> done = encode(end); !done) return std::unexpected(done.error());
  return {};
}

Result<std::span<const uint8_t>> NvencSession::lock(NV_ENC_OUTPUT_PTR output) {
  lock_.version = NV_ENC_LOCK_BITSTREAM_VER;
  lock_.outputBitstream = output;
  lock_.bitstreamBufferPtr = nullptr;
  lock_.bitstreamSizeInBytes = 0;
  constexpr const char* name = "nvEncLockBitstream";
  if (const Result<> done =
          success(name, call_anywhere(name, (*library_)->nvEncLockBitstream, &lock_));
      !done)
    return std::unexpected(done.error());
  if (!lock_.bitstreamBufferPtr) return std::span<const uint8_t>();
  return std::span(static_cast<const uint8_t*>(lock_.bitstreamBufferPtr),
                   lock_.bitstreamSizeInBytes);
}

Result<> NvencSession::unlock(NV_ENC_OUTPUT_PTR output) {
  constexpr const char* name = "nvEncUnlockBitstream";
  return success(name, call_anywhere(name, (*library_)->nvEncUnlockBitstream, output));
}

}  // namespace av1hw
