// SPDX-License-Identifier: LGPL-2.1-or-later
// Linear DMA-BUFs are read at addresses, others through images; nothing is copied.
#include "vulkan/dmabuf/dma_frames.h"

#include <algorithm>
#include <utility>

#include "vulkan/dmabuf/dma_pool.h"
#include "vulkan/dmabuf/plane_image.h"

namespace av1hw {
namespace {

// `added` behind what is there of the same format.
void merge(std::vector<DrmModifiers>& all, const std::vector<DrmModifiers>& added) {
  for (const DrmModifiers& each : added) {
    const auto known = std::ranges::find(all, each.format, &DrmModifiers::format);
    if (known == all.end()) {
      all.push_back(each);
      continue;
    }
    for (const uint64_t modifier : each.modifiers) {
      if (std::ranges::find(known->modifiers, modifier) == known->modifiers.end())
        known->modifiers.push_back(modifier);
    }
  }
}

void collect_descriptors(const DmaPlanes& planes, std::vector<int>& fds) {
  fds.clear();
  for (unsigned i = 0; i < planes.count; i++) {
    if (std::ranges::find(fds, planes.planes[i].fd) == fds.end())
      fds.push_back(planes.planes[i].fd);
  }
}

uint64_t counter_of(const DmaDevice& device, const CompositeEngine& engine) {
  uint64_t value = 0;
  if (vkGetSemaphoreCounterValue(device.get(), engine.timeline(), &value) != VK_SUCCESS) return 0;
  return value;
}

// Drivers say that they export what the kernel's driver then does not.
bool exports(const DmaDevicePtr& device) {
  if (!device->has_buffers(DmaUse::Make)) return true;
  const Result<std::unique_ptr<DmaBuffer>> buffer = DmaBuffer::make(device, 1);
  if (!buffer) return false;
  const Result<int> fd = (*buffer)->export_fd();
  return fd && Fd(*fd);
}

std::unexpected<Error> not_open() {
  return fail(ErrorCode::NotSupported, "the Vulkan device does not take DMA-BUFs");
}

}  // namespace

void DmaFrames::open(GstVulkanDevice* device) {
  Taken taken;
  taken.open = true;
  const Result<DmaDevicePtr> made = DmaDevice::make(device);
  if (made) {
    imports_ = DmaImports::make(*made);
    sync_ = std::make_unique<DmaSync>(*made);
    taken.read = (*made)->taken(DmaUse::Read);
    if (exports(*made)) taken.written = (*made)->taken(DmaUse::Make);
    taken.makes = !taken.written.empty();
    merge(taken.written, (*made)->taken(DmaUse::Write));
  } else {
    GST_INFO_OBJECT(element_, "no DMA-BUFs: %s", made.error().message.c_str());
  }
  const std::scoped_lock guard(lock_);
  taken_ = std::move(taken);
}

void DmaFrames::close() {
  images_.clear();
  sync_.reset();
  if (imports_) imports_->clear();
  imports_.reset();
  const std::scoped_lock guard(lock_);
  taken_ = {};
}

CapsHandle DmaFrames::usable(CapsHandle caps, bool written) const {
  const std::scoped_lock guard(lock_);
  if (!taken_.open) return caps;
  return restrict_drm_caps(caps.get(), written ? taken_.written : taken_.read);
}

bool DmaFrames::makes() const {
  const std::scoped_lock guard(lock_);
  return taken_.makes;
}

Result<PoolHandle> DmaFrames::make_pool(GstCaps* caps, unsigned min) const {
  if (!imports_ || !makes())
    return fail(ErrorCode::NotSupported,
                "the Vulkan device makes no DMA-BUFs, and downstream offers none that it could "
                "write: use other memory there");
  return make_dma_pool(imports_, caps, min);
}

Result<> DmaFrames::check_pool(GstBufferPool* pool, const DrmPicture& picture,
                               const SampleLayout& layout) {
  if (!imports_) return not_open();
  GstBuffer* acquired = nullptr;
  // Of a pool that others use already all may be out.
  GstBufferPoolAcquireParams now = {};
  now.flags = GST_BUFFER_POOL_ACQUIRE_FLAG_DONTWAIT;
  if (gst_buffer_pool_acquire_buffer(pool, &acquired, &now) != GST_FLOW_OK)
    return fail(ErrorCode::Busy, "downstream's pool has no buffers");
  const BufferHandle buffer(acquired);
  const Result<DmaPlanes> planes = dma_planes(acquired, picture, layout);
  if (!planes) return std::unexpected(planes.error());
  const auto reached = reach(*planes, picture, layout, DmaUse::Write);
  images_.clear();
  if (!reached) return std::unexpected(reached.error());
  return {};
}

Result<LinearPlanes> DmaFrames::buffers(const DmaPlanes& planes) {
  LinearPlanes linear;
  for (unsigned i = 0; i < planes.count; i++) {
    const DmaPlane& plane = planes.planes[i];
    const Result<const DmaBuffer*> buffer = imports_->buffer(plane);
    if (!buffer) return std::unexpected(buffer.error());
    linear.address[i] = (*buffer)->address() + plane.offset;
    linear.stride[i] = plane.pitch;
    linear.foreign[i] = (*buffer)->get();
  }
  return linear;
}

Result<ImagePlanes> DmaFrames::images(const DmaPlanes& planes, const DrmPicture& picture,
                                      const SampleLayout& layout, DmaUse use) {
  ImagePlanes images;
  images.foreign = true;
  for (unsigned i = 0; i < planes.count; i++) {
    const DmaPlane& plane = planes.planes[i];
    PlaneImage wanted = plane_image(layout, i, picture.modifier, use);
    wanted.offset = plane.offset;
    wanted.pitch = plane.pitch;
    Result<MemoryHandle> image = imports_->image(plane, wanted);
    if (!image) return std::unexpected(image.error());
    images.memories[i] = reinterpret_cast<GstVulkanImageMemory*>(image->get());
    images_.push_back(std::move(*image));
  }
  return images;
}

Result<decltype(SourceFrame::planes)> DmaFrames::reach(const DmaPlanes& planes,
                                                       const DrmPicture& picture,
                                                       const SampleLayout& layout, DmaUse use) {
  const DmaDevice& device = *imports_->device();
  // What the device makes, it need not import.
  const bool as_buffers =
      device.has_buffers(use) || (use == DmaUse::Write && device.has_buffers(DmaUse::Make));
  if (picture.modifier == drm_linear && as_buffers) {
    Result<LinearPlanes> linear = buffers(planes);
    if (!linear) return std::unexpected(linear.error());
    return *linear;
  }
  Result<ImagePlanes> tiled = images(planes, picture, layout, use);
  if (!tiled) return std::unexpected(tiled.error());
  return *tiled;
}

Result<SourceFrame> DmaFrames::source(GstBuffer* buffer, const DrmPicture& picture,
                                      const SampleLayout& layout, CopyAccounting& moves) {
  if (!imports_) return not_open();
  const Result<DmaPlanes> planes = dma_planes(buffer, picture, layout);
  if (!planes) return std::unexpected(planes.error());
  auto reached = reach(*planes, picture, layout, DmaUse::Read);
  if (!reached) return std::unexpected(reached.error());
  collect_descriptors(*planes, fds_);
  const Result<std::optional<SemaphorePoint>> wait = sync_->before(fds_, false);
  if (!wait) return std::unexpected(wait.error());
  moves.count(FrameMove::Import);
  return SourceFrame{.planes = *reached, .wait = *wait, .keep = buffer};
}

Result<TargetFrame> DmaFrames::target(GstBuffer* canvas, const DrmPicture& picture,
                                      const SampleLayout& layout, CopyAccounting& moves) {
  if (!imports_) return not_open();
  const Result<DmaPlanes> planes = dma_planes(canvas, picture, layout);
  if (!planes) return std::unexpected(planes.error());
  const auto reached = reach(*planes, picture, layout, DmaUse::Write);
  if (!reached) return std::unexpected(reached.error());
  collect_descriptors(*planes, target_fds_);
  // Whoever had this memory before may still be reading it.
  const Result<std::optional<SemaphorePoint>> wait = sync_->before(target_fds_, true);
  if (!wait) return std::unexpected(wait.error());
  const Result<std::optional<SemaphorePoint>> signal = sync_->signal();
  if (!signal) return std::unexpected(signal.error());
  moves.count(FrameMove::Import);
  TargetFrame target = {.planes = SystemTarget{}, .wait = *wait, .signal = *signal, .keep = canvas};
  if (const auto* linear = std::get_if<LinearPlanes>(&*reached)) target.planes = *linear;
  if (const auto* tiled = std::get_if<ImagePlanes>(&*reached)) target.planes = *tiled;
  return target;
}

Result<> DmaFrames::written(const TargetFrame& target, CompositeEngine& engine,
                            const Ticket& ticket) {
  if (target.signal && sync_->publish(target_fds_)) return {};
  return engine.wait(ticket);
}

void DmaFrames::release_sources(const CompositeEngine& engine, const Ticket* ticket) {
  images_.clear();
  if (!imports_) return;
  sync_->submitted(ticket ? ticket->value : 0);
  sync_->done(counter_of(*imports_->device(), engine));
}

}  // namespace av1hw
