// SPDX-License-Identifier: LGPL-2.1-or-later
// A frame's way: parameters and system memory into the slot's buffers, one dispatch, one submission
// and, where uploads have a queue of their own, one of those before it.
#include "vulkan/compositor/engine.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "memory/handles.h"
#include "vulkan/compositor/compose_kernels.h"
#include "vulkan/compositor/copy_threads.h"
#include "vulkan/compositor/device_features.h"
#include "vulkan/compositor/device_memory.h"
#include "vulkan/compositor/frame_slot.h"
#include "vulkan/compositor/frame_sources.h"
#include "vulkan/compositor/layer_params.h"
#include "vulkan/compositor/submission.h"
#include "vulkan/compositor/timeline.h"
#include "vulkan/compositor/upload_queue.h"
#include "vulkan/lost_device.h"
#include "vulkan/vk_result.h"

namespace av1hw {
namespace {

// What a frame does with pictures, in whichever order.
constexpr VkPipelineStageFlags2 frame_stages =
    VK_PIPELINE_STAGE_2_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_2_COPY_BIT;

// After this frame, and those before it: the barrier is one for all that the queue was given.
void record_mark(VkCommandBuffer commands, const MemoryMark& mark) {
  record_barrier(commands, VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT, VK_ACCESS_2_MEMORY_WRITE_BIT,
                 VK_PIPELINE_STAGE_2_ALL_TRANSFER_BIT,
                 VK_ACCESS_2_TRANSFER_WRITE_BIT | VK_ACCESS_2_MEMORY_READ_BIT);
  vkCmdUpdateBuffer(commands, mark.buffer, mark.offset, sizeof mark.value, &mark.value);
}

Result<Uploads> choose_uploads(const EngineSettings& settings, bool discrete) {
  if (settings.uploads == Uploads::OwnQueue && !settings.upload_queue)
    return fail(ErrorCode::InvalidSettings, "uploads shall have a queue, and there is none");
  if (settings.uploads != Uploads::Automatic) return settings.uploads;
  return discrete && settings.upload_queue ? Uploads::OwnQueue : Uploads::Direct;
}

// Where the device is the CPU, or shares its memory, that has other things to do.
unsigned copy_threads(bool discrete) {
  constexpr unsigned enough = 4;
  return discrete ? std::clamp(g_get_num_processors() / 2, 1u, enough) : 1;
}

}  // namespace

struct CompositeEngine::State {
  GstHandle<GstVulkanDevice> device;
  GstHandle<GstVulkanQueue> queue;
  std::unique_ptr<DeviceMemory> memory;
  std::unique_ptr<ComposeKernels> kernels;
  SemaphoreHandle timeline;
  SemaphoreHandle steps;  // between a frame and its end, for drivers that need it; else none
  std::unique_ptr<FrameRing> ring;
  std::unique_ptr<UploadQueue> uploads;  // null: uploads are the frame's own
  bool staged = false;
  std::unique_ptr<CopyThreads> threads;
  std::vector<PlanePart> parts;  // of a download
  uint64_t last_value = 0;
  uint64_t known_done = 0;  // a frame that was waited for, and all before it

  // Of the frame at hand; vectors are kept for their memory.
  FrameSources sources;
  uint64_t copied_bytes = 0, downloaded_bytes = 0;
  std::vector<VkSemaphoreSubmitInfo> waits, signals;

