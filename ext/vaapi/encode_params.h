// SPDX-License-Identifier: LGPL-2.1-or-later
// What libva's drivers are told of a picture to code: pure functions of its parameters.
#pragma once

#include <va/va.h>
#include <va/va_enc_av1.h>

#include <cstdint>
#include <vector>

#include "codec/encode_backend.h"

namespace av1hw {

// A packed frame header: an OBU_FRAME_HEADER, behind which the driver puts an OBU_TILE_GROUP.
// Drivers take an OBU_FRAME too, but every application that they are known to work with does this.
struct VaFrameHeader {
  std::vector<uint8_t> obu;
  unsigned bits = 0;             // up to and with its trailing one bit
  unsigned obu_size_offset = 0;  // bytes
  unsigned header_offset = 0;    // bits: where frame_header_obu() begins
};

// Into `header`, whose memory is used again.
void va_frame_header(const EncodePicture& picture, VaFrameHeader& header);

VAEncSequenceParameterBufferAV1 va_sequence_parameters(const EncodeStream& stream);

// Where a picture's packed header is, and where its data will be.
struct VaPictureBuffers {
  VABufferID coded = VA_INVALID_ID;
  unsigned bytes_before_header = 0;  // of packed headers that are sent before it
};

// All surfaces of `picture` are VaEncodeSurfaces.
VAEncPictureParameterBufferAV1 va_picture_parameters(const EncodePicture& picture,
                                                     const VaFrameHeader& header,
                                                     const VaPictureBuffers& buffers);

// How many bytes a coded picture may take: as many as its samples, which no encoder should need;
// more where a bitrate says so.
size_t va_coded_size(const EncodeStream& stream);

// All tiles are one group.
VAEncTileGroupBufferAV1 va_tile_group(const TileInfo& tiles);

}  // namespace av1hw
