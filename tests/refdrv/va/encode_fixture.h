// SPDX-License-Identifier: LGPL-2.1-or-later
// An encoder of the reference driver's for a test: pictures of 256x192 with consistent parameters
// and headers, which a test then makes wrong.
#pragma once

#include <va/va.h>
#include <va/va_enc_av1.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <vector>

#include "refdrv/resynth/bit_writer.h"
#include "refdrv/resynth/stream_decoder.h"
#include "refdrv/va/va_fixture.h"

namespace refdrv::va {

constexpr unsigned encode_width = 256;
constexpr unsigned encode_height = 192;

class VaEncoder : public VaDriver {
 protected:
  // What a frame header says that tests change.
  struct Frame {
    unsigned type = 0;  // 0 key, 1 inter
    unsigned order_hint = 0;
    unsigned refresh = 0xff;
    unsigned slot = 0;  // all references
    unsigned base_q_idx = 100;
    unsigned filter_level = 10;
    unsigned tile_cols_log2 = 0;
    bool frame_obu = false;
    bool hidden = false;
  };

  static VAEntrypoint entrypoint() {
    return is_tiled() ? VAEntrypointEncSliceLP : VAEntrypointEncSlice;
  }

  void TearDown() override {
    if (context_ != VA_INVALID_ID) {
      EXPECT_EQ(vaDestroyContext(display_, context_), VA_STATUS_SUCCESS);
    }
    VaDriver::TearDown();
  }

  VAStatus try_config(uint32_t rate_control, VAConfigID& id) {
    std::array<VAConfigAttrib, 3> attributes = {
        {{VAConfigAttribRTFormat, VA_RT_FORMAT_YUV420},
         {VAConfigAttribRateControl, rate_control},
         {VAConfigAttribEncPackedHeaders,
          VA_ENC_PACKED_HEADER_SEQUENCE | VA_ENC_PACKED_HEADER_PICTURE}}};
    return vaCreateConfig(display_, VAProfileAV1Profile0, entrypoint(), attributes.data(), 3, &id);
  }
  void open(uint32_t rate_control, unsigned width = encode_width, unsigned height = encode_height) {
    width_ = width;
    height_ = height;
    rate_control_ = rate_control;
    ASSERT_EQ(try_config(rate_control, config_), VA_STATUS_SUCCESS);
    ASSERT_EQ(vaCreateContext(display_, config_, static_cast<int>(width), static_cast<int>(height),
                              VA_PROGRESSIVE, nullptr, 0, &context_),
              VA_STATUS_SUCCESS);
    input_ = make_surface(width, height);
    for (auto& surface : reconstructed_) surface = make_surface(width, height);
    coded_ = make_coded_buffer(1 << 20);
    fill_input();
    set_parameters();
  }
  VABufferID make_coded_buffer(unsigned size) {
    VABufferID id = VA_INVALID_ID;
    EXPECT_EQ(vaCreateBuffer(display_, context_, VAEncCodedBufferType, size, 1, nullptr, &id),
              VA_STATUS_SUCCESS);
    return id;
  }
  // A gradient, of other brightness each time.
  void fill_input() {
    VAImage image = {};
    ASSERT_EQ(vaDeriveImage(display_, input_, &image), VA_STATUS_SUCCESS);
    uint8_t* bytes = nullptr;
    ASSERT_EQ(vaMapBuffer(display_, image.buf, reinterpret_cast<void**>(&bytes)),
              VA_STATUS_SUCCESS);
    brightness_ += 10;
    for (unsigned y = 0; y < height_; y++) {
      for (unsigned x = 0; x < width_; x++) {
        bytes[image.offsets[0] + y * image.pitches[0] + x] =
            static_cast<uint8_t>(brightness_ + x / 4 + y / 4);
      }
    }
    for (unsigned y = 0; y < height_ / 2; y++) {
      std::memset(bytes + image.offsets[1] + y * image.pitches[1], 128, width_);
    }
    ASSERT_EQ(vaUnmapBuffer(display_, image.buf), VA_STATUS_SUCCESS);
    ASSERT_EQ(vaDestroyImage(display_, image.image_id), VA_STATUS_SUCCESS);
  }