  Result<> start(const EngineSettings& settings);
  Result<> note_loss(Result<> result);
  Result<> wait_until(uint64_t value);
  uint64_t done_value() const;
  Result<FrameSlot*> free_slot();
  Result<> check(const FramePlan& plan, std::span<const SourceFrame> frames);
  Result<FrameAccess> place_target(const FramePlan& plan, const TargetFrame& target,
                                   FrameSlot& slot);
  Result<> write_params(const FramePlan& plan, const FrameAccess& target, FrameSlot& slot);
  Result<> record(const FramePlan& plan, const TargetFrame& target, const FrameAccess& access,
                  FrameSlot& slot);
  void record_host_target(const FramePlan& plan, const HostPlanes& planes,
                          const FrameSlot& slot) const;
  Result<> submit_uploads(std::span<const SourceFrame> frames, const FrameSlot& slot,
                          uint64_t value);
  void gather_semaphores(std::span<const SourceFrame> frames, const TargetFrame& target,
                         const FrameSlot& slot);
  Result<> submit(std::span<const SourceFrame> frames, const TargetFrame& target,
                  const FrameSlot& slot, uint64_t value);
};

Result<> CompositeEngine::State::note_loss(Result<> result) {
  if (result || result.error().code != ErrorCode::DeviceLost) return result;
  mark_lost(device.get());
  if (uploads) uploads->abandon();
  return result;
}

Result<> CompositeEngine::State::wait_until(uint64_t value) {
  if (value == 0) return {};
  if (Result<> done = note_loss(wait_for(device.get(), {timeline.get(), value}, "a frame")); !done)
    return done;
  known_done = std::max(known_done, value);
  return {};
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
  if (Result<> done = wait_until(slot.value); !done) return std::unexpected(done.error());
  // So is its upload, for which it waited; but validation does not see through two queues.
  if (uploads) {
    if (Result<> done = note_loss(uploads->finish(ring->index_for(last_value + 1))); !done)
      return std::unexpected(done.error());
  }
  slot.release();
  return &slot;
}

Result<> CompositeEngine::State::check(const FramePlan& plan, std::span<const SourceFrame> frames) {
  if (is_lost(device.get()))
    return fail(ErrorCode::DeviceLost, "the Vulkan device was lost: open it again");
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
  const auto* host = std::get_if<HostPlanes>(&target.planes);
  const StagedPicture picture =
      host ? staged_picture(plan.canvas, host->stride) : staged_picture(plan.canvas);
  if (!images && !host) {
    if (Result<> room = slot.download.reserve(*memory, picture.bytes); !room)
      return std::unexpected(room.error());
    slot.result = picture;
    return staged_access(picture, slot.download.address());
  }
  if (Result<> room = slot.copied_out.reserve(*memory, picture.bytes); !room)
    return std::unexpected(room.error());
  if (images) {
    if (Result<> added = slot.images.add_copied_target(*images, plan.canvas, 0); !added)
      return std::unexpected(added.error());
    copied_bytes += picture.sample_bytes;
  } else {
    if (!holds(picture, *host))
      return fail(ErrorCode::InvalidSettings, "a frame's rows are shorter than the canvas's");
    downloaded_bytes = picture.sample_bytes;
  }
  return staged_access(picture, slot.copied_out.address());
}

Result<> CompositeEngine::State::write_params(const FramePlan& plan, const FrameAccess& target,
                                              FrameSlot& slot) {
  const uint64_t bytes = sizeof(CanvasColourParams) + plan.layers.size() * sizeof(LayerParams);
  if (Result<> room = slot.params.reserve(*memory, bytes); !room) return room;
  uint8_t* to = slot.params.data();
  const CanvasColourParams canvas = canvas_colour_params(plan);
  std::memcpy(to, &canvas, sizeof canvas);
  for (size_t i = 0; i < plan.layers.size(); i++) {
    const LayerPlan& layer = plan.layers[i];
    const LayerParams params = layer_params(layer, plan, sources.access()[layer.input], target);
    std::memcpy(to + sizeof canvas + i * sizeof params, &params, sizeof params);
  }
  return slot.params.record(slot.commands, bytes);
}

Result<> CompositeEngine::State::record(const FramePlan& plan, const TargetFrame& target,
                                        const FrameAccess& access, FrameSlot& slot) {
  const Result<KernelKey> key = kernel_for(plan, sources.access(), access);
  if (!key) return std::unexpected(key.error());
  const Result<ComposeKernel> kernel = kernels->get(*key);
  if (!kernel) return std::unexpected(kernel.error());
  slot.images.write_descriptors(device->device, slot.descriptors);

  const VkCommandBuffer commands = slot.commands;
  if (Result<> begun = ring->begin(slot); !begun) return begun;
  if (Result<> ready = write_params(plan, access, slot); !ready) return ready;
  if (!uploads) {
    if (Result<> ready = sources.record_uploads(commands, slot); !ready) return ready;
  }
  if (slot.params.is_staged() || (!uploads && sources.has_uploads(slot))) {
    record_barrier(commands, VK_PIPELINE_STAGE_2_COPY_BIT, VK_ACCESS_2_TRANSFER_WRITE_BIT,
                   VK_PIPELINE_STAGE_2_COMPUTE_SHADER_BIT, VK_ACCESS_2_SHADER_STORAGE_READ_BIT);
  }
  const QueueOwnership ownership = queue_ownership(queue.get());
  slot.foreign.record_acquire(commands, ownership);
  slot.images.record_barriers(commands, ownership);
  slot.images.record_copies_in(commands, slot.copied_in.get());
  vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, kernel->pipeline);
  vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, kernels->layout(), 0, 1,
                          &slot.descriptors, 0, nullptr);
  const CanvasParams canvas = canvas_params(plan, access, slot.params.address());
  vkCmdPushConstants(commands, kernels->layout(), VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof canvas,
                     &canvas);
  const auto tiles = [](int samples, uint32_t size) {
    return (static_cast<uint32_t>(samples) + size - 1) / size;
  };
  vkCmdDispatch(commands, tiles(plan.canvas.width, kernel->tile.width),
                tiles(plan.canvas.height, kernel->tile.height), 1);
  slot.images.record_copies_out(commands, slot.copied_out.get());
  slot.foreign.record_release(commands, ownership);
  slot.images.record_releases(commands, ownership);
  if (slot.result) slot.download.record(commands, slot.result->bytes);
  if (const auto* host = std::get_if<HostPlanes>(&target.planes))
    record_host_target(plan, *host, slot);
  if (target.mark) record_mark(commands, *target.mark);
  return ring->end(slot);
}

