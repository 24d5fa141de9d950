// SPDX-License-Identifier: LGPL-2.1-or-later
// CUDA streams that are busy while vkcompositor works: a picture is read once it is written, a
// canvas once it is composed, and it is not written again before it was read.
#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gst/cuda/cuda-gst.h>
#include <gst/cuda/gstcuda.h>
#include <gst/video/video.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <format>
#include <string>
#include <vector>

#include "bins/pipeline.h"

namespace av1hw::test {
namespace {

constexpr int width = 640, height = 360;
constexpr unsigned frames = 40;

// The reference driver does all work at once, and slowly.
bool on_reference_driver() { return std::getenv("REFDRV_PROFILE"); }

guint8 gray_of(unsigned frame) { return static_cast<guint8>(16 + 5 * frame); }

struct ObjectUnref {
  void operator()(gpointer object) const { gst_object_unref(object); }
  void operator()(GstCudaStream* stream) const { gst_cuda_stream_unref(stream); }
};
template <typename T>
using Owned = std::unique_ptr<T, ObjectUnref>;

Ref<GstCaps> cuda_caps() {
  return Ref<GstCaps>(gst_caps_from_string(
      std::format("video/x-raw(memory:CUDAMemory),format=NV12,width={},height={},framerate=25/1",
                  width, height)
          .c_str()));
}

GstCudaMemory* memory_of(GstBuffer* buffer) {
  return GST_CUDA_MEMORY_CAST(gst_buffer_peek_memory(buffer, 0));
}

// Work that takes a stream some milliseconds.
class Work {
 public:
  explicit Work(GstCudaContext* context) : context_(context) {
    gst_cuda_context_push(context_);
    EXPECT_EQ(CuMemAlloc(&scratch_, bytes_), CUDA_SUCCESS);
    gst_cuda_context_pop(nullptr);
  }
  ~Work() {
    gst_cuda_context_push(context_);
    CuMemFree(scratch_);
    gst_cuda_context_pop(nullptr);
  }
  // The context is current.
  void give(CUstream stream) const {
    for (int i = 0; i < (on_reference_driver() ? 1 : 200); i++)
      EXPECT_EQ(CuMemsetD2D8Async(scratch_, bytes_, 0, bytes_, 1, stream), CUDA_SUCCESS);
  }

 private:
  GstCudaContext* const context_;
  const size_t bytes_ = on_reference_driver() ? 4096 : size_t{64} << 20;
  CUdeviceptr scratch_ = 0;
};

class CudaStream : public testing::Test {
 protected:
  void SetUp() override {
    if (!gst_cuda_load_library()) GTEST_SKIP() << "there is no CUDA driver";
    gst_cuda_memory_init_once();
    context_.reset(gst_cuda_context_new(0));
    if (!context_) GTEST_SKIP() << "CUDA has no device";
    stream_.reset(gst_cuda_stream_new(context_.get()));
    work_ = std::make_unique<Work>(context_.get());
    pipeline_ = std::make_unique<Pipeline>(std::format(
        "appsrc name=in format=time block=true max-buffers=4 max-bytes=0 ! vkcompositor name=c ! "
        "video/x-raw(memory:CUDAMemory),format=NV12,width={},height={} ! "
        "appsink name=out sync=false max-buffers=2",
        width, height));
    GstContext* context = gst_context_new_cuda_context(context_.get());
    gst_element_set_context(pipeline_->element(), context);
    gst_context_unref(context);
    in_ = pipeline_->get("in");
    out_ = pipeline_->get("out");
    gst_app_src_set_caps(GST_APP_SRC(in_.get()), cuda_caps().get());
    if (gst_element_set_state(pipeline_->element(), GST_STATE_PAUSED) == GST_STATE_CHANGE_FAILURE)
      GTEST_SKIP() << "vkcompositor finds no Vulkan device";
    const Ref<GstPad> pad(gst_element_get_static_pad(in_.get(), "src"));
    const Ref<GstCaps> taken(gst_pad_peer_query_caps(pad.get(), nullptr));
    if (!gst_caps_can_intersect(taken.get(), cuda_caps().get()))
      GTEST_SKIP() << "vkcompositor's device is not CUDA's first";
  }

