// SPDX-License-Identifier: LGPL-2.1-or-later
// A system on which no thread can be started, for code that asks GLib for one. The program has to
// be linked with no_threads.cpp, whose g_thread_try_new() comes before that of GLib.
#pragma once

namespace av1hw::test {

// While there is one, g_thread_try_new() fails as it does where a limit is reached.
class NoThreads {
 public:
  NoThreads();
  NoThreads(const NoThreads&) = delete;
  NoThreads& operator=(const NoThreads&) = delete;
  ~NoThreads();
};

}  // namespace av1hw::test
