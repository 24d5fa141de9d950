// SPDX-License-Identifier: LGPL-2.1-or-later
// Faults to inject, as a script says: which call, at which picture, what happens.
//
// One fault a line, or several separated by ';'. '#' begins a comment. CALL is the name of a
// function of the driver's interface; pictures count from 0, in the order they are given for
// decoding or encoding.
//
//   fail CALL with ERROR                 every such call
//   fail CALL at N with ERROR            the calls made while picture N is the latest
//   fail CALL from N with ERROR          those calls and all later ones
//   lose device from N                   from picture N on, every call says so
//   limit surfaces to N                  the allocation of one more fails
//   hang CALL [at N] for SECONDS         once, before the call does its work
//   crash CALL [at N]                    the process dies of SIGSEGV
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "refdrv/resynth/result.h"

namespace refdrv {

struct InjectedFault {
  enum class Action : uint8_t { Fail, LoseDevice, Hang, Crash };

  Action action = Action::Fail;
  std::string call;               // empty: every call
  std::optional<uint64_t> first;  // picture; without one, any, even before the first
  std::optional<uint64_t> last;
  std::string error;                     // the interface's own name of it, for Fail
  std::chrono::milliseconds duration{};  // of Hang
  bool done = false;                     // a hang happens once
};

struct FaultScript {
  std::vector<InjectedFault> faults;
  std::optional<unsigned> surface_limit;

  // The first fault that this call meets. `latest` is the picture that was given for decoding last.
  InjectedFault* match(std::string_view call, std::optional<uint64_t> latest);
};

// Errors name the line.
Result<FaultScript> parse_fault_script(std::string_view text);

}  // namespace refdrv
