// SPDX-License-Identifier: LGPL-2.1-or-later
// A frame's way: parameters and system memory into the slot's buffer, one dispatch, one submission.
#include "vulkan/compositor/engine.h"

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "vulkan/compositor/compose_kernels.h"
#include "vulkan/compositor/device_features.h"
#include "vulkan/compositor/device_memory.h"
#include "vulkan/compositor/frame_slot.h"
#include "vulkan/compositor/layer_params.h"
#include "vulkan/compositor/system_planes.h"
#include "vulkan/compositor/timeline.h"
#include "vulkan/vk_result.h"

namespace av1hw {
namespace {

// A device that takes longer for a frame is taken to be gone.
constexpr uint64_t patience_nanoseconds = 20'000'000'000;

constexpr uint64_t planes_alignment = 256;

struct GstUnref {
  void operator()(gpointer object) const { gst_object_unref(object); }
};
template <typename T>
using GstRef = std::unique_ptr<T, GstUnref>;

template <typename T>
GstRef<T> ref(T* object) {
  return GstRef<T>(static_cast<T*>(gst_object_ref(object)));
}

VkSemaphoreSubmitInfo submit_info(const SemaphorePoint& point, VkPipelineStageFlags2 stages) {
  VkSemaphoreSubmitInfo info = {};
  info.sType = VK_STRUCTURE_TYPE_SEMAPHORE_SUBMIT_INFO;
  info.semaphore = point.semaphore;
  info.value = point.value;
  info.stageMask = stages;
  return info;
}

FrameAccess linear_access(const LinearPlanes& planes) {
  FrameAccess access;
  access.address = planes.address;
  access.stride = planes.stride;
  return access;
}

Result<> reserve_on_device(const DeviceMemory& memory, uint64_t bytes, DeviceBuffer& buffer) {
  if (buffer.size() >= bytes) return {};
  buffer = {};
  Result<DeviceBuffer> made = DeviceBuffer::make(memory, DeviceBuffer::Use::OnDevice, bytes);
  if (!made) return std::unexpected(made.error());
  buffer = std::move(*made);
  return {};
}

FrameAccess staged_access(const StagedPicture& picture, VkDeviceAddress base) {
  FrameAccess access;
  for (size_t i = 0; i < picture.plane_count; i++) {
    access.address[i] = base + picture.planes[i].offset;
    access.stride[i] = picture.planes[i].stride;
  }
  return access;
}

}  // namespace

// How a source gets to where the kernel reads it.
struct SourcePlace {
  enum class Way : uint8_t { None, Direct, Uploaded, Copied };
  Way way = Way::None;
  const SampleLayout* layout = nullptr;  // null: no layer shows it
  StagedPicture picture;                 // Uploaded and Copied: in the buffer,
  uint64_t offset = 0;                   // from here on
};

struct CompositeEngine::State {
  GstRef<GstVulkanDevice> device;
  GstRef<GstVulkanQueue> queue;
  std::unique_ptr<DeviceMemory> memory;
  std::unique_ptr<ComposeKernels> kernels;
  SemaphoreHandle timeline;
  std::unique_ptr<FrameRing> ring;
  uint64_t last_value = 0;
  bool lost = false;

  // Of the frame at hand; vectors are kept for their memory.
  uint64_t copied_bytes = 0;
  std::vector<VkSemaphoreSubmitInfo> waits, signals;
  std::vector<FrameAccess> sources;
  std::vector<SourcePlace> places;

