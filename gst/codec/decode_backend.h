// SPDX-License-Identifier: LGPL-2.1-or-later
// The interface between the stateless decoder, which knows AV1, and a driver that decodes pictures.
#pragma once

#include <gst/codecparsers/gstav1parser.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "base/result.h"
#include "codec/decoder.h"
#include "codec/picture_format.h"
#include "memory/handles.h"

namespace av1hw {

// What a driver decodes into and reads references from. Each backend derives its own.
class DecodeSurface {
 public:
  virtual ~DecodeSurface() = default;
};

// Held by the reference slots, by pictures in flight and by those waiting for output. A surface
// goes back to its backend's pool when the last of them lets go.
using DecodeSurfaceRef = std::shared_ptr<DecodeSurface>;

// What surfaces and the driver's session must fit. A new one comes with a new sequence and with a
// picture that does not fit the last one.
struct StreamConfig {
  unsigned profile = 0;  // seq_profile
  unsigned bit_depth = 8;
  bool mono_chrome = false;
  bool subsampling_x = true;
  bool subsampling_y = true;
  unsigned max_width = 0;  // luma samples: the sequence's max_frame_width, or a larger frame's
  unsigned max_height = 0;
  PictureFormat format;             // of the pictures that come out
  bool apply_grain = false;         // some picture may ask for film grain, and it is to be applied
  unsigned pictures_in_flight = 0;  // submitted and not yet put out; beside the 8 references
};

// One reference slot, as it is before the picture is decoded (AV1 specification, 7.20).
struct ReferenceSlot {
  DecodeSurface* surface = nullptr;  // nullptr: nothing was ever stored there
  GstAV1FrameType frame_type = GST_AV1_KEY_FRAME;
  unsigned upscaled_width = 0;
  unsigned frame_width = 0;
  unsigned frame_height = 0;
  unsigned order_hint = 0;
  std::array<uint8_t, GST_AV1_NUM_REF_FRAMES> saved_order_hints = {};
};

// One tile: where it is in PictureParams::data, and where in the picture.
struct Tile {
  uint32_t offset = 0;  // bytes from the start of `data` to the tile's first byte, after its size
  uint32_t size = 0;    // bytes
  uint16_t row = 0;     // in tiles
  uint16_t column = 0;
  uint16_t group = 0;  // index into PictureParams::tile_groups
};

// One OBU_TILE_GROUP, or the tile group in an OBU_FRAME. In the order of the bitstream, without
// overlap.
struct TileGroup {
  uint32_t offset = 0;  // of the tile group's syntax (tile_group_obu) in `data`
  uint32_t size = 0;    // bytes, up to the end of the OBU
  uint16_t start = 0;   // tg_start
  uint16_t end = 0;     // tg_end
};

// Everything about one picture. Pointers and spans live until submit() returns.
struct PictureParams {
  const GstAV1SequenceHeaderOBU* sequence = nullptr;
  const GstAV1FrameHeaderOBU* frame = nullptr;
  std::array<ReferenceSlot, GST_AV1_NUM_REF_FRAMES> slots;  // by slot: ref_frame_idx indexes it
  DecodeSurface* target = nullptr;
  unsigned temporal_id = 0;
  unsigned spatial_id = 0;
  bool apply_grain = false;  // of this picture; its reconstruction stays without
  // From the first tile group's start to the last one's end, in the input itself wherever that is
  // possible. What lies between two groups (an OBU header) is of no interest.
  std::span<const uint8_t> data;
  std::span<const TileGroup> tile_groups;
  std::span<const Tile> tiles;  // in the order of the bitstream; complete and in bounds
};

// A driver's decoder, for one stream. Not thread-safe: its calls come one at a time.
//
// No call is made with a surface that another backend made, nor one of before the last configure()
// as a target; references may be older where only the size changed (reference scaling).
class DecodeBackend {
 public:
  virtual ~DecodeBackend() = default;

  // The layout of this driver's pictures of such a stream, of which all but `format` is known.
  // UNKNOWN: it has none. Without being overridden: NV12, P010 or P012 for 4:2:0 and for gray.
  virtual GstVideoFormat surface_format(const StreamConfig& stream) const;
  // `client` outlives the backend: buffers for downstream come from it.
  virtual Result<> open(const DecoderSettings& settings, DecoderClient& client) = 0;
  // Nothing is in flight. NotSupported: this driver does not decode such a stream, another may.
  virtual Result<> configure(const StreamConfig& stream) = 0;
  // A surface to decode a picture of `width` x `height` luma samples into. Busy: none is free until
  // something that is in flight was put out.
  virtual Result<DecodeSurfaceRef> acquire(const PictureFormat& format) = 0;
  // Starts to decode; does not wait for it.
  virtual Result<> submit(const PictureParams& picture) = 0;
  // Waits until `surface` is decoded. Corrupt content is InvalidData; the surface stays usable as a
  // reference, and can be put out nevertheless.
  virtual Result<> wait(DecodeSurface& surface) = 0;
  // What downstream gets of a decoded surface: the same memory, or a copy where that must be. A
  // surface may be put out more than once (show_existing_frame), but not where `surface` is the
  // only reference to it: then its memory may be given away.
  virtual Result<BufferHandle> output(const DecodeSurfaceRef& surface,
                                      const PictureFormat& format) = 0;
  // Forgets what is in flight, after a flush.
  virtual void flush() = 0;
  // Pictures that the driver may have in flight at once before submit() would wait: 1 to 16.
  virtual unsigned max_in_flight() const = 0;
};

}  // namespace av1hw
