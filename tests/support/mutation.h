// SPDX-License-Identifier: LGPL-2.1-or-later
// Damages packets in the ways that files and networks do, the same for the same seed.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

namespace av1hw::test {

class Mutator {
 public:
  explicit Mutator(unsigned seed) : random_(seed) {}

  std::vector<uint8_t> noise(size_t size) {
    std::vector<uint8_t> bytes(size);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(below(256));
    return bytes;
  }

  // Damages one of the packets.
  void damage_one(std::span<std::vector<uint8_t>> packets) {
    damage(packets[below(packets.size())]);
  }

  void damage(std::vector<uint8_t>& packet) {
    if (packet.empty()) return;
    const size_t at = below(packet.size());
    const size_t length = std::min(packet.size() - at, 1 + below(16));
    switch (below(7)) {
    case 0: packet.resize(at); break;
    case 1: std::fill_n(packet.begin() + at, length, 0); break;
    case 2: std::ranges::copy(noise(length), packet.begin() + at); break;
    case 3: insert_noise(packet, at, length); break;
    default: flip_bits(packet); break;
    }
  }

 private:
  // Not std::uniform_int_distribution, whose results differ between libraries.
  size_t below(size_t limit) { return random_() % limit; }

  void insert_noise(std::vector<uint8_t>& packet, size_t at, size_t length) {
    const auto bytes = noise(length);
    packet.insert(packet.begin() + static_cast<ptrdiff_t>(at), bytes.begin(), bytes.end());
  }

  // Half of the flips hit the headers, which are the first few bytes of a packet.
  void flip_bits(std::vector<uint8_t>& packet) {
    const size_t range = below(2) == 0 ? std::min<size_t>(packet.size(), 40) : packet.size();
    for (size_t flips = 1 + below(4); flips > 0; flips--) {
      packet[below(range)] ^= static_cast<uint8_t>(1 << below(8));
    }
  }

  std::mt19937 random_;
};

}  // namespace av1hw::test