  Result<> wait_for(uint64_t value);
  uint64_t done_value() const;
  Result<FrameSlot*> free_slot();
  Result<> check(const FramePlan& plan, std::span<const SourceFrame> frames);
  Result<uint64_t> place_sources(const FramePlan& plan, std::span<const SourceFrame> frames,
                                 FrameSlot& slot);
  Result<> place_source(const SourceFrame& frame, SourcePlace& place, FrameAccess& access,
                        uint64_t& uploaded, uint64_t& copied, FrameSlot& slot);
  Result<FrameAccess> place_target(const FramePlan& plan, const TargetFrame& target,
                                   FrameSlot& slot);
  uint64_t upload(const FramePlan& plan, std::span<const SourceFrame> frames,
                  const FrameAccess& target, FrameSlot& slot);
  Result<> record(const FramePlan& plan, const FrameAccess& target, uint64_t upload_bytes,
                  FrameSlot& slot);
  void gather_semaphores(std::span<const SourceFrame> frames, const TargetFrame& target,
                         const FrameSlot& slot, uint64_t value);
  Result<> submit(const FrameSlot& slot);
};

Result<> CompositeEngine::State::wait_for(uint64_t value) {
  if (value == 0) return {};
  const VkSemaphore semaphore = timeline.get();
  VkSemaphoreWaitInfo info = {};
  info.sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO;
  info.semaphoreCount = 1;
  info.pSemaphores = &semaphore;
  info.pValues = &value;
  const VkResult result = vkWaitSemaphores(device->device, &info, patience_nanoseconds);
  if (result == VK_SUCCESS) return {};
  lost = true;
  return std::unexpected(vk_error(result, "vkWaitSemaphores for a frame"));
}

uint64_t CompositeEngine::State::done_value() const {
  uint64_t value = 0;
  if (vkGetSemaphoreCounterValue(device->device, timeline.get(), &value) != VK_SUCCESS) return 0;
  return value;
}

// The one whose frame is the oldest: the only place where a caller waits for the device unasked.
Result<FrameSlot*> CompositeEngine::State::free_slot() {
  FrameSlot& slot = ring->slot_for(last_value + 1);
  if (slot.result) {
    return fail(ErrorCode::Busy, "the results of " + std::to_string(ring->size()) +
                                     " frames await their download: take them first");
  }
  if (Result<> done = wait_for(slot.value); !done) return std::unexpected(done.error());
  slot.release();
  return &slot;
}

Result<> CompositeEngine::State::check(const FramePlan& plan, std::span<const SourceFrame> frames) {
  if (lost) return fail(ErrorCode::DeviceLost, "the Vulkan device was lost: open it again");
  if (plan.layers.size() > max_layers) {
    return fail(ErrorCode::InvalidSettings, "a frame of " + std::to_string(plan.layers.size()) +
                                                " layers was to be composed; " +
                                                std::to_string(max_layers) + " are the most");
  }
  for (const LayerPlan& layer : plan.layers) {
    if (layer.input >= frames.size())
      return fail(ErrorCode::InvalidSettings, "a layer shows a frame that is not there");
  }
  return {};
}

// Finds where the kernel will read each source. Returns the upload's bytes, parameters included.
Result<uint64_t> CompositeEngine::State::place_sources(const FramePlan& plan,
                                                       std::span<const SourceFrame> frames,
                                                       FrameSlot& slot) {
  sources.assign(frames.size(), {});
  places.assign(frames.size(), {});
  for (const LayerPlan& layer : plan.layers) places[layer.input].layout = &layer.layout;
  uint64_t uploaded = sizeof(CanvasParams) + plan.layers.size() * sizeof(LayerParams);
  uint64_t copied = 0;
  for (size_t i = 0; i < frames.size(); i++) {
    if (!places[i].layout) continue;
    slot.keep(frames[i].keep);
    if (Result<> placed = place_source(frames[i], places[i], sources[i], uploaded, copied, slot);
        !placed) {
      return std::unexpected(placed.error());
    }
  }
  if (Result<> room = slot.upload.reserve(*memory, uploaded); !room)
    return std::unexpected(room.error());
  if (Result<> room = reserve_on_device(*memory, copied, slot.copied_in); !room)
    return std::unexpected(room.error());
  for (size_t i = 0; i < frames.size(); i++) {
    const SourcePlace& place = places[i];
    if (place.way == SourcePlace::Way::Uploaded)
      sources[i] = staged_access(place.picture, slot.upload.address() + place.offset);
    if (place.way == SourcePlace::Way::Copied)
      sources[i] = staged_access(place.picture, slot.copied_in.address() + place.offset);
  }
  return uploaded;
}

// Adds what it needs to the two buffers' bytes.
Result<> CompositeEngine::State::place_source(const SourceFrame& frame, SourcePlace& place,
                                              FrameAccess& access, uint64_t& uploaded,
                                              uint64_t& copied, FrameSlot& slot) {
  place.way = SourcePlace::Way::Direct;
  if (const auto* linear = std::get_if<LinearPlanes>(&frame.planes)) {
    slot.foreign.add(linear->foreign, false);
    access = linear_access(*linear);
    return {};
  }
  const auto* images = std::get_if<ImagePlanes>(&frame.planes);
  if (images && FrameImages::is_direct(*images, false)) {
    Result<FrameAccess> added =
        slot.images.add_source(*images, *place.layout, kernels->source_images());
    if (!added) return std::unexpected(added.error());
    access = *added;
    return {};
  }
  place.picture = staged_picture(*place.layout);
  place.way = images ? SourcePlace::Way::Copied : SourcePlace::Way::Uploaded;
  uint64_t& bytes = images ? copied : uploaded;
  place.offset = (bytes + planes_alignment - 1) / planes_alignment * planes_alignment;
  bytes = place.offset + place.picture.bytes;
  if (images) return slot.images.add_copied_source(*images, *place.layout, place.offset);
  if (!holds(place.picture, std::get<SystemPlanes>(frame.planes)))
    return fail(ErrorCode::InvalidSettings, "a frame's rows are shorter than its pictures");
  return {};
}

Result<FrameAccess> CompositeEngine::State::place_target(const FramePlan& plan,
                                                         const TargetFrame& target,
                                                         FrameSlot& slot) {
  slot.keep(target.keep);
  if (const auto* linear = std::get_if<LinearPlanes>(&target.planes)) {
    slot.foreign.add(linear->foreign, true);
    return linear_access(*linear);
  }
  const auto* images = std::get_if<ImagePlanes>(&target.planes);
  if (images && FrameImages::is_direct(*images, true))
    return slot.images.add_target(*images, plan.canvas);
  const StagedPicture picture = staged_picture(plan.canvas);
  if (images) {
    if (Result<> added = slot.images.add_copied_target(*images, plan.canvas, 0); !added)
      return std::unexpected(added.error());
    if (Result<> room = reserve_on_device(*memory, picture.bytes, slot.copied_out); !room)
      return std::unexpected(room.error());
    copied_bytes += picture.sample_bytes;
    return staged_access(picture, slot.copied_out.address());
  }
  if (Result<> room = slot.download.reserve(*memory, picture.bytes); !room)
    return std::unexpected(room.error());
  slot.result = picture;
  return staged_access(picture, slot.download.address());
}

// Returns the bytes of pictures.
uint64_t CompositeEngine::State::upload(const FramePlan& plan, std::span<const SourceFrame> frames,
                                        const FrameAccess& target, FrameSlot& slot) {
  uint8_t* to = slot.upload.data();
  const CanvasParams canvas = canvas_params(plan, target);
  std::memcpy(to, &canvas, sizeof canvas);
  for (size_t i = 0; i < plan.layers.size(); i++) {
    const LayerPlan& layer = plan.layers[i];
    const LayerParams params = layer_params(layer, plan, sources[layer.input], target);
    std::memcpy(to + sizeof canvas + i * sizeof params, &params, sizeof params);
  }
  uint64_t bytes = 0;
  for (size_t i = 0; i < frames.size(); i++) {
    const SourcePlace& place = places[i];
    if (place.way == SourcePlace::Way::Copied) copied_bytes += place.picture.sample_bytes;
    if (place.way != SourcePlace::Way::Uploaded) continue;
    copy_in(place.picture, std::get<SystemPlanes>(frames[i].planes), to + place.offset);
    bytes += place.picture.sample_bytes;
  }
  return bytes;
}

Result<> CompositeEngine::State::record(const FramePlan& plan, const FrameAccess& target,
                                        uint64_t upload_bytes, FrameSlot& slot) {
  const Result<KernelKey> key = kernel_for(plan, sources, target);
  if (!key) return std::unexpected(key.error());
  const Result<VkPipeline> kernel = kernels->get(*key);
  if (!kernel) return std::unexpected(kernel.error());
  slot.images.write_descriptors(device->device, slot.descriptors);

  const VkCommandBuffer commands = slot.commands;
  if (Result<> begun = ring->begin(slot); !begun) return begun;
  if (Result<> ready = slot.upload.record(commands, upload_bytes); !ready) return ready;
  const QueueOwnership ownership = queue_ownership(queue.get());
  slot.foreign.record_acquire(commands, ownership);
  slot.images.record_barriers(commands, ownership);
  slot.images.record_copies_in(commands, slot.copied_in.get());
  vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, *kernel);
  vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, kernels->layout(), 0, 1,
                          &slot.descriptors, 0, nullptr);
  const VkDeviceAddress params = slot.upload.address();
  vkCmdPushConstants(commands, kernels->layout(), VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof params,
                     &params);
  const TileSize tile = kernels->tile();
  const auto tiles = [](int samples, uint32_t size) {
    return (static_cast<uint32_t>(samples) + size - 1) / size;
  };
  vkCmdDispatch(commands, tiles(plan.canvas.width, tile.width),
                tiles(plan.canvas.height, tile.height), 1);
  slot.images.record_copies_out(commands, slot.copied_out.get());
  slot.foreign.record_release(commands, ownership);
  slot.images.record_releases(commands, ownership);
  if (slot.result) slot.download.record(commands, slot.result->bytes);
  return ring->end(slot);
}

