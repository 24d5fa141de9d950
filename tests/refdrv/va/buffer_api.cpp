// SPDX-License-Identifier: LGPL-2.1-or-later
// Buffers: parameters and coded data on their way to the driver, and the samples of images.
#include <va/va.h>
#include <va/va_enc_av1.h>
#include <va/va_vpp.h>

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "refdrv/va/coded_buffer.h"
#include "refdrv/va/driver.h"
#include "refdrv/va/image_rows.h"

namespace refdrv::va {

namespace {

constexpr size_t most_bytes = size_t{1} << 30;

// 0: any size. Nothing: no buffer of the driver's.
std::optional<size_t> element_size(VABufferType type) {
  switch (type) {
  case VAPictureParameterBufferType: return sizeof(VADecPictureParameterBufferAV1);
  case VASliceParameterBufferType: return sizeof(VASliceParameterBufferAV1);
  case VASliceDataBufferType: return 0;
  case VAEncSequenceParameterBufferType: return sizeof(VAEncSequenceParameterBufferAV1);
  case VAEncPictureParameterBufferType: return sizeof(VAEncPictureParameterBufferAV1);
  case VAEncSliceParameterBufferType: return sizeof(VAEncTileGroupBufferAV1);
  case VAEncPackedHeaderParameterBufferType: return sizeof(VAEncPackedHeaderParameterBuffer);
  case VAEncPackedHeaderDataBufferType:
  case VAEncMiscParameterBufferType:
  case VAEncCodedBufferType: return 0;
  case VAProcPipelineParameterBufferType: return sizeof(VAProcPipelineParameterBuffer);
  default: return std::nullopt;
  }
}

VAStatus create_buffer(VADriverContextP context, VAContextID owner, VABufferType type,
                       unsigned size, unsigned count, void* data, VABufferID* id) {
  Call call(context, "vaCreateBuffer");
  if (call.status || !call.context(owner)) return call.status;
  const auto wanted = element_size(type);
  if (!wanted) return VA_STATUS_ERROR_UNSUPPORTED_BUFFERTYPE;
  if (*wanted != 0 && size != *wanted) {
    return call.misuse(
        std::format("an element of {} bytes, where the structure has {}", size, *wanted));
  }
  if (size == 0 || count == 0 || size > most_bytes / count) {
    return call.misuse(std::format("{} elements of {} bytes", count, size));
  }
  auto buffer = std::make_shared<Buffer>();
  buffer->type = type;
  buffer->element_size = size;
  buffer->elements = buffer->capacity = count;
  if (type == VAEncMiscParameterBufferType && size < sizeof(VAEncMiscParameterBuffer)) {
    return call.misuse("miscellaneous parameters without a type");
  }
  if (type == VAEncCodedBufferType) {
    buffer->coded = std::make_shared<CodedData>();
  } else if (const auto* bytes = static_cast<const uint8_t*>(data)) {
    buffer->bytes.assign(bytes, bytes + buffer->size());
  } else {
    buffer->bytes.resize(buffer->size());
  }
  *id = call.driver().buffers.add(std::move(buffer));
  return VA_STATUS_SUCCESS;
}

VAStatus set_elements(VADriverContextP context, VABufferID id, unsigned count) {
  Call call(context, "vaBufferSetNumElements");
  if (call.status) return call.status;
  const auto buffer = call.buffer(id);
  if (!buffer) return call.status;
  if (count == 0 || count > buffer->capacity) {
    return call.misuse(std::format("{} elements in a buffer for {}", count, buffer->capacity));
  }
  buffer->elements = count;
  return VA_STATUS_SUCCESS;
}

VAStatus map_buffer(VADriverContextP context, VABufferID id, void** data) {
  Call call(context, "vaMapBuffer");
  if (call.status) return call.status;
  const auto buffer = call.buffer(id);
  if (!buffer) return call.status;
  if (buffer->mapped) return call.misuse("it is mapped already");
  if (buffer->derived_from) {
    buffer->derived_from->finish();
    if (!buffer->bytes.empty()) read_surface(*buffer->derived_from, buffer->bytes);
  }
  buffer->mapped = true;
  if (buffer->coded) {
    call.wait_until(buffer->coded->ready);
    *data = map_segments(*buffer->coded);
    return VA_STATUS_SUCCESS;
  }
  *data = buffer->data();
  return VA_STATUS_SUCCESS;
}

VAStatus map_buffer2(VADriverContextP context, VABufferID id, void** data, uint32_t) {
  return map_buffer(context, id, data);
}

VAStatus unmap_buffer(VADriverContextP context, VABufferID id) {
  Call call(context, "vaUnmapBuffer");
  if (call.status) return call.status;
  const auto buffer = call.buffer(id);
  if (!buffer) return call.status;
  if (!buffer->mapped) return call.misuse("it is not mapped");
  if (buffer->derived_from && !buffer->bytes.empty()) {
    write_surface(*buffer->derived_from, buffer->bytes);
  }
  buffer->mapped = false;
  return VA_STATUS_SUCCESS;
}

// What was coded is there as soon as vaEndPicture has returned, but where REFDRV_FRAME_TIME says
// otherwise. A hang that the fault script has is over by then, but lasted too long.
VAStatus sync_buffer(VADriverContextP context, VABufferID id, uint64_t timeout_ns) {
  const auto begin = std::chrono::steady_clock::now();
  Call call(context, "vaSyncBuffer");
  if (call.status) return call.status;
  // FFmpeg's way of asking whether there is such a call.
  if (id == VA_INVALID_ID) return VA_STATUS_ERROR_INVALID_BUFFER;
  const auto buffer = call.buffer(id);
  if (!buffer) return call.status;
  if (!buffer->coded) return call.misuse("it is no coded buffer", VA_STATUS_ERROR_INVALID_BUFFER);
  const auto limit =
      begin + std::chrono::nanoseconds(std::min<uint64_t>(timeout_ns, INT64_MAX / 4));
  call.wait_until(std::min(buffer->coded->ready, limit));
  if (buffer->coded->ready > limit) return VA_STATUS_ERROR_TIMEDOUT;
  const std::chrono::nanoseconds passed = std::chrono::steady_clock::now() - begin;
  const bool late = timeout_ns != VA_TIMEOUT_INFINITE && timeout_ns != 0 &&
                    static_cast<uint64_t>(passed.count()) > timeout_ns;
  return late ? VA_STATUS_ERROR_TIMEDOUT : VA_STATUS_SUCCESS;
}

VAStatus destroy_buffer(VADriverContextP context, VABufferID id) {
  Call call(context, "vaDestroyBuffer");
  if (call.status) return call.status;
  const auto buffer = call.buffer(id);
  if (!buffer) return call.status;
  if (buffer->of_image) return call.misuse("it belongs to an image");
  if (buffer->mapped) call.misuse("it is still mapped");
  call.driver().buffers.remove(id);
  return VA_STATUS_SUCCESS;
}

VAStatus buffer_info(VADriverContextP context, VABufferID id, VABufferType* type, unsigned* size,
                     unsigned* count) {
  Call call(context, "vaBufferInfo");
  if (call.status) return call.status;
  const auto buffer = call.buffer(id);
  if (!buffer) return call.status;
  *type = buffer->type;
  *size = buffer->element_size;
  *count = buffer->elements;
  return VA_STATUS_SUCCESS;
}

}  // namespace

void set_buffer_functions(VADriverVTable& table) {
  table.vaCreateBuffer = create_buffer;
  table.vaBufferSetNumElements = set_elements;
  table.vaMapBuffer = map_buffer;
  table.vaMapBuffer2 = map_buffer2;
  table.vaUnmapBuffer = unmap_buffer;
  table.vaDestroyBuffer = destroy_buffer;
  table.vaBufferInfo = buffer_info;
  table.vaSyncBuffer = sync_buffer;
}

}  // namespace refdrv::va
