// SPDX-License-Identifier: LGPL-2.1-or-later
// Contexts, and pools that an encoder offers upstream.
#include "nvcodec/cuda_input_memory.h"

namespace av1hw {

// Made by the first call that knows the element: a context may come before the device is opened.
MemoryBridge* CudaInputMemory::vulkan_of(GstElement* element) {
  const std::scoped_lock lock(mutex_);
  if (!vulkan_ && !vulkan_uuid_.empty()) {
    vulkan_ = make_memory_bridge(MemoryDomain::Vulkan, MemoryDomain::Cuda,
                                 {.element = element, .calls = calls(), .uuid = vulkan_uuid_});
  }
  return vulkan_.get();
}

Result<> CudaInputMemory::open(GstElement* element) {
  if (Result<> opened = device_.open(element); !opened) return opened;
  if (MemoryBridge* vulkan = vulkan_of(element))
    vulkan->open(GST_OBJECT_CAST(device_.context()), GST_MINI_OBJECT_CAST(device_.stream()));
  return {};
}

void CudaInputMemory::close() {
  if (vulkan_) vulkan_->close();
  device_.close();
}

bool CudaInputMemory::set_context(GstElement* element, GstContext* context) {
  if (MemoryBridge* vulkan = vulkan_of(element)) vulkan->set_context(context);
  return device_.set_context(element, context);
}

bool CudaInputMemory::handle_context_query(GstElement* element, GstQuery* query) {
  if (device_.handle_context_query(element, query)) return true;
  MemoryBridge* vulkan = vulkan_of(element);
  return vulkan && vulkan->handle_context_query(query);
}

CapsHandle CudaInputMemory::usable(CapsHandle caps) const {
  const std::scoped_lock lock(mutex_);
  return vulkan_ ? vulkan_->usable(std::move(caps)) : std::move(caps);
}

// System memory is uploaded wherever it lies: a producer's own will do.
Result<PoolHandle> CudaInputMemory::make_pool(MemoryDomain domain, const GstVideoInfo& info,
                                              GstCaps* caps, unsigned min_buffers) {
  if (domain == MemoryDomain::Vulkan && vulkan_) return vulkan_->make_pool(caps, min_buffers);
  if (domain != MemoryDomain::Cuda) return PoolHandle();
  return device_.make_pool(info, caps, min_buffers);
}

}  // namespace av1hw