void CompositeEngine::State::gather_semaphores(std::span<const SourceFrame> frames,
                                               const TargetFrame& target, const FrameSlot& slot,
                                               uint64_t value) {
  waits.clear();
  signals.clear();
  slot.images.add_semaphores(waits, signals);
  for (size_t i = 0; i < frames.size(); i++) {
    if (places[i].layout && frames[i].wait)
      waits.push_back(submit_info(*frames[i].wait, VK_PIPELINE_STAGE_2_COMPUTE_SHADER_BIT));
  }
  if (target.wait)
    waits.push_back(submit_info(*target.wait, VK_PIPELINE_STAGE_2_COMPUTE_SHADER_BIT));
  if (target.signal)
    signals.push_back(submit_info(*target.signal, VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT));
  signals.push_back(submit_info({timeline.get(), value}, VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT));
}

Result<> CompositeEngine::State::submit(const FrameSlot& slot) {
  VkCommandBufferSubmitInfo commands = {};
  commands.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_SUBMIT_INFO;
  commands.commandBuffer = slot.commands;
  VkSubmitInfo2 info = {};
  info.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO_2;
  info.waitSemaphoreInfoCount = static_cast<uint32_t>(waits.size());
  info.pWaitSemaphoreInfos = waits.data();
  info.commandBufferInfoCount = 1;
  info.pCommandBufferInfos = &commands;
  info.signalSemaphoreInfoCount = static_cast<uint32_t>(signals.size());
  info.pSignalSemaphoreInfos = signals.data();
  gst_vulkan_queue_submit_lock(queue.get());
  const VkResult result = vkQueueSubmit2(queue->queue, 1, &info, VK_NULL_HANDLE);
  gst_vulkan_queue_submit_unlock(queue.get());
  if (result == VK_ERROR_DEVICE_LOST) lost = true;
  return vk_result(result, "vkQueueSubmit2");
}

