// SPDX-License-Identifier: LGPL-2.1-or-later
// Decodes AV1 with a driver that knows pictures, but no bitstream.
#pragma once

#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "av1/metadata.h"
#include "codec/decode_backend.h"
#include "codec/decoder.h"
#include "codec/header_parser.h"
#include "codec/layer_selection.h"
#include "codec/picture_queue.h"
#include "codec/reference_slots.h"
#include "codec/tile_collector.h"

namespace av1hw {

// Everything about AV1 that is the same for all drivers: headers, references, layers, the order of
// output, and what to do about damage. The driver's part is `backend`.
class StatelessDecoder final : public Decoder {
 public:
  explicit StatelessDecoder(std::unique_ptr<DecodeBackend> backend);
  ~StatelessDecoder() override;
  StatelessDecoder(const StatelessDecoder&) = delete;
  StatelessDecoder& operator=(const StatelessDecoder&) = delete;

  Result<> open(const DecoderSettings& settings, const DecoderInput& input,
                DecoderClient& client) override;
  Result<> decode(const Packet& packet) override;
  Result<> drain() override;
  void flush() override;
  bool leaves_out_late() const override { return true; }
  unsigned latency_frames() const override;

 private:
  static constexpr uint64_t no_frame = std::numeric_limits<uint64_t>::max();

  // stateless_decoder.cpp: packets and OBUs
  void take_config();
  Result<> take(const Obu& obu);
  Result<> take_sequence(const Obu& obu);
  void take_metadata(const Obu& obu);
  void forget_unit_metadata();
  Result<> take_frame_header(const Obu& obu);
  Result<> take_tiles(const Obu& obu, std::span<const uint8_t> group);
  bool must_wait_for_key_frame(const Obu& obu);
  void lose_incomplete_frame(uint64_t end);
  void report(const Obu& obu, const std::string& problem, bool hurts_pictures = true);
  void report(uint64_t frame_number, std::string message, bool hurts_pictures);

  // stateless_decoder_pictures.cpp: pictures and the driver
  std::optional<std::string> size_refusal() const;
  std::optional<std::string> refusal() const;
  bool skips(GstAV1FrameType type, bool is_reference) const;
  void lose_frame();
  Result<> show_existing_frame(const Obu& obu);
  Result<> decode_frame(const Obu& obu);
  StreamConfig wanted_config() const;
  Result<> configure();
  PictureFormat picture_format() const;
  Result<DecodeSurfaceRef> acquire(const PictureFormat& format);
  Result<> submit(const Obu& obu, DecodeSurface& target, bool apply_grain);
  StoredFrame stored_frame(DecodeSurfaceRef surface, const PictureFormat& format,
                           bool grain_dropped) const;
  void set_hdr_metadata(PictureFormat& format) const;
  Result<> show(const Obu& obu, const StoredFrame& frame);
  Result<> end_temporal_unit();
  Result<> enqueue(PendingPicture picture);
  Result<> put_out_oldest();
  Result<> put_out_all();
  Result<> settle();

  std::unique_ptr<DecodeBackend> backend_;
  DecoderClient* client_ = nullptr;
  DecoderSettings settings_;
  DecoderInput input_;

  // The packet that is being decoded.
  uint64_t frame_number_ = 0;
  uint64_t stream_offset_ = 0;
  bool late_ = false;
  bool left_out_ = false;  // something of it, being late
  bool has_picture_ = false;
  bool downstream_wants_more_ = true;
  uint64_t damaged_frame_ = no_frame;  // reported once a packet

  std::optional<SequenceHeader> sequence_;
  SampleFormat samples_;
  LayerSelection layers_;
  HeaderParser headers_;
  TileCollector tiles_;
  bool skipping_tiles_ = false;      // of a frame that is not decoded, and that was said
  bool waits_for_key_frame_ = true;  // nothing can be decoded before one
  bool said_that_it_waits_ = false;

  std::optional<HdrMdcv> mastering_display_;
  std::optional<HdrCll> content_light_;
  // For the next picture that is shown.
  std::vector<ItuT35> itu_t35_;
  std::optional<Timecode> timecode_;

  ReferenceSlots slots_;
  std::optional<StreamConfig> configured_;
  PictureQueue queue_;
  std::optional<PendingPicture> held_layer_;  // the best of its temporal unit so far
};

}  // namespace av1hw
