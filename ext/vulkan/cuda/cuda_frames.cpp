// SPDX-License-Identifier: LGPL-2.1-or-later
// Frames of our own pool are used where they are; others are copied into one, on the device.
#include "vulkan/cuda/cuda_frames.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <string>

#include "vulkan/cuda/cuda_copies.h"
#include "vulkan/cuda/cuda_driver.h"
#include "vulkan/cuda/cuda_planes.h"
#include "vulkan/cuda/cuda_sync.h"
#include "vulkan/cuda/shared_buffer.h"
#include "vulkan/cuda/shared_pool.h"
#include "vulkan/lost_device.h"

namespace av1hw {
namespace {

// Of those that are composited, what libgstcuda allocates and its elements take.
constexpr std::array cuda_formats = {
    GST_VIDEO_FORMAT_NV12,      GST_VIDEO_FORMAT_P010_10LE, GST_VIDEO_FORMAT_I420,
    GST_VIDEO_FORMAT_I420_10LE, GST_VIDEO_FORMAT_YV12,      GST_VIDEO_FORMAT_Y444,
    GST_VIDEO_FORMAT_YUY2,      GST_VIDEO_FORMAT_RGBA,      GST_VIDEO_FORMAT_BGRA,
    GST_VIDEO_FORMAT_RGBx,      GST_VIDEO_FORMAT_BGRx,      GST_VIDEO_FORMAT_RGB10A2_LE,
    GST_VIDEO_FORMAT_BGR10A2_LE};

CapsHandle all_cuda_caps() {
  GValue list = G_VALUE_INIT;
  g_value_init(&list, GST_TYPE_LIST);
  for (const GstVideoFormat format : cuda_formats) {
    GValue name = G_VALUE_INIT;
    g_value_init(&name, G_TYPE_STRING);
    g_value_set_static_string(&name, gst_video_format_to_string(format));
    gst_value_list_append_and_take_value(&list, &name);
  }
  CapsHandle caps(gst_caps_new_empty_simple("video/x-raw"));
  gst_caps_set_value(caps.get(), "format", &list);
  g_value_unset(&list);
  return caps;
}

LinearPlanes linear_planes(const SharedBuffer& shared, const CudaPlaces& places, unsigned count) {
  LinearPlanes planes;
  for (unsigned plane = 0; plane < count; plane++) {
    planes.address[plane] = shared.address() + places.offset[plane];
    planes.stride[plane] = static_cast<uint32_t>(places.stride[plane]);
  }
  return planes;
}

// Which of CUDA's devices it is.
Result<int> shareable(GstVulkanDevice* device) {
  constexpr const char* needed = VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME;
  if (!gst_vulkan_device_is_extension_enabled(device, needed))
    return fail(ErrorCode::NotSupported,
                std::string("the Vulkan device was opened without ") + needed);
  return cuda_ordinal_of(device->physical_device);
}

// libgstcuda has a lock for whoever looks for a context, and asks the neighbours while it has that;
// who looks for one here waits for it with the lock of the context. So neighbours wait no longer
// than this, and are told then that there is none yet.
constexpr auto while_one_is_found = std::chrono::milliseconds(100);

}  // namespace

struct CudaFrames::State {
  explicit State(GstElement* of) : element(of) {}

  GstElement* const element;
  GstHandle<GstVulkanDevice> device;
  std::atomic<int> ordinal{-1};      // as CUDA counts; -1: not open
  std::atomic<bool> refused{false};  // the device that is open can't share frames
  // Of the context alone, which the application may set at any time, also while libgstcuda looks
  // for one.
  mutable std::recursive_timed_mutex lock;
  GstCudaContext* context = nullptr;  // owned; libgstcuda's functions write to it
  // Of making what follows: upstream's threads ask for pools while frames are composited.
  std::mutex making;
  // Of the context, once that is in use.
  std::unique_ptr<CudaSync> sync;
  std::unique_ptr<CudaCopies> copies;

  // Of the frame at hand.
  std::optional<PushedCuda> current;
  std::vector<GstCudaStream*> producers;  // each once; its memory keeps it
  GstCudaStream* target_stream = nullptr;

