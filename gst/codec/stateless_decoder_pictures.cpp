// SPDX-License-Identifier: LGPL-2.1-or-later
// Decodes AV1 with a driver that knows pictures, but no bitstream: pictures and the driver.
#include <algorithm>
#include <format>
#include <iterator>
#include <span>
#include <utility>

#include "codec/bitstream_format.h"
#include "codec/hdr_metadata.h"
#include "codec/stateless_decoder.h"

namespace av1hw {
namespace {

// MaxPicSize of level 7.3, the largest that the specification's annex A defines.
constexpr uint64_t largest_level_frame = 142606336;
// GstAV1Parser has 8 bits for context_update_tile_id.
constexpr unsigned max_numbered_tiles = 256;
// Limits of 6.8.20.
constexpr unsigned max_luma_points = 14;
constexpr unsigned max_chroma_points = 10;

bool points_are_valid(std::span<const uint8_t> values, size_t count, size_t most) {
  if (count > most) return false;
  return std::ranges::adjacent_find(values.first(count), std::ranges::greater_equal{}) ==
         values.begin() + static_cast<ptrdiff_t>(count);
}

bool grain_is_valid(const GstAV1FilmGrainParams& grain) {
  return points_are_valid(grain.point_y_value, grain.num_y_points, max_luma_points) &&
         points_are_valid(grain.point_cb_value, grain.num_cb_points, max_chroma_points) &&
         points_are_valid(grain.point_cr_value, grain.num_cr_points, max_chroma_points);
}

// Parameters that change samples.
bool has_grain(const GstAV1FilmGrainParams& grain) {
  return grain.apply_grain &&
         (grain.num_y_points > 0 || grain.num_cb_points > 0 || grain.num_cr_points > 0 ||
          (grain.clip_to_restricted_range && grain.chroma_scaling_from_luma));
}

// GstAV1Parser stops at 64 tiles a row or column, wherever that is.
bool tiles_cover_frame(const GstAV1TileInfo& tiles, bool use_128x128_superblock) {
  const unsigned shift = use_128x128_superblock ? 5 : 4;
  const auto reaches_end = [shift](const guint32* starts, const gint* sizes, unsigned count) {
    const uint64_t last_end =
        (uint64_t{starts[count - 1] >> shift} + static_cast<unsigned>(sizes[count - 1]) + 1)
        << shift;
    return last_end >= starts[count];
  };
  return tiles.tile_cols > 0 && tiles.tile_rows > 0 &&
         reaches_end(tiles.mi_col_starts, tiles.width_in_sbs_minus_1, tiles.tile_cols) &&
         reaches_end(tiles.mi_row_starts, tiles.height_in_sbs_minus_1, tiles.tile_rows);
}

// A driver's session for the one serves the other.
bool same_session(const StreamConfig& a, const StreamConfig& b) {
  return a.profile == b.profile && a.bit_depth == b.bit_depth && a.mono_chrome == b.mono_chrome &&
         a.subsampling_x == b.subsampling_x && a.subsampling_y == b.subsampling_y &&
         a.max_width == b.max_width && a.max_height == b.max_height &&
         a.format.format == b.format.format && a.apply_grain == b.apply_grain;
}

}  // namespace

// Empty: the frame, of whose header the size at least was parsed, is not too large.
std::optional<std::string> StatelessDecoder::size_refusal() const {
  const GstAV1FrameHeaderOBU& frame = headers_.frame();
  const uint64_t limit =
      settings_.frame_size_limit ? settings_.frame_size_limit : largest_level_frame;
  if (uint64_t{frame.upscaled_width} * frame.frame_height <= limit) return {};
  return std::format("the frame is larger than frame-size-limit: {}x{}", frame.upscaled_width,
                     frame.frame_height);
}

// Why the frame whose header was parsed is not to be decoded; empty: it is.
std::optional<std::string> StatelessDecoder::refusal() const {
  const GstAV1FrameHeaderOBU& frame = headers_.frame();
  if (auto too_large = size_refusal()) return too_large;
  const GstAV1TileInfo& tiles = frame.tile_info;
  const unsigned count = unsigned{tiles.tile_cols} * tiles.tile_rows;
  if (count > max_numbered_tiles && !frame.disable_frame_end_update_cdf) {
    return std::format("it has {} tiles, where no level allows more than 128", count);
  }
  if (!tiles_cover_frame(tiles, headers_.sequence().use_128x128_superblock)) {
    return "its tiles leave a part of the frame out";
  }
  if (tiles.context_update_tile_id >= count) return "context_update_tile_id is no tile of it";
  if (!grain_is_valid(frame.film_grain_params)) return "its film grain parameters are illegal";
  return slots_.problem(frame, samples_);
}

// decode-frame-type; what is left out is lost for those that refer to it.
bool StatelessDecoder::skips(GstAV1FrameType type, bool is_reference) const {
  switch (settings_.decode_frame_type) {
  case DecodeFrameType::All: return false;
  case DecodeFrameType::Reference: return !is_reference;
  case DecodeFrameType::Intra: return type != GST_AV1_KEY_FRAME && type != GST_AV1_INTRA_ONLY_FRAME;
  case DecodeFrameType::Key: return type != GST_AV1_KEY_FRAME;
  }
  return false;
}

void StatelessDecoder::lose_frame() {
  slots_.lose(headers_.frame().refresh_frame_flags);
  headers_.update_references();
}

Result<> StatelessDecoder::show_existing_frame(const Obu& obu) {
  const GstAV1FrameHeaderOBU& header = headers_.frame();
  // A copy: a key frame goes into all slots.
  const StoredFrame frame = slots_[static_cast<size_t>(header.frame_to_show_map_idx)];
  if (!frame.surface) {
    report(obu, std::format("shows slot {}, which is missing", header.frame_to_show_map_idx));
    lose_frame();
    return {};
  }
  if (skips(frame.slot.frame_type, true)) return {};
  slots_.store(header.refresh_frame_flags, frame);
  headers_.update_references();
  return show(obu, frame);
}

Result<> StatelessDecoder::decode_frame(const Obu& obu) {
  const GstAV1FrameHeaderOBU& frame = headers_.frame();
  if (Result<> configured = configure(); !configured) return configured;
  const PictureFormat format = picture_format();
  Result<DecodeSurfaceRef> surface = acquire(format);
  if (!surface) return std::unexpected(surface.error());
  const bool apply_grain = configured_->apply_grain && frame.film_grain_params.apply_grain != FALSE;
  if (const Result<> submitted = submit(obu, **surface, apply_grain); !submitted) {
    if (submitted.error().code != ErrorCode::InvalidData) return submitted;
    report(obu, submitted.error().message);
    lose_frame();
    return {};
  }
  const bool grain_dropped = !apply_grain && has_grain(frame.film_grain_params);
  const StoredFrame stored = stored_frame(std::move(*surface), format, grain_dropped);
  slots_.store(frame.refresh_frame_flags, stored);
  headers_.update_references();
  return frame.show_frame ? show(obu, stored) : Result<>();
}

StreamConfig StatelessDecoder::wanted_config() const {
  const GstAV1FrameHeaderOBU& frame = headers_.frame();
  StreamConfig config;
  config.profile = sequence_->seq_profile;
  config.bit_depth = samples_.bit_depth;
  config.mono_chrome = samples_.mono_chrome;
  config.subsampling_x = samples_.subsampling_x;
  config.subsampling_y = samples_.subsampling_y;
  config.max_width = std::max(sequence_->max_frame_width, frame.upscaled_width);
  config.max_height = std::max(sequence_->max_frame_height, frame.frame_height);
  config.apply_grain =
      sequence_->film_grain_params_present && settings_.film_grain != FilmGrainMode::Off;
  config.pictures_in_flight = static_cast<unsigned>(queue_.capacity());
  config.format.format = backend_->surface_format(config);
  return config;
}

Result<> StatelessDecoder::configure() {
  StreamConfig config = wanted_config();
  if (config.format.format == GST_VIDEO_FORMAT_UNKNOWN) {
    return fail(
        ErrorCode::NotSupported,
        std::format("this device decodes no {}-bit pictures of profile {} ({})", config.bit_depth,
                    config.profile, config.mono_chrome ? "gray" : "colour"));
  }
  if (configured_ && same_session(*configured_, config)) return {};
  if (configured_) {
    if (Result<> settled = settle(); !settled) return settled;
  }
  configured_.reset();
  config.format = sequence_format(*sequence_, config.format.format);
  config.format.width = static_cast<int>(config.max_width);
  config.format.height = static_cast<int>(config.max_height);
  if (Result<> done = backend_->configure(config); !done) return done;
  configured_ = config;
  return {};
}

PictureFormat StatelessDecoder::picture_format() const {
  const GstAV1FrameHeaderOBU& frame = headers_.frame();
  PictureFormat format = sequence_format(*sequence_, configured_->format.format);
  format.width = static_cast<int>(frame.upscaled_width);
  format.height = static_cast<int>(frame.frame_height);
  set_render_size(format, frame.render_width, frame.render_height);
  set_hdr_metadata(format);
  return format;
}

void StatelessDecoder::set_hdr_metadata(PictureFormat& format) const {
  format.mastering_display.reset();
  format.content_light.reset();
  if (mastering_display_) format.mastering_display = mastering_display_info(*mastering_display_);
  if (content_light_) format.content_light = content_light_level(*content_light_);
}

Result<DecodeSurfaceRef> StatelessDecoder::acquire(const PictureFormat& format) {
  for (;;) {
    Result<DecodeSurfaceRef> surface = backend_->acquire(format);
    if (surface || surface.error().code != ErrorCode::Busy || queue_.empty()) return surface;
    if (const Result<> done = put_out_oldest(); !done) return std::unexpected(done.error());
  }
}

Result<> StatelessDecoder::submit(const Obu& obu, DecodeSurface& target, bool apply_grain) {
  PictureParams picture;
  picture.sequence = &headers_.sequence();
  picture.frame = &headers_.frame();
  picture.slots = slots_.for_driver();
  picture.target = &target;
  picture.temporal_id = obu.temporal_id;
  picture.spatial_id = obu.spatial_id;
  picture.apply_grain = apply_grain;
  picture.data = tiles_.data();
  picture.tile_groups = tiles_.groups();
  picture.tiles = tiles_.tiles();
  return backend_->submit(picture);
}

StoredFrame StatelessDecoder::stored_frame(DecodeSurfaceRef surface, const PictureFormat& format,
                                           bool grain_dropped) const {
  const GstAV1FrameHeaderOBU& frame = headers_.frame();
  StoredFrame stored;
  stored.slot.surface = surface.get();
  stored.slot.frame_type = frame.frame_type;
  stored.slot.upscaled_width = frame.upscaled_width;
  stored.slot.frame_width = frame.frame_width;
  stored.slot.frame_height = frame.frame_height;
  stored.slot.order_hint = frame.order_hint;
  std::ranges::copy(frame.order_hints, stored.slot.saved_order_hints.begin());
  stored.surface = std::move(surface);
  stored.samples = samples_;
  stored.format = format;
  stored.grain_dropped = grain_dropped;
  return stored;
}

Result<> StatelessDecoder::show(const Obu& obu, const StoredFrame& frame) {
  PendingPicture shown;
  shown.surface = frame.surface;
  shown.obu_type = obu.type;
  shown.obu_offset = stream_offset_ + obu.offset;
  Picture& picture = shown.picture;
  picture.format = frame.format;
  // Of a frame that was decoded earlier: what holds now, not then.
  set_hdr_metadata(picture.format);
  picture.frame_number = frame_number_;
  picture.key_frame = frame.slot.frame_type == GST_AV1_KEY_FRAME;
  picture.grain_dropped = frame.grain_dropped;
  picture.itu_t35 = std::exchange(itu_t35_, {});
  picture.timecode = std::exchange(timecode_, std::nullopt);
  has_picture_ = true;
  if (!layers_.highest_only()) return enqueue(std::move(shown));

  if (held_layer_) {
    Picture& lower = held_layer_->picture;
    std::ranges::move(picture.itu_t35, std::back_inserter(lower.itu_t35));
    picture.itu_t35 = std::move(lower.itu_t35);
    if (!picture.timecode) picture.timecode = lower.timecode;
    if (lower.frame_number != frame_number_) client_->no_picture(lower.frame_number);
  }
  held_layer_ = std::move(shown);
  return layers_.is_highest(obu.spatial_id) ? end_temporal_unit() : Result<>();
}

Result<> StatelessDecoder::end_temporal_unit() {
  if (!held_layer_) return {};
  return enqueue(*std::exchange(held_layer_, std::nullopt));
}

Result<> StatelessDecoder::enqueue(PendingPicture picture) {
  if (queue_.full()) {
    if (Result<> done = put_out_oldest(); !done) return done;
  }
  queue_.push(std::move(picture));
  return queue_.full() ? put_out_oldest() : Result<>();
}

Result<> StatelessDecoder::put_out_oldest() {
  PendingPicture oldest = queue_.pop();
  Picture& picture = oldest.picture;
  if (const Result<> decoded = backend_->wait(*oldest.surface); !decoded) {
    if (decoded.error().code != ErrorCode::InvalidData) return decoded;
    Obu obu;
    obu.type = oldest.obu_type;
    report(picture.frame_number, obu.describe(oldest.obu_offset) + ": " + decoded.error().message,
           true);
  }
  Result<BufferHandle> buffer = backend_->output(oldest.surface, picture.format);
  if (!buffer) return std::unexpected(buffer.error());
  picture.buffer = std::move(*buffer);
  downstream_wants_more_ = client_->output(std::move(picture)) && downstream_wants_more_;
  return {};
}

Result<> StatelessDecoder::put_out_all() {
  Result<> done = end_temporal_unit();
  while (done && !queue_.empty() && downstream_wants_more_) done = put_out_oldest();
  return done;
}

// Before the driver is configured anew: all that it was given is finished.
Result<> StatelessDecoder::settle() {
  if (Result<> done = put_out_all(); !done) return done;
  for (size_t i = 0; i < GST_AV1_NUM_REF_FRAMES; i++) {
    if (!slots_[i].surface) continue;
    const Result<> decoded = backend_->wait(*slots_[i].surface);
    if (!decoded && decoded.error().code != ErrorCode::InvalidData) return decoded;
  }
  return {};
}

}  // namespace av1hw
