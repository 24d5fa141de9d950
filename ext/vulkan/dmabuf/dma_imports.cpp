// SPDX-License-Identifier: LGPL-2.1-or-later
// Keyed by the memory's address, which a weak reference keeps from standing for another.
#include "vulkan/dmabuf/dma_imports.h"

#include <algorithm>
#include <utility>

namespace av1hw {
namespace {

// Planes of one memory: of a picture, and of a few that it was before (another size, another crop).
constexpr size_t most_images = 16;

using Notice = std::weak_ptr<DmaImports>;

MemoryHandle another(const MemoryHandle& memory) {
  return MemoryHandle(gst_memory_ref(memory.get()));
}

}  // namespace

std::shared_ptr<DmaImports> DmaImports::make(DmaDevicePtr device) {
  return std::shared_ptr<DmaImports>(new DmaImports(std::move(device)));
}

// With the lock held.
DmaImports::Known& DmaImports::known(GstMemory* memory) {
  const auto [place, is_new] = known_.try_emplace(memory);
  if (is_new)
    gst_mini_object_weak_ref(GST_MINI_OBJECT_CAST(memory), forget, new Notice(weak_from_this()));
  return place->second;
}

void DmaImports::forget(gpointer data, GstMiniObject* memory) {
  const std::unique_ptr<Notice> notice(static_cast<Notice*>(data));
  const std::shared_ptr<DmaImports> self = notice->lock();
  if (!self) return;
  Known last;
  const std::scoped_lock guard(self->lock_);
  const auto place = self->known_.find(memory);
  if (place == self->known_.end()) return;
  last = std::move(place->second);
  self->known_.erase(place);
}

Result<const DmaBuffer*> DmaImports::buffer(const DmaPlane& plane) {
  const std::scoped_lock guard(lock_);
  Known& it = known(plane.memory);
  if (it.buffer) return it.buffer.get();
  Result<std::unique_ptr<DmaBuffer>> made = DmaBuffer::import(device_, plane.fd, plane.bytes);
  if (!made) return std::unexpected(made.error());
  it.buffer = std::move(*made);
  return it.buffer.get();
}

Result<MemoryHandle> DmaImports::image(const DmaPlane& plane, const PlaneImage& wanted) {
  const std::scoped_lock guard(lock_);
  std::vector<Known::Plane>& images = known(plane.memory).images;
  const auto found = std::ranges::find(images, wanted, &Known::Plane::plane);
  if (found != images.end()) return another(found->image);
  Result<MemoryHandle> made = import_image(device_, plane.fd, plane.bytes, wanted);
  if (!made) return made;
  // Frames that the device works on keep what they use.
  if (images.size() == most_images) images.erase(images.begin());
  images.push_back({wanted, another(*made)});
  return made;
}

void DmaImports::add(GstMemory* memory, std::unique_ptr<DmaBuffer> buffer) {
  const std::scoped_lock guard(lock_);
  known(memory).buffer = std::move(buffer);
}

void DmaImports::add(GstMemory* memory, ExportedImage image) {
  const std::scoped_lock guard(lock_);
  known(memory).images.push_back({image.plane, std::move(image.image)});
}

void DmaImports::clear() {
  const std::scoped_lock guard(lock_);
  known_.clear();
}

size_t DmaImports::size() const {
  const std::scoped_lock guard(lock_);
  return known_.size();
}

}  // namespace av1hw