  Result<> begin_frame();
  void note_producer(GstCudaStream* stream);
  Result<> find_context();
  Result<> ensure_context();
};

Result<> CudaFrames::State::find_context() {
  const std::scoped_lock guard(lock);
  if (context) {
    // It may have come before the device was known.
    guint id = 0;
    g_object_get(context, "cuda-device-id", &id, nullptr);
    if (id != static_cast<guint>(ordinal)) gst_clear_object(&context);
  }
  if (gst_cuda_ensure_element_context(element, ordinal, &context) && context) return {};
  return fail(ErrorCode::Busy, "no CUDA context could be made on GPU " + std::to_string(ordinal) +
                                   ": its memory may be used up");
}

Result<> CudaFrames::State::ensure_context() {
  if (ordinal < 0) return fail(ErrorCode::NotSupported, "frames can't be shared with CUDA here");
  const std::scoped_lock guard(making);
  if (sync) return {};
  gst_cuda_memory_init_once();
  if (Result<> found = find_context(); !found) return found;
  Result<std::unique_ptr<CudaSync>> made = CudaSync::make(device.get(), context);
  if (!made) return std::unexpected(made.error());
  sync = std::move(*made);
  copies = std::make_unique<CudaCopies>(device.get(), context, sync->own_stream());
  if (!sync->obstacle().empty())
    GST_ELEMENT_WARNING(element, RESOURCE, SETTINGS,
                        ("The CPU has to wait between CUDA and Vulkan: slower."),
                        ("%s", sync->obstacle().c_str()));
  return {};
}

// Once for all of a frame's calls.
Result<> CudaFrames::State::begin_frame() {
  if (!current) current.emplace(context);
  return current->check();
}

void CudaFrames::State::note_producer(GstCudaStream* stream) {
  if (stream && std::ranges::find(producers, stream) == producers.end())
    producers.push_back(stream);
}

CudaFrames::CudaFrames(GstElement* element) : state_(std::make_unique<State>(element)) {}

CudaFrames::~CudaFrames() { close(); }

CapsHandle CudaFrames::add_caps(CapsHandle raw) {
  if (!gst_cuda_load_library()) return raw;
  CapsHandle cuda(gst_caps_intersect(raw.get(), all_cuda_caps().get()));
  if (gst_caps_is_empty(cuda.get())) return raw;
  gst_caps_set_features_simple(cuda.get(), gst_caps_features_new_single(cuda_memory_feature));
  gst_caps_append(raw.get(), cuda.release());
  return raw;
}

bool CudaFrames::are_cuda(const GstCaps* caps) {
  if (!caps || gst_caps_is_empty(caps) || gst_caps_is_any(caps)) return false;
  return gst_caps_features_contains(gst_caps_get_features(caps, 0), cuda_memory_feature);
}

void CudaFrames::open(GstVulkanDevice* device) {
  const Result<int> ordinal = shareable(device);
  state_->refused = !ordinal;
  if (!ordinal) {
    GST_INFO_OBJECT(state_->element, "no CUDA memory: %s", ordinal.error().message.c_str());
    return;
  }
  state_->device.reset(GST_VULKAN_DEVICE(gst_object_ref(device)));
  state_->ordinal = *ordinal;
}

void CudaFrames::let_go() {
  if (state_->sync && is_lost(state_->device.get())) state_->sync->let_go();
}

void CudaFrames::close() {
  State& state = *state_;
  end_frame();
  let_go();
  state.copies.reset();
  state.sync.reset();
  state.ordinal = -1;
  state.refused = false;
  state.device.reset();
  const std::scoped_lock guard(state.lock);
  gst_clear_object(&state.context);
}

CapsHandle CudaFrames::usable(CapsHandle caps) const {
  if (!state_->refused) return caps;
  caps.reset(gst_caps_make_writable(caps.release()));
  gst_caps_filter_and_map_in_place(
      caps.get(),
      [](GstCapsFeatures* features, GstStructure*, gpointer) -> gboolean {
        return !gst_caps_features_contains(features, cuda_memory_feature);
      },
      nullptr);
  return caps;
}

void CudaFrames::set_context(GstContext* context) {
  const std::unique_lock guard(state_->lock, while_one_is_found);
  if (!guard) return;
  // A context that is in use stays: frames that are made for it are on their way.
  if (state_->context) return;
  gst_cuda_handle_set_context(state_->element, context, state_->ordinal, &state_->context);
}

bool CudaFrames::handle_query(GstQuery* query) const {
  if (GST_QUERY_TYPE(query) != GST_QUERY_CONTEXT) return false;
  const std::unique_lock guard(state_->lock, while_one_is_found);
  return guard && state_->context &&
         gst_cuda_handle_context_query(state_->element, query, state_->context);
}

Result<PoolHandle> CudaFrames::make_pool(GstCaps* caps, const GstVideoInfo& info, unsigned min) {
  if (Result<> ready = state_->ensure_context(); !ready) return std::unexpected(ready.error());
  PoolHandle pool = make_shared_pool(state_->device.get(), state_->context, nullptr);
  GstStructure* config = gst_buffer_pool_get_config(pool.get());
  gst_buffer_pool_config_set_params(config, caps, static_cast<guint>(info.size), min, 0);
  gst_buffer_pool_config_add_option(config, GST_BUFFER_POOL_OPTION_VIDEO_META);
  if (!gst_buffer_pool_set_config(pool.get(), config))
    return fail(ErrorCode::InvalidData, "a frame of these caps can't be in CUDA memory");
  return pool;
}

bool CudaFrames::reads(GstBuffer* buffer) {
  const GstCudaMemory* memory = memory_of(buffer);
  return memory && state_->ensure_context() && memory->context == state_->context;
}

bool CudaFrames::writes(GstBuffer* canvas) {
  return reads(canvas) && shared_buffer_of(memory_of(canvas), state_->device.get());
}

Result<SourceFrame> CudaFrames::source(GstBuffer* buffer, const GstVideoInfo& info,
                                       CopyAccounting& moves) {
  State& state = *state_;
  if (Result<> begun = state.begin_frame(); !begun) return std::unexpected(begun.error());
  if (shared_buffer_of(memory_of(buffer), state.device.get())) {
    if (Result<CUdeviceptr> ready = touch(memory_of(buffer), GST_MAP_READ); !ready)
      return std::unexpected(ready.error());
    state.note_producer(gst_cuda_memory_get_stream(memory_of(buffer)));
    moves.count(FrameMove::Import);
  } else {
    const Result<CudaCopies::Copy> copied = state.copies->of(buffer, info, moves);
    if (!copied) return std::unexpected(copied.error());
    state.note_producer(copied->stream);
    buffer = copied->buffer;
  }
  const GstCudaMemory* memory = memory_of(buffer);
  const Result<CudaPlaces> places = places_in(buffer, memory, info);
  if (!places) return std::unexpected(places.error());
  const SharedBuffer& shared = *shared_buffer_of(memory_of(buffer), state.device.get());
  return SourceFrame{.planes = linear_planes(shared, *places, GST_VIDEO_INFO_N_PLANES(&info)),
                     .wait = {},
                     .keep = buffer};
}

// By now the streams have been given all that the frame is made of, copies included.
Result<> CudaFrames::order(std::span<SourceFrame> sources) {
  auto next = sources.begin();
  for (GstCudaStream* stream : state_->producers) {
    Result<std::optional<SemaphorePoint>> wait = state_->sync->after(stream);
    if (!wait) return std::unexpected(wait.error());
    if (!*wait) continue;
    // There are as many of CUDA's sources as streams at least, and none of them waits yet.
    next = std::find_if(next, sources.end(), [](const SourceFrame& each) {
      return std::holds_alternative<LinearPlanes>(each.planes) && !each.wait;
    });
    (next++)->wait = *wait;
  }
  return {};
}

Result<TargetFrame> CudaFrames::target(GstBuffer* canvas, CopyAccounting& moves) {
  State& state = *state_;
  if (Result<> begun = state.begin_frame(); !begun) return std::unexpected(begun.error());
  GstCudaMemory* memory = memory_of(canvas);
  const SharedBuffer& shared = *shared_buffer_of(memory, state.device.get());
  const Result<CudaPlaces> places = places_in(canvas, memory, memory->info);
  if (!places) return std::unexpected(places.error());
  if (Result<CUdeviceptr> ready = touch(memory, GST_MAP_WRITE); !ready)
    return std::unexpected(ready.error());
  // Whoever had this memory before may still be reading it.
  state.target_stream = gst_cuda_memory_get_stream(memory);
  Result<std::optional<SemaphorePoint>> wait = state.sync->after(state.target_stream);
  if (!wait) return std::unexpected(wait.error());
  moves.count(FrameMove::Import);
  const std::optional<MemoryMark> mark = state.sync->next_mark();
  return TargetFrame{
      .planes = linear_planes(shared, *places, GST_VIDEO_INFO_N_PLANES(&memory->info)),
      .wait = *wait,
      .signal = mark ? std::nullopt : state.sync->next_signal(),
      .mark = mark,
      .keep = canvas};
}

Result<> CudaFrames::submitted(const TargetFrame& target, CompositeEngine& engine,
                               const Ticket& ticket) {
  if (!(target.signal || target.mark) || !state_->target_stream) return engine.wait(ticket);
  if (target.signal) return state_->sync->hold_back(state_->target_stream, *target.signal);
  Result<> held = state_->sync->hold_back(state_->target_stream, *target.mark);
  if (held || held.error().code != ErrorCode::NotSupported) return held;
  return engine.wait(ticket);
}

void CudaFrames::end_frame() {
  if (state_->copies) state_->copies->end_frame();
  state_->producers.clear();
  state_->current.reset();
}

}  // namespace av1hw
