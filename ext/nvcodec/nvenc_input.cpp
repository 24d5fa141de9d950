// SPDX-License-Identifier: LGPL-2.1-or-later
// Registers a frame's memory where NVENC can read it, and copies it where it can't.
#include "nvcodec/nvenc_input.h"

#include <algorithm>
#include <utility>

#include "memory/mapped_frame.h"
#include "nvcodec/nvenc_params.h"

namespace av1hw {
namespace {

constexpr uint32_t pitch_alignment = 4;

// What a GstCudaMemory keeps for an element: whose registration it has, or that it can have none.
struct Note {
  std::weak_ptr<NvencRegistrations> owner;
  uint64_t id = 0;  // 0: refused
};

void drop_note(gpointer data) {
  const std::unique_ptr<Note> note(static_cast<Note*>(data));
  if (const auto owner = note->owner.lock(); owner && note->id != 0) owner->forget(note->id);
}

uintptr_t address(GstVideoFrame& frame, unsigned plane) {
  return reinterpret_cast<uintptr_t>(GST_VIDEO_FRAME_PLANE_DATA(&frame, plane));
}

// Where NVENC finds chroma it finds out from pitch and rows alone: right behind luma, interleaved
// at the same pitch, or planes at half of it. Rows may be more than the picture's.
std::optional<NV_ENC_REGISTER_RESOURCE> layout_of(GstVideoFrame& frame) {
  const int pitch = GST_VIDEO_FRAME_PLANE_STRIDE(&frame, 0);
  if (pitch <= 0 || pitch % pitch_alignment != 0 || address(frame, 1) <= address(frame, 0))
    return std::nullopt;
  const auto wide = static_cast<uintptr_t>(pitch);
  const uintptr_t luma_bytes = address(frame, 1) - address(frame, 0);
  const uintptr_t rows = luma_bytes / wide;
  if (luma_bytes % wide != 0 || rows > UINT32_MAX ||
      rows < static_cast<uintptr_t>(GST_VIDEO_FRAME_HEIGHT(&frame)))
    return std::nullopt;
  const unsigned planes = GST_VIDEO_FRAME_N_PLANES(&frame);
  for (unsigned plane = 1; plane < planes; plane++) {
    if (GST_VIDEO_FRAME_PLANE_STRIDE(&frame, plane) != (planes == 3 ? pitch / 2 : pitch))
      return std::nullopt;
  }
  if (planes == 3 && address(frame, 2) - address(frame, 1) != wide / 2 * (rows / 2))
    return std::nullopt;
  NV_ENC_REGISTER_RESOURCE layout = {};
  layout.width = static_cast<uint32_t>(GST_VIDEO_FRAME_WIDTH(&frame));
  layout.height = static_cast<uint32_t>(rows);
  layout.pitch = static_cast<uint32_t>(pitch);
  layout.resourceToRegister = GST_VIDEO_FRAME_PLANE_DATA(&frame, 0);
  layout.bufferFormat = nvenc_buffer_format(GST_VIDEO_FRAME_FORMAT(&frame));
  return layout;
}

// What was written on another stream than ours NVENC would not wait for.
void wait_for_writer(GstMemory* memory, const CudaDevice& device) {
  if (!GST_MEMORY_FLAG_IS_SET(memory, GST_CUDA_MEMORY_TRANSFER_NEED_SYNC)) return;
  GstCudaMemory* cuda = GST_CUDA_MEMORY_CAST(memory);
  if (device.stream() && gst_cuda_memory_get_stream(cuda) == device.stream()) return;
  const DriverCall call(*device.calls(), "cuStreamSynchronize");
  gst_cuda_memory_sync(cuda);
}

}  // namespace

NvencRegistrations::~NvencRegistrations() {
  for (const auto& [id, entry] : entries_) session_->unregister_memory(entry.handle);
}

// Looks at what the memory notes. `refused`: that it can't be registered.
std::optional<uint64_t> NvencRegistrations::known(GstCudaMemory* memory, bool& refused) {
  const auto* note = static_cast<const Note*>(gst_cuda_memory_get_token_data(memory, token_));
  if (!note || note->owner.lock().get() != this) return std::nullopt;
  refused = note->id == 0;
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(note->id);
  if (found == entries_.end()) return std::nullopt;
  // A frame that is shown again while NVENC still has it: nothing can be mapped twice.
  refused = found->second.pins > 0;
  if (refused) return std::nullopt;
  found->second.pins++;
  found->second.last_used = ++uses_;
  return note->id;
}

// With the mutex held.
void NvencRegistrations::make_room() {
  if (entries_.size() < limit) return;
  auto oldest = entries_.end();
  for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
    if (entry->second.pins > 0) continue;
    if (oldest == entries_.end() || entry->second.last_used < oldest->second.last_used)
      oldest = entry;
  }
  if (oldest == entries_.end()) return;
  session_->unregister_memory(oldest->second.handle);
  entries_.erase(oldest);
}

