// SPDX-License-Identifier: LGPL-2.1-or-later
// Frames that a producer writes on a CUDA stream of its own, on the reference driver with streams
// that are late (REFDRV_STREAMS): nvav1enc codes what was written, not what was there before.
#include <gst/cuda/cuda-gst.h>
#include <gst/cuda/gstcuda.h>

#include <memory>

#include "bins/pipeline.h"
#include "nvcodec/nv_encoder_harness.h"

namespace av1hw::test {
namespace {

constexpr unsigned width = 320, height = 180;
constexpr unsigned frames = 24;
constexpr double near = 3;

guint8 gray_of(unsigned frame) { return static_cast<guint8>(40 + 7 * frame); }

struct CudaUnref {
  void operator()(gpointer object) const { gst_object_unref(object); }
  void operator()(GstCudaStream* stream) const { gst_cuda_stream_unref(stream); }
};
template <typename T>
using Owned = std::unique_ptr<T, CudaUnref>;

class NvStream : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(gst_cuda_load_library());
    gst_cuda_memory_init_once();
    encoder_ = std::make_unique<EncoderHarness>(
        "av1hwnvav1enc name=enc rate-control=cqp quantizer=40 b-frames=2");
    take_context();
    ASSERT_TRUE(context_);
    stream_.reset(gst_cuda_stream_new(context_.get()));
    const std::string caps =
        "video/x-raw(memory:CUDAMemory), format=NV12, width=320, height=180, framerate=30/1";
    encoder_->set_caps(caps);
    const Ref<GstCaps> pool_caps(gst_caps_from_string(caps.c_str()));
    pool_.reset(gst_cuda_buffer_pool_new(context_.get()));
    GstStructure* config = gst_buffer_pool_get_config(pool_.get());
    gst_buffer_pool_config_set_params(config, pool_caps.get(), width * height * 3 / 2, 0, 0);
    gst_buffer_pool_config_set_cuda_stream(config, stream_.get());
    ASSERT_TRUE(gst_buffer_pool_set_config(pool_.get(), config));
    ASSERT_TRUE(gst_buffer_pool_set_active(pool_.get(), TRUE));
  }
  void TearDown() override {
    encoder_.reset();
    if (pool_) gst_buffer_pool_set_active(pool_.get(), FALSE);
  }

  // The encoder's.
  void take_context() {
    GstQuery* query = gst_query_new_context(GST_CUDA_CONTEXT_TYPE);
    GstContext* found = nullptr;
    GstCudaContext* context = nullptr;
    if (gst_element_query(encoder_->element(), query)) gst_query_parse_context(query, &found);
    if (found) gst_cuda_handle_set_context(encoder_->element(), found, 0, &context);
    gst_query_unref(query);
    context_.reset(context);
  }

  // Of which `write` makes gray luma, and no color.
  template <typename Write>
  GstBuffer* picture(unsigned number, Write write) {
    GstBuffer* buffer = nullptr;
    EXPECT_EQ(gst_buffer_pool_acquire_buffer(pool_.get(), &buffer, nullptr), GST_FLOW_OK);
    write(GST_CUDA_MEMORY_CAST(gst_buffer_peek_memory(buffer, 0)), gray_of(number));
    GST_BUFFER_PTS(buffer) = gst_util_uint64_scale(number, GST_SECOND, 30);
    GST_BUFFER_DURATION(buffer) = GST_SECOND / 30;
    return buffer;
  }

  // On the producer's stream, which nobody waits for here.
  void write_on_stream(GstCudaMemory* memory, guint8 gray) {
    GstMapInfo map;
    ASSERT_TRUE(gst_memory_map(GST_MEMORY_CAST(memory), &map,
                               static_cast<GstMapFlags>(GST_MAP_WRITE | GST_MAP_CUDA)));
    const auto data = reinterpret_cast<CUdeviceptr>(map.data);
    const auto pitch = static_cast<size_t>(memory->info.stride[0]);
    const CUstream stream = gst_cuda_stream_get_handle(stream_.get());
    gst_cuda_context_push(context_.get());
    EXPECT_EQ(CuMemsetD2D8Async(data, pitch, gray, width, height, stream), CUDA_SUCCESS);
    EXPECT_EQ(
        CuMemsetD2D8Async(data + memory->info.offset[1], pitch, 128, width, height / 2, stream),
        CUDA_SUCCESS);
    gst_cuda_context_pop(nullptr);
    gst_memory_unmap(GST_MEMORY_CAST(memory), &map);
  }

  // In system memory, from which GStreamer uploads it when the encoder maps it.
  static void write_staged(GstCudaMemory* memory, guint8 gray) {
    GstMapInfo map;
    ASSERT_TRUE(gst_memory_map(GST_MEMORY_CAST(memory), &map, GST_MAP_WRITE));
    std::fill_n(map.data, memory->info.offset[1], gray);
    std::fill_n(map.data + memory->info.offset[1], map.size - memory->info.offset[1], guint8{128});
    gst_memory_unmap(GST_MEMORY_CAST(memory), &map);
  }

  template <typename Write>
  void encode(Write write) {
    for (unsigned i = 0; i < frames; i++)
      ASSERT_EQ(gst_harness_push(encoder_->harness(), picture(i, write)), GST_FLOW_OK);
    encoder_->end();
    const std::vector<Unit> units = encoder_->take();
    EXPECT_EQ(encoder_->stat("same-object-frames"), frames);
    expect_grays(units);
  }

  static void expect_grays(const std::vector<Unit>& units) {
    ASSERT_EQ(units.size(), frames);
    GstHarness* decoder = gst_harness_new("av1hwcpuav1dec");
    gst_harness_set_src_caps_str(decoder, "video/x-av1, stream-format=obu-stream, alignment=tu");
    for (const Unit& unit : units)
      gst_harness_push(decoder, gst_buffer_new_memdup(unit.bytes.data(), unit.bytes.size()));
    gst_harness_push_event(decoder, gst_event_new_eos());
    unsigned number = 0;
    while (GstBuffer* decoded = gst_harness_try_pull(decoder)) {
      guint8 luma = 0;
      gst_buffer_extract(decoded, 0, &luma, 1);
      EXPECT_NEAR(luma, gray_of(number), near) << "frame " << number;
      number++;
      gst_buffer_unref(decoded);
    }
    EXPECT_EQ(number, frames);
    gst_harness_teardown(decoder);
  }

  Owned<GstCudaContext> context_;
  Owned<GstCudaStream> stream_;
  Owned<GstBufferPool> pool_;
  std::unique_ptr<EncoderHarness> encoder_;
};

TEST_F(NvStream, WhatIsWrittenOnAnotherIsWaitedFor) {
  encode([this](GstCudaMemory* memory, guint8 gray) { write_on_stream(memory, gray); });
}

TEST_F(NvStream, WhatIsUploadedAsItIsMappedIsWaitedFor) { encode(write_staged); }

}  // namespace
}  // namespace av1hw::test
