// SPDX-License-Identifier: LGPL-2.1-or-later
// Opens NVIDIA's libraries and says what to install where one is missing.
#include "nvcodec/dynamic_library.h"

#include <dlfcn.h>

#include <utility>

namespace av1hw {
namespace {

// dlopen tells a missing file and a broken one apart by its text alone, which starts with the name.
std::string open_reason(const std::string& name, const std::string& answer) {
  if (answer.find("No such file") == std::string::npos) return name + " can't be loaded: " + answer;
  return name +
         " not found: install NVIDIA's driver, or in a container the NVIDIA container toolkit "
         "(NVIDIA_DRIVER_CAPABILITIES=compute,video)";
}

}  // namespace

Result<DynamicLibrary> DynamicLibrary::open(const char* name) {
  void* handle = dlopen(name, RTLD_LAZY | RTLD_LOCAL);
  if (handle) return DynamicLibrary(handle);
  const char* answer = dlerror();
  return fail(ErrorCode::Unavailable, open_reason(name, answer ? answer : "no reason given"));
}

DynamicLibrary::DynamicLibrary(DynamicLibrary&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)) {}

DynamicLibrary& DynamicLibrary::operator=(DynamicLibrary&& other) noexcept {
  std::swap(handle_, other.handle_);
  return *this;
}

DynamicLibrary::~DynamicLibrary() {
  if (handle_) dlclose(handle_);
}

void* DynamicLibrary::address(const char* symbol) const { return dlsym(handle_, symbol); }

}  // namespace av1hw
