// SPDX-License-Identifier: LGPL-2.1-or-later
// A fuzzer's input as numbers and choices, one after the other; zeros behind its end.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace av1hw::test {

class FuzzBytes {
 public:
  explicit FuzzBytes(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  bool empty() const { return bytes_.empty(); }
  uint8_t byte() {
    if (bytes_.empty()) return 0;
    const uint8_t first = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return first;
  }
  bool flag() { return byte() % 2 != 0; }
  // One time in `times`.
  bool rarely(unsigned times) { return byte() % times == 1; }
  // `low` to `high`, both included, which are less than 65536 apart.
  unsigned number(unsigned low, unsigned high) {
    const unsigned range = high - low + 1;
    return low + (range <= 256 ? byte() : byte() * 256U + byte()) % range;
  }
  template <typename Value, size_t count>
  Value one_of(const std::array<Value, count>& values) {
    static_assert(count <= 256);
    return values[byte() % count];
  }

 private:
  std::span<const uint8_t> bytes_;
};

}  // namespace av1hw::test
