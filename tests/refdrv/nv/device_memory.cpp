// SPDX-License-Identifier: LGPL-2.1-or-later
// Device memory: the driver reaches it through a mapping of its own, clients cannot.
#include "refdrv/nv/device_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <format>

namespace refdrv::nv {

namespace {

// Between allocations, so that running over the end of one does not meet the next.
constexpr size_t guard_bytes = 1 << 16;

std::unexpected<Error> system_fault(const char* what) {
  return fault(Fault::System, std::string(what) + ": " + std::strerror(errno));
}

Result<CUdeviceptr> reserve_addresses(size_t size) {
  void* address = mmap(nullptr, size + guard_bytes, PROT_NONE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (address == MAP_FAILED) return system_fault("reserving addresses");
  return reinterpret_cast<CUdeviceptr>(address);
}

void release_addresses(CUdeviceptr address, size_t size) {
  munmap(reinterpret_cast<void*>(address), size + guard_bytes);
}

}  // namespace

Result<std::shared_ptr<Backing>> Backing::create(size_t size) {
  const int fd = memfd_create("refdrv-device-memory", MFD_CLOEXEC);
  if (fd < 0) return system_fault("memfd_create");
  if (ftruncate(fd, static_cast<off_t>(size)) != 0) {
    close(fd);
    return system_fault("ftruncate");
  }
  auto backing = import(fd);
  close(fd);
  return backing;
}

Result<std::shared_ptr<Backing>> Backing::import(int fd) {
  struct stat status = {};
  if (fstat(fd, &status) != 0) return system_fault("fstat");
  const int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (own < 0) return system_fault("dup");
  const auto size = static_cast<size_t>(status.st_size);
  void* bytes = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, own, 0);
  if (bytes == MAP_FAILED) {
    close(own);
    return system_fault("mmap");
  }
  return std::make_shared<Backing>(own, std::span(static_cast<uint8_t*>(bytes), size));
}

Backing::~Backing() {
  munmap(bytes_.data(), bytes_.size());
  close(fd_);
}

Result<int> Backing::export_fd() const {
  const int copy = fcntl(fd_, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) return system_fault("dup");
  return copy;
}

DeviceMemory::~DeviceMemory() {
  for (const auto& [address, size] : reservations_) release_addresses(address, size);
}

Result<CUdeviceptr> DeviceMemory::allocate(size_t size, bool stream_ordered) {
  const std::scoped_lock lock(mutex_);
  if (size > capacity_ - used_) {
    return fault(Fault::System, std::format("{} bytes of device memory are in use, {} more do not "
                                            "fit",
                                            used_, size));
  }
  auto backing = Backing::create(size);
  if (!backing) return std::unexpected(backing.error());
  const auto address = reserve_addresses(size);
  if (!address) return address;
  reservations_.emplace(*address, size);
  ranges_.emplace(*address, Range{.size = size,
                                  .backing = std::move(*backing),
                                  .allocated = true,
                                  .stream_ordered = stream_ordered});
  used_ += size;
  return address;
}

Result<CUdeviceptr> DeviceMemory::import(std::shared_ptr<Backing> backing, size_t offset,
                                         size_t size) {
  const std::scoped_lock lock(mutex_);
  if (size == 0 || offset > backing->bytes().size() || size > backing->bytes().size() - offset) {
    return client_fault(std::format("{} bytes from {} exceed the memory's {}", size, offset,
                                    backing->bytes().size()));
  }
  const auto address = reserve_addresses(size);
  if (!address) return address;
  reservations_.emplace(*address, size);
  ranges_.emplace(
      *address,
      Range{.size = size, .offset = offset, .backing = std::move(backing), .allocated = true});
  used_ += size;
  return address;
}

Result<> DeviceMemory::free(CUdeviceptr address) {
  const std::scoped_lock lock(mutex_);
  const auto found = ranges_.find(address);
  if (found == ranges_.end() || !found->second.allocated) {
    return client_fault(std::format("{:#x} is the start of no allocation", address));
  }
  const size_t size = found->second.size;
  ranges_.erase(found);
  reservations_.erase(address);
  release_addresses(address, size);
  used_ -= size;
  return {};
}

DeviceMemory::Ranges::const_iterator DeviceMemory::find(CUdeviceptr address) const {
  auto next = ranges_.upper_bound(address);
  if (next == ranges_.begin()) return ranges_.end();
  --next;
  return address - next->first < next->second.size ? next : ranges_.end();
}

Result<std::span<uint8_t>> DeviceMemory::bytes(CUdeviceptr address, size_t size) const {
  const std::scoped_lock lock(mutex_);
  const auto range = find(address);
  if (range == ranges_.end()) {
    return client_fault(std::format("{:#x} is no device address", address));
  }
  const size_t start = address - range->first;
  if (size > range->second.size - start) {
    return client_fault(std::format("{} bytes at {:#x} exceed the allocation of {} at {:#x}", size,
                                    address, range->second.size, range->first));
  }
  return range->second.backing->bytes().subspan(range->second.offset + start, size);
}

bool DeviceMemory::contains(CUdeviceptr address) const {
  const std::scoped_lock lock(mutex_);
  return find(address) != ranges_.end();
}

bool DeviceMemory::is_stream_ordered(CUdeviceptr address) const {
  const std::scoped_lock lock(mutex_);
  const auto range = find(address);
  return range != ranges_.end() && range->second.stream_ordered;
}

Result<CUdeviceptr> DeviceMemory::reserve(size_t size) {
  const std::scoped_lock lock(mutex_);
  const auto address = reserve_addresses(size);
  if (address) reservations_.emplace(*address, size);
  return address;
}

Result<> DeviceMemory::unreserve(CUdeviceptr address, size_t size) {
  const std::scoped_lock lock(mutex_);
  const auto found = reservations_.find(address);
  if (found == reservations_.end() || found->second != size) {
    return client_fault(std::format("{} bytes at {:#x} are no reservation", size, address));
  }
  const auto mapped = ranges_.lower_bound(address);
  if (mapped != ranges_.end() && mapped->first < address + size) {
    return client_fault(std::format("memory is still mapped at {:#x}", mapped->first));
  }
  reservations_.erase(found);
  release_addresses(address, size);
  return {};
}

Result<> DeviceMemory::map(CUdeviceptr address, size_t size, size_t offset,
                           std::shared_ptr<Backing> backing) {
  const std::scoped_lock lock(mutex_);
  auto reserved = reservations_.upper_bound(address);
  if (reserved == reservations_.begin() ||
      (--reserved, address - reserved->first > reserved->second ||
                       size > reserved->second - (address - reserved->first))) {
    return client_fault(std::format("{} bytes at {:#x} are not reserved", size, address));
  }
  if (offset > backing->bytes().size() || size > backing->bytes().size() - offset) {
    return client_fault(std::format("{} bytes from {} exceed the memory's {}", size, offset,
                                    backing->bytes().size()));
  }
  const auto next = ranges_.lower_bound(address);
  if (find(address) != ranges_.end() || (next != ranges_.end() && next->first < address + size)) {
    return client_fault(std::format("memory is already mapped at {:#x}", address));
  }
  ranges_.emplace(address, Range{.size = size, .offset = offset, .backing = std::move(backing)});
  return {};
}

Result<> DeviceMemory::unmap(CUdeviceptr address, size_t size) {
  const std::scoped_lock lock(mutex_);
  const auto found = ranges_.find(address);
  if (found == ranges_.end() || found->second.allocated || found->second.size != size) {
    return client_fault(std::format("{} bytes at {:#x} are no mapping", size, address));
  }
  ranges_.erase(found);
  return {};
}

std::shared_ptr<Backing> DeviceMemory::backing_at(CUdeviceptr address) const {
  const std::scoped_lock lock(mutex_);
  const auto range = find(address);
  return range != ranges_.end() ? range->second.backing : nullptr;
}

uint64_t DeviceMemory::used() const {
  const std::scoped_lock lock(mutex_);
  return used_;
}

}  // namespace refdrv::nv
