// SPDX-License-Identifier: LGPL-2.1-or-later
// dav1d, for streams of which every temporal unit gives one picture.
#pragma once

#include <dav1d/dav1d.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "refdrv/resynth/result.h"
#include "refdrv/resynth/resynthesizer.h"

namespace refdrv {

class StreamDecoder {
 public:
  // Whether frames with show_frame = 0 give a picture, too.
  enum class Output : uint8_t { Shown, All };
  static Result<StreamDecoder> create(Output output = Output::Shown);

  // Without film grain.
  Result<DecodedPlanes> decode(std::span<const uint8_t> temporal_unit);
  Result<DecodedPlanes> apply_grain(const DecodedPlanes& picture);

 private:
  struct Close {
    void operator()(Dav1dContext* context) const { dav1d_close(&context); }
  };
  std::unique_ptr<Dav1dContext, Close> context_;
  std::unique_ptr<std::string> last_message_;  // of dav1d's; the context points to it
};

}  // namespace refdrv
