// SPDX-License-Identifier: LGPL-2.1-or-later
// vkcompositor: caps and memory, agreed with its neighbours.
#include <gst/allocators/gstdmabuf.h>

#include <algorithm>
#include <climits>
#include <cmath>

#include "elements/element_error.h"
#include "vulkan/element/compositor.h"
#include "vulkan/element/compositor_pad.h"

namespace av1hw {
namespace {

// Of each input: the pad's queue and its current frame, and those that the device works on.
constexpr unsigned held_frames = 6;

std::string memory_of(const GstCaps* caps) {
  if (!caps || gst_caps_is_empty(caps)) return GST_CAPS_FEATURE_MEMORY_SYSTEM_MEMORY;
  const GstCapsFeatures* features = gst_caps_get_features(caps, 0);
  return features && gst_caps_features_get_size(features) > 0
             ? gst_caps_features_get_nth(features, 0)
             : GST_CAPS_FEATURE_MEMORY_SYSTEM_MEMORY;
}

// Nothing: it has no caps yet.
std::optional<GstVideoInfo> picture_of(GstVideoAggregatorPad* pad) {
  const GstVideoInfo& info = pad->info;
  if (!info.finfo || GST_VIDEO_INFO_FORMAT(&info) == GST_VIDEO_FORMAT_UNKNOWN) return std::nullopt;
  const CapsHandle caps(gst_pad_get_current_caps(GST_PAD_CAST(pad)));
  if (!are_drm_caps(caps.get())) return info;
  const Result<DrmPicture> picture = drm_picture(caps.get());
  if (!picture) return std::nullopt;
  return picture->info;
}

int edge(double value) {
  constexpr double largest = 1 << 20;
  return static_cast<int>(std::clamp(std::ceil(value), 0.0, largest));
}

}  // namespace

std::vector<CanvasInput> Compositor::canvas_inputs() const {
  std::vector<GstHandle<GstVideoAggregatorPad>> pads;
  GST_OBJECT_LOCK(element_);
  for (GList* item = GST_ELEMENT_CAST(element_)->sinkpads; item; item = item->next)
    pads.emplace_back(GST_VIDEO_AGGREGATOR_PAD(gst_object_ref(item->data)));
  GST_OBJECT_UNLOCK(element_);
  std::vector<CanvasInput> inputs;
  for (const auto& pad : pads) {
    const std::optional<GstVideoInfo> picture = picture_of(pad.get());
    if (!picture) continue;
    const GstVideoInfo& info = *picture;
    const CapsHandle caps(gst_pad_get_current_caps(GST_PAD_CAST(pad.get())));
    CanvasInput input = {info, memory_of(caps.get()), 0, 0, {}};
    if (caps) input.light = light_of(caps.get());
    // Where it has to be asked for, it is not what DMA-BUFs should become of themselves.
    if (input.memory == GST_CAPS_FEATURE_MEMORY_DMABUF && !dma_bufs_.makes())
      input.memory = GST_CAPS_FEATURE_MEMORY_SYSTEM_MEMORY;
    const LayerSettings settings = compositor_pad_of(pad.get()).settings();
    if (const std::optional<Extent> rectangle = layer_rectangle(settings, info, GstVideoInfo{})) {
      input.right = edge(rectangle->right);
      input.bottom = edge(rectangle->bottom);
    }
    inputs.push_back(std::move(input));
  }
  return inputs;
}

bool Compositor::sink_query(GstPad* pad, GstQuery* query) const {
  const GstQueryType type = GST_QUERY_TYPE(query);
  if (type != GST_QUERY_CAPS && type != GST_QUERY_ACCEPT_CAPS) return false;
  const std::scoped_lock guard(device_lock_);
  const CapsHandle taken = dma_bufs_.usable(
      images_.usable(cuda_.usable(CapsHandle(gst_pad_get_pad_template_caps(pad))), false), false);
  if (type == GST_QUERY_CAPS) {
    GstCaps* filter = nullptr;
    gst_query_parse_caps(query, &filter);
    const CapsHandle caps(
        filter ? gst_caps_intersect_full(filter, taken.get(), GST_CAPS_INTERSECT_FIRST)
               : gst_caps_ref(taken.get()));
    gst_query_set_caps_result(query, caps.get());
    return true;
  }
  GstCaps* caps = nullptr;
  gst_query_parse_accept_caps(query, &caps);
  gst_query_set_accept_caps_result(query, gst_caps_is_subset(caps, taken.get()));
  return true;
}

// Its caps without a filter of ours, whose order they would take.
std::string Compositor::memory_named_first() const {
  const CapsHandle named(gst_pad_peer_query_caps(GST_AGGREGATOR_SRC_PAD(element_), nullptr));
  if (gst_caps_is_any(named.get()) || gst_caps_is_empty(named.get())) return {};
  if (gst_caps_features_is_any(gst_caps_get_features(named.get(), 0))) return {};
  return memory_of(named.get());
}

CapsHandle Compositor::update_src_caps(const GstCaps* allowed) const {
  CapsHandle usable = dma_bufs_.usable(
      images_.usable(cuda_.usable(CapsHandle(gst_caps_copy(allowed))), true), true);
  // Memory that downstream has to have is what it gets where nothing else will do.
  if (!dma_bufs_.makes()) usable = drm_caps_last(usable.get());
  return rank_canvas_caps(usable.get(), canvas_inputs(), settings().background,
                          memory_named_first());
}

CapsHandle Compositor::fixate_src_caps(CapsHandle caps) const {
  return fixate_canvas_caps(std::move(caps), canvas_inputs());
}

// Buffers that the device works on where they are.
PoolHandle Compositor::host_pool(GstCaps* caps, const GstVideoInfo& info) const {
  if (!host_memory_) return nullptr;
  PoolHandle pool(gst_video_buffer_pool_new());
  GstStructure* config = gst_buffer_pool_get_config(pool.get());
  gst_buffer_pool_config_set_params(config, caps, static_cast<guint>(info.size), 0, 0);
  gst_buffer_pool_config_set_allocator(config, host_memory_->allocator(), nullptr);
  gst_buffer_pool_config_add_option(config, GST_BUFFER_POOL_OPTION_VIDEO_META);
  return gst_buffer_pool_set_config(pool.get(), config) ? std::move(pool) : nullptr;
}

// Of what only a device reaches: first in `query`, with `min` buffers.
bool Compositor::offer_device_pool(GstCaps* caps, GstQuery* query, unsigned min) {
  GstVideoInfo info;
  if (!gst_video_info_from_caps(&info, caps)) return false;
  const auto make = [&] {
    if (are_drm_caps(caps)) return dma_bufs_.make_pool(caps, min);
    if (CudaFrames::are_cuda(caps)) return cuda_.make_pool(caps, info, min);
    return images_.make_pool(caps, min);
  };
  const Result<PoolHandle> pool = make();
  if (!pool) {
    post_error(GST_ELEMENT_CAST(element_), pool.error());
    return false;
  }
  const StructureHandle config(gst_buffer_pool_get_config(pool->get()));
  guint size = 0;
  gst_buffer_pool_config_get_params(config.get(), nullptr, &size, nullptr, nullptr);
  if (gst_query_get_n_allocation_pools(query) > 0) {
    gst_query_set_nth_allocation_pool(query, 0, pool->get(), size, min, 0);
  } else {
    gst_query_add_allocation_pool(query, pool->get(), size, min, 0);
  }
  return true;
}

// GstVideoAggregator (1.26) would keep a reference too many to the allocator of such a query.
bool Compositor::take_offered_pool(GstQuery* query, GstCaps* caps, const GstVideoInfo& info) {
  if (gst_query_get_n_allocation_pools(query) == 0) return false;
  GstBufferPool* offered = nullptr;
  guint size = 0, min = 0, max = 0;
  gst_query_parse_nth_allocation_pool(query, 0, &offered, &size, &min, &max);
  const PoolHandle pool(offered);
  if (!pool) return false;
  GstAllocator* allocator = nullptr;
  GstAllocationParams params;
  gst_allocation_params_init(&params);
  if (gst_query_get_n_allocation_params(query) > 0)
    gst_query_parse_nth_allocation_param(query, 0, &allocator, &params);
  const GstHandle<GstAllocator> owned(allocator);
  size = std::max(size, static_cast<guint>(info.size));
  GstStructure* config = gst_buffer_pool_get_config(pool.get());
  gst_buffer_pool_config_set_params(config, caps, size, min, max);
  gst_buffer_pool_config_set_allocator(config, allocator, &params);
  if (gst_query_find_allocation_meta(query, GST_VIDEO_META_API_TYPE, nullptr))
    gst_buffer_pool_config_add_option(config, GST_BUFFER_POOL_OPTION_VIDEO_META);
  if (!gst_buffer_pool_set_config(pool.get(), config)) return false;
  gst_query_set_nth_allocation_pool(query, 0, pool.get(), size, min, max);
  return true;
}

// Where downstream names no pool, but perhaps how many buffers it keeps.
bool Compositor::take_host_pool(GstQuery* query, GstCaps* caps, const GstVideoInfo& info) const {
  GstBufferPool* offered = nullptr;
  guint size = 0, min = 0, max = 0;
  const bool entry = gst_query_get_n_allocation_pools(query) > 0;
  if (entry) gst_query_parse_nth_allocation_pool(query, 0, &offered, &size, &min, &max);
  const PoolHandle owned(offered);
  const PoolHandle pool = owned ? nullptr : host_pool(caps, info);
  if (!pool) return false;
  size = static_cast<guint>(info.size);
  // Those that the device works on come in addition: so there is no most.
  if (entry)
    gst_query_set_nth_allocation_pool(query, 0, pool.get(), size, 0, 0);
  else
    gst_query_add_allocation_pool(query, pool.get(), size, 0, 0);
  return true;
}

// Downstream's own images spare it a copy.
bool Compositor::take_offered_images(GstQuery* query, GstCaps* caps) const {
  if (gst_query_get_n_allocation_pools(query) == 0) return false;
  GstBufferPool* offered = nullptr;
  guint size = 0, min = 0, max = 0;
  gst_query_parse_nth_allocation_pool(query, 0, &offered, &size, &min, &max);
  const PoolHandle pool(offered);
  return pool && images_.take_pool(pool.get(), caps, size, min, max);
}

// A pool that downstream offers has what it can use as it is; what leads nowhere but to the CPU may
// as well come from us.
bool Compositor::decide_allocation(GstQuery* query) {
  GstCaps* caps = nullptr;
  gst_query_parse_allocation(query, &caps, nullptr);
  canvas_drm_.reset();
  if (are_drm_caps(caps)) return decide_dma_buf_allocation(query, caps);
  GstVideoInfo info;
  if (!caps || !gst_video_info_from_caps(&info, caps)) return false;
  if (ImageFrames::are_images(caps) && contexts_.is_lost_at(GST_AGGREGATOR_SRC_PAD(element_))) {
    post_error(
        GST_ELEMENT_CAST(element_),
        {ErrorCode::DeviceLost,
         "the GPU was lost, and what takes the frames in its memory still works on it: start "
         "the pipeline anew"});
    return false;
  }
  if (ImageFrames::are_images(caps) && take_offered_images(query, caps)) return true;
  if (CudaFrames::are_cuda(caps) || ImageFrames::are_images(caps))
    return offer_device_pool(caps, query, 0);
  if (take_offered_pool(query, caps, info) || take_host_pool(query, caps, info)) return true;
  auto* parent = GST_AGGREGATOR_CLASS(g_type_class_peek(GST_TYPE_VIDEO_AGGREGATOR));
  return parent->decide_allocation(GST_AGGREGATOR(element_), query);
}

// Rows of any stride, and planes anywhere in the buffer, are read as they are.
bool Compositor::propose_allocation(GstQuery* query) {
  const std::scoped_lock guard(device_lock_);
  gst_query_add_allocation_meta(query, GST_VIDEO_META_API_TYPE, nullptr);
  GstCaps* caps = nullptr;
  gboolean need_pool = FALSE;
  gst_query_parse_allocation(query, &caps, &need_pool);
  GstVideoInfo info;
  // Who makes DMA-BUFs has memory of its own for them.
  if (!caps || are_drm_caps(caps) || !gst_video_info_from_caps(&info, caps)) return true;
  // The next device has memory to offer.
  if (images_.device_is_lost()) return true;
  if (CudaFrames::are_cuda(caps) || ImageFrames::are_images(caps))
    return !need_pool || offer_device_pool(caps, query, held_frames);
  const PoolHandle pool = need_pool ? host_pool(caps, info) : nullptr;
  if (pool) gst_query_add_allocation_pool(query, pool.get(), static_cast<guint>(info.size), 0, 0);
  if (host_memory_) gst_query_add_allocation_param(query, host_memory_->allocator(), nullptr);
  return true;
}

}  // namespace av1hw
