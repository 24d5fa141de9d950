// SPDX-License-Identifier: LGPL-2.1-or-later
// An EncodeBackend that codes pictures for real, with the tile coder of the reference drivers.
#pragma once

#include <memory>

#include "codec/encode_backend.h"

namespace av1hw::test {

// Of I420 in system memory. What the tile coder says is wrong with a header is an error of
// submit().
std::unique_ptr<EncodeBackend> make_tile_encode_backend(const EncodeLimits& limits);

}  // namespace av1hw::test
