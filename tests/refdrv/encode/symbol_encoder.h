// SPDX-License-Identifier: LGPL-2.1-or-later
// The symbol coder (specification, section 8.2), backwards: from symbols to a tile's bytes.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace refdrv::encode {

// A cumulative distribution of `Symbols` values, in 1/32768, and how often it was used.
template <size_t Symbols>
using Cdf = std::array<uint16_t, Symbols + 1>;

class SymbolEncoder {
 public:
  // `adapts`: disable_cdf_update is 0.
  explicit SymbolEncoder(bool adapts) : adapts_(adapts) {}

  // S(): codes `value` by `cdf`, and adapts it.
  void symbol(std::span<uint16_t> cdf, unsigned value);
  // Codes by a distribution that is made for the purpose, and kept by nobody.
  void fixed_symbol(std::span<const uint16_t> cdf, unsigned value);
  // L(n): the low `bits` of `value`, highest first.
  void literal(unsigned bits, uint32_t value);

  // Ends the tile, with the trailing bit that exit_symbol() looks for. Nothing may follow.
  std::vector<uint8_t> finish();

 private:
  void narrow(std::span<const uint16_t> cdf, unsigned value);
  void put_byte();

  const bool adapts_;
  std::vector<uint8_t> bytes_;
  uint64_t low_ = 0;  // the interval's lower end, less what is in bytes_
  uint32_t range_ = 1U << 15;
  unsigned bits_ = 15;  // how many of low_'s are of the code
};

}  // namespace refdrv::encode
