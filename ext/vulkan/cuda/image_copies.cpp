// SPDX-License-Identifier: LGPL-2.1-or-later
// vkCmdCopyImageToBuffer for each plane, and what says that it is done.
#include "vulkan/cuda/image_copies.h"

#include <array>
#include <optional>
#include <utility>

#include "vulkan/compositor/device_memory.h"
#include "vulkan/compositor/submission.h"
#include "vulkan/compositor/timeline.h"
#include "vulkan/cuda/cuda_frames.h"
#include "vulkan/cuda/cuda_planes.h"
#include "vulkan/cuda/cuda_sync.h"
#include "vulkan/cuda/shared_pool.h"
#include "vulkan/element/image_operation.h"

namespace av1hw {
namespace {

// A buffer with planes as `layout` says.
struct BufferPlanes {
  VkBuffer buffer = VK_NULL_HANDLE;
  const GstVideoInfo& layout;
};

// What copies frames, and waits where CUDA can't.
class ImageReader {
 public:
  static Result<std::unique_ptr<ImageReader>> make(const ImageSource& source) {
    std::unique_ptr<ImageReader> made(new ImageReader(source.calls));
    Result<SemaphoreHandle> timeline = make_timeline(source.device->device);
    if (!timeline) return std::unexpected(timeline.error());
    made->timeline_ = std::move(*timeline);
    Result<std::unique_ptr<ImageOperation>> operation = ImageOperation::make(source.device);
    if (!operation) return std::unexpected(operation.error());
    made->operation_ = std::move(*operation);
    return made;
  }
  ~ImageReader() {
    const DriverCall call(*calls_, "vkQueueWaitIdle");
    operation_.reset();
  }
  GstVulkanDevice* device() const { return operation_->device(); }

  // `to` has room for it. `done` is signalled after it.
  Result<> read(GstBuffer* frame, const BufferPlanes& to, const SemaphorePoint& done) {
    const DriverCall call(*calls_, "vkQueueSubmit2");
    if (Result<> begun = operation_->begin({frame}); !begun) return begun;
    if (Result<> used = operation_->use(frame, VK_ACCESS_2_TRANSFER_READ_BIT,
                                        VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL);
        !used) {
      operation_->cancel();
      return used;
    }
    record(frame, to);
    if (Result<> ended = operation_->end(); !ended) return ended;
    return operation_->signal(done);
  }

  // The same, and waits for it.
  Result<> read_and_wait(GstBuffer* frame, const BufferPlanes& to) {
    const SemaphorePoint done = {timeline_.get(), ++value_};
    if (Result<> submitted = read(frame, to, done); !submitted) return submitted;
    const DriverCall call(*calls_, "vkWaitSemaphores");
    return wait_for(device(), done, "a copy of a frame in Vulkan images");
  }

 private:
  explicit ImageReader(std::shared_ptr<DriverCalls> calls) : calls_(std::move(calls)) {}

  void record(GstBuffer* frame, const BufferPlanes& to) const {
    const VkCommandBuffer commands = operation_->record_layouts();
    // What was copied there before, perhaps for a frame that then failed.
    record_barrier(commands, VK_PIPELINE_STAGE_2_COPY_BIT, VK_ACCESS_2_TRANSFER_WRITE_BIT,
                   VK_PIPELINE_STAGE_2_COPY_BIT, VK_ACCESS_2_TRANSFER_WRITE_BIT);
    for (guint i = 0; i < GST_VIDEO_INFO_N_PLANES(&to.layout); i++) {
      const PlaneOfImage plane = plane_of_image(frame, to.layout, i);
      // Of the formats that come here each plane begins with the component of its number.
      const int texel_bytes = GST_VIDEO_INFO_COMP_PSTRIDE(&to.layout, i);
      VkBufferImageCopy region = {};
      region.bufferOffset = GST_VIDEO_INFO_PLANE_OFFSET(&to.layout, i);
      region.bufferRowLength =
          static_cast<uint32_t>(GST_VIDEO_INFO_PLANE_STRIDE(&to.layout, i) / texel_bytes);
      region.imageSubresource = {plane.aspect, 0, 0, 1};
      region.imageExtent = plane_extent(to.layout, i);
      vkCmdCopyImageToBuffer(commands, plane.memory->image, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL,
                             to.buffer, 1, &region);
    }
    record_barrier(commands, VK_PIPELINE_STAGE_2_COPY_BIT, VK_ACCESS_2_TRANSFER_WRITE_BIT,
                   VK_PIPELINE_STAGE_2_HOST_BIT, VK_ACCESS_2_HOST_READ_BIT);
  }

