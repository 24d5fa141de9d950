// SPDX-License-Identifier: LGPL-2.1-or-later
// The interface between the encoder element and what encodes: frames in, temporal units out.
#pragma once

#include <gst/video/video-hdr.h>
#include <gst/video/video.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "memory/copy_accounting.h"
#include "memory/handles.h"
#include "memory/memory_path.h"

namespace av1hw {

enum class RateControl : uint8_t {
  Auto,  // Cq; where a bitrate is asked for, Cbr with low latency, else Vbr
  Cqp,   // one quantizer for all frames
  Cq,    // constant quality ("crf"): the quantizer varies with the content
  Vbr,   // average bitrate
  Cbr,   // bitrate held within a short window
};

enum class Tune : uint8_t { Default, Psnr, Ssim, Visual };

// Passes over a frame to find out what it costs, before it is coded.
enum class MultiPass : uint8_t {
  Auto,     // the encoder's choice
  Off,      // none
  Quarter,  // one, at half the width and height
  Full,     // one, at full size
};

// The encoders' properties, with one meaning on every backend. Each backend's descriptor names
// those that it honours; the others are not properties of its element.
struct EncoderSettings {
  unsigned bitrate = 0;      // kbit/s; 0: none asked for
  unsigned max_bitrate = 0;  // kbit/s; 0: the backend's own bound
  RateControl rate_control = RateControl::Auto;
  unsigned quantizer = 100;  // base_q_idx scale, 0 (best) .. 255
  unsigned min_quantizer = 0;
  unsigned max_quantizer = 255;
  unsigned gop_size = 0;      // frames from one key frame to the next at most; 0: chosen
  unsigned min_gop_size = 0;  // frames between key frames at least (scene cuts)
  unsigned b_frames = 0;
  unsigned ref_frames = 0;
  unsigned preset = 6;  // 1 (slowest, best) .. 10 (fastest): a backend maps it onto its own scale
  Tune tune = Tune::Default;
  unsigned tile_columns = 1;
  unsigned tile_rows = 1;
  unsigned threads = 0;  // 0: one a core
  bool low_latency = false;
  unsigned lookahead = 0;  // frames; 0: chosen
  unsigned temporal_layers = 1;
  unsigned film_grain = 0;  // strength of synthesised grain, 0 (none) .. 50
  bool screen_content = false;
  MultiPass multipass = MultiPass::Auto;
  bool spatial_aq = false;         // a lower quantizer where flaws are seen: flat areas
  bool temporal_aq = false;        // a lower quantizer for what stays on screen
  unsigned intra_refresh = 0;      // frames that renew the picture part by part; 0: key frames do
  bool lossless = false;           // all samples come back as they were
  bool ultra_low_latency = false;  // low_latency, and key frames no larger than others
  unsigned split_encode = 0;       // engines that share each frame; 0: chosen
};

// Whether frames are coded in the order they come in, with as few held back as possible.
inline bool is_low_latency(const EncoderSettings& settings) {
  return settings.low_latency || settings.ultra_low_latency;
}

// The mode that RateControl::Auto stands for with these settings.
RateControl effective_rate_control(const EncoderSettings& settings);

// Errors that contradict each other on any backend; the message names the properties.
Result<> check_settings(const EncoderSettings& settings);

// What comes in: fixed for as long as an encoder is open.
struct EncoderInput {
  GstVideoInfo info = {};
  MemoryDomain memory = MemoryDomain::System;
  uint64_t drm_modifier = 0;  // of MemoryDomain::DmaBuf
  bool live = false;          // the source is: hold back nothing that was not asked for
  std::optional<GstVideoMasteringDisplayInfo> mastering_display;
  std::optional<GstVideoContentLightLevel> content_light;
};

struct InputFrame {
  // Of EncoderInput's format; an encoder that keeps it takes a reference.
  GstBuffer* buffer = nullptr;
  uint64_t frame_number = 0;  // comes back with the unit
  bool force_key_frame = false;
  std::span<const std::vector<uint8_t>> itu_t35;  // T.35 payloads, country code first
  // Long-term references (GopFrameRequest), for encoders that have them.
  std::optional<unsigned> mark_long_term = {};
  std::optional<unsigned> use_long_term = {};
};

// One temporal unit, in presentation order: everything up to and including one shown frame.
struct EncodedUnit {
  BufferHandle data;  // section 5 OBUs
  uint64_t frame_number = 0;
  bool key_frame = false;
};

// The element, as an encoder sees it. Called from within Encoder's own calls, on their thread; by
// encoders that are asynchronous also on a thread of theirs, one call at a time each.
class EncoderClient {
 public:
  // False: downstream wants no more for now.
  virtual bool output(EncodedUnit unit) = 0;
  // A frame was moved on its way into the encoder (`bytes`: what was read or written).
  virtual void moved(FrameMove move, uint64_t bytes) = 0;
  // Something that a user asked for is done in another way; the message names the property.
  virtual void warn(const std::string& message) = 0;
  // Encoding ended on the encoder's own thread, which puts out nothing more.
  virtual void failed(const Error& error) = 0;

 protected:
  ~EncoderClient() = default;
};

// An encoder for one stream. Not thread-safe: its calls come one at a time.
class Encoder {
 public:
  virtual ~Encoder() = default;
  // Units are put out by a thread of its own. encode() and drain() may then wait for that thread,
  // so that no lock which EncoderClient::output() takes may be held meanwhile.
  virtual bool is_asynchronous() const { return false; }
  // `client` outlives the encoder. An encoder may be opened again: what it held back is dropped.
  virtual Result<> open(const EncoderSettings& settings, const EncoderInput& input,
                        EncoderClient& client) = 0;
  // InvalidData: this frame is lost, and nothing else; what was asked of it is the caller's to ask
  // of the next.
  virtual Result<> encode(const InputFrame& frame) = 0;
  // Outputs everything that is held back. The next frame then starts a coded video sequence.
  virtual Result<> drain() = 0;
  // Drops everything that is held back. The next frame then starts a coded video sequence.
  virtual void flush() = 0;
  // A bitrate from the next frame on. NotSupported: reopen for it. InvalidSettings: it can't be.
  virtual Result<> set_bitrate(unsigned kbit_per_s) = 0;
  // Frames that go in before the unit of the first comes out, besides that first one.
  virtual unsigned latency_frames() const = 0;
  // Input frames that it may refer to at once while it is open, that of a call to encode()
  // included. Whoever makes frames needs as many, and those that are being filled.
  virtual unsigned frames_in_use() const = 0;
};

}  // namespace av1hw
