// SPDX-License-Identifier: LGPL-2.1-or-later
// Caps of DMA-BUFs (format=DMA_DRM): what they say of a picture, and which a device takes. Pure.
#pragma once

#include <gst/video/video.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "memory/handles.h"

namespace av1hw {

inline constexpr uint64_t drm_linear = 0;  // DRM_FORMAT_MOD_LINEAR

// What fixed caps say: `info` has the format that the fourcc stands for, and its packed layout.
struct DrmPicture {
  GstVideoInfo info = {};
  uint64_t modifier = drm_linear;
};

// What a device takes of one format.
struct DrmModifiers {
  GstVideoFormat format = GST_VIDEO_FORMAT_UNKNOWN;
  std::vector<uint64_t> modifiers;  // the best first
};

// Of any size and drm-format.
CapsHandle any_drm_caps();
// Does the caps' first structure have DMA-BUFs?
bool are_drm_caps(const GstCaps* caps);
// InvalidData: caps without a drm-format, of a fourcc that stands for no format, or not fixed.
Result<DrmPicture> drm_picture(const GstCaps* caps);

// "NV12", "NV12:0x0100000000000009". Empty: the format has no fourcc.
std::string drm_format_text(GstVideoFormat format, uint64_t modifier);

// `caps` with the DMA-BUFs of `taken` alone.
CapsHandle restrict_drm_caps(const GstCaps* caps, std::span<const DrmModifiers> taken);
// What `caps` have of DMA-BUFs in `format`, in their order of modifiers. May be empty.
CapsHandle drm_caps_of(const GstCaps* caps, GstVideoFormat format);
// `caps` with their DMA-BUFs behind all else.
CapsHandle drm_caps_last(const GstCaps* caps);

// Buffers of a pad know the caps that they came with, which may not be the pad's any more when they
// are shown. Null clears.
void note_drm_caps(GstBuffer* buffer, GstCaps* caps);
// Null: none are known.
const GstCaps* noted_drm_caps(GstBuffer* buffer);

}  // namespace av1hw