  void set_parameters() {
    sequence_ = {};
    sequence_.seq_fields.bits.enable_order_hint = 1;
    sequence_.seq_fields.bits.enable_cdef = 1;
    sequence_.order_hint_bits_minus_1 = 7;
    sequence_.bits_per_second = rate_control_ == VA_RC_CQP ? 0 : 500000;
    picture_ = {};
    picture_.frame_width_minus_1 = static_cast<uint16_t>(width_ - 1);
    picture_.frame_height_minus_1 = static_cast<uint16_t>(height_ - 1);
    picture_.coded_buf = coded_;
    picture_.mode_control_flags.bits.tx_mode = 2;
    picture_.tile_group_obu_hdr_info.bits.obu_has_size_field = 1;
    picture_.tile_cols = picture_.tile_rows = 1;
    picture_.width_in_sbs_minus_1[0] = static_cast<uint16_t>((width_ + 63) / 64 - 1);
    picture_.height_in_sbs_minus_1[0] = static_cast<uint16_t>((height_ + 63) / 64 - 1);
    picture_.min_base_qindex = 1;
    picture_.max_base_qindex = 255;
    for (auto& reference : picture_.reference_frames) reference = VA_INVALID_SURFACE;
    groups_ = {{.tg_start = 0, .tg_end = 0, .va_reserved = {}}};
  }
  // Parameters and headers of a key frame, or of one that refers to it.
  void set_key_frame() {
    frame_ = {};
    picture_.picture_flags.bits.frame_type = 0;
    picture_.picture_flags.bits.error_resilient_mode = 1;
    picture_.primary_ref_frame = 7;
    picture_.ref_frame_ctrl_l0.value = 0;
    picture_.reconstructed_frame = reconstructed_[0];
    for (auto& reference : picture_.reference_frames) reference = VA_INVALID_SURFACE;
    finish_frame();
  }
  void set_inter_frame() {
    frame_ = {.type = 1, .order_hint = 1, .refresh = 2};
    picture_.picture_flags.bits.frame_type = 1;
    picture_.picture_flags.bits.error_resilient_mode = 0;
    picture_.primary_ref_frame = 0;
    picture_.ref_frame_ctrl_l0.fields.search_idx0 = 1;
    picture_.reconstructed_frame = reconstructed_[1];
    picture_.reference_frames[0] = reconstructed_[0];
    finish_frame();
  }
  // A key frame that is not shown, in slot 1.
  void set_hidden_key_frame() {
    set_key_frame();
    frame_ = {.order_hint = 4, .refresh = 2, .hidden = true};
    picture_.picture_flags.bits.error_resilient_mode = 0;
    picture_.reconstructed_frame = reconstructed_[1];
    finish_frame();
  }
  // Writes the headers, and tells where in them things are.
  void finish_frame() {
    picture_.order_hint = static_cast<uint8_t>(frame_.order_hint);
    picture_.refresh_frame_flags = static_cast<uint8_t>(frame_.refresh);
    picture_.base_qindex = static_cast<uint8_t>(frame_.base_q_idx);
    picture_.filter_level[0] = picture_.filter_level[1] = static_cast<uint8_t>(frame_.filter_level);
    picture_.filter_level_u = picture_.filter_level_v = static_cast<uint8_t>(frame_.filter_level);
    picture_.picture_flags.bits.enable_frame_obu = frame_.frame_obu;
    sequence_header_ = sequence_obu();
    frame_header_ = frame_obu();
    if (rate_control_ == VA_RC_CQP && !frame_.frame_obu) return;
    const size_t before = with_sequence() ? sequence_header_.size() : 0;
    picture_.byte_offset_frame_hdr_obu_size = static_cast<uint32_t>(before + 1);
  }
  bool with_sequence() const { return frame_.type == 0 && !frame_.hidden; }

