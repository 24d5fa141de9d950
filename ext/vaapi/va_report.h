// SPDX-License-Identifier: LGPL-2.1-or-later
// Turns a VA driver's answers into a device report: pure, so that it is tested without a driver.
#pragma once

#include <string>
#include <vector>

#include "registry/capability.h"
#include "vaapi/va_answers.h"

namespace av1hw {

// `first`: this device's elements have the plain names ("vaav1dec"), others have the node's in them
// ("varenderD129av1dec").
DeviceReport va_device_report(const VaDeviceAnswers& answers, bool first);

BackendReport va_backend_report(const std::vector<VaDeviceAnswers>& devices);

// What to do when no VA driver opens a GPU that this kernel driver runs: "install ...".
std::string va_driver_advice(const std::string& kernel_driver);

}  // namespace av1hw
