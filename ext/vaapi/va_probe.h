// SPDX-License-Identifier: LGPL-2.1-or-later
// Asks the VA driver of a render node what it can do.
#pragma once

#include <string>

#include "vaapi/va_answers.h"

namespace av1hw {

// Of one configuration: makes it, and destroys it again.
VaConfigAnswers ask_va_config(VADisplay display, VAProfile profile, VAEntrypoint entrypoint);

VaDeviceAnswers probe_va_device(const std::string& path);

}  // namespace av1hw
