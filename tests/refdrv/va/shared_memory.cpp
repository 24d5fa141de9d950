// SPDX-License-Identifier: LGPL-2.1-or-later
// Memory behind a file descriptor, as a DMA-BUF is: a memfd, mapped.
#include "refdrv/va/shared_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace refdrv::va {

namespace {

std::unexpected<Error> system_error(const char* call) {
  return fault(Fault::System, std::string(call) + ": " + std::strerror(errno));
}

}  // namespace

Result<> SharedMemory::map(size_t size) {
  void* address = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
  if (address == MAP_FAILED) return system_error("mmap");
  size_ = size;
  data_ = static_cast<uint8_t*>(address);
  return {};
}

Result<SharedMemory> SharedMemory::allocate(size_t size) {
  SharedMemory memory(memfd_create("refdrv-surface", MFD_CLOEXEC));
  if (memory.fd_ < 0) return system_error("memfd_create");
  if (ftruncate(memory.fd_, static_cast<off_t>(size)) != 0) return system_error("ftruncate");
  if (const auto mapped = memory.map(size); !mapped) return std::unexpected(mapped.error());
  return memory;
}

Result<SharedMemory> SharedMemory::import(int fd) {
  SharedMemory memory(fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (memory.fd_ < 0) return client_fault("descriptor " + std::to_string(fd) + " is not open");
  const off_t size = lseek(memory.fd_, 0, SEEK_END);
  if (size <= 0) return client_fault("descriptor " + std::to_string(fd) + " is no DMA-BUF");
  if (const auto mapped = memory.map(static_cast<size_t>(size)); !mapped) {
    return std::unexpected(mapped.error());
  }
  return memory;
}

SharedMemory::~SharedMemory() {
  if (data_) munmap(data_, size_);
  if (fd_ >= 0) close(fd_);
}

int SharedMemory::duplicate() const { return fcntl(fd_, F_DUPFD_CLOEXEC, 0); }

}  // namespace refdrv::va
