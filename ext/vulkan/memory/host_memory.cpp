// SPDX-License-Identifier: LGPL-2.1-or-later
// A GstAllocator of mapped buffers, whose map function waits for the device.
#include "vulkan/memory/host_memory.h"

#include <atomic>
#include <utility>

#include "vulkan/compositor/device_memory.h"
#include "vulkan/compositor/submission.h"
#include "vulkan/compositor/system_planes.h"
#include "vulkan/compositor/timeline.h"
#include "vulkan/lost_device.h"
#include "vulkan/vk_result.h"

namespace av1hw {
namespace {

// What memory needs that may be the last to know the device.
struct HostDevice {
  ~HostDevice() {
    timeline = {};
    memory.reset();
    gst_object_unref(device);
  }
  GstVulkanDevice* device = nullptr;
  std::unique_ptr<DeviceMemory> memory;
  SemaphoreHandle timeline;
  std::atomic<uint64_t> last_value{0};
};

struct HostBlock {
  GstMemory parent;
  std::shared_ptr<HostDevice> host;
  DeviceBuffer buffer;
  std::atomic<uint64_t> ready{0};  // the timeline's value once the device has written it
};

struct HostAllocator {
  GstAllocator parent;
  std::shared_ptr<HostDevice> host;
};
struct HostAllocatorClass {
  GstAllocatorClass parent_class;
};

constexpr const char* memory_type = "Av1HwVkHostMemory";

HostBlock* block_of(GstMemory* memory) { return reinterpret_cast<HostBlock*>(memory); }

// Not on a lost device: that would not write any more.
void wait_until(const HostDevice& host, uint64_t value) {
  if (value == 0 || is_lost(host.device)) return;
  const Result<> done =
      av1hw::wait_for(host.device, {host.timeline.get(), value}, "a frame in system memory");
  if (done) return;
  GST_ERROR_OBJECT(host.device, "%s", done.error().message.c_str());
  mark_lost(host.device);
}

// What the device did not write before it was lost has an older picture: whoever looks at it goes
// on, as the compositor does.
gpointer map(GstMemory* memory, GstMapInfo*, gsize) {
  HostBlock* block = block_of(memory);
  wait_until(*block->host, block->ready);
  if (!block->buffer.invalidate(block->buffer.size())) return nullptr;
  return block->buffer.data();
}

void unmap(GstMemory* memory, GstMapInfo* info) {
  const HostBlock* block = block_of(memory);
  if ((info->flags & GST_MAP_WRITE) && !block->buffer.flush(block->buffer.size()))
    GST_ERROR_OBJECT(memory->allocator, "vmaFlushAllocation failed");
}

GstMemory* allocate(GstAllocator* allocator, gsize size, GstAllocationParams* params) {
  const auto& host = reinterpret_cast<HostAllocator*>(allocator)->host;
  const gsize whole = size + params->prefix + params->padding;
  if (whole < size) return nullptr;
  Result<DeviceBuffer> buffer = DeviceBuffer::make(*host->memory, DeviceBuffer::Use::Read, whole);
  if (!buffer) {
    // Copied to where the device reaches it, it will do.
    GST_WARNING_OBJECT(allocator, "%s", buffer.error().message.c_str());
    return gst_allocator_alloc(nullptr, size, params);
  }
  auto* block = new HostBlock();
  // References are to the whole, since shares would not know what they wait for.
  gst_memory_init(&block->parent, GST_MEMORY_FLAG_NO_SHARE, allocator, nullptr, whole, 255,
                  params->prefix, size);
  block->host = host;
  block->buffer = std::move(*buffer);
  return &block->parent;
}

void free_block(GstAllocator*, GstMemory* memory) {
  HostBlock* block = block_of(memory);
  // The device writes into it even if nobody wants to see that.
  wait_until(*block->host, block->ready);
  if (block->ready > 0 && is_hanging(block->host->device)) {
    GstVulkanDevice* device = block->host->device;
    abandon(device, std::shared_ptr<HostBlock>(block));
    return;
  }
  delete block;
}

G_DEFINE_TYPE(HostAllocator, av1hw_vk_host_allocator, GST_TYPE_ALLOCATOR)

void finalize(GObject* object) {
  reinterpret_cast<HostAllocator*>(object)->host.~shared_ptr();
  G_OBJECT_CLASS(av1hw_vk_host_allocator_parent_class)->finalize(object);
}

void av1hw_vk_host_allocator_class_init(HostAllocatorClass* klass) {
  G_OBJECT_CLASS(klass)->finalize = finalize;
  klass->parent_class.alloc = allocate;
  klass->parent_class.free = free_block;
}

void av1hw_vk_host_allocator_init(HostAllocator* self) {
  new (&self->host) std::shared_ptr<HostDevice>();
  self->parent.mem_type = memory_type;
  self->parent.mem_map_full = map;
  self->parent.mem_unmap_full = unmap;
}

// The one memory of a buffer, if it is of this allocator.
HostBlock* only_block(GstBuffer* buffer, GstAllocator* allocator) {
  if (gst_buffer_n_memory(buffer) != 1) return nullptr;
  GstMemory* memory = gst_buffer_peek_memory(buffer, 0);
  return memory->allocator == allocator ? block_of(memory) : nullptr;
}

struct PlanePlace {
  gsize offset;
  gint stride;
};

std::array<PlanePlace, GST_VIDEO_MAX_PLANES> places(GstBuffer* buffer, const GstVideoInfo& info) {
  std::array<PlanePlace, GST_VIDEO_MAX_PLANES> found = {};
  const GstVideoMeta* meta = gst_buffer_get_video_meta(buffer);
  for (guint i = 0; i < GST_VIDEO_INFO_N_PLANES(&info); i++) {
    found[i] = meta && i < meta->n_planes ? PlanePlace{meta->offset[i], meta->stride[i]}
                                          : PlanePlace{GST_VIDEO_INFO_PLANE_OFFSET(&info, i),
                                                       GST_VIDEO_INFO_PLANE_STRIDE(&info, i)};
  }
  return found;
}

guint rows_of_plane(const GstVideoInfo& info, guint plane) {
  gint components[GST_VIDEO_MAX_COMPONENTS];
  gst_video_format_info_component(info.finfo, plane, components);
  return static_cast<guint>(GST_VIDEO_INFO_COMP_HEIGHT(&info, components[0]));
}

}  // namespace

Result<HostMemory> HostMemory::make(GstVulkanDevice* device, std::span<const uint32_t> families) {
  auto host = std::make_shared<HostDevice>();
  host->device = GST_VULKAN_DEVICE(gst_object_ref(device));
  Result<std::unique_ptr<DeviceMemory>> memory = DeviceMemory::make(device, families);
  if (!memory) return std::unexpected(memory.error());
  host->memory = std::move(*memory);
  Result<SemaphoreHandle> timeline = make_timeline(device->device);
  if (!timeline) return std::unexpected(timeline.error());
  host->timeline = std::move(*timeline);
  auto* allocator =
      static_cast<HostAllocator*>(g_object_new(av1hw_vk_host_allocator_get_type(), nullptr));
  allocator->host = std::move(host);
  return HostMemory(GstHandle<GstAllocator>(GST_ALLOCATOR(gst_object_ref_sink(allocator))));
}

// Behind a bus single words are slow, and copies are not.
template <typename Frame>
std::optional<Frame> HostMemory::frame(GstBuffer* buffer, const GstVideoInfo& info,
                                       const SampleLayout& layout) const {
  const HostBlock* block = only_block(buffer, allocator_.get());
  if (!block) return std::nullopt;
  const gsize room = block->parent.size, start = block->parent.offset;
  LinearPlanes direct;
  HostPlanes copied = {.buffer = block->buffer.get()};
  const auto found = places(buffer, info);
  const StagedPicture packed = staged_picture(layout);
  for (guint i = 0; i < layout.planes; i++) {
    const auto [offset, stride] = found[i];
    if (stride <= 0 || static_cast<uint32_t>(stride) < packed.planes[i].row_bytes ||
        offset > room || start % layout.word_bytes != 0 || offset % layout.word_bytes != 0 ||
        static_cast<guint>(stride) % layout.word_bytes != 0)
      return std::nullopt;
    if (gsize{static_cast<guint>(stride)} * rows_of_plane(info, i) > room - offset)
      return std::nullopt;
    direct.address[i] = block->buffer.address() + start + offset;
    copied.offset[i] = start + offset;
    direct.stride[i] = copied.stride[i] = static_cast<uint32_t>(stride);
  }
  Frame frame;
  frame.keep = buffer;
  if (block->host->memory->is_discrete())
    frame.planes = copied;
  else
    frame.planes = direct;
  return frame;
}

std::optional<SourceFrame> HostMemory::source(GstBuffer* buffer, const GstVideoInfo& info,
                                              const SampleLayout& layout) const {
  return frame<SourceFrame>(buffer, info, layout);
}

std::optional<TargetFrame> HostMemory::target(GstBuffer* buffer, const GstVideoInfo& info,
                                              const SampleLayout& layout) {
  std::optional<TargetFrame> target = frame<TargetFrame>(buffer, info, layout);
  if (!target) return target;
  HostBlock* block = only_block(buffer, allocator_.get());
  HostDevice& host = *block->host;
  block->ready = ++host.last_value;
  target->signal = {host.timeline.get(), block->ready};
  return target;
}

void HostMemory::write_failed(GstBuffer* buffer) {
  HostBlock* block = only_block(buffer, allocator_.get());
  if (!block) return;
  // The value was not signalled, and the next write takes its place.
  block->ready = 0;
  block->host->last_value--;
}

}  // namespace av1hw