  static void append(BitWriter& to, std::span<const uint8_t> bytes) {
    for (const uint8_t byte : bytes) to.f(8, byte);
  }
  // leb128 in the device's length.
  static void append_size(BitWriter& to, size_t size) {
    const unsigned bytes = is_tiled() ? 4 : 2;
    for (unsigned i = 0; i < bytes; i++) {
      to.flag(i + 1 < bytes);
      to.f(7, static_cast<uint32_t>(size >> (7 * i) & 0x7f));
    }
  }
  std::vector<uint8_t> sequence_obu() const {
    BitWriter payload;
    payload.f(3 + 1 + 1 + 1 + 1 + 5, 0);  // profile to operating_points_cnt_minus_1
    payload.f(12 + 5, 0);                 // operating point 0
    payload.f(4, 15);
    payload.f(4, 15);
    payload.f(16, width_ - 1);
    payload.f(16, height_ - 1);
    payload.f(1 + 7, 0);      // frame_id_numbers_present_flag to enable_dual_filter
    payload.flag(true);       // enable_order_hint
    payload.f(2 + 2, 0);      // enable_jnt_comp to seq_force_screen_content_tools
    payload.f(3, 7);          // order_hint_bits_minus_1
    payload.f(1, 0);          // enable_superres
    payload.flag(true);       // enable_cdef
    payload.f(1, 0);          // enable_restoration
    payload.f(4 + 2 + 2, 0);  // color_config() and film_grain_params_present
    payload.trailing_bits();
    BitWriter obu;
    obu.f(8, 0x0a);
    obu.f(8, static_cast<uint32_t>(payload.bytes().size()));
    append(obu, payload.bytes());
    return obu.bytes();
  }
  std::vector<uint8_t> frame_obu() {
    BitWriter to;
    to.flag(false);  // show_existing_frame
    to.f(2, frame_.type);
    to.flag(!frame_.hidden);                                // show_frame
    if (frame_.hidden) to.flag(true);                       // showable_frame
    if (frame_.type != 0 || frame_.hidden) to.flag(false);  // error_resilient_mode
    to.f(2, 0);  // disable_cdf_update, frame_size_override_flag
    to.f(8, frame_.order_hint);
    if (frame_.type != 0) write_references(to);
    if (frame_.type == 0 && frame_.hidden) to.f(8, frame_.refresh);
    to.f(2, 0);  // render_and_frame_size_different; disable_frame_end_update_cdf or allow_hp
    if (frame_.type != 0) to.f(1 + 2 + 1 + 1, 0);  // filter, motion mode, frame end update
    to.flag(true);                                 // uniform_tile_spacing_flag
    for (unsigned i = 0; i < 2; i++) {             // of 4 columns of superblocks
      if (i > frame_.tile_cols_log2) break;
      to.flag(i < frame_.tile_cols_log2);
    }
    to.flag(false);
    if (frame_.tile_cols_log2 > 0) {
      to.f(frame_.tile_cols_log2, 0);
      to.f(2, 3);  // tile_size_bytes_minus_1
    }
    write_coding(to);
    return wrapped(to);
  }
  void write_references(BitWriter& to) const {
    to.f(3, 0);  // primary_ref_frame
    to.f(8, frame_.refresh);
    to.flag(false);  // frame_refs_short_signaling
    for (unsigned i = 0; i < 7; i++) to.f(3, frame_.slot);
  }
  // Offsets are those in the payload, until wrapped() knows where that begins.
  void write_coding(BitWriter& to) {
    const auto here = [&] { return static_cast<uint32_t>(to.bit_position()); };
    picture_.bit_offset_qindex = here();
    to.f(8, frame_.base_q_idx);
    to.f(4, 0);  // delta_coded three times, using_qmatrix
    picture_.bit_offset_segmentation = here();
    to.f(2, 0);  // segmentation_enabled, delta_q_present
    picture_.bit_offset_loopfilter_params = here();
    to.f(6, frame_.filter_level);
    to.f(6, frame_.filter_level);
    if (frame_.filter_level > 0) to.f(12, frame_.filter_level << 6 | frame_.filter_level);
    to.f(4, 0);  // sharpness, delta_enabled
    picture_.bit_offset_cdef_params = here();
    to.f(2 + 2 + 6 + 6, 0);
    picture_.size_in_bits_cdef_params = here() - picture_.bit_offset_cdef_params;
    to.flag(true);                         // tx_mode_select
    if (frame_.type != 0) to.flag(false);  // reference_select
    to.flag(false);                        // reduced_tx_set
    if (frame_.type != 0) to.f(7, 0);      // is_global
  }
  std::vector<uint8_t> wrapped(BitWriter& payload) {
    if (!frame_.frame_obu) payload.flag(true);  // trailing_bits()
    const auto bits = static_cast<uint32_t>(payload.bit_position());
    payload.align();
    BitWriter obu;
    obu.f(8, frame_.frame_obu ? 0x32 : 0x1a);
    append_size(obu, payload.bytes().size());
    const auto start = static_cast<uint32_t>(obu.bit_position());
    picture_.bit_offset_qindex += start;
    picture_.bit_offset_segmentation += start;
    picture_.bit_offset_loopfilter_params += start;
    picture_.bit_offset_cdef_params += start;
    picture_.size_in_bits_frame_hdr_obu = start + bits;
    append(obu, payload.bytes());
    return obu.bytes();
  }

