// SPDX-License-Identifier: LGPL-2.1-or-later
// Decodes with dav1d, straight into the element's buffers.
#pragma once

#include <dav1d/dav1d.h>

#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "av1/metadata.h"
#include "codec/decoder.h"

namespace av1hw {

// dav1d is given one OBU at a time: an error then names the OBU, costs that OBU alone, and annex B
// needs no conversion, since an OBU that fills its data needs no size field.
class Dav1dDecoder final : public Decoder {
 public:
  Dav1dDecoder() = default;
  ~Dav1dDecoder() override;
  Dav1dDecoder(const Dav1dDecoder&) = delete;
  Dav1dDecoder& operator=(const Dav1dDecoder&) = delete;

  Result<> open(const DecoderSettings& settings, const DecoderInput& input,
                DecoderClient& client) override;
  Result<> decode(const Packet& packet) override;
  Result<> drain() override;
  void flush() override;
  unsigned latency_frames() const override { return frame_delay_ > 1 ? frame_delay_ : 0; }

 private:
  class Input;
  enum class Taken { Picture, Nothing, Damage };
  static constexpr uint64_t no_frame = std::numeric_limits<uint64_t>::max();

  static int allocate_picture(Dav1dPicture* picture, void* self);
  static void release_picture(Dav1dPicture* picture, void* self);
  static void log(void* self, const char* format, va_list arguments);

  void send_config();
  bool send(const std::shared_ptr<Input>& input, const Packet& packet, const Obu& obu);
  void note_sequence(const Obu& obu);
  void note_metadata(const Obu& obu);
  bool wants(const Obu& obu, const Packet& packet);
  Taken take_picture();
  void take_all();
  void output(const Dav1dPicture& picture);
  void report_damage(int error, const Dav1dDataProps& where);
  void report_damage(uint64_t frame_number, std::string message, bool hurts_pictures);
  std::string take_log();

  DecoderClient* client_ = nullptr;
  DecoderInput input_;
  Dav1dContext* context_ = nullptr;
  bool all_layers_ = false;
  bool grain_off_ = false;
  unsigned operating_point_ = 0;
  unsigned frame_delay_ = 1;
  bool have_sequence_ = false;
  // dav1d without frame threads outputs the highest layer that it has when asked; so it is asked
  // only when a temporal unit is complete.
  bool hold_layers_ = false;
  bool downstream_wants_more_ = true;
  uint64_t damaged_frame_ = no_frame;  // reported once a packet
  std::optional<HdrMdcv> mastering_display_;
  std::optional<HdrCll> content_light_;
  std::string allocation_error_;
  std::mutex log_lock_;    // frame threads log as well
  std::string first_log_;  // since the last report
};

}  // namespace av1hw