Result<std::optional<uint64_t>> NvencRegistrations::pin(GstCudaMemory* memory,
                                                        const NV_ENC_REGISTER_RESOURCE& layout) {
  bool refused = false;
  if (const std::optional<uint64_t> id = known(memory, refused); id || refused) return id;
  uint64_t id = 0;
  {
    const std::scoped_lock lock(mutex_);
    make_room();
    const Result<NV_ENC_REGISTERED_PTR> registered = session_->register_memory(layout);
    // Memory of a stream-ordered pool, say. Whatever else is wrong the copy will meet as well.
    if (!registered && registered.error().code != ErrorCode::Failed &&
        registered.error().code != ErrorCode::NotSupported)
      return std::unexpected(registered.error());
    if (registered) {
      id = next_id_++;
      entries_[id] = {.handle = *registered, .pins = 1, .last_used = ++uses_};
    } else {
      GST_INFO("frames are copied: %s", registered.error().message.c_str());
    }
  }
  // The note that it replaces may be one of ours, and takes the mutex.
  gst_cuda_memory_set_token_data(memory, token_, new Note{weak_from_this(), id}, drop_note);
  if (id == 0) return std::nullopt;
  return id;
}

NV_ENC_REGISTERED_PTR NvencRegistrations::handle(uint64_t id) const {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : found->second.handle;
}

void NvencRegistrations::unpin(uint64_t id) {
  const std::scoped_lock lock(mutex_);
  if (const auto found = entries_.find(id); found != entries_.end()) found->second.pins--;
}

void NvencRegistrations::abandon(uint64_t id) {
  const std::scoped_lock lock(mutex_);
  entries_.erase(id);
}

void NvencRegistrations::forget(uint64_t id) {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end()) return;
  session_->unregister_memory(found->second.handle);
  entries_.erase(found);
}

void NvencRegistrations::close() {
  const std::scoped_lock lock(mutex_);
  entries_.clear();
  session_->close();
}

NvencInput::NvencInput(NvencInput&&) noexcept = default;

NvencInput::~NvencInput() {
  if (!registrations_) return;
  if (!handle_ || registrations_->session().unmap(handle_)) {
    registrations_->unpin(registration_);
  } else {
    registrations_->abandon(registration_);
  }
}

NvencInputs::NvencInputs(std::shared_ptr<NvencSession> session, CudaInputMemory& memory,
                         const EncoderInput& input, EncoderClient& client)
    : registrations_(std::make_shared<NvencRegistrations>(std::move(session), memory.token())),
      memory_(memory),
      info_(input.info),
      in_images_(input.memory == MemoryDomain::Vulkan && memory.vulkan()),
      client_(client),
      frames_(memory.device(), input.info) {}

// One piece of CUDA memory of the context that the session is of.
bool NvencInputs::is_ours(GstBuffer* frame) const {
  if (gst_buffer_n_memory(frame) != 1) return false;
  GstMemory* memory = gst_buffer_peek_memory(frame, 0);
  return gst_is_cuda_memory(memory) &&
         gst_cuda_context_get_handle(GST_CUDA_MEMORY_CAST(memory)->context) ==
             gst_cuda_context_get_handle(memory_.device().context());
}

Result<NvencInput> NvencInputs::take(GstBuffer* frame) {
  return in_images_ ? take_image(frame) : take_memory(frame);
}

Result<NvencInput> NvencInputs::take_image(GstBuffer* frame) {
  const Result<MemoryBridge::Copy> copied = memory_.vulkan()->copy(frame, info_);
  if (!copied) return std::unexpected(copied.error());
  client_.moved(copied->on_device ? FrameMove::GpuCopy : FrameMove::Download, copied->bytes);
  return copied->on_device ? use_copy(copied->frame.get()) : take_memory(copied->frame.get());
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
  NvencInput input;
  input.buffer_ = share(frame);
  GstMemory* memory = gst_buffer_peek_memory(frame, 0);
  wait_for_writer(memory, memory_.device());
  input.frame_ = std::make_unique<MappedVideoFrame>(
      frame, info_, static_cast<int>(GST_MAP_READ) | static_cast<int>(GST_MAP_CUDA));
  if (!*input.frame_) return fail(ErrorCode::InvalidData, "a frame in CUDA memory can't be mapped");
  const std::optional<NV_ENC_REGISTER_RESOURCE> layout = layout_of(input.frame_->frame());
  if (!layout) return std::nullopt;
  const Result<std::optional<uint64_t>> id =
      registrations_->pin(GST_CUDA_MEMORY_CAST(memory), *layout);
  if (!id) return std::unexpected(id.error());
  if (!*id) return std::nullopt;
  input.registrations_ = registrations_;
  input.registration_ = **id;
  input.pitch_ = layout->pitch;
  const Result<NV_ENC_INPUT_PTR> mapped =
      registrations_->session().map(registrations_->handle(**id));
  if (!mapped) return std::unexpected(mapped.error());
  input.handle_ = *mapped;
  return input;
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