  // What vkcompositor offers, or CUDA memory of any kind; of the test's stream.
  void make_pool(bool offered) {
    const Ref<GstCaps> caps = cuda_caps();
    if (offered) {
      const Ref<GstPad> pad(gst_element_get_static_pad(in_.get(), "src"));
      gst_pad_send_event(Ref<GstPad>(gst_pad_get_peer(pad.get())).get(),
                         gst_event_new_stream_start("stream"));
      gst_pad_send_event(Ref<GstPad>(gst_pad_get_peer(pad.get())).get(),
                         gst_event_new_caps(caps.get()));
      GstQuery* query = gst_query_new_allocation(caps.get(), TRUE);
      ASSERT_TRUE(gst_pad_peer_query(pad.get(), query));
      GstBufferPool* found = nullptr;
      gst_query_parse_nth_allocation_pool(query, 0, &found, nullptr, nullptr, nullptr);
      gst_query_unref(query);
      pool_.reset(found);
    } else {
      pool_.reset(gst_cuda_buffer_pool_new(context_.get()));
    }
    ASSERT_TRUE(pool_);
    GstStructure* config = gst_buffer_pool_get_config(pool_.get());
    gst_buffer_pool_config_set_params(config, caps.get(), width * height * 3 / 2, 0, 0);
    gst_buffer_pool_config_set_cuda_stream(config, stream_.get());
    ASSERT_TRUE(gst_buffer_pool_set_config(pool_.get(), config));
    ASSERT_TRUE(gst_buffer_pool_set_active(pool_.get(), TRUE));
  }

  // Its gray comes last, after much other work.
  GstBuffer* picture(unsigned number) {
    GstBuffer* buffer = nullptr;
    EXPECT_EQ(gst_buffer_pool_acquire_buffer(pool_.get(), &buffer, nullptr), GST_FLOW_OK);
    GstCudaMemory* memory = memory_of(buffer);
    GstMapInfo map;
    EXPECT_TRUE(gst_memory_map(GST_MEMORY_CAST(memory), &map,
                               static_cast<GstMapFlags>(GST_MAP_WRITE | GST_MAP_CUDA)));
    const auto data = reinterpret_cast<CUdeviceptr>(map.data);
    const CUstream stream = gst_cuda_stream_get_handle(stream_.get());
    const auto pitch = static_cast<size_t>(memory->info.stride[0]);
    gst_cuda_context_push(context_.get());
    EXPECT_EQ(CuMemsetD2D8Async(data, pitch, 0, width, height * 3 / 2, stream), CUDA_SUCCESS);
    work_->give(stream);
    EXPECT_EQ(CuMemsetD2D8Async(data, pitch, gray_of(number), width, height, stream), CUDA_SUCCESS);
    EXPECT_EQ(
        CuMemsetD2D8Async(data + memory->info.offset[1], pitch, 128, width, height / 2, stream),
        CUDA_SUCCESS);
    gst_cuda_context_pop(nullptr);
    gst_memory_unmap(GST_MEMORY_CAST(memory), &map);
    GST_BUFFER_PTS(buffer) = number * 40 * GST_MSECOND;
    GST_BUFFER_DURATION(buffer) = 40 * GST_MSECOND;
    return buffer;
  }
  // All frames in, and each that comes out to `take`.
  template <typename Take>
  void play(Take take) {
    pipeline_->set_state(GST_STATE_PLAYING);
    unsigned out = 0;
    for (unsigned in = 0; in < frames; in++) {
      ASSERT_EQ(gst_app_src_push_buffer(GST_APP_SRC(in_.get()), picture(in)), GST_FLOW_OK);
      if (in >= 4) take(pull(), out++);
    }
    gst_app_src_end_of_stream(GST_APP_SRC(in_.get()));
    while (out < frames) take(pull(), out++);
  }
  Ref<GstSample> pull() {
    GstSample* sample = gst_app_sink_try_pull_sample(GST_APP_SINK(out_.get()), 20 * GST_SECOND);
    pipeline_->poll();
    EXPECT_TRUE(sample) << (pipeline_->errors.empty() ? "nothing came" : pipeline_->errors[0]);
    return Ref<GstSample>(sample);
  }
  void expect_luma(const guint8* luma, size_t pitch, unsigned frame) {
    unsigned wrong = 0;
    for (size_t y = 0; y < height; y++) {
      for (size_t x = 0; x < width; x++) wrong += luma[y * pitch + x] != gray_of(frame);
    }
    EXPECT_EQ(wrong, 0u) << "samples of frame " << frame << "; the first is " << int{luma[0]}
                         << ", not " << int{gray_of(frame)};
  }

