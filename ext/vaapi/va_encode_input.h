// SPDX-License-Identifier: LGPL-2.1-or-later
// The surfaces that an encoder reads frames from: their own, or copies.
#pragma once

#include <memory>

#include "codec/encode_backend.h"
#include "vaapi/va_dma_import.h"
#include "vaapi/va_surfaces.h"
#include "vaapi/va_upload.h"

namespace av1hw {

struct VaInputRequest {
  EncoderInput input;
  unsigned coded_width = 0;  // of copies
  unsigned coded_height = 0;
  std::shared_ptr<VaSurfaces> copies;
};

// Not thread-safe; what it gives may be let go by any thread, and outlive it.
class VaEncodeInput {
 public:
  // `client` outlives this, and is told of each frame that was moved.
  VaEncodeInput(VaDisplayHandle display, std::shared_ptr<DriverCalls> calls, EncoderClient& client,
                const VaInputRequest& request);

  // Keeps a reference to the frame where its own memory is read.
  Result<EncodeSurfaceRef> surface_of(GstBuffer* frame);

 private:
  Result<EncodeSurfaceRef> own_surface(GstBuffer* frame);
  Result<EncodeSurfaceRef> imported(GstBuffer* frame);
  Result<EncodeSurfaceRef> copied(GstBuffer* frame);

  const VaDisplayHandle display_;
  const std::shared_ptr<DriverCalls> calls_;
  EncoderClient& client_;
  const VaInputRequest request_;
  VaDmaImport import_;
  VaUpload upload_;
};

}  // namespace av1hw
