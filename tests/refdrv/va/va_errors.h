// SPDX-License-Identifier: LGPL-2.1-or-later
// libva's status codes by the names that fault scripts use.
#pragma once

#include <va/va.h>

#include <optional>
#include <string_view>

namespace refdrv::va {

// By name or by number.
std::optional<VAStatus> status_code(std::string_view name);

}  // namespace refdrv::va
