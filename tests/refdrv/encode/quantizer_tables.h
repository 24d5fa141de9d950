// SPDX-License-Identifier: LGPL-2.1-or-later
// Tables of the specification: quantizers of the first coefficient (7.12.2, 9.5.3).
#pragma once

#include <array>
#include <cstdint>

namespace refdrv::encode {

// Dc_Qlookup: by (BitDepth - 8) / 2 and the index.
extern const std::array<std::array<uint16_t, 256>, 3> dc_qlookup;

// Quantizer_Matrix's first entries: by level, whether it is chroma's, and transform: TX_4X4,
// TX_8X8, TX_16X16, TX_32X32, TX_4X8, TX_8X16, TX_16X32.
constexpr unsigned quantizer_matrix_levels = 15;
extern const std::array<std::array<std::array<uint8_t, 7>, 2>, quantizer_matrix_levels>
    quantizer_matrix_dc;

}  // namespace refdrv::encode