  const std::shared_ptr<DriverCalls> calls_;
  SemaphoreHandle timeline_;
  uint64_t value_ = 0;
  std::unique_ptr<ImageOperation> operation_;  // last: waits for the others' users
};

class CopiesInCuda final : public ImageCopies {
 public:
  static Result<std::unique_ptr<ImageCopies>> make(const ImageSource& source,
                                                   GstCudaContext* context, GstCudaStream* stream);
  ~CopiesInCuda() override {
    reader_.reset();
    if (pool_) gst_buffer_pool_set_active(pool_.get(), FALSE);
  }
  Result<MemoryBridge::Copy> of(GstBuffer* frame) override;
  std::string obstacle() const override { return sync_->obstacle(); }

 private:
  CopiesInCuda(const GstVideoInfo& layout, GstCudaContext* context, GstCudaStream* stream)
      : layout_(layout), context_(cuda_ref(context)), stream_(cuda_ref(stream)) {}
  Result<> make_pool(GstVulkanDevice* device);
  Result<> read(GstBuffer* frame, const SharedBuffer& to);

  const GstVideoInfo layout_;
  const CudaContextRef context_;
  const CudaStreamRef stream_;
  PoolHandle pool_;
  std::unique_ptr<CudaSync> sync_;
  std::unique_ptr<ImageReader> reader_;
};

Result<std::unique_ptr<ImageCopies>> CopiesInCuda::make(const ImageSource& source,
                                                        GstCudaContext* context,
                                                        GstCudaStream* stream) {
  const Result<GstVideoInfo> layout = shared_layout(source.info);
  if (!layout) return std::unexpected(layout.error());
  std::unique_ptr<CopiesInCuda> made(new CopiesInCuda(*layout, context, stream));
  // What a pool meets it does not tell.
  const Result<std::unique_ptr<SharedBuffer>> shared =
      SharedBuffer::make(source.device, context, layout->size);
  if (!shared) return std::unexpected(shared.error());
  if (Result<> pool = made->make_pool(source.device); !pool) return std::unexpected(pool.error());
  Result<std::unique_ptr<CudaSync>> sync = CudaSync::make(source.device, context);
  if (!sync) return std::unexpected(sync.error());
  made->sync_ = std::move(*sync);
  Result<std::unique_ptr<ImageReader>> reader = ImageReader::make(source);
  if (!reader) return std::unexpected(reader.error());
  made->reader_ = std::move(*reader);
  return made;
}

Result<> CopiesInCuda::make_pool(GstVulkanDevice* device) {
  const CapsHandle caps(gst_video_info_to_caps(&layout_));
  gst_caps_set_features_simple(caps.get(), gst_caps_features_new_single(cuda_memory_feature));
  pool_ = make_shared_pool(device, context_.get(), stream_.get());
  GstStructure* config = gst_buffer_pool_get_config(pool_.get());
  gst_buffer_pool_config_set_params(config, caps.get(), static_cast<guint>(layout_.size), 0, 0);
  gst_buffer_pool_config_add_option(config, GST_BUFFER_POOL_OPTION_VIDEO_META);
  if (gst_buffer_pool_set_config(pool_.get(), config) &&
      gst_buffer_pool_set_active(pool_.get(), TRUE))
    return {};
  return fail(ErrorCode::Failed, "there is no pool of memory that Vulkan and CUDA share");
}

// NVENC and CUDA's stream go on once the copy is made, and the CPU now.
Result<> CopiesInCuda::read(GstBuffer* frame, const SharedBuffer& to) {
  const BufferPlanes planes = {.buffer = to.buffer(), .layout = layout_};
  const std::optional<SemaphorePoint> point = stream_ ? sync_->next_signal() : std::nullopt;
  if (!point) return reader_->read_and_wait(frame, planes);
  if (Result<> submitted = reader_->read(frame, planes, *point); !submitted) return submitted;
  const PushedCuda current(context_.get());
  if (Result<> pushed = current.check(); !pushed) return pushed;
  return sync_->hold_back(stream_.get(), *point);
}

Result<MemoryBridge::Copy> CopiesInCuda::of(GstBuffer* frame) {
  if (Result<> copyable = check_copyable(frame, layout_); !copyable)
    return std::unexpected(copyable.error());
  GstBuffer* acquired = nullptr;
  if (gst_buffer_pool_acquire_buffer(pool_.get(), &acquired, nullptr) != GST_FLOW_OK)
    return fail(ErrorCode::Busy,
                "the GPU has no memory for a frame: end other work on it, or use another GPU");
  BufferHandle copy(acquired);
  // Its images stay until whoever reads the copy has done so.
  gst_buffer_add_parent_buffer_meta(copy.get(), frame);
  const SharedBuffer* to = shared_buffer_of(memory_of(copy.get()), reader_->device());
  if (Result<> done = read(frame, *to); !done) return std::unexpected(done.error());
  return MemoryBridge::Copy{std::move(copy), sample_bytes(layout_), true};
}

class CopiesInSystemMemory final : public ImageCopies {
 public:
  static Result<std::unique_ptr<ImageCopies>> make(const ImageSource& source);
  Result<MemoryBridge::Copy> of(GstBuffer* frame) override;