  VABufferID add(VABufferType type, const void* data, size_t size) {
    VABufferID id = VA_INVALID_ID;
    EXPECT_EQ(vaCreateBuffer(display_, context_, type, static_cast<unsigned>(size), 1,
                             const_cast<void*>(data), &id),
              VA_STATUS_SUCCESS);
    buffers_.push_back(id);
    return id;
  }
  void add_packed(uint32_t type, const std::vector<uint8_t>& bytes) {
    VAEncPackedHeaderParameterBuffer parameters = {};
    parameters.type = type;
    parameters.bit_length = static_cast<uint32_t>(bytes.size() * 8);
    add(VAEncPackedHeaderParameterBufferType, &parameters, sizeof parameters);
    add(VAEncPackedHeaderDataBufferType, bytes.data(), bytes.size());
  }
  void add_all() {
    if (with_sequence()) {
      add(VAEncSequenceParameterBufferType, &sequence_, sizeof sequence_);
      add_packed(VAEncPackedHeaderAV1_SPS, sequence_header_);
    }
    add(VAEncPictureParameterBufferType, &picture_, sizeof picture_);
    add_packed(VAEncPackedHeaderAV1_PPS, frame_header_);
    for (const auto& group : groups_) add(VAEncSliceParameterBufferType, &group, sizeof group);
  }
  VAStatus render(VASurfaceID input) {
    EXPECT_EQ(vaBeginPicture(display_, context_, input), VA_STATUS_SUCCESS);
    EXPECT_EQ(
        vaRenderPicture(display_, context_, buffers_.data(), static_cast<int>(buffers_.size())),
        VA_STATUS_SUCCESS);
    for (const VABufferID id : buffers_) vaDestroyBuffer(display_, id);
    buffers_.clear();
    return vaEndPicture(display_, context_);
  }
  VAStatus encode() {
    add_all();
    return render(input_);
  }
  // What is in the coded buffer: bytes of all segments.
  std::vector<uint8_t> coded(uint32_t* status = nullptr, unsigned* segments = nullptr) {
    std::vector<uint8_t> bytes;
    EXPECT_EQ(vaSyncBuffer(display_, coded_, VA_TIMEOUT_INFINITE), VA_STATUS_SUCCESS);
    VACodedBufferSegment* segment = nullptr;
    EXPECT_EQ(vaMapBuffer(display_, coded_, reinterpret_cast<void**>(&segment)), VA_STATUS_SUCCESS);
    for (; segment; segment = static_cast<VACodedBufferSegment*>(segment->next)) {
      const auto* data = static_cast<const uint8_t*>(segment->buf);
      bytes.insert(bytes.end(), data, data + segment->size);
      if (status) *status = segment->status;
      if (segments) ++*segments;
    }
    EXPECT_EQ(vaUnmapBuffer(display_, coded_), VA_STATUS_SUCCESS);
    return bytes;
  }
  // A frame header's base_q_idx in coded data; it is where it was in the packed one, if obu_size
  // is.
  unsigned coded_quantizer(const std::vector<uint8_t>& bytes) const {
    for (size_t at = 0; at + 2 < bytes.size();) {
      const unsigned type = bytes[at] >> 3 & 15;
      size_t size = 0;
      size_t begin = at + 1;
      for (unsigned shift = 0;; shift += 7) {
        size |= static_cast<size_t>(bytes[begin] & 0x7f) << shift;
        if (!(bytes[begin++] & 0x80)) break;
      }
      if (type == 3 || type == 6) {
        const size_t packed = 8 * (is_tiled() ? 5 : 3);
        const size_t bit = begin * 8 + picture_.bit_offset_qindex - packed;
        return (bytes[bit / 8] << 8 | bytes[bit / 8 + 1]) >> (8 - bit % 8) & 0xff;
      }
      at = begin + size;
    }
    return 256;
  }

  unsigned width_ = 0;
  unsigned height_ = 0;
  uint32_t rate_control_ = VA_RC_CQP;
  VAConfigID config_ = VA_INVALID_ID;
  VAContextID context_ = VA_INVALID_ID;
  VASurfaceID input_ = VA_INVALID_SURFACE;
  std::array<VASurfaceID, 3> reconstructed_ = {};
  VABufferID coded_ = VA_INVALID_ID;
  unsigned brightness_ = 20;
  Frame frame_;
  VAEncSequenceParameterBufferAV1 sequence_ = {};
  VAEncPictureParameterBufferAV1 picture_ = {};
  std::vector<VAEncTileGroupBufferAV1> groups_;
  std::vector<uint8_t> sequence_header_;
  std::vector<uint8_t> frame_header_;
  std::vector<VABufferID> buffers_;
};

}  // namespace refdrv::va
