// SPDX-License-Identifier: LGPL-2.1-or-later
// libcuda: copies and fills.
#include <algorithm>
#include <cstring>
#include <format>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "refdrv/nv/driver.h"

using namespace refdrv;
using namespace refdrv::nv;

namespace {

// One side of a copy.
struct Side {
  uint8_t* start = nullptr;
  bool on_device = false;
};

// Bytes that `rows` lines span, the last one without padding.
size_t span_of(size_t pitch, size_t width, size_t rows) { return pitch * (rows - 1) + width; }

Result<Side> device_side(Driver& driver, CUdeviceptr address, size_t size) {
  const auto bytes = driver.memory().bytes(address, size);
  if (!bytes) return std::unexpected(bytes.error());
  return Side{bytes->data(), true};
}

Side host_side(const void* address) {
  return {static_cast<uint8_t*>(const_cast<void*>(address)), false};
}

Result<Side> either_side(Driver& driver, CUdeviceptr address, size_t size) {
  if (driver.memory().contains(address)) return device_side(driver, address, size);
  return host_side(reinterpret_cast<const void*>(address));
}

Result<Side> side_2d(Driver& driver, CUmemorytype type, const void* host, CUdeviceptr device,
                     size_t pitch, size_t x, size_t y, size_t width, size_t height) {
  if (height > 1 && pitch < x + width) {
    return client_fault(std::format("the pitch, {}, is below the width, {} + {}", pitch, x, width));
  }
  const size_t offset = pitch * y + x;
  const size_t size = span_of(pitch, width, height);
  switch (static_cast<int>(type)) {
  case CU_MEMORYTYPE_DEVICE: return device_side(driver, device + offset, size);
  case static_cast<int>(memory_type_unified): return either_side(driver, device + offset, size);
  case CU_MEMORYTYPE_HOST:
    if (!host) return client_fault("the host address is null");
    if (driver.memory().contains(reinterpret_cast<CUdeviceptr>(host))) {
      return client_fault("a device address is given as a host address");
    }
    return host_side(static_cast<const uint8_t*>(host) + offset);
  default: return fault(Fault::Unsupported, "arrays");
  }
}

// Copies within the device and fills are the device's own work, not the CPU's: where it decodes
// nothing, there is nothing in its memory to move.
bool is_left_out(Driver& driver, bool from_device, bool to_device) {
  return driver.machine().null_mode() && from_device && to_device;
}

void count_copy(Driver& driver, bool from_device, bool to_device, size_t bytes) {
  const std::string which =
      std::string(from_device ? "device" : "host") + "_to_" + (to_device ? "device" : "host");
  driver.machine().counters().add("copies_" + which);
  driver.machine().counters().add("bytes_" + which, bytes);
}

CUresult copy_2d(Driver& driver, const char* call, const CUDA_MEMCPY2D* copy) {
  if (!copy) return driver.misuse(call, "no parameters");
  if (copy->WidthInBytes == 0 || copy->Height == 0) return success;
  const auto from =
      side_2d(driver, copy->srcMemoryType, copy->srcHost, copy->srcDevice, copy->srcPitch,
              copy->srcXInBytes, copy->srcY, copy->WidthInBytes, copy->Height);
  if (!from) {
    return driver.failure(call, {from.error().fault, "source: " + from.error().message});
  }
  const auto to =
      side_2d(driver, copy->dstMemoryType, copy->dstHost, copy->dstDevice, copy->dstPitch,
              copy->dstXInBytes, copy->dstY, copy->WidthInBytes, copy->Height);
  if (!to) return driver.failure(call, {to.error().fault, "destination: " + to.error().message});
  const size_t rows = is_left_out(driver, from->on_device, to->on_device) ? 0 : copy->Height;
  for (size_t y = 0; y < rows; y++) {
    std::memcpy(to->start + y * copy->dstPitch, from->start + y * copy->srcPitch,
                copy->WidthInBytes);
  }
  count_copy(driver, from->on_device, to->on_device, copy->WidthInBytes * copy->Height);
  return success;
}

CUresult copy_1d(Driver& driver, const char* call, const Result<Side>& to, const Result<Side>& from,
                 size_t size) {
  if (!to) return driver.failure(call, to.error());
  if (!from) return driver.failure(call, from.error());
  if (!to->start || !from->start) return driver.misuse(call, "the host address is null");
  if (!is_left_out(driver, from->on_device, to->on_device)) {
    std::memmove(to->start, from->start, size);
  }
  count_copy(driver, from->on_device, to->on_device, size);
  return success;
}

template <typename Value>
CUresult fill(Driver& driver, const char* call, CUdeviceptr address, size_t pitch, Value value,
              size_t width, size_t height) {
  if (width == 0 || height == 0) return success;
  if (height > 1 && pitch < width * sizeof(Value)) {
    return driver.misuse(call, "the pitch is below the width");
  }
  const auto bytes = driver.memory().bytes(address, span_of(pitch, width * sizeof(Value), height));
  if (!bytes) return driver.failure(call, bytes.error());
  if (is_left_out(driver, true, true)) return success;
  for (size_t y = 0; y < height; y++) {
    std::fill_n(reinterpret_cast<Value*>(bytes->data() + y * pitch), width, value);
  }
  return success;
}

CUresult enter_on_stream(const char* call, CUstream stream, Driver*& driver) {
  if (const auto error = enter(call, Needs::Context, driver)) return error;
  return is_stream(*driver, stream) ? success
                                    : driver->misuse(call, "no such stream", invalid_handle);
}

// Calls without a stream come after what every stream was given.
CUresult enter_in_order(const char* call, Driver*& driver) {
  if (const auto error = enter(call, Needs::Context, driver)) return error;
  driver->work().catch_up_all();
  return success;
}

// Does it after what the stream was given before: at once, or when a late stream gets to it. What
// is wrong with it is said then.
CUresult on_stream(Driver& driver, CUstream stream, std::function<CUresult()> perform) {
  if (driver.machine().late_streams() && !is_default(stream)) {
    driver.work().give(stream, [perform = std::move(perform)] { perform(); });
    return success;
  }
  driver.catch_up(stream);
  return perform();
}

// The source as it is now, where it is memory of the host's: CUDA takes a copy of what is not
// page-locked before the call returns.
CUresult copy_2d_on_stream(Driver& driver, const char* call, const CUDA_MEMCPY2D* copy,
                           CUstream stream) {
  const bool whole = copy && copy->Height > 0 && copy->dstMemoryType == CU_MEMORYTYPE_DEVICE &&
                     (copy->srcMemoryType == CU_MEMORYTYPE_DEVICE ||
                      (copy->srcMemoryType == CU_MEMORYTYPE_HOST && copy->srcHost));
  if (!driver.machine().late_streams() || !whole) {
    driver.catch_up(stream);
    return copy_2d(driver, call, copy);
  }
  CUDA_MEMCPY2D later = *copy;
  auto source = std::make_shared<std::vector<uint8_t>>();
  if (copy->srcMemoryType == CU_MEMORYTYPE_HOST) {
    const auto* start = static_cast<const uint8_t*>(copy->srcHost) + copy->srcPitch * copy->srcY +
                        copy->srcXInBytes;
    source->assign(start, start + span_of(copy->srcPitch, copy->WidthInBytes, copy->Height));
    later.srcHost = source->data();
    later.srcXInBytes = later.srcY = 0;
  }
  return on_stream(driver, stream,
                   [&driver, call, later, source] { return copy_2d(driver, call, &later); });
}

CUresult copy_to_device_on_stream(Driver& driver, const char* call, CUdeviceptr to,
                                  const void* from, size_t size, CUstream stream) {
  if (!driver.machine().late_streams() || !from) {
    driver.catch_up(stream);
    return copy_1d(driver, call, device_side(driver, to, size), host_side(from), size);
  }
  const auto* start = static_cast<const uint8_t*>(from);
  auto source = std::make_shared<std::vector<uint8_t>>(start, start + size);
  return on_stream(driver, stream, [&driver, call, to, source] {
    return copy_1d(driver, call, device_side(driver, to, source->size()), host_side(source->data()),
                   source->size());
  });
}

CUresult copy_within_device_on_stream(Driver& driver, const char* call, CUdeviceptr to,
                                      CUdeviceptr from, size_t size, CUstream stream) {
  return on_stream(driver, stream, [=, &driver] {
    return copy_1d(driver, call, device_side(driver, to, size), device_side(driver, from, size),
                   size);
  });
}

template <typename Value>
CUresult fill_on_stream(Driver& driver, const char* call, CUdeviceptr address, size_t pitch,
                        Value value, size_t width, size_t height, CUstream stream) {
  return on_stream(driver, stream, [=, &driver] {
    return fill<Value>(driver, call, address, pitch, value, width, height);
  });
}

}  // namespace