 private:
  explicit CopiesInSystemMemory(const GstVideoInfo& layout) : layout_(layout) {}
  BufferHandle wrap() const;

  const GstVideoInfo layout_;
  std::unique_ptr<DeviceMemory> memory_;
  DeviceBuffer buffer_;  // of the last copy
  std::unique_ptr<ImageReader> reader_;
};

Result<std::unique_ptr<ImageCopies>> CopiesInSystemMemory::make(const ImageSource& source) {
  const Result<GstVideoInfo> layout = shared_layout(source.info);
  if (!layout) return std::unexpected(layout.error());
  std::unique_ptr<CopiesInSystemMemory> made(new CopiesInSystemMemory(*layout));
  Result<std::unique_ptr<DeviceMemory>> memory = DeviceMemory::make(source.device);
  if (!memory) return std::unexpected(memory.error());
  made->memory_ = std::move(*memory);
  Result<DeviceBuffer> buffer =
      DeviceBuffer::make(*made->memory_, DeviceBuffer::Use::Read, layout->size);
  if (!buffer) return std::unexpected(buffer.error());
  made->buffer_ = std::move(*buffer);
  Result<std::unique_ptr<ImageReader>> reader = ImageReader::make(source);
  if (!reader) return std::unexpected(reader.error());
  made->reader_ = std::move(*reader);
  return made;
}

BufferHandle CopiesInSystemMemory::wrap() const {
  BufferHandle copy(gst_buffer_new_wrapped_full(GST_MEMORY_FLAG_READONLY, buffer_.data(),
                                                layout_.size, 0, layout_.size, nullptr, nullptr));
  gst_buffer_add_video_meta_full(copy.get(), GST_VIDEO_FRAME_FLAG_NONE,
                                 GST_VIDEO_INFO_FORMAT(&layout_),
                                 static_cast<guint>(GST_VIDEO_INFO_WIDTH(&layout_)),
                                 static_cast<guint>(GST_VIDEO_INFO_HEIGHT(&layout_)),
                                 GST_VIDEO_INFO_N_PLANES(&layout_), layout_.offset, layout_.stride);
  return copy;
}

Result<MemoryBridge::Copy> CopiesInSystemMemory::of(GstBuffer* frame) {
  if (Result<> copyable = check_copyable(frame, layout_); !copyable)
    return std::unexpected(copyable.error());
  const BufferPlanes planes = {.buffer = buffer_.get(), .layout = layout_};
  if (Result<> done = reader_->read_and_wait(frame, planes); !done)
    return std::unexpected(done.error());
  if (Result<> readable = buffer_.invalidate(layout_.size); !readable)
    return std::unexpected(readable.error());
  return MemoryBridge::Copy{wrap(), sample_bytes(layout_), false};
}

}  // namespace

Result<std::unique_ptr<ImageCopies>> copies_in_cuda(const ImageSource& source,
                                                    GstCudaContext* context,
                                                    GstCudaStream* stream) {
  return CopiesInCuda::make(source, context, stream);
}

Result<std::unique_ptr<ImageCopies>> copies_in_system_memory(const ImageSource& source) {
  return CopiesInSystemMemory::make(source);
}

}  // namespace av1hw
