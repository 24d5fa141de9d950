// SPDX-License-Identifier: LGPL-2.1-or-later
// Where the kernel reads the pictures of one frame, and how they get there.
#pragma once

#include "vulkan/gst_vulkan.h"

#include <span>
#include <vector>

#include "base/result.h"
#include "composite/frame_plan.h"
#include "vulkan/compositor/copy_threads.h"
#include "vulkan/compositor/device_memory.h"
#include "vulkan/compositor/frame_slot.h"
#include "vulkan/compositor/layer_params.h"
#include "vulkan/compositor/system_planes.h"

namespace av1hw {

FrameAccess linear_access(const LinearPlanes& planes);
// Of a picture that begins there.
FrameAccess staged_access(const StagedPicture& picture, VkDeviceAddress start);

// Of the frame at hand: made anew for each, and kept for its memory.
class FrameSources {
 public:
  // `staged`: the CPU does not write pictures to the device's memory. At most `image_limit` planes
  // are images. `frames` are what the plan's inputs index, and stay until written().
  Result<> place(const FramePlan& plan, std::span<const SourceFrame> frames,
                 const DeviceMemory& memory, bool staged, uint32_t image_limit, FrameSlot& slot);
  // By input; of those that no layer shows there is nothing.
  std::span<const FrameAccess> access() const { return access_; }
  bool is_shown(size_t input) const { return places_[input].layout; }

  // The CPU's part: system memory into the slot's buffer.
  void write(std::span<const SourceFrame> frames, FrameSlot& slot, CopyThreads& threads);
  // Has the device anything to copy from system memory?
  bool has_uploads(const FrameSlot& slot) const;
  // Does that, for what waits for it. Also where there is nothing to copy: makes what the CPU wrote
  // be seen.
  Result<> record_uploads(VkCommandBuffer commands, const FrameSlot& slot) const;
  // So that what it waits for is to be waited for by the uploads.
  bool is_uploaded_by_device(size_t input) const { return places_[input].way == Way::Fetched; }

  uint64_t uploaded_bytes() const { return uploaded_bytes_; }
  // On the device: of images that are no kernel's.
  uint64_t copied_bytes() const { return copied_bytes_; }

 private:
  enum class Way : uint8_t {
    None,
    Direct,   // read where it is
    Written,  // by the CPU, to the slot's pictures
    Fetched,  // by the device, from a buffer in system memory to the slot's copied_in
    Copied,   // from an image, to the same
  };
  struct Place {
    Way way = Way::None;
    const SampleLayout* layout = nullptr;  // null: no layer shows it
    StagedPicture picture;                 // of Written, Fetched and Copied: in the buffer,
    uint64_t offset = 0;                   // from here on
  };
  struct HostCopy {
    VkBuffer from = VK_NULL_HANDLE;
    VkBufferCopy region = {};
  };
  Result<> place_one(const SourceFrame& frame, Place& place, FrameAccess& access,
                     uint32_t image_limit, FrameSlot& slot);
  Result<> place_host(const HostPlanes& planes, Place& place);

  std::vector<Place> places_;
  std::vector<FrameAccess> access_;
  std::vector<HostCopy> host_copies_;
  struct WrittenPart {
    size_t input = 0;
    PlanePart part;
  };
  std::vector<WrittenPart> written_parts_;
  std::vector<PlanePart> parts_;
  // Of the slot's two buffers, and what is moved through them.
  uint64_t written_ = 0, copied_in_ = 0;
  uint64_t uploaded_bytes_ = 0, copied_bytes_ = 0;
};

}  // namespace av1hw
