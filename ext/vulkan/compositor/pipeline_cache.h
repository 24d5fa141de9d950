// SPDX-License-Identifier: LGPL-2.1-or-later
// What a driver made of kernels, kept on disk from one process to the next.
#pragma once

#include "vulkan/gst_vulkan.h"

#include <string>
#include <vector>

#include "base/result.h"
#include "vulkan/compositor/vk_handle.h"

namespace av1hw {

// A file of ours around a driver's data: a magic number, the data's size and its SHA-256. Nothing
// where the file is not whole.
std::vector<uint8_t> unwrap_pipeline_cache(const std::vector<uint8_t>& file);
std::vector<uint8_t> wrap_pipeline_cache(const std::vector<uint8_t>& data);
// Is it data of this very device and driver?
bool is_cache_of(const std::vector<uint8_t>& data, const VkPhysicalDeviceProperties& device);

class PipelineCache {
 public:
  // An unreadable file is no error. Empty `folder`: nothing is kept.
  static Result<PipelineCache> make(GstVulkanDevice* device, const std::string& folder);
  VkPipelineCache get() const { return cache_.get(); }
  // Writes what is new since. Failures are logged.
  void save() const;

 private:
  VkDevice device_ = VK_NULL_HANDLE;
  PipelineCacheHandle cache_;
  std::string path_;
  size_t loaded_bytes_ = 0;
};

// The user's cache folder, "av1hw" in it.
std::string default_cache_folder();

}  // namespace av1hw
