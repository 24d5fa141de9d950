// SPDX-License-Identifier: LGPL-2.1-or-later
// Registers a frame's memory where NVENC can read it, and copies it where it can't.
#include "nvcodec/nvenc_input.h"

#include <utility>

#include "memory/mapped_frame.h"

namespace av1hw {

NvencInputs::NvencInputs(std::shared_ptr<NvencSession> session, CudaInputMemory& memory,
                         const EncoderInput& input, EncoderClient& client)
    : registrations_(std::make_shared<NvencRegistrations>(std::move(session), memory.token())),
      memory_(memory),
      info_(input.info),
      in_images_(input.memory == MemoryDomain::Vulkan && memory.vulkan()),
      client_(client),
      order_(memory.device()),
      frames_(memory.device(), input.info) {}

// One piece of CUDA memory of the context that the session is of.
bool NvencInputs::is_ours(GstBuffer* frame) const {
  if (gst_buffer_n_memory(frame) != 1) return false;
  GstMemory* memory = gst_buffer_peek_memory(frame, 0);
  if (!gst_is_cuda_memory(memory)) return false;
  GstCudaContext* const context = GST_CUDA_MEMORY_CAST(memory)->context;
  GstCudaContext* const ours = memory_.device().context();
  return context == ours ||
         gst_cuda_context_get_handle(context) == gst_cuda_context_get_handle(ours);
}

Result<NvencInput> NvencInputs::take(GstBuffer* frame) {
  return in_images_ ? take_image(frame) : take_memory(frame);
}

Result<NvencInput> NvencInputs::take_image(GstBuffer* frame) {
  const Result<MemoryBridge::Copy> copied = memory_.vulkan()->copy(frame, info_);
  if (!copied) return std::unexpected(copied.error());
  client_.moved(copied->on_device ? FrameMove::GpuCopy : FrameMove::Download, copied->bytes);
  if (!copied->on_device) return take_memory(copied->frame.get());
  Result<std::optional<NvencInput>> used = use(copied->frame.get());
  if (!used) return std::unexpected(used.error());
  if (*used) return std::move(**used);
  // Vulkan's memory may be none that NVENC reads.
  const Result<BufferHandle> again = copy(copied->frame.get(), CudaDevice::Copy::WithinDevice);
  if (!again) return std::unexpected(again.error());
  return use_copy(again->get());
}

Result<NvencInput> NvencInputs::take_memory(GstBuffer* frame) {
  const bool on_device = is_ours(frame);
  if (on_device) {
    Result<std::optional<NvencInput>> used = use(frame);
    if (!used) return std::unexpected(used.error());
    if (*used) {
      client_.moved(FrameMove::SameObject, 0);
      return std::move(**used);
    }
  }
  const auto kind = on_device ? CudaDevice::Copy::WithinDevice : CudaDevice::Copy::Upload;
  const Result<BufferHandle> copied = copy(frame, kind);
  if (!copied) return std::unexpected(copied.error());
  return use_copy(copied->get());
}

Result<NvencInput> NvencInputs::use_copy(GstBuffer* copy) {
  Result<std::optional<NvencInput>> used = use(copy);
  if (!used) return std::unexpected(used.error());
  if (!*used) return fail(ErrorCode::Failed, "NVENC does not read the memory that CUDA gives");
  return std::move(**used);
}

// Empty: NVENC can't read it where it is.
Result<std::optional<NvencInput>> NvencInputs::use(GstBuffer* frame) {
  GstMemory* const memory = gst_buffer_peek_memory(frame, 0);
  MappedCudaMemory mapped(memory);
  if (!mapped) return fail(ErrorCode::InvalidData, "a frame in CUDA memory can't be mapped");
  const Result<FramePlanes> planes = find_planes(frame, info_, mapped.size());
  if (!planes) return std::unexpected(planes.error());
  // To map it may have been to write it, too: what was written in system memory is uploaded then.
  order_.follow(GST_CUDA_MEMORY_CAST(memory));
  const std::optional<NvencLayout> layout =
      nvenc_layout(*planes, info_, mapped.address(), mapped.size());
  if (!layout) return std::nullopt;
  Result<std::optional<NvencPin>> pin = registrations_->pin(GST_CUDA_MEMORY_CAST(memory), *layout);
  if (!pin) return std::unexpected(pin.error());
  if (!*pin) return std::nullopt;
  return NvencInput(share(frame), std::move(mapped), std::move(**pin), layout->pitch);
}

Result<BufferHandle> NvencInputs::copy(GstBuffer* frame, CudaDevice::Copy kind) {
  if (kind == CudaDevice::Copy::Upload) {
    // Planes that claim more than the buffer has are found here.
    const Result<MappedFrame> readable = MappedFrame::map_read(frame, info_);
    if (!readable) return std::unexpected(readable.error());
    if (gst_is_cuda_memory(gst_buffer_peek_memory(frame, 0)))
      client_.moved(FrameMove::Download, readable->sample_bytes());
  }
  Result<BufferHandle> target = frames_.take();
  if (!target) return target;
  const Result<uint64_t> bytes = memory_.device().copy(frame, target->get(), info_, kind);
  if (!bytes) return std::unexpected(bytes.error());
  client_.moved(kind == CudaDevice::Copy::Upload ? FrameMove::Upload : FrameMove::GpuCopy, *bytes);
  return target;
}

}  // namespace av1hw
