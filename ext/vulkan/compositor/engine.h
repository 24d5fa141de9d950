// SPDX-License-Identifier: LGPL-2.1-or-later
// Composes frames on a Vulkan device: one compute dispatch a frame, several frames in flight.
#pragma once

#include "vulkan/gst_vulkan.h"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <variant>

#include "base/result.h"
#include "composite/frame_plan.h"

namespace av1hw {

inline constexpr size_t max_frame_planes = 4;
// What one frame may have; planning leaves out what nobody sees.
inline constexpr size_t max_layers = 1024;

// A picture in system memory, readable until compose() returns.
struct SystemPlanes {
  std::array<const uint8_t*, max_frame_planes> data = {};
  std::array<uint32_t, max_frame_planes> stride = {};
};

struct WritableSystemPlanes {
  std::array<uint8_t*, max_frame_planes> data = {};
  std::array<uint32_t, max_frame_planes> stride = {};
};

// Device memory at addresses of VkBuffers with SHADER_DEVICE_ADDRESS: CUDA's, a linear DMA-BUF, or
// ours. Addresses and strides are multiples of the format's word; of 4, a canvas is written in
// whole words.
struct LinearPlanes {
  std::array<VkDeviceAddress, max_frame_planes> address = {};
  std::array<uint32_t, max_frame_planes> stride = {};
  // Which buffers these are in, where other APIs have them between frames (DMA-BUFs).
  std::array<VkBuffer, max_frame_planes> foreign = {};
};

// System memory that the device copies from and to by itself: a VkBuffer, with offsets and strides
// in bytes. Strides are as those of LinearPlanes.
struct HostPlanes {
  VkBuffer buffer = VK_NULL_HANDLE;
  std::array<VkDeviceSize, max_frame_planes> offset = {};
  std::array<uint32_t, max_frame_planes> stride = {};
};

// The memories of a buffer: an image a plane, or one image of a multi-planar format. Sources need
// VK_IMAGE_USAGE_SAMPLED, targets _STORAGE. Layouts and semaphores are kept as GstVulkanOperation
// does.
struct ImagePlanes {
  std::array<GstVulkanImageMemory*, max_frame_planes> memories = {};
  // Other APIs have them between frames (DMA-BUFs), in the layout GENERAL.
  bool foreign = false;
};

// A timeline semaphore's value, or a binary semaphore (value 0).
struct SemaphorePoint {
  VkSemaphore semaphore = VK_NULL_HANDLE;
  uint64_t value = 0;
};

// A value that the device writes to memory once all else that a frame writes is there: for APIs
// that wait for memory faster than for a semaphore. `offset` is a multiple of 8.
struct MemoryMark {
  VkBuffer buffer = VK_NULL_HANDLE;
  VkDeviceSize offset = 0;
  uint64_t value = 0;
};

struct SourceFrame {
  std::variant<SystemPlanes, LinearPlanes, ImagePlanes, HostPlanes> planes;
  std::optional<SemaphorePoint> wait;  // before it is read
  GstBuffer* keep = nullptr;           // has a reference until the device has read it
};

// The engine's own memory; download() gets it from there.
struct SystemTarget {};

struct TargetFrame {
  std::variant<SystemTarget, LinearPlanes, ImagePlanes, HostPlanes> planes;
  std::optional<SemaphorePoint> wait;    // before it is written
  std::optional<SemaphorePoint> signal;  // once it is
  std::optional<MemoryMark> mark;        // likewise
  GstBuffer* keep = nullptr;             // has a reference until the device has written it
};

// A frame that was submitted.
struct Ticket {
  uint64_t value = 0;             // of CompositeEngine::timeline()
  uint64_t uploaded_bytes = 0;    // system memory to device
  uint64_t copied_bytes = 0;      // on the device, beside the kernel
  uint64_t downloaded_bytes = 0;  // device to HostPlanes
};

// How pictures in system memory get to the device.
enum class Uploads : uint8_t {
  Automatic,  // by a queue of their own where the device has memory of its own, else Direct
  Direct,     // the CPU writes to the device's memory, where it reaches that
  Staged,     // the device copies them, before its kernel and in the same queue
  OwnQueue,   // the device copies them in another queue, while it computes other frames
};

struct EngineSettings {
  // As many frames as the device works on, or whose result is not yet downloaded.
  unsigned frames_in_flight = 3;
  // Has the driver tell how long each frame took.
  bool timestamps = false;
  // Pipelines are kept under the user's cache folder from one process to the next.
  bool cache_on_disk = true;
  Uploads uploads = Uploads::Automatic;
  // Of the CPU's, for pictures that it copies; 0: as many as serve on this machine and device.
  unsigned copy_threads = 0;
  // For Uploads::OwnQueue; referenced. Nothing is copied to system memory there: a queue works in
  // order, and such a copy would have the next upload wait for the kernel of the frame before.
  GstVulkanQueue* upload_queue = nullptr;
};

// To be called by one thread at a time. After ErrorCode::DeviceLost nothing but the destructor
// serves.
class CompositeEngine {
 public:
  // NotSupported: names the feature that the device lacks. InvalidSettings: Uploads::OwnQueue, and
  // no queue. Both are referenced; the queue can compute.
  static Result<std::unique_ptr<CompositeEngine>> make(GstVulkanDevice* device,
                                                       GstVulkanQueue* queue,
                                                       const EngineSettings& settings = {});
  // Waits for what was submitted.
  ~CompositeEngine();
  CompositeEngine(const CompositeEngine&) = delete;
  CompositeEngine& operator=(const CompositeEngine&) = delete;

  // Submits a frame and returns. Waits only where `frames_in_flight` are on their way; Busy where
  // none of them can end, because their results await download(). `sources` are what the plan's
  // inputs index.
  Result<Ticket> compose(const FramePlan& plan, std::span<const SourceFrame> sources,
                         const TargetFrame& target);

  // Until the frame is written, by the CPU.
  Result<> wait(const Ticket& ticket);
  // Waits, and copies a SystemTarget's frame. Once a frame. Returns the bytes.
  Result<uint64_t> download(const Ticket& ticket, const WritableSystemPlanes& to);
  // Of a frame whose result nobody wants.
  void discard(const Ticket& ticket);
  // Drops `keep`s of frames that are done; compose() does so as well.
  void collect();
  // Waits for all frames, and gives back memory that the next ones would only use again.
  Result<> trim();
  // Frames that nobody waited for, and whose target is the caller's: after DeviceLost these may not
  // have been written.
  unsigned unfinished() const;

  // Counts frames: a GPU that waits for a frame's Ticket::value here may read it.
  VkSemaphore timeline() const;
  // What the queue that computes took for a frame that is done, nanoseconds: copies included that
  // it makes itself. Nothing where timestamps are off or not supported, or the frame is long gone.
  std::optional<uint64_t> device_time(const Ticket& ticket) const;

 private:
  struct State;
  explicit CompositeEngine(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace av1hw
