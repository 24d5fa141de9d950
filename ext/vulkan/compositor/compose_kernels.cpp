// SPDX-License-Identifier: LGPL-2.1-or-later
// Layouts, the shader module and its pipelines. Few pipelines live at a time, so that a list will
// do.
#include "vulkan/compositor/compose_kernels.h"

#include <algorithm>
#include <array>

#include "vulkan/compositor/engine.h"
#include "vulkan/shaders/compose_spirv.h"
#include "vulkan/vk_result.h"

namespace av1hw {
namespace {

// Invocations of a workgroup: a row of them writes whole cache lines.
constexpr uint32_t group_width = 32;

// As many as a tile has quads, where they wait for each other.
uint32_t group_height_of(const KernelKey& key) { return key.features & kernel_resample ? 8 : 4; }

TileSize tile_of(const KernelKey& key) {
  const bool narrow = key.canvas == CanvasKind::Packed && (key.features & kernel_resample);
  return {narrow ? packed_tile_width : tile_width,
          key.copies_only() && !key.to_image ? copied_tile_rows : tile_rows};
}

VkDescriptorSetLayoutBinding images_at(uint32_t binding, VkDescriptorType type, uint32_t count) {
  VkDescriptorSetLayoutBinding images = {};
  images.binding = binding;
  images.descriptorType = type;
  images.descriptorCount = count;
  images.stageFlags = VK_SHADER_STAGE_COMPUTE_BIT;
  return images;
}

}  // namespace

Result<std::unique_ptr<ComposeKernels>> ComposeKernels::make(GstVulkanDevice* device,
                                                             bool cache_on_disk) {
  std::unique_ptr<ComposeKernels> kernels(new ComposeKernels);
  kernels->device_ = device->device;
  if (Result<> made = kernels->make_layouts(device); !made) return std::unexpected(made.error());
  if (Result<> made = kernels->make_module(); !made) return std::unexpected(made.error());
  Result<PipelineCache> cache =
      PipelineCache::make(device, cache_on_disk ? default_cache_folder() : std::string());
  if (!cache) return std::unexpected(cache.error());
  kernels->cache_ = std::move(*cache);
  return kernels;
}

ComposeKernels::~ComposeKernels() {
  if (!kernels_.empty()) cache_.save();
}

Result<> ComposeKernels::make_layouts(GstVulkanDevice* device) {
  const VkPhysicalDeviceLimits& limits = device->physical_device->properties.limits;
  source_images_ =
      std::min({static_cast<uint32_t>(max_layers * 3), limits.maxPerStageDescriptorSampledImages,
                limits.maxDescriptorSetSampledImages,
                limits.maxPerStageResources - static_cast<uint32_t>(max_frame_planes)});
  const std::array bindings = {images_at(0, VK_DESCRIPTOR_TYPE_SAMPLED_IMAGE, source_images_),
                               images_at(1, VK_DESCRIPTOR_TYPE_STORAGE_IMAGE, max_frame_planes)};
  // A frame binds what it has.
  const std::array<VkDescriptorBindingFlags, 2> partial = {
      VK_DESCRIPTOR_BINDING_PARTIALLY_BOUND_BIT, VK_DESCRIPTOR_BINDING_PARTIALLY_BOUND_BIT};
  VkDescriptorSetLayoutBindingFlagsCreateInfo flags = {};
  flags.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_BINDING_FLAGS_CREATE_INFO;
  flags.bindingCount = partial.size();
  flags.pBindingFlags = partial.data();
  VkDescriptorSetLayoutCreateInfo set = {};
  set.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO;
  set.pNext = &flags;
  set.bindingCount = bindings.size();
  set.pBindings = bindings.data();
  VkDescriptorSetLayout set_layout = VK_NULL_HANDLE;
  if (Result<> made = vk_result(vkCreateDescriptorSetLayout(device_, &set, nullptr, &set_layout),
                                "vkCreateDescriptorSetLayout");
      !made) {
    return made;
  }
  images_layout_ = DescriptorSetLayoutHandle(device_, set_layout);

  const VkPushConstantRange canvas = {VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof(CanvasParams)};
  VkPipelineLayoutCreateInfo info = {};
  info.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO;
  info.setLayoutCount = 1;
  info.pSetLayouts = &set_layout;
  info.pushConstantRangeCount = 1;
  info.pPushConstantRanges = &canvas;
  VkPipelineLayout layout = VK_NULL_HANDLE;
  if (Result<> made = vk_result(vkCreatePipelineLayout(device_, &info, nullptr, &layout),
                                "vkCreatePipelineLayout");
      !made) {
    return made;
  }
  layout_ = PipelineLayoutHandle(device_, layout);
  return {};
}

Result<> ComposeKernels::make_module() {
  VkShaderModuleCreateInfo info = {};
  info.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO;
  info.codeSize = sizeof compose_spirv;
  info.pCode = compose_spirv;
  VkShaderModule module = VK_NULL_HANDLE;
  if (Result<> made =
          vk_result(vkCreateShaderModule(device_, &info, nullptr, &module), "vkCreateShaderModule");
      !made) {
    return made;
  }
  module_ = ShaderModuleHandle(device_, module);
  return {};
}

Result<ComposeKernel> ComposeKernels::get(const KernelKey& key) {
  const TileSize tile = tile_of(key);
  const auto known = std::ranges::find(kernels_, key, [](const auto& each) { return each.first; });
  if (known != kernels_.end()) return ComposeKernel{known->second.get(), tile};
  const std::array<uint32_t, 6> constants = {
      group_width,  group_height_of(key), static_cast<uint32_t>(key.canvas),
      key.to_image, key.features,         tile.height};
  std::array<VkSpecializationMapEntry, constants.size()> entries = {};
  for (uint32_t i = 0; i < entries.size(); i++) {
    entries[i] = {i, i * static_cast<uint32_t>(sizeof(uint32_t)), sizeof(uint32_t)};
  }
  const VkSpecializationInfo specialised = {entries.size(), entries.data(), sizeof constants,
                                            constants.data()};
  VkComputePipelineCreateInfo info = {};
  info.sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO;
  info.stage.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO;
  info.stage.stage = VK_SHADER_STAGE_COMPUTE_BIT;
  info.stage.module = module_.get();
  info.stage.pName = "main";
  info.stage.pSpecializationInfo = &specialised;
  info.layout = layout_.get();
  VkPipeline made = VK_NULL_HANDLE;
  if (Result<> done =
          vk_result(vkCreateComputePipelines(device_, cache_.get(), 1, &info, nullptr, &made),
                    "vkCreateComputePipelines");
      !done) {
    return std::unexpected(done.error());
  }
  kernels_.emplace_back(key, PipelineHandle(device_, made));
  return ComposeKernel{made, tile};
}

}  // namespace av1hw
