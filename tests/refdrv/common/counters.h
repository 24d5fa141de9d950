// SPDX-License-Identifier: LGPL-2.1-or-later
// What a driver was asked to do, counted for tests to look at.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

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
  // Each call of the driver counts itself, so finding its count must cost little.
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view name) const { return std::hash<std::string_view>()(name); }
  };

  mutable std::mutex mutex_;
  std::unordered_map<std::string, uint64_t, Hash, std::equal_to<>> values_;
};

}  // namespace refdrv
