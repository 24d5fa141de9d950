// SPDX-License-Identifier: LGPL-2.1-or-later
// libgstva's buffer pools: surfaces, as they are or as DMA-BUFs.
#include "vaapi/va_pool.h"

#include <format>

namespace av1hw {
namespace {

using AllocatorHandle = GstHandle<GstAllocator>;

AllocatorHandle make_allocator(MemoryDomain domain, GstVaDisplay* display, GstVideoFormat format) {
  if (domain == MemoryDomain::DmaBuf) return AllocatorHandle{gst_va_dmabuf_allocator_new(display)};
  GArray* formats = g_array_new(FALSE, FALSE, sizeof(GstVideoFormat));
  g_array_append_val(formats, format);
  return AllocatorHandle{gst_va_allocator_new(display, formats)};
}

// How much is missing to a multiple of `alignment`, a power of two.
unsigned missing(int size, unsigned alignment) {
  return (alignment - static_cast<unsigned>(size) % alignment) % alignment;
}

}  // namespace

GstVideoAlignment va_padding(const GstVideoInfo& info, unsigned align_width,
                             unsigned align_height) {
  GstVideoAlignment alignment;
  gst_video_alignment_reset(&alignment);
  alignment.padding_right = missing(GST_VIDEO_INFO_WIDTH(&info), align_width);
  alignment.padding_bottom = missing(GST_VIDEO_INFO_HEIGHT(&info), align_height);
  return alignment;
}

Result<PoolHandle> make_va_pool(GstVaDisplay* display, const GstVideoInfo& info, GstCaps* caps,
                                const VaPoolRequest& request) {
  const AllocatorHandle allocator =
      make_allocator(request.domain, display, GST_VIDEO_INFO_FORMAT(&info));
  PoolHandle pool{gst_va_pool_new()};
  GstStructure* config = gst_buffer_pool_get_config(pool.get());
  gst_buffer_pool_config_set_params(config, caps, static_cast<guint>(info.size),
                                    request.min_buffers, 0);
  gst_buffer_pool_config_set_va_allocation_params(config, request.usage, GST_VA_FEATURE_AUTO);
  GstAllocationParams params;
  gst_allocation_params_init(&params);
  gst_buffer_pool_config_set_allocator(config, allocator.get(), &params);
  gst_buffer_pool_config_add_option(config, GST_BUFFER_POOL_OPTION_VIDEO_META);
  const GstVideoAlignment alignment = va_padding(info, request.align_width, request.align_height);
  gst_buffer_pool_config_set_va_alignment(config, &alignment);
  if (gst_buffer_pool_set_config(pool.get(), config)) return pool;
  return fail(ErrorCode::Busy,
              std::format("the VA driver gives no surface of {}x{}", info.width, info.height));
}

}  // namespace av1hw
