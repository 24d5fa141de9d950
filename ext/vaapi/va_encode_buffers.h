// SPDX-License-Identifier: LGPL-2.1-or-later
// The buffers in which a VA context is told of pictures to code.
#pragma once

#include <va/va.h>
#include <va/va_enc_av1.h>

#include <span>
#include <vector>

#include "base/driver_calls.h"
#include "base/result.h"
#include "vaapi/encode_params.h"
#include "vaapi/encode_rate.h"
#include "vaapi/va_parameter_buffer.h"

namespace av1hw {

// What every picture has is in buffers that stay, and is written anew only where it changes from
// picture to picture. libva lets buffers be sent again; drivers read them in vaRenderPicture
// (vlVaRenderPicture of Mesa, DdiEncodeAV1::RenderPicture of iHD).
class VaEncodeBuffers {
 public:
  // Of a context of `display`. `calls` outlives this.
  VaEncodeBuffers(VADisplay display, VAContextID context, DriverCalls& calls)
      : display_(display), context_(context), calls_(calls) {}
  ~VaEncodeBuffers();
  VaEncodeBuffers(const VaEncodeBuffers&) = delete;
  VaEncodeBuffers& operator=(const VaEncodeBuffers&) = delete;

  // Each adds to what a picture is told by, in the order of these calls, which the caller marks as
  // the driver's: they are too many and too short to be marked one by one.
  Result<> add_sequence(const VAEncSequenceParameterBufferAV1& parameters);
  Result<> add_misc(const VaMiscParameter& parameter);
  Result<> add_sequence_header(std::span<const uint8_t> obu);
  Result<> add_picture(const VAEncPictureParameterBufferAV1& parameters);
  Result<> add_frame_header(const VaFrameHeader& header);
  Result<> add_tile_group(const VAEncTileGroupBufferAV1& group);

  // For vaRenderPicture.
  std::span<VABufferID> ids() { return ids_; }
  // After vaEndPicture, or instead of it: the next picture begins with nothing.
  void clear();

 private:
  // A buffer, and what is in it.
  template <typename T>
  struct Kept {
    explicit Kept(VABufferType type) : buffer(type) {}

    VaParameterBuffer buffer;
    VABufferID id = VA_INVALID_ID;
    T content = {};
  };

  Result<> add_once(VABufferType type, size_t size, const void* data);
  Result<> add_written(VaParameterBuffer& buffer, size_t size, const void* data);
  template <typename T>
  Result<> add_kept(Kept<T>& kept, const T& content);

  const VADisplay display_;
  const VAContextID context_;
  DriverCalls& calls_;
  VaParameterBuffer picture_{VAEncPictureParameterBufferType};
  Kept<VAEncPackedHeaderParameterBuffer> header_parameters_{VAEncPackedHeaderParameterBufferType};
  VaParameterBuffer header_data_{VAEncPackedHeaderDataBufferType};
  Kept<VAEncTileGroupBufferAV1> tile_group_{VAEncSliceParameterBufferType};
  std::vector<VABufferID> ids_;
  std::vector<VABufferID> once_;  // those that are destroyed after the picture
};

}  // namespace av1hw
