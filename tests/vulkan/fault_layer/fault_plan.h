// SPDX-License-Identifier: LGPL-2.1-or-later
// What shall go wrong with a Vulkan device, and when: a script in the environment variable
// AV1HW_VK_FAULTS, read anew with each Vulkan instance.
//
// Faults are those of the reference drivers (refdrv/common/fault_script.h), where N is how many
// calls of that name, or submissions, there were before; and these:
//
//   limit memory to N MiB        device memory beyond that is refused, until some is freed
//   pretend discrete             the device says that it is a discrete GPU
//   share semaphores             timelines are exported to the reference driver of CUDA
#pragma once

#include <vulkan/vulkan_core.h>

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "refdrv/common/fault_script.h"

namespace av1hw::test {

class FaultPlan {
 public:
  // The process ends where the script makes no sense.
  void read();
  bool pretends_discrete() const { return discrete_; }
  bool shares_semaphores() const { return shared_; }

  struct Verdict {
    std::optional<VkResult> answer;  // instead of the driver's
    bool loses_device = false;
  };
  // Of one more call of this name.
  Verdict judge(std::string_view call);
  // Before an allocation; false: there is no room.
  bool reserve(uint64_t bytes);
  void release(uint64_t bytes);

 private:
  std::mutex lock_;
  refdrv::FaultScript script_;
  std::map<std::string, uint64_t, std::less<>> counts_;
  std::optional<uint64_t> limit_;
  uint64_t reserved_ = 0;
  bool discrete_ = false;
  bool shared_ = false;
};

}  // namespace av1hw::test