CompositeEngine::CompositeEngine(std::unique_ptr<State> state) : state_(std::move(state)) {}

// A frame that is done is not enough: a driver's thread may still look at the frame's semaphores.
CompositeEngine::~CompositeEngine() {
  if (state_->lost || !state_->wait_for(state_->last_value)) return;
  gst_vulkan_queue_submit_lock(state_->queue.get());
  vkQueueWaitIdle(state_->queue->queue);
  gst_vulkan_queue_submit_unlock(state_->queue.get());
}

Result<std::unique_ptr<CompositeEngine>> CompositeEngine::make(GstVulkanDevice* device,
                                                               GstVulkanQueue* queue,
                                                               const EngineSettings& settings) {
  if (Result<> able = check_compositor_device(device, queue); !able)
    return std::unexpected(able.error());
  auto state = std::make_unique<State>();
  state->device = ref(device);
  state->queue = ref(queue);
  Result<std::unique_ptr<DeviceMemory>> memory = DeviceMemory::make(device);
  if (!memory) return std::unexpected(memory.error());
  state->memory = std::move(*memory);
  Result<std::unique_ptr<ComposeKernels>> kernels =
      ComposeKernels::make(device, settings.cache_on_disk);
  if (!kernels) return std::unexpected(kernels.error());
  state->kernels = std::move(*kernels);
  Result<SemaphoreHandle> timeline = make_timeline(device->device);
  if (!timeline) return std::unexpected(timeline.error());
  state->timeline = std::move(*timeline);
  Result<std::unique_ptr<FrameRing>> ring = FrameRing::make(
      queue, std::max(settings.frames_in_flight, 1u), state->kernels->images_layout(),
      state->kernels->source_images(), settings.timestamps);
  if (!ring) return std::unexpected(ring.error());
  state->ring = std::move(*ring);
  return std::unique_ptr<CompositeEngine>(new CompositeEngine(std::move(state)));
}

