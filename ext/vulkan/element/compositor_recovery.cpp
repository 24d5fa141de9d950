// SPDX-License-Identifier: LGPL-2.1-or-later
// vkcompositor: a frame, and what is done where the device is lost or its memory used up meanwhile.
#include <chrono>
#include <format>
#include <string>
#include <thread>
#include <utility>

#include "elements/element_error.h"
#include "memory/object_lock.h"
#include "vulkan/element/compositor.h"
#include "vulkan/lost_device.h"

namespace av1hw {
namespace {

// What loses a device this often is the frames themselves, and would lose the next one as well.
constexpr unsigned most_losses = 3;
// That many frames after a loss it is over, and the next one another story.
constexpr uint64_t settled_frames = 30;

// A driver may refuse to open a device that it is just bringing up again.
constexpr std::chrono::milliseconds reopen_delays[] = {
    std::chrono::milliseconds(0), std::chrono::milliseconds(200), std::chrono::milliseconds(800)};

// Without what an application would do about it.
std::string what_failed(const Error& error) {
  return error.message.substr(0, error.message.find(": "));
}

// A pool that could not make all its first buffers keeps the others for ever (GStreamer before
// 1.30), which is device memory where there is none left.
void empty_unstarted_pool(GstVideoAggregator* element) {
  const PoolHandle pool(gst_aggregator_get_buffer_pool(GST_AGGREGATOR(element)));
  if (pool && !gst_buffer_pool_is_active(pool.get()))
    GST_BUFFER_POOL_GET_CLASS(pool.get())->stop(pool.get());
}

}  // namespace

bool Compositor::is_settled() const { return counts_.frames >= frames_at_loss_ + settled_frames; }

// The device of a lost context can't be used again; nor can what neighbours hold of it, which they
// find out for themselves.
Result<> Compositor::reopen_device(const Error& loss) {
  counts_.device_losses++;
  if (is_settled()) losses_in_a_row_ = 0;
  frames_at_loss_ = counts_.frames;
  if (++losses_in_a_row_ > most_losses) {
    return fail(ErrorCode::DeviceLost,
                std::format("the GPU was lost {} times within {} frames ({}): see what its driver "
                            "says in the system's log",
                            losses_in_a_row_, settled_frames * most_losses, what_failed(loss)));
  }
  const unsigned unfinished = engine_ ? engine_->unfinished() : 0;
  {
    const std::scoped_lock guard(device_lock_);
    cuda_.let_go();
    engine_.reset();
    cuda_.close();
    dma_bufs_.close();
    contexts_.forget_device();
  }
  Result<> opened;
  for (const std::chrono::milliseconds delay : reopen_delays) {
    std::this_thread::sleep_for(delay);
    opened = open_device();
    if (opened) break;
  }
  if (!opened) {
    return fail(ErrorCode::DeviceLost,
                std::format("the GPU was lost ({}), and can't be opened again: {}",
                            what_failed(loss), opened.error().message));
  }
  renew_pools();
  const std::string lost =
      unfinished == 0 ? "No frame was lost."
                      : std::format(
                            "Frames that were not finished, and may show an older picture: "
                            "{}.",
                            unfinished);
  GST_ELEMENT_WARNING(element_, RESOURCE, FAILED,
                      ("The GPU was lost, and opened again. %s", lost.c_str()),
                      ("%s", loss.message.c_str()));
  return {};
}

// Those that were agreed on are of the old device.
void Compositor::renew_pools() {
  gst_pad_mark_reconfigure(GST_AGGREGATOR_SRC_PAD(element_));
  std::vector<PadHandle> pads;
  {
    const ObjectLock lock(element_);
    for (GList* item = GST_ELEMENT_CAST(element_)->sinkpads; item; item = item->next)
      pads.emplace_back(GST_PAD(gst_object_ref(item->data)));
  }
  for (const PadHandle& pad : pads) gst_pad_push_event(pad.get(), gst_event_new_reconfigure());
}

// Pictures that went with a device leave a gap, which is said once a loss.
void Compositor::note_lost_pictures(unsigned count) {
  if (count == 0) return;
  counts_.lost_pictures += count;
  if (std::exchange(losses_told_, counts_.device_losses.load()) == counts_.device_losses) return;
  GST_ELEMENT_WARNING(element_, RESOURCE, FAILED,
                      ("Pictures in the memory of a GPU that was lost are left out."),
                      ("elements that go on giving such pictures must be started anew"));
}

// What a frame that failed is tried again with; an error: nothing helps.
Result<> Compositor::recover(Error error, bool& trimmed) {
  if (error.code == ErrorCode::Busy && engine_ && !std::exchange(trimmed, true)) {
    const Result<> done = engine_->trim();
    if (done) return {};
    error = done.error();
  }
  if (error.code == ErrorCode::DeviceLost) return reopen_device(error);
  return std::unexpected(error);
}

// A pool that has no buffer left to give does not say why: the engine finds out whether the device
// is still there.
GstFlowReturn Compositor::create_canvas(GstBuffer** canvas) {
  auto* parent = GST_VIDEO_AGGREGATOR_CLASS(g_type_class_peek(GST_TYPE_VIDEO_AGGREGATOR));
  GstFlowReturn made = parent->create_output_buffer(element_, canvas);
  if (made != GST_FLOW_ERROR) return made;
  empty_unstarted_pool(element_);
  bool trimmed = false;
  const Error none = {ErrorCode::Busy,
                      "the GPU has no memory for another canvas: use a smaller one, or another "
                      "device"};
  if (Result<> recovered = recover(none, trimmed); !recovered) {
    post_error(GST_ELEMENT_CAST(element_), recovered.error());
    return GST_FLOW_ERROR;
  }
  if (gst_pad_needs_reconfigure(GST_AGGREGATOR_SRC_PAD(element_)))
    return GST_AGGREGATOR_FLOW_NEED_DATA;
  made = parent->create_output_buffer(element_, canvas);
  if (made == GST_FLOW_ERROR) {
    empty_unstarted_pool(element_);
    post_error(GST_ELEMENT_CAST(element_), none);
  }
  return made;
}

GstFlowReturn Compositor::aggregate_frames(GstBuffer* canvas) {
  bool trimmed = false;
  Result<> composed = compose(canvas);
  while (!composed) {
    if (Result<> recovered = recover(composed.error(), trimmed); !recovered) {
      post_error(GST_ELEMENT_CAST(element_), recovered.error());
      return GST_FLOW_ERROR;
    }
    // The same inputs, onto a canvas of the pool that is agreed on next.
    if (ImageFrames::is_lost(canvas)) return GST_AGGREGATOR_FLOW_NEED_DATA;
    composed = compose(canvas);
  }
  counts_.frames++;
  return GST_FLOW_OK;
}

}  // namespace av1hw
