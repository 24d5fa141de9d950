// SPDX-License-Identifier: LGPL-2.1-or-later
// Feeds frames to rav1e and takes temporal units from it.
#include "cpu/rav1e_encoder.h"

#include <algorithm>
#include <format>
#include <utility>

#include "av1/metadata.h"
#include "av1/unit_editor.h"

namespace av1hw {
namespace {

// GRAY16 carries 12-bit samples in its upper bits, as cpuav1dec writes them.
constexpr unsigned gray16_shift = 4;

// rav1e's own way to T.35 loses it for every frame that it codes hidden and shows later.
std::vector<uint8_t> metadata_of(const InputFrame& frame) {
  std::vector<uint8_t> obus;
  for (const std::vector<uint8_t>& payload : frame.itu_t35) {
    const std::vector<uint8_t> obu = write_itu_t35_metadata(payload);
    obus.insert(obus.end(), obu.begin(), obu.end());
  }
  return obus;
}

using PacketPtr = UniqueHandle<RaPacket, rav1e_packet_unref>;

Error rav1e_error(const char* what, RaEncoderStatus status) {
  const char* text = rav1e_status_to_str(status);
  return {ErrorCode::Failed, std::format("rav1e failed to {}: {}", what, text ? text : "?")};
}

}  // namespace

Result<> Rav1eEncoder::open(const EncoderSettings& settings, const EncoderInput& input,
                            EncoderClient& client) {
  flush();
  auto config = make_rav1e_config(settings, input);
  if (!config) return std::unexpected(config.error());
  client_ = &client;
  info_ = input.info;
  latency_frames_ = rav1e_latency(settings);
  config_ = std::move(*config);
  return start_sequence();
}

Result<> Rav1eEncoder::start_sequence() {
  context_.reset(rav1e_context_new(config_.get()));
  if (context_) return {};
  return fail(ErrorCode::InvalidSettings,
              std::format("rav1e refuses these settings for {}x{} {}: check size, colorimetry "
                          "(identity is for full-range RGB), tiles and gop-size",
                          GST_VIDEO_INFO_WIDTH(&info_), GST_VIDEO_INFO_HEIGHT(&info_),
                          GST_VIDEO_INFO_NAME(&info_)));
}

Result<> Rav1eEncoder::encode(const InputFrame& frame) {
  if (!context_) {
    if (Result<> started = start_sequence(); !started) return started;
  }
  const Result<FramePtr> made = make_frame(frame);
  if (!made) return std::unexpected(made.error());
  if (Result<> sent = send(made->get()); !sent) return sent;
  frames_.push_back({frame.frame_number, metadata_of(frame)});
  return receive_all();
}

Result<Rav1eEncoder::FramePtr> Rav1eEncoder::make_frame(const InputFrame& input) {
  const Result<MappedFrame> mapped = MappedFrame::map_read(input.buffer, info_);
  if (!mapped) return std::unexpected(mapped.error());
  FramePtr frame{rav1e_frame_new(context_.get())};
  if (!frame) return fail(ErrorCode::OutOfMemory, "rav1e had no memory for a frame");
  fill_planes(frame.get(), *mapped);
  client_->moved(FrameMove::SystemCopy, mapped->sample_bytes());
  if (input.force_key_frame) rav1e_frame_set_type(frame.get(), RA_FRAME_TYPE_OVERRIDE_KEY);
  return frame;
}

void Rav1eEncoder::fill_planes(RaFrame* frame, const MappedFrame& source) {
  const bool shifted = GST_VIDEO_INFO_FORMAT(&info_) == GST_VIDEO_FORMAT_GRAY16_LE;
  const int sample_bytes = GST_VIDEO_INFO_COMP_DEPTH(&info_, 0) > 8 ? 2 : 1;
  // Planar RGB comes as G, B, R, which is the order of the identity matrix's Y, U, V.
  for (unsigned p = 0; p < source.planes(); p++) {
    std::span<const uint8_t> rows = source.padded_plane(p);
    ptrdiff_t stride = source.stride(p);
    // rav1e leaves out a last row that is shorter than the stride.
    if (shifted || rows.empty()) {
      pack_plane(source, p, shifted ? gray16_shift : 0);
      rows = packed_;
      stride = static_cast<ptrdiff_t>(source.row_bytes(p));
    }
    rav1e_frame_fill_plane(frame, static_cast<int>(p), rows.data(), rows.size(), stride,
                           sample_bytes);
  }
}

// Copies a plane's rows into packed_, one behind the other, samples shifted to the right.
void Rav1eEncoder::pack_plane(const MappedFrame& source, unsigned plane, unsigned shift) {
  const size_t row_bytes = source.row_bytes(plane);
  const auto stride = static_cast<size_t>(source.stride(plane));
  packed_.resize(row_bytes * source.rows(plane));
  for (unsigned y = 0; y < source.rows(plane); y++) {
    const uint8_t* from = source.plane(plane).data() + y * stride;
    uint8_t* to = packed_.data() + y * row_bytes;
    std::copy_n(from, row_bytes, to);
    for (size_t i = 0; shift > 0 && i < row_bytes; i += 2) {
      GST_WRITE_UINT16_LE(to + i, GST_READ_UINT16_LE(to + i) >> shift);
    }
  }
}

Result<> Rav1eEncoder::send(RaFrame* frame) {
  while (true) {
    const RaEncoderStatus status = rav1e_send_frame(context_.get(), frame);
    if (status == RA_ENCODER_STATUS_SUCCESS) return {};
    if (status != RA_ENCODER_STATUS_ENOUGH_DATA) {
      return std::unexpected(rav1e_error("take a frame", status));
    }
    const Result<bool> received = receive();
    if (!received) return std::unexpected(received.error());
    if (!*received) return std::unexpected(rav1e_error("take a frame", status));
  }
}

// One step of encoding; false: nothing more comes without further frames.
Result<bool> Rav1eEncoder::receive() {
  RaPacket* received = nullptr;
  const RaEncoderStatus status = rav1e_receive_packet(context_.get(), &received);
  const PacketPtr packet{received};
  switch (status) {
  case RA_ENCODER_STATUS_SUCCESS: return output(*packet);
  case RA_ENCODER_STATUS_ENCODED: return true;
  case RA_ENCODER_STATUS_NEED_MORE_DATA:
  case RA_ENCODER_STATUS_LIMIT_REACHED: return false;
  default: return std::unexpected(rav1e_error("encode", status));
  }
}

Result<> Rav1eEncoder::receive_all() {
  while (true) {
    const Result<bool> more = receive();
    if (!more) return std::unexpected(more.error());
    if (!*more) return {};
  }
}

bool Rav1eEncoder::output(const RaPacket& packet) {
  if (frames_.empty()) return true;
  const FrameInside frame = std::move(frames_.front());
  frames_.pop_front();
  const std::span<const uint8_t> unit{packet.data, packet.len};
  GstBuffer* data = nullptr;
  if (frame.metadata.empty()) {
    data = gst_buffer_new_memdup(unit.data(), unit.size());
  } else {
    const std::vector<uint8_t> longer = insert_before_shown_frame(unit, frame.metadata);
    data = gst_buffer_new_memdup(longer.data(), longer.size());
  }
  return client_->output({.data = BufferHandle{data},
                          .frame_number = frame.number,
                          .key_frame = packet.frame_type == RA_FRAME_TYPE_KEY});
}

Result<> Rav1eEncoder::drain() {
  if (!context_) return {};
  Result<> drained = send(nullptr);
  if (drained) drained = receive_all();
  flush();
  return drained;
}

void Rav1eEncoder::flush() {
  context_.reset();
  frames_.clear();
}

Result<> Rav1eEncoder::set_bitrate(unsigned) {
  return fail(ErrorCode::NotSupported, "rav1e can't change the bitrate of an open encoder");
}

}  // namespace av1hw
