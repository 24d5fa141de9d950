// SPDX-License-Identifier: LGPL-2.1-or-later
// What a driver was asked to do, counted for tests to look at.
#include "refdrv/common/counters.h"

#include <algorithm>
#include <map>

namespace refdrv {

void Counters::add(std::string_view name, uint64_t amount) {
  const std::scoped_lock lock(mutex_);
  const auto found = values_.find(name);
  if (found != values_.end())
    found->second += amount;
  else
    values_.emplace(name, amount);
}

void Counters::raise(std::string_view name, uint64_t value) {
  const std::scoped_lock lock(mutex_);
  const auto found = values_.find(name);
  if (found != values_.end())
    found->second = std::max(found->second, value);
  else
    values_.emplace(name, value);
}

uint64_t Counters::value(std::string_view name) const {
  const std::scoped_lock lock(mutex_);
  const auto found = values_.find(name);
  return found != values_.end() ? found->second : 0;
}

bool Counters::empty() const {
  const std::scoped_lock lock(mutex_);
  return values_.empty();
}

std::string Counters::to_json() const {
  const std::scoped_lock lock(mutex_);
  std::string json = "{";
  const std::map<std::string_view, uint64_t> ordered(values_.begin(), values_.end());
  for (const auto& [name, value] : ordered) {
    json += json.size() > 1 ? ",\n  " : "\n  ";
    json += "\"" + std::string(name) + "\": " + std::to_string(value);
  }
  return json + "\n}\n";
}

}  // namespace refdrv