  Owned<GstCudaContext> context_;
  Owned<GstCudaStream> stream_;
  std::unique_ptr<Work> work_;
  Owned<GstBufferPool> pool_;
  std::unique_ptr<Pipeline> pipeline_;
  Ref<GstElement> in_, out_;
};

class BusyProducer : public CudaStream, public testing::WithParamInterface<bool> {};

TEST_P(BusyProducer, IsWaitedFor) {
  make_pool(GetParam());
  if (HasFatalFailure()) return;
  play([&](const Ref<GstSample>& sample, unsigned frame) {
    if (!sample) return;
    GstMemory* memory = gst_buffer_peek_memory(gst_sample_get_buffer(sample.get()), 0);
    GstMapInfo map;
    ASSERT_TRUE(gst_memory_map(memory, &map, GST_MAP_READ));
    expect_luma(map.data, static_cast<size_t>(GST_CUDA_MEMORY_CAST(memory)->info.stride[0]), frame);
    gst_memory_unmap(memory, &map);
  });
}

INSTANTIATE_TEST_SUITE_P(Cuda, BusyProducer, testing::Bool(), [](const auto& param) {
  return std::string(param.param ? "InTheOfferedPool" : "InMemoryOfItsOwn");
});

// It reads on the stream of the canvas, and gives it back at once.
TEST_F(CudaStream, BusyConsumerKeepsTheCanvas) {
  make_pool(true);
  if (HasFatalFailure()) return;
  constexpr size_t bytes = width * height;
  CUdeviceptr copies = 0;
  gst_cuda_context_push(context_.get());
  ASSERT_EQ(CuMemAlloc(&copies, bytes * frames), CUDA_SUCCESS);
  gst_cuda_context_pop(nullptr);
  play([&](const Ref<GstSample>& sample, unsigned frame) {
    if (!sample) return;
    GstCudaMemory* memory = memory_of(gst_sample_get_buffer(sample.get()));
    GstMapInfo map;
    ASSERT_TRUE(gst_memory_map(GST_MEMORY_CAST(memory), &map,
                               static_cast<GstMapFlags>(GST_MAP_READ | GST_MAP_CUDA)));
    GstCudaStream* stream = gst_cuda_memory_get_stream(memory);
    ASSERT_TRUE(stream);
    CUDA_MEMCPY2D copy = {};
    copy.srcMemoryType = copy.dstMemoryType = CU_MEMORYTYPE_DEVICE;
    copy.srcDevice = reinterpret_cast<CUdeviceptr>(map.data);
    copy.srcPitch = static_cast<size_t>(memory->info.stride[0]);
    copy.dstDevice = copies + bytes * frame;
    copy.dstPitch = copy.WidthInBytes = width;
    copy.Height = height;
    gst_cuda_context_push(context_.get());
    work_->give(gst_cuda_stream_get_handle(stream));
    EXPECT_EQ(CuMemcpy2DAsync(&copy, gst_cuda_stream_get_handle(stream)), CUDA_SUCCESS);
    gst_cuda_context_pop(nullptr);
    gst_memory_unmap(GST_MEMORY_CAST(memory), &map);
  });
  std::vector<guint8> luma(bytes);
  gst_cuda_context_push(context_.get());
  EXPECT_EQ(CuCtxSynchronize(), CUDA_SUCCESS);
  for (unsigned frame = 0; frame < frames; frame++) {
    EXPECT_EQ(CuMemcpyDtoH(luma.data(), copies + bytes * frame, bytes), CUDA_SUCCESS);
    expect_luma(luma.data(), width, frame);
  }
  CuMemFree(copies);
  gst_cuda_context_pop(nullptr);
}

}  // namespace
}  // namespace av1hw::test