// Rows stay as far apart as they are: a plane is one copy.
void CompositeEngine::State::record_host_target(const FramePlan& plan, const HostPlanes& planes,
                                                const FrameSlot& slot) const {
  record_barrier(slot.commands, VK_PIPELINE_STAGE_2_COMPUTE_SHADER_BIT,
                 VK_ACCESS_2_SHADER_STORAGE_WRITE_BIT, VK_PIPELINE_STAGE_2_COPY_BIT,
                 VK_ACCESS_2_TRANSFER_READ_BIT);
  const StagedPicture picture = staged_picture(plan.canvas, planes.stride);
  for (size_t i = 0; i < picture.plane_count; i++) {
    const VkBufferCopy region = {picture.planes[i].offset, planes.offset[i],
                                 plane_bytes(picture.planes[i])};
    vkCmdCopyBuffer(slot.commands, slot.copied_out.get(), planes.buffer, 1, &region);
  }
  record_barrier(slot.commands, VK_PIPELINE_STAGE_2_COPY_BIT, VK_ACCESS_2_TRANSFER_WRITE_BIT,
                 VK_PIPELINE_STAGE_2_HOST_BIT, VK_ACCESS_2_HOST_READ_BIT);
}

// To the queue that they have for themselves; the frame waits for them.
Result<> CompositeEngine::State::submit_uploads(std::span<const SourceFrame> frames,
                                                const FrameSlot& slot, uint64_t value) {
  const size_t index = ring->index_for(value);
  const Result<VkCommandBuffer> commands = uploads->begin(index);
  if (!commands) return std::unexpected(commands.error());
  if (Result<> recorded = sources.record_uploads(*commands, slot); !recorded) return recorded;
  for (size_t i = 0; i < frames.size(); i++) {
    if (sources.is_uploaded_by_device(i) && frames[i].wait) uploads->wait_before(*frames[i].wait);
  }
  const Result<SemaphorePoint> done = uploads->submit(index);
  if (!done) return std::unexpected(done.error());
  waits.push_back(submit_info(*done, VK_PIPELINE_STAGE_2_COMPUTE_SHADER_BIT));
  return {};
}

void CompositeEngine::State::gather_semaphores(std::span<const SourceFrame> frames,
                                               const TargetFrame& target, const FrameSlot& slot) {
  waits.clear();
  signals.clear();
  slot.images.add_semaphores(waits, signals);
  for (size_t i = 0; i < frames.size(); i++) {
    const bool elsewhere = uploads && sources.is_uploaded_by_device(i);
    if (sources.is_shown(i) && frames[i].wait && !elsewhere)
      waits.push_back(submit_info(*frames[i].wait, frame_stages));
  }
  if (target.wait) waits.push_back(submit_info(*target.wait, frame_stages));
  if (target.signal)
    signals.push_back(submit_info(*target.signal, VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT));
}

