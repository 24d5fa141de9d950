// SPDX-License-Identifier: LGPL-2.1-or-later
// The interface between the stateless encoder, which knows AV1, and a driver that codes pictures.
#pragma once

#include <gst/video/video.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "av1/frame_header_writer.h"
#include "av1/sequence_header.h"
#include "base/result.h"
#include "codec/coded_sequence.h"
#include "codec/encoder.h"
#include "memory/handles.h"

namespace av1hw {

// What a driver reads a frame from, or reconstructs a picture into. Each backend derives its own.
class EncodeSurface {
 public:
  virtual ~EncodeSurface() = default;
};
// Held by reference slots, and by pictures in flight: their own, and what they took from a slot.
// A surface goes back to its backend's pool when the last of them lets go.
using EncodeSurfaceRef = std::shared_ptr<EncodeSurface>;

// A picture that was submitted and is not waited for yet.
class EncodeJob {
 public:
  virtual ~EncodeJob() = default;
};
using EncodeJobRef = std::shared_ptr<EncodeJob>;

// What the driver uses of what each frame header may allow.
struct FrameTools {
  bool tx_mode_select = true;  // each block has its transform size; else TX_MODE_LARGEST
  bool reduced_tx_set = false;
  uint8_t interpolation_filter = 0;  // EIGHTTAP; interpolation_switchable: each block has its own
  bool is_motion_mode_switchable = false;
  bool allow_high_precision_mv = false;
  bool skip_mode = false;
  bool cdef_channel_strength = true;  // CDEF's of chroma need not be that of luma
};

// What the driver can do for the input and settings that it was opened for.
struct EncodeLimits {
  // The coded size is the next multiple of these, in luma samples; powers of two, at least 2.
  unsigned width_alignment = 8;
  unsigned height_alignment = 8;
  // Headers have to say that size, which is what players then show but for those that heed
  // render_size. Otherwise they say the size of the input, and only the driver sees what is beyond.
  bool header_size_is_aligned = false;
  unsigned min_width = 16;
  unsigned min_height = 16;
  unsigned max_width = 65536;
  unsigned max_height = 65536;
  // References that it can search (GopSettings); no backward ones: it codes no B-frames.
  unsigned forward_references = 1;
  unsigned backward_references = 0;
  bool primary_is_last = false;  // it takes probabilities from LAST_FRAME alone, or none
  unsigned slots = num_ref_frames;
  bool low_delay_compound = false;
  unsigned temporal_layers = max_temporal_layers;  // at most
  CodingTools tools;
  FrameTools frame_tools;
  unsigned max_tile_columns = 1;
  unsigned max_tile_rows = 1;
  unsigned tile_size_bytes = 4;  // that it writes tile_size_minus_1 in, 1 to 4
  unsigned obu_size_bytes = 4;   // that it patches obu_size in, 2 to 8
  // Rate control modes that it has, besides Cqp, which all have.
  bool cq = false;
  bool bounded_cq = false;  // ... that also keeps within a maximum bitrate
  bool vbr = false;
  bool cbr = false;
  // A new bitrate holds from the next picture on, without a key frame.
  bool changes_bitrate = false;
  bool region_of_interest = false;
  // Pictures that may be submitted and not waited for, 1 to 16.
  unsigned max_in_flight = 4;
};

// In bit/s and bits; meaningful by mode.
struct EncodeRate {
  RateControl mode = RateControl::Cqp;
  uint64_t target = 0;       // vbr, cbr: average
  uint64_t maximum = 0;      // vbr: peak; cbr: as `target`; cq: 0, or what it keeps within
  uint64_t buffer_size = 0;  // of the virtual buffer; 0: the driver's choice
  unsigned quantizer = 100;  // base_q_idx of cqp, and that of cq's quality
  unsigned min_quantizer = 0;
  unsigned max_quantizer = 255;
};

// A stream from one sequence header to the next.
struct EncodeStream {
  SequenceHeader sequence;
  GstVideoInfo info = {};    // of what comes in
  unsigned coded_width = 0;  // in luma samples: aligned
  unsigned coded_height = 0;
  TileInfo tiles;
  EncodeRate rate;
  unsigned gop_size = 0;  // for drivers that plan their rate by it; 0: no end
  unsigned anchor_distance = 1;
  unsigned temporal_layers = 1;
  unsigned pictures_in_flight = 1;
  unsigned reference_slots = num_ref_frames;
};

// GstVideoRegionOfInterestMeta, within the picture.
struct RegionOfInterest {
  unsigned x = 0, y = 0, width = 0, height = 0;  // luma samples
  int delta_q_idx = 0;                           // on the base_q_idx scale; negative: better
};

// Everything about one picture. Pointers and spans live until submit() returns.
struct EncodePicture {
  const EncodeStream* stream = nullptr;
  // What the driver shall code; what it decides itself (quantizer, filters) is a proposal.
  const FrameHeaderParams* header = nullptr;
  // The same as an OBU_FRAME up to where tile data follows, with obu_has_size_field and a size of
  // `obu_size_bytes` bytes that stands for the header alone. Offsets are those of the frame header,
  // which starts at `header_offset` bytes.
  std::span<const uint8_t> frame_obu;
  unsigned obu_size_offset = 0;  // bytes
  unsigned obu_size_bytes = 0;
  unsigned header_offset = 0;  // bytes
  FrameHeaderOffsets offsets;
  // For drivers that want to read it: the sequence header OBU, where this picture's unit has one.
  std::span<const uint8_t> sequence_obu;
  EncodeSurfaceRef input;
  EncodeSurfaceRef target;                                // of the reconstruction
  std::array<EncodeSurface*, num_ref_frames> slots = {};  // nullptr: empty
  bool rate_changed = false;  // `stream->rate` holds from this picture on
  std::span<const RegionOfInterest> regions;
};

// What the driver made of one picture.
struct CodedPicture {
  // OBU_FRAME, or OBU_FRAME_HEADER and OBU_TILE_GROUPs, with size fields: no temporal delimiter, no
  // sequence header, no metadata.
  std::vector<uint8_t> obus;
};

// A driver's encoder, for one stream. Calls come one at a time, but for wait(), which comes on
// another thread beside any of them, and in the order of submit().
class EncodeBackend {
 public:
  virtual ~EncodeBackend() = default;

  // NotSupported: this driver does not code such input, another may. Busy: no session is free.
  // `client` outlives the backend.
  virtual Result<> open(const EncoderSettings& settings, const EncoderInput& input,
                        EncoderClient& client) = 0;
  // Of what was opened.
  virtual const EncodeLimits& limits() const = 0;
  // Nothing is in flight.
  virtual Result<> configure(const EncodeStream& stream) = 0;
  // A surface to read a frame from: its own memory, or a copy of `coded_width` x `coded_height`
  // with edges repeated. InvalidData: this frame can't be read, and is lost alone. Busy: as of
  // acquire().
  virtual Result<EncodeSurfaceRef> input(GstBuffer* frame) = 0;
  // A surface to reconstruct into. Busy: none is free until something in flight is waited for.
  virtual Result<EncodeSurfaceRef> acquire() = 0;
  // Starts to code; does not wait for it. Busy: as of acquire(). InvalidData is Failed here: what
  // refers to the picture could not be coded either.
  virtual Result<EncodeJobRef> submit(const EncodePicture& picture) = 0;
  // Waits for a picture.
  virtual Result<CodedPicture> wait(EncodeJob& job) = 0;
};

}  // namespace av1hw
