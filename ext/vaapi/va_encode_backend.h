// SPDX-License-Identifier: LGPL-2.1-or-later
// Codes pictures with a VA driver.
#pragma once

#include <va/va.h>

#include <memory>
#include <optional>
#include <vector>

#include "codec/encode_backend.h"
#include "registry/capability.h"
#include "vaapi/encode_params.h"
#include "vaapi/va_coded_buffers.h"
#include "vaapi/va_encode_buffers.h"
#include "vaapi/va_encode_features.h"
#include "vaapi/va_encode_input.h"
#include "vaapi/va_input_memory.h"
#include "vaapi/va_surfaces.h"

namespace av1hw {

class VaEncodeBackend final : public EncodeBackend {
 public:
  // `memory`: open, and outlives this. `capability`: what the probe found.
  VaEncodeBackend(VaInputMemory& memory, CodecCapability capability);
  ~VaEncodeBackend() override;
  VaEncodeBackend(const VaEncodeBackend&) = delete;
  VaEncodeBackend& operator=(const VaEncodeBackend&) = delete;

  Result<> open(const EncoderSettings& settings, const EncoderInput& input,
                EncoderClient& client) override;
  const EncodeLimits& limits() const override { return limits_; }
  Result<> configure(const EncodeStream& stream) override;
  Result<EncodeSurfaceRef> input(GstBuffer* frame) override;
  Result<EncodeSurfaceRef> acquire() override;
  Result<EncodeJobRef> submit(const EncodePicture& picture) override;
  Result<CodedPicture> wait(EncodeJob& job) override;

 private:
  DriverCalls& calls() const { return *memory_.calls(); }
  void destroy_context();
  Result<> create_context(const EncodeStream& stream);
  void make_pools(const EncodeStream& stream);
  Result<> add_buffers(const EncodePicture& picture, VABufferID coded);
  Result<> add_settings(const EncodePicture& picture);
  Result<> encode(VASurfaceID input);
  Result<> sync(VABufferID coded, VASurfaceID input);

  VaInputMemory& memory_;
  const CodecCapability capability_;
  VaDisplayHandle display_;  // while it is open
  VADisplay dpy_ = nullptr;
  VaEncodeFeatures features_;
  EncodeLimits limits_;
  EncoderInput input_format_;
  EncoderClient* client_ = nullptr;
  uint32_t rate_control_ = VA_RC_CQP;
  uint32_t quality_level_ = 0;
  VAConfigID config_ = VA_INVALID_ID;
  VAContextID context_ = VA_INVALID_ID;
  std::optional<VaEncodeInput> input_;
  std::shared_ptr<VaSurfaces> reconstructions_;
  std::shared_ptr<VaCodedBuffers> coded_;
  std::optional<VaEncodeBuffers> buffers_;
  VaFrameHeader frame_header_;     // of the last picture, whose memory serves the next
  std::vector<VAEncROI> regions_;  // that the driver reads in vaRenderPicture
  bool regions_hold_ = false;      // the driver has those of the last picture
  bool syncs_buffers_ = true;      // the driver knows vaSyncBuffer; wait()'s thread's alone
};

}  // namespace av1hw
