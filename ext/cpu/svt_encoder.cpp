// SPDX-License-Identifier: LGPL-2.1-or-later
// Feeds frames to SVT-AV1 and takes temporal units from it.
#include "cpu/svt_encoder.h"

#include <svt-av1/EbSvtAv1Metadata.h>

#include <format>
#include <mutex>

#include "cpu/svt_config.h"

namespace av1hw {
namespace {

// Opening and closing an encoder touches globals of the library.
std::mutex& library_mutex() {
  static std::mutex mutex;
  return mutex;
}

Error svt_error(const char* what, EbErrorType code) {
  const ErrorCode kind =
      code == EB_ErrorInsufficientResources ? ErrorCode::OutOfMemory : ErrorCode::Failed;
  return {kind,
          std::format("SVT-AV1 failed to {} (error 0x{:08x})", what, static_cast<unsigned>(code))};
}

EbErrorType init_handle(EbComponentType** handle, EbSvtAv1EncConfiguration* config) {
#if SVT_AV1_CHECK_VERSION(3, 0, 0)
  return svt_av1_enc_init_handle(handle, config);
#else
  return svt_av1_enc_init_handle(handle, nullptr, config);
#endif
}

// The library only reads what this points to.
EbSvtIOFormat picture_of(const MappedFrame& source, const GstVideoInfo& info) {
  const uint32_t sample_bytes = GST_VIDEO_INFO_COMP_DEPTH(&info, 0) > 8 ? 2 : 1;
  EbSvtIOFormat picture = {};
  picture.luma = const_cast<uint8_t*>(source.plane(0).data());
  picture.cb = const_cast<uint8_t*>(source.plane(1).data());
  picture.cr = const_cast<uint8_t*>(source.plane(2).data());
  picture.y_stride = static_cast<uint32_t>(source.stride(0)) / sample_bytes;
  picture.cb_stride = static_cast<uint32_t>(source.stride(1)) / sample_bytes;
  picture.cr_stride = static_cast<uint32_t>(source.stride(2)) / sample_bytes;
  return picture;
}

}  // namespace

SvtEncoder::~SvtEncoder() { close(); }

Result<> SvtEncoder::open(const EncoderSettings& settings, const EncoderInput& input,
                          EncoderClient& client) {
  close();
  client_ = &client;
  settings_ = settings;
  input_ = input;
  low_delay_ = svt_low_delay(settings);
  latency_frames_ = svt_latency(settings);
  notes_given_ = false;
  return start_sequence();
}

Result<> SvtEncoder::start_sequence() {
  const std::lock_guard lock(library_mutex());
  EbSvtAv1EncConfiguration config = {};
  EbErrorType code = init_handle(&handle_, &config);
  if (code != EB_ErrorNone) {
    handle_ = nullptr;
    return std::unexpected(svt_error("make an encoder", code));
  }
  std::vector<std::string> notes;
  Result<> result = fill_svt_config(settings_, input_, config, notes);
  if (result && (code = svt_av1_enc_set_parameter(handle_, &config)) != EB_ErrorNone) {
    result =
        fail(ErrorCode::InvalidSettings,
             std::format("SVT-AV1 refuses these settings for {}x{} {} (set SVT_LOG=1 to see "
                         "why)",
                         GST_VIDEO_INFO_WIDTH(&input_.info), GST_VIDEO_INFO_HEIGHT(&input_.info),
                         GST_VIDEO_INFO_NAME(&input_.info)));
  }
  if (result && (code = svt_av1_enc_init(handle_)) != EB_ErrorNone) {
    result = std::unexpected(svt_error("start", code));
  }
  if (!result) {
    svt_av1_enc_deinit_handle(handle_);
    handle_ = nullptr;
    return result;
  }
  if (!notes_given_) {
    for (const std::string& note : notes) client_->warn(note);
  }
  notes_given_ = true;
  end_received_ = false;
  frames_sent_ = units_received_ = 0;
  return {};
}

Result<> SvtEncoder::encode(const InputFrame& frame) {
  const Result<MappedFrame> mapped = MappedFrame::map_read(frame.buffer, input_.info);
  if (!mapped) return std::unexpected(mapped.error());
  // The random access structure honours such a request at some frames only: begin anew.
  if (frame.force_key_frame && !low_delay_ && frames_sent_ > 0) {
    if (Result<> drained = drain(); !drained) return drained;
  }
  if (!handle_) {
    if (Result<> started = start_sequence(); !started) return started;
  }
  if (Result<> sent = send(frame, *mapped); !sent) return sent;
  return receive(Wait::No, false);
}

Result<> SvtEncoder::send(const InputFrame& frame, const MappedFrame& source) {
  EbSvtIOFormat picture = picture_of(source, input_.info);
  EbBufferHeaderType header = {};
  header.size = sizeof(header);
  header.p_buffer = reinterpret_cast<uint8_t*>(&picture);
  header.n_filled_len = static_cast<uint32_t>(source.sample_bytes());
  header.pts = static_cast<int64_t>(frame.frame_number);
  header.pic_type = frame.force_key_frame ? EB_AV1_KEY_PICTURE : EB_AV1_INVALID_PICTURE;
  for (const std::vector<uint8_t>& payload : frame.itu_t35) {
    svt_add_metadata(&header, EB_AV1_METADATA_TYPE_ITUT_T35, payload.data(), payload.size());
  }
  const EbErrorType code = svt_av1_enc_send_picture(handle_, &header);
  if (header.metadata) svt_metadata_array_free(&header.metadata);
  if (code != EB_ErrorNone) return std::unexpected(svt_error("take a frame", code));
  frames_sent_++;
  // The library packs the frame into its own layout.
  client_->moved(FrameMove::SystemCopy, source.sample_bytes());
  return {};
}

void SvtEncoder::send_end() {
  EbBufferHeaderType end = {};
  end.size = sizeof(end);
  end.flags = EB_BUFFERFLAG_EOS;
  end.pic_type = EB_AV1_INVALID_PICTURE;
  svt_av1_enc_send_picture(handle_, &end);
}

Result<> SvtEncoder::receive(Wait wait, bool discard) {
  while (!end_received_) {
    // In the low delay structure the library waits for a packet, so ask only for one that will
    // come.
    if (wait == Wait::No && low_delay_ && units_received_ == frames_sent_) return {};
    EbBufferHeaderType* packet = nullptr;
    const EbErrorType code =
        svt_av1_enc_get_packet(handle_, &packet, wait == Wait::UntilEnd ? 1 : 0);
    if (code == EB_NoErrorEmptyQueue || (code == EB_ErrorNone && !packet)) return {};
    if (packet) {
      end_received_ = (packet->flags & EB_BUFFERFLAG_EOS) != 0;
      if (code == EB_ErrorNone && packet->n_filled_len > 0 && !discard) output(*packet);
      svt_av1_enc_release_out_buffer(&packet);
    }
    if (code != EB_ErrorNone) return std::unexpected(svt_error("encode", code));
  }
  return {};
}

void SvtEncoder::output(const EbBufferHeaderType& packet) {
  units_received_++;
  client_->output(
      {.data = BufferHandle{gst_buffer_new_memdup(packet.p_buffer, packet.n_filled_len)},
       .frame_number = static_cast<uint64_t>(packet.pts),
       .key_frame = packet.pic_type == EB_AV1_KEY_PICTURE});
}

Result<> SvtEncoder::drain() {
  if (!handle_) return {};
  Result<> drained;
  if (frames_sent_ > 0) {
    send_end();
    drained = receive(Wait::UntilEnd, false);
  }
  close();
  return drained;
}

void SvtEncoder::flush() { close(); }

// The library's threads finish what they have before they end.
void SvtEncoder::close() {
  if (!handle_) return;
  if (frames_sent_ > 0 && !end_received_) {
    send_end();
    (void)receive(Wait::UntilEnd, true);
  }
  const std::lock_guard lock(library_mutex());
  svt_av1_enc_deinit(handle_);
  svt_av1_enc_deinit_handle(handle_);
  handle_ = nullptr;
}

// The library has an event for it (RATE_CHANGE_EVENT), for key frames of the low delay structure.
// Seen with 2.3: it frees and makes again what pictures that its threads still work on point to,
// and crashes now and then. To open it again costs a key frame as well, and nothing else.
Result<> SvtEncoder::set_bitrate(unsigned) {
  return fail(ErrorCode::NotSupported, "SVT-AV1 is opened again for another bitrate");
}

}  // namespace av1hw
