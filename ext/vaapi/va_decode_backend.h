// SPDX-License-Identifier: LGPL-2.1-or-later
// Decodes pictures with a VA driver.
#pragma once

#include <va/va.h>

#include <memory>
#include <vector>

#include "codec/decode_backend.h"
#include "registry/capability.h"
#include "vaapi/va_memory.h"
#include "vaapi/va_parameter_buffer.h"
#include "vaapi/va_quirks.h"

namespace av1hw {

class VaDecodeBackend final : public DecodeBackend {
 public:
  // `memory`: open, and outlives this. `capability`: what the probe found.
  VaDecodeBackend(VaMemory& memory, CodecCapability capability);
  ~VaDecodeBackend() override;
  VaDecodeBackend(const VaDecodeBackend&) = delete;
  VaDecodeBackend& operator=(const VaDecodeBackend&) = delete;

  GstVideoFormat surface_format(const StreamConfig& stream) const override;
  Result<> open(const DecoderSettings& settings, DecoderClient& client) override;
  Result<> configure(const StreamConfig& stream) override;
  Result<DecodeSurfaceRef> acquire(const PictureFormat& format) override;
  Result<> submit(const PictureParams& picture) override;
  Result<> wait(DecodeSurface& surface) override;
  Result<BufferHandle> output(const DecodeSurfaceRef& surface,
                              const PictureFormat& format) override;
  void flush() override {}
  unsigned max_in_flight() const override { return 4; }

 private:
  void destroy_context();
  Result<> check(const StreamConfig& stream) const;
  Result<> create_context(const StreamConfig& stream);
  void ask_alignment();
  struct Allocated {
    BufferHandle buffer;
    VASurfaceID id;
  };
  Result<Allocated> allocate();
  Result<> add_buffer(VABufferType type, size_t size, size_t count, const void* data);
  Result<> add_parameters(VaParameterBuffer& buffer, size_t size, size_t count, const void* data);
  Result<> add_tile_parameters(size_t groups);
  Result<> add_buffers(const PictureParams& picture);
  Result<> decode(VASurfaceID target);
  Error picture_error(const Error& error) const;
  void destroy_buffers();
  Result<> sync(VASurfaceID surface);

  VaMemory& memory_;
  const CodecCapability capability_;
  VADisplay display_ = nullptr;
  VaQuirks quirks_;
  DecoderSettings settings_;
  DecoderClient* client_ = nullptr;
  MemoryNeeds needs_;
  PictureFormat acquired_;  // what the last surface was made for
  VAConfigID config_ = VA_INVALID_ID;
  VAContextID context_ = VA_INVALID_ID;
  bool has_decoded_ = false;  // the context did, at least once
  bool has_timeouts_ = true;  // the driver knows vaSyncSurface2
  VaParameterBuffer picture_parameters_;
  VaParameterBuffer tile_parameters_;  // of the first tile group, which is seldom not the only one
  // Of the picture that is submitted; kept for their memory.
  std::vector<VABufferID> buffers_;    // for vaRenderPicture
  std::vector<VABufferID> temporary_;  // those of them that are made for it alone
  std::vector<VASliceParameterBufferAV1> tiles_;
};

}  // namespace av1hw
