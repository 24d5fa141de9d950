// SPDX-License-Identifier: LGPL-2.1-or-later
// Negotiating where a decoder's pictures lie, and copying those that downstream can't take there.
#include "elements/decoder_output.h"

#include <algorithm>
#include <string>
#include <utility>

#include "memory/frame_copy.h"

namespace av1hw {
namespace {

// Layouts whose pools are kept: streams that change their size tend to change it back.
constexpr size_t max_pools = 4;
// As a call of a driver.
constexpr const char* frame_allocation = "the allocation of a frame";

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

bool takes_feature(GstCaps* caps, MemoryDomain domain) {
  const CapsHandle any{gst_caps_new_empty_simple("video/x-raw")};
  gst_caps_set_features_simple(any.get(),
                               gst_caps_features_new_single(memory_domain_feature(domain)));
  return gst_caps_can_intersect(caps, any.get());
}

}  // namespace

void DecoderOutput::reset() {
  upstream_.reset();
  current_.reset();
  needs_.reset();
  decoded_.reset();
  leaves_ = MemoryDomain::System;
  moved_ = false;
  info_ = {};
  no_pool_.reset();
  pools_.clear();
}

void DecoderOutput::set_input(GstVideoCodecState* state) {
  upstream_.set(state);
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

void DecoderOutput::keep_pool(Pool pool) {
  if (pools_.size() == max_pools) pools_.pop_back();
  pools_.insert(pools_.begin(), std::move(pool));
}

Result<PoolHandle> DecoderOutput::make_pool(const GstVideoInfo& info, const MemoryNeeds& needs) {
  if (!memory_) return make_video_pool(info, needs);
  const CapsHandle system{gst_video_info_to_caps(&info)};
  const Result<CapsHandle> caps = memory_->caps_for(*decoded_, info, system.get(), nullptr);
  if (!caps) return std::unexpected(caps.error());
  return memory_->make_pool(*decoded_, info, caps->get(), needs);
}

// Pools may allocate a frame to learn its layout.
Result<PoolHandle> DecoderOutput::start_pool(const GstVideoInfo& info, const MemoryNeeds& needs) {
  std::optional<DriverCall> call;
  if (memory_) call.emplace(*memory_->calls(), frame_allocation);
  Result<PoolHandle> pool = make_pool(info, needs);
  if (pool && !gst_buffer_pool_set_active(pool->get(), TRUE)) {
    return fail(ErrorCode::Busy, "no memory for frames of " + std::to_string(info.width) + "x" +
                                     std::to_string(info.height));
  }
  return pool;
}

Result<DecoderOutput::Pool*> DecoderOutput::own_pool(const PictureFormat& format,
                                                     const MemoryNeeds& needs) {
  if (Pool* pool = find_pool(format)) return pool;
  const Result<GstVideoInfo> info = plain_info(format);
  if (!info) return std::unexpected(info.error());
  Result<PoolHandle> pool = start_pool(*info, needs);
  if (!pool) return std::unexpected(pool.error());
  keep_pool({format, needs, std::move(*pool)});
  return &pools_.front();
}

Result<BufferHandle> DecoderOutput::allocate(const PictureFormat& format,
                                             const MemoryNeeds& needs) {
  needs_ = needs;
  // Before anything was output nothing is in flight in another format, so downstream's pool can be
  // had for the very first picture.
  if (!current_ && !negotiate(format)) return std::unexpected(refusal("this format"));
  if (Pool* pool = find_pool(format)) {
    Result<BufferHandle> buffer = acquire_from(pool->pool.get());
    // Downstream deactivates its pool when it goes away or takes other caps.
    if (buffer || !pool->offered) return buffer;
    pools_.erase(pools_.begin());
  }
  const Result<Pool*> pool = own_pool(format, needs);
  if (!pool) return std::unexpected(pool.error());
  return acquire_from((*pool)->pool.get());
}

Result<BufferHandle> DecoderOutput::acquire_from(GstBufferPool* pool) const {
  if (!memory_) return acquire(pool);
  const DriverCall call(*memory_->calls(), frame_allocation);
  Result<BufferHandle> buffer = acquire(pool);
  if (!buffer && buffer.error().code == ErrorCode::OutOfMemory) {
    return fail(ErrorCode::Busy,
                "the device has no memory for another frame: end another decode, or use another "
                "device");
  }
  return buffer;
}

// Of the last negotiation: downstream's, unless it failed for want of memory.
Error DecoderOutput::refusal(const char* format) const {
  if (no_pool_) return *no_pool_;
  return {ErrorCode::Unavailable, std::string("downstream does not take ") + format};
}

bool DecoderOutput::negotiate(const PictureFormat& format) {
  no_pool_.reset();
  const CodecStateHandle state{gst_video_decoder_set_interlaced_output_state(
      element_, format.format, GST_VIDEO_INTERLACE_MODE_PROGRESSIVE,
      static_cast<guint>(format.width), static_cast<guint>(format.height), upstream_.state())};
  if (!state) return false;
  upstream_.describe(*state, format);
  if (memory_) choose_domain(*state);
  // A driver may decode into memory of its own and ask for none.
  if (memory_ && !needs_) needs_.emplace();
  current_ = format;
  renegotiate_ = false;
  info_ = state->info;
  return gst_video_decoder_negotiate(element_);
}

// What is decoded already must be able to leave, so that what was once chosen to decode into stays.
bool DecoderOutput::may_leave_as(MemoryDomain domain) const {
  return domain == MemoryDomain::System || !decoded_ || domain == *decoded_;
}

// May allocate a frame to see how it comes out.
Result<CapsHandle> DecoderOutput::caps_for(MemoryDomain domain, const GstVideoCodecState& state,
                                           GstCaps* wanted) const {
  const DriverCall call(*memory_->calls(), frame_allocation);
  return memory_->caps_for(domain, state.info, state.caps, decoded_ ? nullptr : wanted);
}

// The first of the device's domains that downstream takes. Where it takes none, the caps of system
// memory are left in the state, and the negotiation fails as any other; what the device answered
// is said then, since nobody else knows it.
void DecoderOutput::choose_domain(GstVideoCodecState& state) {
  const CapsHandle wanted{gst_pad_peer_query_caps(GST_VIDEO_DECODER_SRC_PAD(element_), nullptr)};
  leaves_ = MemoryDomain::System;
  bool chosen = false;
  std::string refusal;
  for (const MemoryDomain domain : memory_->domains()) {
    if (!may_leave_as(domain) || !takes_feature(wanted.get(), domain)) continue;
    Result<CapsHandle> caps = caps_for(domain, state, wanted.get());
    if (!caps) {
      refusal =
          std::string("not as ") + memory_domain_feature(domain) + ": " + caps.error().message;
      GST_INFO_OBJECT(element_, "%s", refusal.c_str());
      continue;
    }
    if (!gst_caps_can_intersect(wanted.get(), caps->get())) continue;
    leaves_ = domain;
    gst_caps_unref(std::exchange(state.caps, caps->release()));
    chosen = true;
    break;
  }
  if (!chosen && !refusal.empty()) {
    GST_ELEMENT_WARNING(element_, CORE, NEGOTIATION,
                        ("Downstream takes no memory that the device gives: %s", refusal.c_str()),
                        (nullptr));
  }
  if (!decoded_) decoded_ = on_device(leaves_) ? leaves_ : memory_->domains().front();
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

// Puts the pool that is decoded into for the current format into the query.
bool DecoderOutput::choose_pool(GstQuery* query, PoolHandle offered) {
  if (offered) {
    std::erase_if(pools_, [&](const Pool& pool) { return same_layout(pool.format, *current_); });
    keep_pool({*current_, *needs_, std::move(offered), true});
  } else if (const Result<Pool*> own = own_pool(*current_, *needs_); !own) {
    no_pool_ = own.error();
    return false;
  }
  GstBufferPool* chosen = find_pool(*current_)->pool.get();
  const guint size = static_cast<guint>(info_.size);
  if (gst_query_get_n_allocation_pools(query) > 0) {
    gst_query_set_nth_allocation_pool(query, 0, chosen, size, 0, 0);
  } else {
    gst_query_add_allocation_pool(query, chosen, size, 0, 0);
  }
  return true;
}

bool DecoderOutput::decide_allocation(GstQuery* query) {
  GstVideoDecoderClass* parent = GST_VIDEO_DECODER_CLASS(g_type_class_peek(GST_TYPE_VIDEO_DECODER));
  GstCaps* caps = nullptr;
  gst_query_parse_allocation(query, &caps, nullptr);
  takes_video_meta_ = gst_query_find_allocation_meta(query, GST_VIDEO_META_API_TYPE, nullptr);
  if (!caps || !current_ || !needs_) return parent->decide_allocation(element_, query);
  // Pools of the device's own kind are the device's own: only they are known to grow.
  if (on_device(leaves_)) return choose_pool(query, nullptr);
  GstVideoInfo info;
  // Where every frame is copied, the base class's pool is what it is copied into.
  if (memory_ || !gst_video_info_from_caps(&info, caps)) {
    return parent->decide_allocation(element_, query);
  }
  std::erase_if(pools_, [&](const Pool& pool) {
    return pool.offered && same_layout(pool.format, *current_);
  });
  if (!takes_video_meta_ || !decoded_as_output(*current_)) {
    return parent->decide_allocation(element_, query);
  }
  return choose_pool(query, try_offered_pool(query, caps, info));
}

void DecoderOutput::moved(FrameMove move, uint64_t bytes) {
  moves_.count(move, bytes);
  moved_ = true;
}

Result<BufferHandle> DecoderOutput::finish(Picture& picture) {
  const bool moved = std::exchange(moved_, false);
  const bool same = current_ && !renegotiate_ && *current_ == picture.format;
  if (!same && !negotiate(picture.format)) return std::unexpected(refusal("the new format"));
  const bool as_it_is =
      memory_ ? on_device(leaves_) : takes_video_meta_ && picture.sample_shift == 0;
  if (!as_it_is) return copy(picture);
  if (!moved) moves_.count(FrameMove::SameObject);
  return std::move(picture.buffer);
}

Result<BufferHandle> DecoderOutput::copy(const Picture& picture) {
  BufferHandle target{gst_video_decoder_allocate_output_buffer(element_)};
  if (!target) return fail(ErrorCode::OutOfMemory, "no buffer to copy a frame into");
  const Result<uint64_t> bytes =
      memory_ ? memory_->download(picture.buffer.get(), target.get(), info_)
              : copy_frame(info_, picture.buffer.get(), target.get(), picture.sample_shift);
  if (!bytes) return std::unexpected(bytes.error());
  moves_.count(memory_ ? FrameMove::Download : FrameMove::SystemCopy, *bytes);
  return target;
}

}  // namespace av1hw
