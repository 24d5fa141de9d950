// SPDX-License-Identifier: LGPL-2.1-or-later
// What an element that has DMA-BUFs of its own would offer: linear, rows of 256 bytes.
#include "memfd.h"

namespace av1hw::test {
namespace {

struct Av1HwTestMemfdPool {
  GstBufferPool parent;
  GstVideoInfo info;
};
struct Av1HwTestMemfdPoolClass {
  GstBufferPoolClass parent_class;
};

G_DEFINE_TYPE(Av1HwTestMemfdPool, av1hw_test_memfd_pool, GST_TYPE_BUFFER_POOL)

Av1HwTestMemfdPool* self(gpointer object) { return static_cast<Av1HwTestMemfdPool*>(object); }

Ref<GstBuffer> new_frame(const GstVideoInfo& info) {
  MemfdLayout layout;
  layout.pitch_multiple = 256;
  return memfd_frame(info, std::vector<uint8_t>(2 * info.size), layout);
}

gboolean set_config(GstBufferPool* base, GstStructure* config) {
  GstCaps* caps = nullptr;
  guint min = 0, max = 0;
  GstVideoInfoDmaDrm drm;
  if (!gst_buffer_pool_config_get_params(config, &caps, nullptr, &min, &max) ||
      !gst_video_info_dma_drm_from_caps(&drm, caps) ||
      !gst_video_info_dma_drm_to_video_info(&drm, &self(base)->info))
    return FALSE;
  const Ref<GstBuffer> like(new_frame(self(base)->info));
  const gsize size = gst_buffer_get_size(like.get());
  gst_buffer_pool_config_set_params(config, caps, static_cast<guint>(size), min, max);
  return GST_BUFFER_POOL_CLASS(av1hw_test_memfd_pool_parent_class)->set_config(base, config);
}

GstFlowReturn alloc_buffer(GstBufferPool* base, GstBuffer** buffer, GstBufferPoolAcquireParams*) {
  *buffer = new_frame(self(base)->info).release();
  return GST_FLOW_OK;
}

void av1hw_test_memfd_pool_class_init(Av1HwTestMemfdPoolClass* klass) {
  klass->parent_class.set_config = set_config;
  klass->parent_class.alloc_buffer = alloc_buffer;
}
void av1hw_test_memfd_pool_init(Av1HwTestMemfdPool*) {}

}  // namespace

GstBufferPool* memfd_pool_new() {
  return GST_BUFFER_POOL(
      gst_object_ref_sink(g_object_new(av1hw_test_memfd_pool_get_type(), nullptr)));
}

}  // namespace av1hw::test
