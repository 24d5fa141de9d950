// SPDX-License-Identifier: LGPL-2.1-or-later
// One NVENC session: its calls, with the CUDA context current, and what it gives owned.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "nvcodec/cuda_input_memory.h"
#include "nvcodec/nv_answers.h"
#include "nvcodec/nvenc_layout.h"
#include "nvcodec/nvenc_library.h"

namespace av1hw {

// A picture is coded with the calls of one thread, while another one locks what came before: as
// NVENC allows, lock() may be called beside any of the others.
class NvencSession {
 public:
  // Busy: the device's sessions are used up. `memory` is open, and stays so for as long as the
  // session lives.
  static Result<std::shared_ptr<NvencSession>> open(std::shared_ptr<const NvEncodeLibrary> library,
                                                    const CudaInputMemory& memory);
  NvencSession(const NvencSession&) = delete;
  NvencSession& operator=(const NvencSession&) = delete;
  ~NvencSession();

  // Each call makes the CUDA context current for itself, unless this is held around several. Those
  // that read an output need none current (GStreamer 1.26's own encoders have none there).
  CurrentCudaContext current() const { return {context_.get(), *calls_}; }

  // Ends it, with whatever it is working on. No call reaches the driver from then on.
  void close();

  Result<NvEncodeAnswers> ask();
  // What the driver has for `preset` and `tuning`.
  Result<NV_ENC_CONFIG> preset_config(const GUID& preset, NV_ENC_TUNING_INFO tuning);
  // Frames are read in the order of `memory`'s stream from then on.
  Result<> initialize(NV_ENC_INITIALIZE_PARAMS params, NV_ENC_CONFIG config);
  // Another bitrate; no key frame comes of it.
  Result<> reconfigure(NV_ENC_INITIALIZE_PARAMS params, NV_ENC_CONFIG config);

  Result<NV_ENC_OUTPUT_PTR> create_output();
  void destroy_output(NV_ENC_OUTPUT_PTR output);

  Result<NV_ENC_REGISTERED_PTR> register_memory(const NvencLayout& layout);
  void unregister_memory(NV_ENC_REGISTERED_PTR registered);
  Result<NV_ENC_INPUT_PTR> map(NV_ENC_REGISTERED_PTR registered);
  // False: it stays mapped, which was said in the log.
  bool unmap(NV_ENC_INPUT_PTR mapped);

  // True: its output, and those of the pictures that were held back until now, can be locked.
  Result<bool> encode(NV_ENC_PIC_PARAMS& picture);
  // Codes what is held back, whose output can then be locked.
  Result<> end();
  // Waits for the picture, and gives what it holds until unlock(). One at a time.
  Result<std::span<const uint8_t>> lock(NV_ENC_OUTPUT_PTR output);
  Result<> unlock(NV_ENC_OUTPUT_PTR output);

 private:
  NvencSession(std::shared_ptr<const NvEncodeLibrary> library, const CudaInputMemory& memory);
  template <typename Function, typename... Arguments>
  NVENCSTATUS call(const char* name, Function function, Arguments... arguments);
  // With whatever context is current.
  template <typename Function, typename... Arguments>
  NVENCSTATUS call_anywhere(const char* name, Function function, Arguments... arguments);
  template <typename Function, typename... Arguments>
  Result<> checked(const char* name, Function function, Arguments... arguments);
  template <typename Function, typename... Arguments>
  bool released(const char* name, Function function, Arguments... arguments);
  Result<> success(const char* name, NVENCSTATUS status);
  Error error(const char* name, NVENCSTATUS status);

  const std::shared_ptr<const NvEncodeLibrary> library_;
  const CudaContextHandle context_;
  const std::shared_ptr<DriverCalls> calls_;
  CUstream stream_;
  void* session_ = nullptr;
  NV_ENC_LOCK_BITSTREAM lock_ = {};  // large, and all but what is asked for is the driver's
};

}  // namespace av1hw