Result<Ticket> CompositeEngine::compose(const FramePlan& plan, std::span<const SourceFrame> sources,
                                        const TargetFrame& target) {
  State& state = *state_;
  if (Result<> valid = state.check(plan, sources); !valid) return std::unexpected(valid.error());
  const Result<FrameSlot*> free = state.free_slot();
  if (!free) return std::unexpected(free.error());
  FrameSlot& slot = **free;
  const auto given_up = [&](const Error& error) {
    slot.release();
    slot.result.reset();
    return std::unexpected(error);
  };
  state.copied_bytes = 0;
  const Result<uint64_t> bytes = state.place_sources(plan, sources, slot);
  if (!bytes) return given_up(bytes.error());
  const Result<FrameAccess> access = state.place_target(plan, target, slot);
  if (!access) return given_up(access.error());
  Ticket ticket;
  ticket.value = state.last_value + 1;
  ticket.uploaded_bytes = state.upload(plan, sources, *access, slot);
  ticket.copied_bytes = state.copied_bytes;
  if (Result<> done = state.record(plan, *access, *bytes, slot); !done)
    return given_up(done.error());
  state.gather_semaphores(sources, target, slot, ticket.value);
  if (Result<> done = state.submit(slot); !done) return given_up(done.error());
  slot.images.note_submission();
  slot.value = ticket.value;
  state.last_value = ticket.value;
  return ticket;
}

Result<> CompositeEngine::wait(const Ticket& ticket) { return state_->wait_for(ticket.value); }

Result<uint64_t> CompositeEngine::download(const Ticket& ticket, const WritableSystemPlanes& to) {
  FrameSlot& slot = state_->ring->slot_for(ticket.value);
  if (slot.value != ticket.value || !slot.result)
    return fail(ErrorCode::InvalidSettings, "there is no result of that frame to download");
  if (Result<> done = state_->wait_for(ticket.value); !done) return std::unexpected(done.error());
  const StagedPicture picture = *std::exchange(slot.result, std::nullopt);
  if (!holds(picture, to))
    return fail(ErrorCode::InvalidSettings, "a frame's rows are shorter than the canvas's");
  const Result<const uint8_t*> data = slot.download.read(picture.bytes);
  if (!data) return std::unexpected(data.error());
  copy_out(picture, *data, to);
  return picture.sample_bytes;
}

void CompositeEngine::discard(const Ticket& ticket) {
  FrameSlot& slot = state_->ring->slot_for(ticket.value);
  if (slot.value == ticket.value) slot.result.reset();
}

void CompositeEngine::collect() {
  const uint64_t done = state_->done_value();
  for (FrameSlot& slot : state_->ring->slots()) {
    if (slot.value <= done) slot.release();
  }
}

VkSemaphore CompositeEngine::timeline() const { return state_->timeline.get(); }

std::optional<uint64_t> CompositeEngine::device_time(const Ticket& ticket) const {
  const FrameSlot& slot = state_->ring->slot_for(ticket.value);
  if (slot.value != ticket.value || state_->done_value() < ticket.value) return std::nullopt;
  return state_->ring->device_time(slot);
}

}  // namespace av1hw
