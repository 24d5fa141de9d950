// SPDX-License-Identifier: LGPL-2.1-or-later
// As many locks as a word has bits, for all images of the process.
#include "vulkan/image_locks.h"

#include <array>
#include <bit>
#include <mutex>
#include <utility>

namespace av1hw {
namespace {

constexpr unsigned locks = 64;

// Never destroyed: threads may outlive main().
std::array<std::mutex, locks>& all_locks() {
  static auto* const made = new std::array<std::mutex, locks>;
  return *made;
}

// Addresses of allocations have the same low bits.
unsigned lock_of(const GstVulkanImageMemory* image) {
  const auto address = reinterpret_cast<uintptr_t>(image);
  return static_cast<unsigned>((uint64_t{address} * 0x9e3779b97f4a7c15u) >> 58);
}

}  // namespace

void ImageLocks::add(const GstVulkanImageMemory* image) {
  wanted_ |= uint64_t{1} << lock_of(image);
}

void ImageLocks::add(GstBuffer* frame) {
  for (guint i = 0; i < gst_buffer_n_memory(frame); i++) {
    GstMemory* memory = gst_buffer_peek_memory(frame, i);
    if (gst_is_vulkan_image_memory(memory))
      add(reinterpret_cast<const GstVulkanImageMemory*>(memory));
  }
}

// In the order of their numbers, as all do.
void ImageLocks::lock() {
  held_ = std::exchange(wanted_, 0);
  for (uint64_t left = held_; left != 0; left &= left - 1)
    all_locks()[static_cast<unsigned>(std::countr_zero(left))].lock();
}

void ImageLocks::unlock() {
  wanted_ = 0;
  for (uint64_t left = std::exchange(held_, 0); left != 0; left &= left - 1)
    all_locks()[static_cast<unsigned>(std::countr_zero(left))].unlock();
}

}  // namespace av1hw
