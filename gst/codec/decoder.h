// SPDX-License-Identifier: LGPL-2.1-or-later
// The interface between the decoder element and what decodes: packets in, pictures out.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "av1/metadata.h"
#include "av1/obu.h"
#include "base/result.h"
#include "codec/picture_format.h"
#include "memory/copy_accounting.h"
#include "memory/handles.h"
#include "memory/video_pool.h"

namespace av1hw {

enum class FilmGrainMode : uint8_t {
  Auto,   // applied; nothing in GStreamer lets downstream say that it would do it
  Apply,  // always applied
  Off,    // never applied, and the parameters are dropped
};

enum class InloopFilters : uint8_t { None = 0, Deblock = 1, Cdef = 2, Restoration = 4, All = 7 };

enum class DecodeFrameType : uint8_t { All, Reference, Intra, Key };

// The decoder element's properties; each backend's descriptor names those that it honours.
struct DecoderSettings {
  unsigned threads = 0;          // 0: one a core
  unsigned max_frame_delay = 0;  // pictures held back to decode in parallel; 0: chosen (live: 1)
  FilmGrainMode film_grain = FilmGrainMode::Auto;
  unsigned operating_point = 0;  // 0..31
  bool all_layers = false;       // output every spatial layer, not just the highest
  unsigned inloop_filters = static_cast<unsigned>(InloopFilters::All);
  DecodeFrameType decode_frame_type = DecodeFrameType::All;
  bool output_corrupt = true;       // hand on (flagged) pictures that may be damaged
  uint64_t frame_size_limit = 0;    // luma samples of the largest frame taken; 0: level 7.3's
  unsigned driver_timeout = 20000;  // milliseconds that a driver's call may take; 0: any time
};

// What comes in: fixed for as long as a decoder is open.
struct DecoderInput {
  ObuFraming framing = ObuFraming::Section5;
  bool live = false;  // latency counts more than throughput
  std::vector<uint8_t>
      config_obus;  // section 5: what to know before the first packet; may be empty
};

// One unit of input, framed as DecoderInput says.
struct Packet {
  GstBuffer* data = nullptr;       // not owned; a decoder that keeps it takes a reference
  uint64_t frame_number = 0;       // comes back with the picture; rises from packet to packet
  uint64_t stream_offset = 0;      // bytes of input before this packet: damage is reported by it
  bool ends_temporal_unit = true;  // nothing of its temporal unit follows; false: not known
  bool late = false;               // what nothing refers to need not be decoded
};

// An ITU-T T.35 metadata payload (AV1 specification, 5.8.2), its country code first.
using ItuT35 = std::vector<uint8_t>;

struct Picture {
  PictureFormat format;
  // Complete; may share memory with what the decoder still reads, and is read-only then.
  BufferHandle buffer;
  uint64_t frame_number = 0;   // several pictures have the same where all layers are asked for
  bool key_frame = false;      // nothing before it is needed for it or for what follows
  bool grain_dropped = false;  // it has film grain parameters that were not applied
  unsigned sample_shift = 0;   // bits to shift samples up by, to the scale that `format` has
  std::vector<ItuT35> itu_t35;
  std::optional<Timecode> timecode;
};

// Input that could not be decoded. It costs the pictures that depend on it; decoding goes on.
struct Damage {
  uint64_t frame_number = 0;
  std::string message;         // names the OBU, its offset in the stream and the library's answer
  bool hurts_pictures = true;  // false: metadata and the like
};

// The element, as a decoder sees it. Called only from within Decoder's own calls, on their thread.
class DecoderClient {
 public:
  // A buffer of the right layout to decode into, downstream's where it fits. It is not mapped, and
  // has one memory and a GstVideoMeta.
  virtual Result<BufferHandle> allocate(const PictureFormat& format, const MemoryNeeds& needs) = 0;
  // A finished picture, in presentation order. False: downstream wants no more for now.
  virtual bool output(Picture picture) = 0;
  // This packet has no picture of its own, and none is to be waited for.
  virtual void no_picture(uint64_t frame_number) = 0;
  // The same, because it was late.
  virtual void left_out(uint64_t frame_number) { no_picture(frame_number); }
  virtual void damaged(const Damage& damage) = 0;
  // The picture that is output next was moved on its way (`bytes`: what was read or written).
  virtual void moved(FrameMove, uint64_t) {}

 protected:
  ~DecoderClient() = default;
};

// A decoder for one stream. Not thread-safe: its calls come one at a time.
class Decoder {
 public:
  virtual ~Decoder() = default;
  // `client` outlives the decoder.
  virtual Result<> open(const DecoderSettings& settings, const DecoderInput& input,
                        DecoderClient& client) = 0;
  // Takes a packet and outputs whatever is finished by then. An error is one that ends decoding on
  // this backend (Damage is what goes on).
  virtual Result<> decode(const Packet& packet) = 0;
  // Outputs everything that is held back.
  virtual Result<> drain() = 0;
  // Forgets everything that is held back, and all references.
  virtual void flush() = 0;
  // Whether it leaves out what is late by itself. If not, it gets no packet of which nothing is
  // needed.
  virtual bool leaves_out_late() const { return false; }
  // Pictures that may be held back before the first comes out.
  virtual unsigned latency_frames() const = 0;
};

}  // namespace av1hw
