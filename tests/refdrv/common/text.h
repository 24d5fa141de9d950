// SPDX-License-Identifier: LGPL-2.1-or-later
// Words and numbers of the description files and fault scripts.
#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "refdrv/resynth/result.h"

namespace refdrv {

std::string_view trim(std::string_view text);
std::vector<std::string_view> words(std::string_view text);
std::vector<std::string_view> lines(std::string_view text, std::string_view separators = "\n");
Result<std::string> read_text(const std::string& path);

// Decimal, or hexadecimal after 0x. Nothing where the text is no such number or does not fit.
template <std::integral T>
std::optional<T> number(std::string_view text) {
  int base = 10;
  if (text.starts_with("0x")) {
    base = 16;
    text.remove_prefix(2);
  }
  T value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace refdrv
