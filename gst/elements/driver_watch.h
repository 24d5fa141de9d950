// SPDX-License-Identifier: LGPL-2.1-or-later
// Tells the application that an element is stuck in its driver.
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <memory>
#include <optional>

#include "base/driver_calls.h"

namespace av1hw {

// The details of the error message; with "call" (string) and "milliseconds" (uint64).
inline constexpr const char* driver_hang_details = "av1hw-driver-hang";

// Milliseconds.
inline constexpr unsigned default_driver_timeout = 20000;
// The property "driver-timeout" of elements that are watched.
GParamSpec* make_driver_timeout_spec();

// While it is started, a call of the driver that takes too long is an error message of the element,
// posted while the element's own threads are still stuck.
class DriverWatch {
 public:
  // `limit` in milliseconds; 0: no call takes too long.
  void start(GstElement* element, const std::shared_ptr<DriverCalls>& calls, unsigned limit);
  void stop() { alarm_.reset(); }
  // Whether there was such an error since start() or forget(): the element is to fail, should the
  // call return after all.
  bool hung() const { return *hung_; }
  void forget() { *hung_ = false; }

 private:
  // Shared with a report that is under way when the element goes.
  const std::shared_ptr<std::atomic<bool>> hung_ = std::make_shared<std::atomic<bool>>(false);
  std::optional<HangAlarm> alarm_;
};

}  // namespace av1hw
