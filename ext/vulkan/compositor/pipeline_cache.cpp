// SPDX-License-Identifier: LGPL-2.1-or-later
// A file a device and driver. Its content is a driver's: it is looked at closely before it is given
// back.
#include "vulkan/compositor/pipeline_cache.h"

#include <glib.h>

#include <cstring>
#include <utility>

#include "base/unique_handle.h"
#include "vulkan/vk_result.h"

namespace av1hw {
namespace {

constexpr char magic[8] = {'a', 'v', '1', 'h', 'w', 'v', 'k', '1'};
constexpr size_t digest_bytes = 32;
constexpr size_t header_bytes = sizeof magic + sizeof(uint64_t) + digest_bytes;
// Kernels of ours take some hundred KB.
constexpr size_t most_bytes = 16 << 20;

std::vector<uint8_t> digest(const uint8_t* data, size_t size) {
  std::vector<uint8_t> result(digest_bytes);
  gsize length = digest_bytes;
  GChecksum* checksum = g_checksum_new(G_CHECKSUM_SHA256);
  g_checksum_update(checksum, data, static_cast<gssize>(size));
  g_checksum_get_digest(checksum, result.data(), &length);
  g_checksum_free(checksum);
  return result;
}

std::string hex(const uint8_t* bytes, size_t count) {
  std::string text;
  for (size_t i = 0; i < count; i++) {
    const GCharPtr two(g_strdup_printf("%02x", bytes[i]));
    text += two.get();
  }
  return text;
}

std::string file_name(GstVulkanDevice* device) {
  VkPhysicalDeviceIDProperties id = {};
  id.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES;
  VkPhysicalDeviceProperties2 properties = {};
  properties.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2;
  properties.pNext = &id;
  vkGetPhysicalDeviceProperties2(gst_vulkan_device_get_physical_device(device), &properties);
  const GCharPtr ids(g_strdup_printf("compositor-%04x-%04x-", properties.properties.vendorID,
                                     properties.properties.deviceID));
  return ids.get() + hex(id.driverUUID, VK_UUID_SIZE) + ".bin";
}

std::vector<uint8_t> read_file(const std::string& path) {
  char* contents = nullptr;
  gsize size = 0;
  if (path.empty() || !g_file_get_contents(path.c_str(), &contents, &size, nullptr)) return {};
  const GCharPtr owner(contents);
  if (size > most_bytes) return {};
  return {contents, contents + size};
}

}  // namespace

std::string default_cache_folder() {
  const GCharPtr folder(g_build_filename(g_get_user_cache_dir(), "av1hw", nullptr));
  return folder.get();
}

std::vector<uint8_t> wrap_pipeline_cache(const std::vector<uint8_t>& data) {
  std::vector<uint8_t> file(magic, magic + sizeof magic);
  for (unsigned i = 0; i < sizeof(uint64_t); i++) {
    file.push_back(static_cast<uint8_t>(static_cast<uint64_t>(data.size()) >> (8 * i)));
  }
  const std::vector<uint8_t> sum = digest(data.data(), data.size());
  file.insert(file.end(), sum.begin(), sum.end());
  file.insert(file.end(), data.begin(), data.end());
  return file;
}

std::vector<uint8_t> unwrap_pipeline_cache(const std::vector<uint8_t>& file) {
  if (file.size() < header_bytes || std::memcmp(file.data(), magic, sizeof magic) != 0) return {};
  uint64_t size = 0;
  for (unsigned i = 0; i < sizeof size; i++) {
    size |= static_cast<uint64_t>(file[sizeof magic + i]) << (8 * i);
  }
  if (size != file.size() - header_bytes) return {};
  const uint8_t* data = file.data() + header_bytes;
  if (std::memcmp(digest(data, size).data(), data - digest_bytes, digest_bytes) != 0) return {};
  return {data, data + size};
}

bool is_cache_of(const std::vector<uint8_t>& data, const VkPhysicalDeviceProperties& device) {
  VkPipelineCacheHeaderVersionOne header = {};
  if (data.size() < sizeof header) return false;
  std::memcpy(&header, data.data(), sizeof header);
  return header.headerSize == sizeof header &&
         header.headerVersion == VK_PIPELINE_CACHE_HEADER_VERSION_ONE &&
         header.vendorID == device.vendorID && header.deviceID == device.deviceID &&
         std::memcmp(header.pipelineCacheUUID, device.pipelineCacheUUID, VK_UUID_SIZE) == 0;
}

Result<PipelineCache> PipelineCache::make(GstVulkanDevice* device, const std::string& folder) {
  PipelineCache cache;
  cache.device_ = device->device;
  if (!folder.empty()) cache.path_ = folder + "/" + file_name(device);
  std::vector<uint8_t> data = unwrap_pipeline_cache(read_file(cache.path_));
  if (!is_cache_of(data, device->physical_device->properties)) data.clear();
  cache.loaded_bytes_ = data.size();
  VkPipelineCacheCreateInfo info = {};
  info.sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO;
  info.initialDataSize = data.size();
  info.pInitialData = data.data();
  VkPipelineCache made = VK_NULL_HANDLE;
  if (Result<> done = vk_result(vkCreatePipelineCache(device->device, &info, nullptr, &made),
                                "vkCreatePipelineCache");
      !done) {
    return std::unexpected(done.error());
  }
  cache.cache_ = PipelineCacheHandle(device->device, made);
  return cache;
}

void PipelineCache::save() const {
  size_t size = 0;
  if (path_.empty() ||
      vkGetPipelineCacheData(device_, cache_.get(), &size, nullptr) != VK_SUCCESS ||
      size == loaded_bytes_ || size > most_bytes - header_bytes) {
    return;
  }
  std::vector<uint8_t> data(size);
  if (vkGetPipelineCacheData(device_, cache_.get(), &size, data.data()) != VK_SUCCESS) return;
  data.resize(size);
  const std::vector<uint8_t> file = wrap_pipeline_cache(data);
  const GCharPtr folder(g_path_get_dirname(path_.c_str()));
  GError* raw = nullptr;
  // Another process may write it at the same time: whoever is last wins, and both files are whole.
  if (g_mkdir_with_parents(folder.get(), 0700) != 0 ||
      !g_file_set_contents_full(path_.c_str(), reinterpret_cast<const char*>(file.data()),
                                static_cast<gssize>(file.size()), G_FILE_SET_CONTENTS_CONSISTENT,
                                0600, &raw)) {
    const GErrorPtr error(raw);
    g_debug("no pipeline cache at %s: %s", path_.c_str(),
            error ? error->message : "its folder can't be made");
  }
}

}  // namespace av1hw
