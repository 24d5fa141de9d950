// SPDX-License-Identifier: LGPL-2.1-or-later
// Negotiating a decoder's caps and pools, and copying where downstream can't take padded frames.
#include "elements/decoder_output.h"

#include <algorithm>

#include "memory/frame_copy.h"

namespace av1hw {
namespace {

// Layouts whose pools are kept: streams that change their size tend to change it back.
constexpr size_t max_pools = 4;

// A 12-bit gray picture is decoded into GRAY16_LE as it is, and scaled on its way out.
bool decoded_as_output(const PictureFormat& format) {
  return format.format != GST_VIDEO_FORMAT_GRAY16_LE;
}

Result<GstVideoInfo> plain_info(const PictureFormat& format) {
  GstVideoInfo info;
  if (!gst_video_info_set_format(&info, format.format, static_cast<guint>(format.width),
                                 static_cast<guint>(format.height))) {
    return fail(ErrorCode::InvalidData, "a frame of " + std::to_string(format.width) + "x" +
                                            std::to_string(format.height) + " is too large");
  }
  return info;
}

const GstStructure* fields(const CapsHandle& caps) {
  return caps ? gst_caps_get_structure(caps.get(), 0) : nullptr;
}

}  // namespace

void DecoderOutput::reset() {
  input_.reset();
  input_caps_.reset();
  current_.reset();
  needs_.reset();
  info_ = {};
  pools_.clear();
}

CapsHandle DecoderOutput::take_hdr(GstCaps* caps) {
  upstream_mastering_display_.reset();
  upstream_content_light_.reset();
  GstVideoMasteringDisplayInfo mastering_display;
  if (gst_video_mastering_display_info_from_caps(&mastering_display, caps)) {
    upstream_mastering_display_ = mastering_display;
  }
  GstVideoContentLightLevel light;
  if (gst_video_content_light_level_from_caps(&light, caps)) upstream_content_light_ = light;
  if (!upstream_mastering_display_ && !upstream_content_light_) return nullptr;
  CapsHandle without{gst_caps_copy(caps)};
  gst_structure_remove_fields(gst_caps_get_structure(without.get(), 0), "mastering-display-info",
                              "content-light-level", nullptr);
  return without;
}

void DecoderOutput::set_input(GstVideoCodecState* state) {
  input_.reset(gst_video_codec_state_ref(state));
  input_caps_.reset(gst_caps_ref(state->caps));
  renegotiate_ = true;
  info_.fps_n = state->info.fps_n;
  info_.fps_d = state->info.fps_d;
}

DecoderOutput::Pool* DecoderOutput::find_pool(const PictureFormat& format) {
  const auto found = std::ranges::find_if(
      pools_, [&](const Pool& pool) { return same_layout(pool.format, format); });
  if (found == pools_.end()) return nullptr;
  std::rotate(pools_.begin(), found, found + 1);
  return &pools_.front();
}

Result<DecoderOutput::Pool*> DecoderOutput::own_pool(const PictureFormat& format,
                                                     const MemoryNeeds& needs) {
  if (Pool* pool = find_pool(format)) return pool;
  const Result<GstVideoInfo> info = plain_info(format);
  if (!info) return std::unexpected(info.error());
  Result<PoolHandle> pool = make_video_pool(*info, needs);
  if (!pool) return std::unexpected(pool.error());
  gst_buffer_pool_set_active(pool->get(), TRUE);
  if (pools_.size() == max_pools) pools_.pop_back();
  pools_.insert(pools_.begin(), Pool{format, needs, std::move(*pool)});
  return &pools_.front();
}

Result<BufferHandle> DecoderOutput::allocate(const PictureFormat& format,
                                             const MemoryNeeds& needs) {
  needs_ = needs;
  // Before anything was output nothing is in flight in another format, so downstream's pool can be
  // had for the very first picture.
  if (!current_ && !negotiate(format)) {
    return fail(ErrorCode::Unavailable, "downstream does not take this format");
  }
  if (Pool* pool = find_pool(format)) {
    Result<BufferHandle> buffer = acquire(pool->pool.get());
    // Downstream deactivates its pool when it goes away or takes other caps.
    if (buffer || !pool->offered) return buffer;
    pools_.erase(pools_.begin());
  }
  const Result<Pool*> pool = own_pool(format, needs);
  if (!pool) return std::unexpected(pool.error());
  return acquire((*pool)->pool.get());
}

bool DecoderOutput::negotiate(const PictureFormat& format) {
  const CodecStateHandle state{gst_video_decoder_set_interlaced_output_state(
      element_, format.format, GST_VIDEO_INTERLACE_MODE_PROGRESSIVE,
      static_cast<guint>(format.width), static_cast<guint>(format.height), input_.get())};
  if (!state) return false;
  describe(*state, format);
  current_ = format;
  renegotiate_ = false;
  info_ = state->info;
  return gst_video_decoder_negotiate(element_);
}

// What the bitstream says goes into the caps; then what upstream's caps say; then GStreamer's
// defaults for the format and size.
void DecoderOutput::describe(GstVideoCodecState& state, const PictureFormat& format) const {
  const GstStructure* upstream = fields(input_caps_);
  GstVideoColorimetry known = format.colorimetry;
  GstVideoColorimetry from_caps;
  const char* text = upstream ? gst_structure_get_string(upstream, "colorimetry") : nullptr;
  if (!text || !gst_video_colorimetry_from_string(&from_caps, text)) {
    GstVideoInfo defaults;
    gst_video_info_set_format(&defaults, format.format, static_cast<guint>(format.width),
                              static_cast<guint>(format.height));
    from_caps = defaults.colorimetry;
  }
  if (known.range == GST_VIDEO_COLOR_RANGE_UNKNOWN) known.range = from_caps.range;
  if (known.primaries == GST_VIDEO_COLOR_PRIMARIES_UNKNOWN) known.primaries = from_caps.primaries;
  if (known.transfer == GST_VIDEO_TRANSFER_UNKNOWN) known.transfer = from_caps.transfer;
  if (known.matrix == GST_VIDEO_COLOR_MATRIX_UNKNOWN) known.matrix = from_caps.matrix;
  state.info.colorimetry = known;

  GstVideoChromaSite site = format.chroma_site;
  const char* site_text = upstream ? gst_structure_get_string(upstream, "chroma-site") : nullptr;
  if (site == GST_VIDEO_CHROMA_SITE_UNKNOWN && site_text) {
    site = gst_video_chroma_site_from_string(site_text);
  }
  state.info.chroma_site = site;

  if (format.par_n > 0 && !(upstream && gst_structure_has_field(upstream, "pixel-aspect-ratio"))) {
    state.info.par_n = format.par_n;
    state.info.par_d = format.par_d;
  }
  if (format.fps_n > 0 && state.info.fps_n == 0) {
    state.info.fps_n = format.fps_n;
    state.info.fps_d = format.fps_d;
  }
  state.caps = gst_video_info_to_caps(&state.info);
  const auto& mastering_display =
      format.mastering_display ? format.mastering_display : upstream_mastering_display_;
  if (mastering_display) {
    gst_video_mastering_display_info_add_to_caps(&*mastering_display, state.caps);
  }
  const auto& light = format.content_light ? format.content_light : upstream_content_light_;
  if (light) gst_video_content_light_level_add_to_caps(&*light, state.caps);
}

PoolHandle DecoderOutput::try_offered_pool(GstQuery* query, GstCaps* caps,
                                           const GstVideoInfo& info) {
  if (gst_query_get_n_allocation_pools(query) == 0) return nullptr;
  GstBufferPool* offered = nullptr;
  guint size = 0;
  guint min = 0;
  guint max = 0;
  gst_query_parse_nth_allocation_pool(query, 0, &offered, &size, &min, &max);
  const PoolHandle hold{offered};
  if (!offered) return nullptr;
  Result<PoolHandle> adopted = adopt_offered_pool(offered, caps, min, max, info, *needs_);
  if (adopted) return std::move(*adopted);
  GST_INFO_OBJECT(element_, "downstream's pool does not serve: %s",
                  adopted.error().message.c_str());
  return nullptr;
}

bool DecoderOutput::decide_allocation(GstQuery* query) {
  GstVideoDecoderClass* parent = GST_VIDEO_DECODER_CLASS(g_type_class_peek(GST_TYPE_VIDEO_DECODER));
  GstCaps* caps = nullptr;
  gst_query_parse_allocation(query, &caps, nullptr);
  takes_video_meta_ = gst_query_find_allocation_meta(query, GST_VIDEO_META_API_TYPE, nullptr);
  GstVideoInfo info;
  if (!caps || !current_ || !needs_ || !gst_video_info_from_caps(&info, caps)) {
    return parent->decide_allocation(element_, query);
  }
  std::erase_if(pools_, [&](const Pool& pool) {
    return pool.offered && same_layout(pool.format, *current_);
  });
  // Where every frame is copied, the base class's pool is what it is copied into.
  if (!takes_video_meta_ || !decoded_as_output(*current_)) {
    return parent->decide_allocation(element_, query);
  }
  GstBufferPool* chosen = nullptr;
  if (PoolHandle offered = try_offered_pool(query, caps, info)) {
    chosen = offered.get();
    std::erase_if(pools_, [&](const Pool& pool) { return same_layout(pool.format, *current_); });
    if (pools_.size() == max_pools) pools_.pop_back();
    pools_.insert(pools_.begin(), Pool{*current_, *needs_, std::move(offered), true});
  } else if (const Result<Pool*> own = own_pool(*current_, *needs_)) {
    chosen = (*own)->pool.get();
  } else {
    GST_ERROR_OBJECT(element_, "%s", own.error().message.c_str());
    return false;
  }
  const guint size = static_cast<guint>(info.size);
  if (gst_query_get_n_allocation_pools(query) > 0) {
    gst_query_set_nth_allocation_pool(query, 0, chosen, size, 0, 0);
  } else {
    gst_query_add_allocation_pool(query, chosen, size, 0, 0);
  }
  return true;
}

Result<BufferHandle> DecoderOutput::finish(Picture& picture) {
  const bool same = current_ && !renegotiate_ && *current_ == picture.format;
  if (!same && !negotiate(picture.format)) {
    return fail(ErrorCode::Unavailable, "downstream does not take the new format");
  }
  if (takes_video_meta_ && picture.sample_shift == 0) {
    moves_.count(FrameMove::SameObject);
    return std::move(picture.buffer);
  }
  return copy(picture);
}

Result<BufferHandle> DecoderOutput::copy(const Picture& picture) {
  BufferHandle target{gst_video_decoder_allocate_output_buffer(element_)};
  if (!target) return fail(ErrorCode::OutOfMemory, "no buffer to copy a frame into");
  const Result<uint64_t> bytes =
      copy_frame(info_, picture.buffer.get(), target.get(), picture.sample_shift);
  if (!bytes) return std::unexpected(bytes.error());
  moves_.count(FrameMove::SystemCopy, *bytes);
  return target;
}

}  // namespace av1hw
