// SPDX-License-Identifier: LGPL-2.1-or-later
// A library of the driver, opened at run time: its absence is an answer, not a failure to start.
#pragma once

#include <string>

#include "base/result.h"

namespace av1hw {

class DynamicLibrary {
 public:
  static Result<DynamicLibrary> open(const char* name);
  DynamicLibrary(DynamicLibrary&& other) noexcept;
  DynamicLibrary& operator=(DynamicLibrary&& other) noexcept;
  ~DynamicLibrary();

  // Sets `function` to the symbol's address. False: the library has none of this name.
  template <typename Function>
  bool find(const char* symbol, Function*& function) const {
    function = reinterpret_cast<Function*>(address(symbol));
    return function != nullptr;
  }

 private:
  explicit DynamicLibrary(void* handle) : handle_(handle) {}
  void* address(const char* symbol) const;

  void* handle_ = nullptr;
};

}  // namespace av1hw
