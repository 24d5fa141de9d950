// SPDX-License-Identifier: LGPL-2.1-or-later
// Holds what a client says in libva's structures to what its packed headers say, and to what the
// device can do. All errors are the client's.
#pragma once

#include <va/va.h>
#include <va/va_enc_av1.h>

#include <span>

#include "refdrv/common/profile.h"
#include "refdrv/nv/parser/frame_header.h"
#include "refdrv/va/packed_headers.h"

namespace refdrv::va {

Result<> check_sequence(const VAEncSequenceParameterBufferAV1& params,
                        const nv::SequenceHeader& header, const EncoderProfile& encoder);

// A frame header among the packed headers of a picture.
struct PackedFrame {
  PackedObu obu;
  nv::FrameHeader header;
  size_t offset = 0;  // of the OBU, in bytes of all packed headers
};

// `rate_controlled`: the driver chooses quantizers and filters, so that these are not compared.
Result<> check_frame(const VAEncPictureParameterBufferAV1& params, const PackedFrame& frame,
                     const nv::SequenceHeader& sequence, const EncoderProfile& encoder,
                     bool rate_controlled);
Result<> check_tiles(const VAEncPictureParameterBufferAV1& params,
                     std::span<const VAEncTileGroupBufferAV1> groups, const nv::FrameHeader& frame,
                     const EncoderProfile& encoder);
// That a driver which patches headers is told the right places.
Result<> check_offsets(const VAEncPictureParameterBufferAV1& params, const PackedFrame& frame,
                       const EncoderProfile& encoder, bool rate_controlled);

// How many references a search list names; an index of 0 names none.
unsigned searched(const VARefFrameCtrlAV1& list);

}  // namespace refdrv::va
