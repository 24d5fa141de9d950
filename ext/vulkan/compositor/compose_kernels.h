// SPDX-License-Identifier: LGPL-2.1-or-later
// The compositor's kernel, specialised for each kind of frame, and how its images are bound.
#pragma once

#include "vulkan/gst_vulkan.h"

#include <memory>
#include <utility>
#include <vector>

#include "base/result.h"
#include "vulkan/compositor/pipeline_cache.h"
#include "vulkan/compositor/shader_params.h"
#include "vulkan/compositor/vk_handle.h"

namespace av1hw {

// What a workgroup computes, in luma samples.
struct TileSize {
  uint32_t width = 0, height = 0;
};

struct ComposeKernel {
  VkPipeline pipeline = VK_NULL_HANDLE;
  TileSize tile;
};

class ComposeKernels {
 public:
  static Result<std::unique_ptr<ComposeKernels>> make(GstVulkanDevice* device, bool cache_on_disk);
  // Keeps what the driver made.
  ~ComposeKernels();

  // Made the first time that it is asked for.
  Result<ComposeKernel> get(const KernelKey& key);
  VkPipelineLayout layout() const { return layout_.get(); }
  VkDescriptorSetLayout images_layout() const { return images_layout_.get(); }
  // Descriptors of binding 0, the sources' planes; those of binding 1, the canvas's, are four.
  uint32_t source_images() const { return source_images_; }

 private:
  ComposeKernels() = default;
  Result<> make_layouts(GstVulkanDevice* device);
  Result<> make_module();

  VkDevice device_ = VK_NULL_HANDLE;
  uint32_t source_images_ = 0;
  DescriptorSetLayoutHandle images_layout_;
  PipelineLayoutHandle layout_;
  ShaderModuleHandle module_;
  PipelineCache cache_;
  std::vector<std::pair<KernelKey, PipelineHandle>> kernels_;
};

}  // namespace av1hw
