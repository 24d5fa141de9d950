// SPDX-License-Identifier: LGPL-2.1-or-later
// Remembers what a DMA-BUF is to a device, as long as its GstMemory lives: a decoder's surfaces are
// imported once.
#pragma once

#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "vulkan/dmabuf/dma_objects.h"
#include "vulkan/dmabuf/dma_planes.h"

namespace av1hw {

// Memory may be freed by any thread, also after the device that knows it is closed.
class DmaImports : public std::enable_shared_from_this<DmaImports> {
 public:
  static std::shared_ptr<DmaImports> make(DmaDevicePtr device);

  const DmaDevicePtr& device() const { return device_; }

  // All of the plane's DMA-BUF. There as long as the memory, or until clear().
  Result<const DmaBuffer*> buffer(const DmaPlane& plane);
  // The plane alone.
  Result<MemoryHandle> image(const DmaPlane& plane, const PlaneImage& wanted);
  // What memory of our own is, so that it need not be imported.
  void add(GstMemory* memory, std::unique_ptr<DmaBuffer> buffer);
  void add(GstMemory* memory, ExportedImage image);

  // Once the device is done with all of it.
  void clear();
  // How many memories are known.
  size_t size() const;

 private:
  struct Known {
    std::unique_ptr<DmaBuffer> buffer;
    struct Plane {
      PlaneImage plane;
      MemoryHandle image;
    };
    std::vector<Plane> images;  // the oldest first
  };

  explicit DmaImports(DmaDevicePtr device) : device_(std::move(device)) {}
  Known& known(GstMemory* memory);
  static void forget(gpointer notice, GstMiniObject* memory);

  const DmaDevicePtr device_;
  mutable std::mutex lock_;
  std::unordered_map<const void*, Known> known_;
};

}  // namespace av1hw
