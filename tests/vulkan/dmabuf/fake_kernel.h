// SPDX-License-Identifier: LGPL-2.1-or-later
// What fake_kernel.cpp, where it is preloaded, was asked, and what it answers.
#pragma once

#include <atomic>

struct FakeKernel {
  // Every DMA-BUF is in use: its fences are not signalled.
  std::atomic<bool> busy{false};
  // As a kernel before 6.0: no sync file is put into a DMA-BUF.
  std::atomic<bool> refuse_imports{false};

  std::atomic<int> exports_for_read{0}, exports_for_write{0};  // DMA_BUF_IOCTL_EXPORT_SYNC_FILE
  std::atomic<int> imports{0};                                 // DMA_BUF_IOCTL_IMPORT_SYNC_FILE
  std::atomic<int> merges{0};                                  // SYNC_IOC_MERGE
  std::atomic<int> semaphores_exported{0}, semaphores_imported{0};
};