REFDRV_API CUresult cuMemcpy2D_v2(const CUDA_MEMCPY2D* copy) {
  Driver* driver = nullptr;
  if (const auto error = enter_in_order(__func__, driver)) return error;
  return copy_2d(*driver, __func__, copy);
}

REFDRV_API CUresult cuMemcpy2DUnaligned_v2(const CUDA_MEMCPY2D* copy) {
  Driver* driver = nullptr;
  if (const auto error = enter_in_order(__func__, driver)) return error;
  return copy_2d(*driver, __func__, copy);
}

REFDRV_API CUresult cuMemcpy2DAsync_v2(const CUDA_MEMCPY2D* copy, CUstream stream) {
  Driver* driver = nullptr;
  if (const auto error = enter_on_stream(__func__, stream, driver)) return error;
  return copy_2d_on_stream(*driver, __func__, copy, stream);
}

REFDRV_API CUresult cuMemcpy(CUdeviceptr to, CUdeviceptr from, size_t size) {
  Driver* driver = nullptr;
  if (const auto error = enter_in_order(__func__, driver)) return error;
  return copy_1d(*driver, __func__, either_side(*driver, to, size),
                 either_side(*driver, from, size), size);
}

REFDRV_API CUresult cuMemcpyAsync(CUdeviceptr to, CUdeviceptr from, size_t size, CUstream stream) {
  Driver* driver = nullptr;
  if (const auto error = enter_on_stream(__func__, stream, driver)) return error;
  if (driver->memory().contains(to)) {
    if (driver->memory().contains(from))
      return copy_within_device_on_stream(*driver, __func__, to, from, size, stream);
    return copy_to_device_on_stream(*driver, __func__, to, reinterpret_cast<const void*>(from),
                                    size, stream);
  }
  driver->catch_up(stream);
  return copy_1d(*driver, __func__, either_side(*driver, to, size),
                 either_side(*driver, from, size), size);
}

