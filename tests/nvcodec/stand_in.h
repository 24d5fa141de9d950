// SPDX-License-Identifier: LGPL-2.1-or-later
// What the stand-ins for NVIDIA's libraries share.
#pragma once

#include <cstdlib>
#include <cstring>

#define STAND_IN __attribute__((visibility("default")))

inline bool is_scenario(const char* name) {
  const char* scenario = std::getenv("AV1HW_STAND_IN");
  return scenario && std::strcmp(scenario, name) == 0;
}
