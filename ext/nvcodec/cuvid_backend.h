// SPDX-License-Identifier: LGPL-2.1-or-later
// Decoding through CUVID: surfaces, sessions, and pictures handed on as CUDA memory.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "codec/decode_backend.h"
#include "nvcodec/cuda_memory.h"
#include "nvcodec/cuvid_session.h"
#include "nvcodec/decode_params.h"

namespace av1hw {

class CuvidDecodeBackend final : public DecodeBackend {
 public:
  // `memory` outlives the backend, and is open as long as the backend is.
  explicit CuvidDecodeBackend(CudaOutputMemory& memory) : memory_(memory) {}

  Result<> open(const DecoderSettings& settings, DecoderClient& client) override;
  Result<> configure(const StreamConfig& stream) override;
  Result<DecodeSurfaceRef> acquire(const PictureFormat& format) override;
  Result<> submit(const PictureParams& picture) override;
  Result<> wait(DecodeSurface& surface) override;
  Result<BufferHandle> output(const DecodeSurfaceRef& surface,
                              const PictureFormat& format) override;
  void flush() override { waited_.reset(); }
  unsigned max_in_flight() const override { return 4; }

 private:
  // A surface of one session, which it keeps.
  class Surface final : public CuvidSurface {
   public:
    Surface(std::shared_ptr<CuvidSession> owner, unsigned reference_index, unsigned shown_index)
        : CuvidSurface(reference_index, shown_index), session(std::move(owner)) {}
    const std::shared_ptr<CuvidSession> session;
    bool has_grain = false;  // of the picture decoded last
  };
  // A picture that was waited for, which CUVID does by mapping it, and is output next.
  struct Waited {
    const DecodeSurface* surface;
    MappedPicture picture;
  };

  Result<> check_support(const StreamConfig& stream) const;
  Result<> make_session(const CuvidSessionConfig& config, unsigned pictures, bool grain);
  bool needs_reference(const PictureParams& picture, unsigned slot) const;
  Result<MappedPicture> map(const Surface& surface);
  Result<BufferHandle> wrap(MappedPicture picture, const PictureFormat& format);
  Result<BufferHandle> copy(GstBuffer* from, const PictureFormat& format);

  CudaOutputMemory& memory_;
  DecoderClient* client_ = nullptr;
  std::shared_ptr<const CuvidLibrary> library_;
  std::shared_ptr<CuvidSession> session_;
  bool session_has_grain_ = false;
  std::vector<std::shared_ptr<Surface>> surfaces_;  // of session_; free: nobody else holds it
  std::optional<Waited> waited_;
  CuvidPicture picture_ = {};
};

}  // namespace av1hw
