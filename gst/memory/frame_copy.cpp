// SPDX-License-Identifier: LGPL-2.1-or-later
// Copying frames from one layout to another, with samples shifted where asked for.
#include "memory/frame_copy.h"

#include <cstring>

#include "memory/mapped_frame.h"

namespace av1hw {
namespace {

void copy_row(uint8_t* to, const uint8_t* from, size_t bytes, unsigned sample_shift) {
  if (sample_shift == 0) {
    std::memcpy(to, from, bytes);
    return;
  }
  const auto* in = reinterpret_cast<const uint16_t*>(from);
  auto* out = reinterpret_cast<uint16_t*>(to);
  for (size_t i = 0; i < bytes / 2; i++) out[i] = static_cast<uint16_t>(in[i] << sample_shift);
}

void copy_plane(const MappedFrame& from, MappedFrame& to, unsigned plane, unsigned sample_shift) {
  const uint8_t* in = from.plane(plane).data();
  uint8_t* out = to.writable_plane(plane).data();
  const size_t bytes = from.row_bytes(plane);
  for (unsigned y = 0; y < from.rows(plane); y++) {
    copy_row(out, in, bytes, sample_shift);
    in += from.stride(plane);
    out += to.stride(plane);
  }
}

}  // namespace

Result<uint64_t> copy_frame(const GstVideoInfo& info, GstBuffer* from, GstBuffer* to,
                            unsigned sample_shift) {
  const Result<MappedFrame> source = MappedFrame::map_read(from, info);
  if (!source) return std::unexpected(source.error());
  Result<MappedFrame> target = MappedFrame::map_write(to, info);
  if (!target) return std::unexpected(target.error());
  for (unsigned plane = 0; plane < source->planes(); plane++) {
    copy_plane(*source, *target, plane, sample_shift);
  }
  return source->sample_bytes();
}

}  // namespace av1hw