Result<> CompositeEngine::State::submit(std::span<const SourceFrame> frames,
                                        const TargetFrame& target, const FrameSlot& slot,
                                        uint64_t value) {
  gather_semaphores(frames, target, slot);
  const bool uploading = uploads && sources.has_uploads(slot);
  if (uploading) {
    if (Result<> done = note_loss(submit_uploads(frames, slot, value)); !done) return done;
  }
  const VkSemaphoreSubmitInfo finished =
      submit_info({timeline.get(), value}, VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT);
  const SemaphorePoint step = {steps.get(), value};
  const VkSemaphoreSubmitInfo between = submit_info(step, VK_PIPELINE_STAGE_2_COMPUTE_SHADER_BIT);
  const bool apart = step.semaphore != VK_NULL_HANDLE && !(waits.empty() && signals.empty());
  if (apart) signals.push_back(submit_info(step, VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT));
  Result<> done = note_loss(av1hw::submit(queue.get(), slot.commands, waits, signals, finished,
                                          apart ? &between : nullptr));
  // No frame waits for them, and what they read is given back.
  if (!done && uploading && !is_lost(device.get()))
    (void)note_loss(uploads->finish(ring->index_for(value)));
  return done;
}

CompositeEngine::CompositeEngine(std::unique_ptr<State> state) : state_(std::move(state)) {}

// A frame that is done is not enough: a driver's thread may still look at the frame's semaphores.
CompositeEngine::~CompositeEngine() {
  const bool idle = !is_lost(state_->device.get()) && state_->wait_until(state_->last_value);
  if (is_hanging(state_->device.get())) {
    GstVulkanDevice* device = state_->device.get();
    abandon(device, std::move(state_));
    return;
  }
  if (idle) wait_idle(state_->queue.get());
}

Result<std::unique_ptr<CompositeEngine>> CompositeEngine::make(GstVulkanDevice* device,
                                                               GstVulkanQueue* queue,
                                                               const EngineSettings& settings) {
  if (Result<> able = check_compositor_device(device, queue); !able)
    return std::unexpected(able.error());
  auto state = std::make_unique<State>();
  state->device.reset(GST_VULKAN_DEVICE(gst_object_ref(device)));
  state->queue.reset(GST_VULKAN_QUEUE(gst_object_ref(queue)));
  if (Result<> started = state->start(settings); !started) return std::unexpected(started.error());
  return std::unique_ptr<CompositeEngine>(new CompositeEngine(std::move(state)));
}

Result<> CompositeEngine::State::start(const EngineSettings& settings) {
  const unsigned frames = std::max(settings.frames_in_flight, 1u);
  std::vector<uint32_t> families = {queue->family};
  if (settings.upload_queue) families.push_back(settings.upload_queue->family);
  Result<std::unique_ptr<DeviceMemory>> of_device = DeviceMemory::make(device.get(), families);
  if (!of_device) return std::unexpected(of_device.error());
  memory = std::move(*of_device);
  const Result<Uploads> chosen = choose_uploads(settings, memory->is_discrete());
  if (!chosen) return std::unexpected(chosen.error());
  staged = *chosen != Uploads::Direct;
  threads = std::make_unique<CopyThreads>(
      settings.copy_threads ? settings.copy_threads : copy_threads(memory->is_discrete()));
  if (*chosen == Uploads::OwnQueue) {
    Result<std::unique_ptr<UploadQueue>> own = UploadQueue::make(settings.upload_queue, frames);
    if (!own) return std::unexpected(own.error());
    uploads = std::move(*own);
  }
  Result<std::unique_ptr<ComposeKernels>> made =
      ComposeKernels::make(device.get(), settings.cache_on_disk);
  if (!made) return std::unexpected(made.error());
  kernels = std::move(*made);
  Result<SemaphoreHandle> counter = make_timeline(device->device);
  if (!counter) return std::unexpected(counter.error());
  timeline = std::move(*counter);
  if (looks_at_semaphores_afterwards(device.get())) {
    Result<SemaphoreHandle> made_steps = make_timeline(device->device);
    if (!made_steps) return std::unexpected(made_steps.error());
    steps = std::move(*made_steps);
  }
  Result<std::unique_ptr<FrameRing>> slots = FrameRing::make(
      queue.get(), frames, kernels->images_layout(), kernels->source_images(), settings.timestamps);
  if (!slots) return std::unexpected(slots.error());
  ring = std::move(*slots);
  return {};
}

