// SPDX-License-Identifier: LGPL-2.1-or-later
// Owning handles for C objects: one template, freed by the function given as its parameter.
#pragma once

#include <glib.h>

#include <memory>

namespace av1hw {

template <auto Free>
struct FreeWith {
  template <typename T>
  void operator()(T* p) const {
    Free(p);
  }
};

// UniqueHandle<RaConfig, rav1e_config_unref> config{rav1e_config_default()};
template <typename T, auto Free>
using UniqueHandle = std::unique_ptr<T, FreeWith<Free>>;

using GCharPtr = UniqueHandle<char, g_free>;
using GErrorPtr = UniqueHandle<GError, g_error_free>;

}  // namespace av1hw
