// SPDX-License-Identifier: LGPL-2.1-or-later
// vkcompositor: the DMA-BUFs that its canvases are in, downstream's or its own.
#include "elements/element_error.h"
#include "vulkan/element/compositor.h"

namespace av1hw {

// Downstream's, where the device can write them: it may have reasons (what a display scans out).
bool Compositor::take_dma_buf_pool(GstQuery* query, GstCaps* caps, const DrmPicture& picture) {
  const Result<SampleLayout> layout = sample_layout(picture.info);
  if (!layout || !take_offered_pool(query, caps, picture.info)) return false;
  GstBufferPool* offered = nullptr;
  gst_query_parse_nth_allocation_pool(query, 0, &offered, nullptr, nullptr, nullptr);
  const PoolHandle pool(offered);
  const bool was_active = gst_buffer_pool_is_active(pool.get());
  Result<> usable = fail(ErrorCode::Failed, "it can't be made active");
  if (gst_buffer_pool_set_active(pool.get(), TRUE))
    usable = dma_bufs_.check_pool(pool.get(), picture, *layout);
  if (usable) return true;
  if (!was_active) gst_buffer_pool_set_active(pool.get(), FALSE);
  GST_INFO_OBJECT(element_, "downstream's pool is not taken: %s", usable.error().message.c_str());
  return false;
}

bool Compositor::decide_dma_buf_allocation(GstQuery* query, GstCaps* caps) {
  const Result<DrmPicture> picture = drm_picture(caps);
  if (!picture) {
    post_error(GST_ELEMENT_CAST(element_), picture.error());
    return false;
  }
  canvas_drm_ = *picture;
  if (gst_query_get_n_allocation_pools(query) > 0 && take_dma_buf_pool(query, caps, *picture))
    return true;
  return offer_device_pool(caps, query, 0);
}

}  // namespace av1hw