Result<Ticket> CompositeEngine::compose(const FramePlan& plan, std::span<const SourceFrame> sources,
                                        const TargetFrame& target) {
  State& state = *state_;
  if (Result<> valid = state.check(plan, sources); !valid) return std::unexpected(valid.error());
  const Result<FrameSlot*> free = state.free_slot();
  if (!free) return std::unexpected(free.error());
  FrameSlot& slot = **free;
  const auto given_up = [&](const Error& error) {
    if (error.code == ErrorCode::DeviceLost) mark_lost(state.device.get());
    slot.release();
    slot.result.reset();
    return std::unexpected(error);
  };
  state.copied_bytes = state.downloaded_bytes = 0;
  if (Result<> placed = state.sources.place(plan, sources, *state.memory, state.staged,
                                            state.kernels->source_images(), slot);
      !placed) {
    return given_up(placed.error());
  }
  const Result<FrameAccess> access = state.place_target(plan, target, slot);
  if (!access) return given_up(access.error());
  state.sources.write(sources, slot, *state.threads);
  ImageLocks locks;
  slot.images.add_to(locks);
  locks.lock();
  if (Result<> done = state.record(plan, target, *access, slot); !done)
    return given_up(done.error());
  const Ticket ticket = {.value = state.last_value + 1,
                         .uploaded_bytes = state.sources.uploaded_bytes(),
                         .copied_bytes = state.sources.copied_bytes() + state.copied_bytes,
                         .downloaded_bytes = state.downloaded_bytes};
  if (Result<> done = state.submit(sources, target, slot, ticket.value); !done)
    return given_up(done.error());
  slot.images.note_submission();
  slot.value = ticket.value;
  state.last_value = ticket.value;
  return ticket;
}

Result<> CompositeEngine::wait(const Ticket& ticket) { return state_->wait_until(ticket.value); }

Result<uint64_t> CompositeEngine::download(const Ticket& ticket, const WritableSystemPlanes& to) {
  FrameSlot& slot = state_->ring->slot_for(ticket.value);
  if (slot.value != ticket.value || !slot.result)
    return fail(ErrorCode::InvalidSettings, "there is no result of that frame to download");
  if (Result<> done = state_->wait_until(ticket.value); !done) return std::unexpected(done.error());
  const StagedPicture picture = *std::exchange(slot.result, std::nullopt);
  if (!holds(picture, to))
    return fail(ErrorCode::InvalidSettings, "a frame's rows are shorter than the canvas's");
  const Result<const uint8_t*> data = slot.download.read(picture.bytes);
  if (!data) return std::unexpected(data.error());
  std::vector<PlanePart>& parts = state_->parts;
  parts.clear();
  add_parts(picture, parts);
  state_->threads->run(parts.size(),
                       [&](size_t part) { copy_out(picture, parts[part], *data, to); });
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

Result<> CompositeEngine::trim() {
  if (Result<> done = state_->wait_until(state_->last_value); !done) return done;
  for (FrameSlot& slot : state_->ring->slots()) {
    slot.release();
    slot.params = {};
    slot.pictures = {};
    slot.copied_in = {};
    slot.copied_out = {};
    if (!slot.result) slot.download = {};
  }
  return {};
}

unsigned CompositeEngine::unfinished() const {
  return static_cast<unsigned>(std::ranges::count_if(
      state_->ring->slots(),
      [&](const FrameSlot& slot) { return slot.value > state_->known_done && !slot.result; }));
}

VkSemaphore CompositeEngine::timeline() const { return state_->timeline.get(); }

std::optional<uint64_t> CompositeEngine::device_time(const Ticket& ticket) const {
  const FrameSlot& slot = state_->ring->slot_for(ticket.value);
  if (slot.value != ticket.value || state_->done_value() < ticket.value) return std::nullopt;
  return state_->ring->device_time(slot);
}

}  // namespace av1hw
