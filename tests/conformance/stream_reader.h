// SPDX-License-Identifier: LGPL-2.1-or-later
// Cuts files into temporal units: IVF, and the low-overhead and annex B forms of .obu files.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace av1hw::conformance {

enum class Container : uint8_t { Ivf, Section5, AnnexB };

struct Stream {
  Container container = Container::Ivf;
  std::vector<uint8_t> bytes;                   // the file
  std::vector<std::span<const uint8_t>> units;  // temporal units, in `bytes`
};

// Tells the container from what is in the file, as the name does not say which kind of .obu it is.
Result<Stream> read_stream(const std::string& file);

// The same for bytes in memory.
Result<Stream> cut_stream(std::vector<uint8_t> bytes);

}  // namespace av1hw::conformance