REFDRV_API CUresult cuMemcpyHtoD_v2(CUdeviceptr to, const void* from, size_t size) {
  Driver* driver = nullptr;
  if (const auto error = enter_in_order(__func__, driver)) return error;
  return copy_1d(*driver, __func__, device_side(*driver, to, size), host_side(from), size);
}

REFDRV_API CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void* from, size_t size,
                                         CUstream stream) {
  Driver* driver = nullptr;
  if (const auto error = enter_on_stream(__func__, stream, driver)) return error;
  return copy_to_device_on_stream(*driver, __func__, to, from, size, stream);
}

REFDRV_API CUresult cuMemcpyDtoH_v2(void* to, CUdeviceptr from, size_t size) {
  Driver* driver = nullptr;
  if (const auto error = enter_in_order(__func__, driver)) return error;
  return copy_1d(*driver, __func__, host_side(to), device_side(*driver, from, size), size);
}

REFDRV_API CUresult cuMemcpyDtoHAsync_v2(void* to, CUdeviceptr from, size_t size, CUstream stream) {
  Driver* driver = nullptr;
  if (const auto error = enter_on_stream(__func__, stream, driver)) return error;
  // It returns once memory that is not page-locked has it.
  driver->catch_up(stream);
  return copy_1d(*driver, __func__, host_side(to), device_side(*driver, from, size), size);
}

REFDRV_API CUresult cuMemcpyDtoD_v2(CUdeviceptr to, CUdeviceptr from, size_t size) {
  Driver* driver = nullptr;
  if (const auto error = enter_in_order(__func__, driver)) return error;
  return copy_1d(*driver, __func__, device_side(*driver, to, size),
                 device_side(*driver, from, size), size);
}

REFDRV_API CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t size,
                                         CUstream stream) {
  Driver* driver = nullptr;
  if (const auto error = enter_on_stream(__func__, stream, driver)) return error;
  return copy_within_device_on_stream(*driver, __func__, to, from, size, stream);
}

REFDRV_API CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t count,
                                    CUstream stream) {
  Driver* driver = nullptr;
  if (const auto error = enter_on_stream(__func__, stream, driver)) return error;
  return fill_on_stream<uint8_t>(*driver, __func__, to, count, value, count, 1, stream);
}

REFDRV_API CUresult cuMemsetD2D8_v2(CUdeviceptr to, size_t pitch, unsigned char value, size_t width,
                                    size_t height) {
  Driver* driver = nullptr;
  if (const auto error = enter_in_order(__func__, driver)) return error;
  return fill<uint8_t>(*driver, __func__, to, pitch, value, width, height);
}

REFDRV_API CUresult cuMemsetD2D8Async(CUdeviceptr to, size_t pitch, unsigned char value,
                                      size_t width, size_t height, CUstream stream) {
  Driver* driver = nullptr;
  if (const auto error = enter_on_stream(__func__, stream, driver)) return error;
  return fill_on_stream<uint8_t>(*driver, __func__, to, pitch, value, width, height, stream);
}

REFDRV_API CUresult cuMemsetD2D16_v2(CUdeviceptr to, size_t pitch, unsigned short value,
                                     size_t width, size_t height) {
  Driver* driver = nullptr;
  if (const auto error = enter_in_order(__func__, driver)) return error;
  return fill<uint16_t>(*driver, __func__, to, pitch, value, width, height);
}

REFDRV_API CUresult cuMemsetD2D16Async(CUdeviceptr to, size_t pitch, unsigned short value,
                                       size_t width, size_t height, CUstream stream) {
  Driver* driver = nullptr;
  if (const auto error = enter_on_stream(__func__, stream, driver)) return error;
  return fill_on_stream<uint16_t>(*driver, __func__, to, pitch, value, width, height, stream);
}

REFDRV_API CUresult cuMemsetD2D32_v2(CUdeviceptr to, size_t pitch, unsigned value, size_t width,
                                     size_t height) {
  Driver* driver = nullptr;
  if (const auto error = enter_in_order(__func__, driver)) return error;
  return fill<uint32_t>(*driver, __func__, to, pitch, value, width, height);
}

REFDRV_API CUresult cuMemsetD2D32Async(CUdeviceptr to, size_t pitch, unsigned value, size_t width,
                                       size_t height, CUstream stream) {
  Driver* driver = nullptr;
  if (const auto error = enter_on_stream(__func__, stream, driver)) return error;
  return fill_on_stream<uint32_t>(*driver, __func__, to, pitch, value, width, height, stream);
}
