// SPDX-License-Identifier: LGPL-2.1-or-later
// Two buffers of the slot: one for what the CPU writes, one for what the device copies.
#include "vulkan/compositor/frame_sources.h"

#include <utility>

namespace av1hw {
namespace {

constexpr uint64_t picture_alignment = 256;

// Where a picture goes in a buffer of which so many bytes are taken.
uint64_t make_room(const StagedPicture& picture, uint64_t& bytes) {
  const uint64_t offset = (bytes + picture_alignment - 1) / picture_alignment * picture_alignment;
  bytes = offset + picture.bytes;
  return offset;
}

}  // namespace

FrameAccess linear_access(const LinearPlanes& planes) {
  FrameAccess access;
  access.address = planes.address;
  access.stride = planes.stride;
  return access;
}

FrameAccess staged_access(const StagedPicture& picture, VkDeviceAddress start) {
  FrameAccess access;
  for (size_t i = 0; i < picture.plane_count; i++) {
    access.address[i] = start + picture.planes[i].offset;
    access.stride[i] = picture.planes[i].stride;
  }
  return access;
}

Result<> FrameSources::place(const FramePlan& plan, std::span<const SourceFrame> frames,
                             const DeviceMemory& memory, bool staged, uint32_t image_limit,
                             FrameSlot& slot) {
  access_.assign(frames.size(), {});
  places_.assign(frames.size(), {});
  host_copies_.clear();
  written_ = copied_in_ = uploaded_bytes_ = copied_bytes_ = 0;
  for (const LayerPlan& layer : plan.layers) places_[layer.input].layout = &layer.layout;
  for (size_t i = 0; i < frames.size(); i++) {
    if (!places_[i].layout) continue;
    slot.keep(frames[i].keep);
    if (Result<> placed = place_one(frames[i], places_[i], access_[i], image_limit, slot); !placed)
      return placed;
  }
  if (written_ > 0) {
    if (Result<> room = slot.pictures.reserve(memory, written_, staged); !room) return room;
  }
  if (Result<> room = slot.copied_in.reserve(memory, copied_in_); !room) return room;
  for (size_t i = 0; i < frames.size(); i++) {
    const Place& place = places_[i];
    if (place.way == Way::Written)
      access_[i] = staged_access(place.picture, slot.pictures.address() + place.offset);
    if (place.way == Way::Fetched || place.way == Way::Copied)
      access_[i] = staged_access(place.picture, slot.copied_in.address() + place.offset);
  }
  return {};
}

Result<> FrameSources::place_one(const SourceFrame& frame, Place& place, FrameAccess& access,
                                 uint32_t image_limit, FrameSlot& slot) {
  place.way = Way::Direct;
  if (const auto* linear = std::get_if<LinearPlanes>(&frame.planes)) {
    slot.foreign.add(linear->foreign, false);
    access = linear_access(*linear);
    return {};
  }
  if (const auto* host = std::get_if<HostPlanes>(&frame.planes)) return place_host(*host, place);
  const auto* images = std::get_if<ImagePlanes>(&frame.planes);
  if (images && FrameImages::is_direct(*images, false)) {
    Result<FrameAccess> added = slot.images.add_source(*images, *place.layout, image_limit);
    if (!added) return std::unexpected(added.error());
    access = *added;
    return {};
  }
  place.picture = staged_picture(*place.layout);
  if (images) {
    place.way = Way::Copied;
    place.offset = make_room(place.picture, copied_in_);
    copied_bytes_ += place.picture.sample_bytes;
    return slot.images.add_copied_source(*images, *place.layout, place.offset);
  }
  if (!holds(place.picture, std::get<SystemPlanes>(frame.planes)))
    return fail(ErrorCode::InvalidSettings, "a frame's rows are shorter than its pictures");
  place.way = Way::Written;
  place.offset = make_room(place.picture, written_);
  uploaded_bytes_ += place.picture.sample_bytes;
  return {};
}

// Rows stay as far apart as they are: a plane is one copy.
Result<> FrameSources::place_host(const HostPlanes& planes, Place& place) {
  place.way = Way::Fetched;
  place.picture = staged_picture(*place.layout, planes.stride);
  if (!holds(place.picture, planes))
    return fail(ErrorCode::InvalidSettings, "a frame's rows are shorter than its pictures");
  place.offset = make_room(place.picture, copied_in_);
  uploaded_bytes_ += place.picture.sample_bytes;
  for (size_t i = 0; i < place.picture.plane_count; i++) {
    const StagedPlane& plane = place.picture.planes[i];
    host_copies_.push_back(
        {planes.buffer, {planes.offset[i], place.offset + plane.offset, plane_bytes(plane)}});
  }
  return {};
}

void FrameSources::write(std::span<const SourceFrame> frames, FrameSlot& slot,
                         CopyThreads& threads) {
  written_parts_.clear();
  for (size_t i = 0; i < frames.size(); i++) {
    if (places_[i].way != Way::Written) continue;
    parts_.clear();
    add_parts(places_[i].picture, parts_);
    for (const PlanePart& part : parts_) written_parts_.push_back({i, part});
  }
  uint8_t* const to = slot.pictures.data();
  threads.run(written_parts_.size(), [&](size_t number) {
    const auto& [input, part] = written_parts_[number];
    copy_in(places_[input].picture, part, std::get<SystemPlanes>(frames[input].planes),
            to + places_[input].offset);
  });
}

bool FrameSources::has_uploads(const FrameSlot& slot) const {
  return !host_copies_.empty() || (written_ > 0 && slot.pictures.is_staged());
}

Result<> FrameSources::record_uploads(VkCommandBuffer commands, const FrameSlot& slot) const {
  if (written_ > 0) {
    if (Result<> ready = slot.pictures.record(commands, written_); !ready) return ready;
  }
  for (const HostCopy& copy : host_copies_)
    vkCmdCopyBuffer(commands, copy.from, slot.copied_in.get(), 1, &copy.region);
  return {};
}

}  // namespace av1hw
