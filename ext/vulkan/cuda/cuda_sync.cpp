// SPDX-License-Identifier: LGPL-2.1-or-later
// A timeline for each stream that had something left to do when it was met.
#include "vulkan/cuda/cuda_sync.h"

#include <utility>

#include "vulkan/lost_device.h"

namespace av1hw {

CudaSync::CudaSync(GstVulkanDevice* device, GstCudaContext* context)
    : device_(GST_VULKAN_DEVICE(gst_object_ref(device))), context_(cuda_ref(context)) {}

CudaSync::~CudaSync() {
  if (is_lost(device_.get())) let_go();
  const PushedCuda current(context_.get());
  CuCtxSynchronize();
  if (!is_hanging(device_.get())) return;
  // The device may still write to these.
  abandon(device_.get(), std::shared_ptr<SharedCounter>(std::move(counter_)));
  abandon(device_.get(), std::shared_ptr<SharedCounter>(std::move(retired_)));
  abandon(device_.get(), std::shared_ptr<SharedTimeline>(std::move(vulkan_)));
}

void CudaSync::let_go() {
  const PushedCuda current(context_.get());
  const CUstream stream = stream_handle(own_stream_.get());
  if (counter_) counter_->release(stream);
  if (retired_) retired_->release(stream);
  if (vulkan_) (void)vulkan_->signal(stream);
}

Result<std::unique_ptr<CudaSync>> CudaSync::make(GstVulkanDevice* device, GstCudaContext* context) {
  std::unique_ptr<CudaSync> made(new CudaSync(device, context));
  made->own_stream_.reset(gst_cuda_stream_new(context));
  if (!made->own_stream_) return fail(ErrorCode::Busy, "cuStreamCreate failed");
  Result<std::unique_ptr<SharedTimeline>> timeline = SharedTimeline::make(device, context);
  if (timeline) {
    made->vulkan_ = std::move(*timeline);
  } else {
    made->obstacle_ = timeline.error().message;
  }
  return made;
}

// Of a stream that nobody has any more but us: elements come and go, and the timelines shall not
// add up. Vulkan may still be waiting for it; its values go on.
Result<std::unique_ptr<SharedTimeline>> CudaSync::timeline_left_over() {
  for (auto known = streams_.begin(); known != streams_.end(); ++known) {
    GstCudaStream* stream = known->first;
    if (stream == own_stream_.get() || GST_MINI_OBJECT_REFCOUNT_VALUE(stream) > 1) continue;
    if (Result<> done =
            cuda_result(CuStreamSynchronize(stream_handle(stream)), "cuStreamSynchronize");
        !done) {
      return std::unexpected(done.error());
    }
    std::unique_ptr<SharedTimeline> timeline = std::move(known->second.timeline);
    streams_.erase(known);
    return timeline;
  }
  return SharedTimeline::make(device_.get(), context_.get());
}

Result<SharedTimeline*> CudaSync::timeline_of(GstCudaStream* stream) {
  const auto known = streams_.find(stream);
  if (known != streams_.end()) return known->second.timeline.get();
  Result<std::unique_ptr<SharedTimeline>> made = timeline_left_over();
  if (!made) return std::unexpected(made.error());
  SharedTimeline* timeline = made->get();
  streams_[stream] = {cuda_ref(stream), std::move(*made)};
  return timeline;
}

// The answer is of now: what the stream is given later is nobody's business here.
Result<bool> CudaSync::is_idle(GstCudaStream* stream) const {
  constexpr auto not_ready = static_cast<CUresult>(600);
  if (!query_) return false;
  const CUresult status = query_(stream_handle(stream));
  if (status == not_ready) return false;
  if (Result<> idle = cuda_result(status, "cuStreamQuery"); !idle)
    return std::unexpected(idle.error());
  return true;
}

Result<std::optional<SemaphorePoint>> CudaSync::after(GstCudaStream* stream) {
  if (!stream) return std::nullopt;
  const Result<bool> idle = is_idle(stream);
  if (!idle) return std::unexpected(idle.error());
  if (*idle) return std::nullopt;
  if (!vulkan_) {
    if (Result<> done =
            cuda_result(CuStreamSynchronize(stream_handle(stream)), "cuStreamSynchronize");
        !done) {
      return std::unexpected(done.error());
    }
    return std::nullopt;
  }
  const Result<SharedTimeline*> timeline = timeline_of(stream);
  if (!timeline) return std::unexpected(timeline.error());
  Result<SemaphorePoint> point = (*timeline)->signal(stream_handle(stream));
  if (!point) return std::unexpected(point.error());
  return *point;
}

std::optional<MemoryMark> CudaSync::next_mark() {
  if (!std::exchange(counter_tried_, true)) {
    auto made =
        SharedCounter::make(device_.get(), context_.get(), stream_handle(own_stream_.get()));
    if (made) counter_ = std::move(*made);
  }
  if (!counter_) return std::nullopt;
  return counter_->next();
}

std::optional<SemaphorePoint> CudaSync::next_signal() {
  if (!vulkan_) return std::nullopt;
  return vulkan_->next();
}

Result<> CudaSync::hold_back(GstCudaStream* stream, const SemaphorePoint& point) {
  return vulkan_->wait(stream_handle(stream), point);
}

Result<> CudaSync::hold_back(GstCudaStream* stream, const MemoryMark& mark) {
  Result<> held = counter_->wait(stream_handle(stream), mark);
  // The frames that are under way write to it until they are done.
  if (!held && held.error().code == ErrorCode::NotSupported) retired_ = std::move(counter_);
  return held;
}

}  // namespace av1hw
