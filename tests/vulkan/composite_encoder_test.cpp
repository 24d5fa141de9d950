// SPDX-License-Identifier: LGPL-2.1-or-later
// av1compositebin with an encoder that takes frames in the blender's memory: the canvas stays
// there.
#include <gst/video/video.h>
#include <gtest/gtest.h>

#include <atomic>
#include <format>

#include "bins/composite_fixture.h"
#include "bins/composite_links.h"
#include "bins/pipeline.h"

namespace av1hw::test {
namespace {

constexpr int frames = 6;

// Frames that came in Vulkan images.
std::atomic<unsigned> images_encoded{0};

gboolean set_format(GstVideoEncoder* encoder, GstVideoCodecState* input) {
  GstCaps* caps =
      gst_caps_from_string("video/x-av1, stream-format=obu-stream, alignment=tu, profile=main");
  gst_video_codec_state_unref(gst_video_encoder_set_output_state(encoder, caps, input));
  return TRUE;
}

GstFlowReturn handle_frame(GstVideoEncoder* encoder, GstVideoCodecFrame* frame) {
  const GstMemory* memory = gst_buffer_peek_memory(frame->input_buffer, 0);
  if (memory && g_strcmp0(memory->allocator->mem_type, "VulkanImage") == 0) images_encoded++;
  constexpr guint8 temporal_delimiter[] = {0x12, 0x00};
  frame->output_buffer = gst_buffer_new_memdup(temporal_delimiter, sizeof temporal_delimiter);
  GST_VIDEO_CODEC_FRAME_SET_SYNC_POINT(frame);
  return gst_video_encoder_finish_frame(encoder, frame);
}

void add_template(GstElementClass* klass, const char* name, GstPadDirection direction,
                  const char* text) {
  const Ref<GstCaps> caps(gst_caps_from_string(text));
  gst_element_class_add_pad_template(
      klass, gst_pad_template_new(name, direction, GST_PAD_ALWAYS, caps.get()));
}

void class_init(gpointer klass, gpointer) {
  GST_VIDEO_ENCODER_CLASS(klass)->set_format = set_format;
  GST_VIDEO_ENCODER_CLASS(klass)->handle_frame = handle_frame;
  auto* element_class = GST_ELEMENT_CLASS(klass);
  add_template(element_class, "sink", GST_PAD_SINK,
               "video/x-raw(memory:VulkanImage), format=NV12; video/x-raw, format=NV12");
  add_template(element_class, "src", GST_PAD_SRC,
               "video/x-av1, stream-format=obu-stream, alignment=tu");
  gst_element_class_set_static_metadata(element_class, "Encoder of images",
                                        "Codec/Encoder/Video/Hardware", "For tests",
                                        "The av1hw authors");
}

// Another plugin's, as av1encbin sees it; only for those who name it.
void register_image_encoder() {
  static const bool registered = [] {
    GTypeInfo info = {};
    info.class_size = sizeof(GstVideoEncoderClass);
    info.class_init = class_init;
    info.instance_size = sizeof(GstVideoEncoder);
    const GType type =
        g_type_register_static(GST_TYPE_VIDEO_ENCODER, "TestImageEncoder", &info, GTypeFlags{});
    return gst_element_register(nullptr, "testimageenc", GST_RANK_NONE, type);
  }();
  ASSERT_TRUE(registered);
}

TEST(CompositeEncoder, TheCanvasStaysOnTheDevice) {
  register_image_encoder();
  images_encoded = 0;
  Pipeline pipeline(std::format(
      "av1compositebin name=c compositor=vk width=320 height=240 encoder::allow=testimageenc ! "
      "fakesink name=sink {} ! c.sink_0 {} ! c.sink_1",
      source("red", frames), source("green", frames)));
  ASSERT_TRUE(pipeline.run());
  EXPECT_EQ(images_encoded, unsigned{frames});
  const std::vector<Link> all = links(pipeline);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[2].memory, "memory:VulkanImage") << all[2].from << " to " << all[2].to;
  EXPECT_EQ(all[2].adapter, "");
  const Ref<GstStructure> stats = get_structure(pipeline.get("c").get(), "stats");
  guint64 downloaded = G_MAXUINT64;
  EXPECT_TRUE(gst_structure_get_uint64(stats.get(), "download-bytes", &downloaded));
  EXPECT_EQ(downloaded, 0u);
}

}  // namespace
}  // namespace av1hw::test
