// SPDX-License-Identifier: LGPL-2.1-or-later
// What a driver was asked to do, counted for tests to look at.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace refdrv {

// Thread-safe. Calls have their functions' names, everything else is lower-case: "pictures",
// "bytes_decoded", "copies_device_to_host", "misuse", ...
class Counters {
 public:
  void add(std::string_view name, uint64_t amount = 1);
  // Keeps the greatest value.
  void raise(std::string_view name, uint64_t value);
  uint64_t value(std::string_view name) const;
  bool empty() const;
  // One JSON object, the names in order.
  std::string to_json() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, uint64_t, std::less<>> values_;
};

}  // namespace refdrv
