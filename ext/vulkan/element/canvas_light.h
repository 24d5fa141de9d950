// SPDX-License-Identifier: LGPL-2.1-or-later
// What a canvas says of its light: mastering display and content light level, made of what its
// inputs say. Pure.
#pragma once

#include <gst/video/video.h>

#include <optional>
#include <span>

namespace av1hw {

// What the caps of an input, or of the canvas, have.
struct LightInfo {
  std::optional<GstVideoMasteringDisplayInfo> display;
  std::optional<GstVideoContentLightLevel> content;
};

LightInfo light_of(const GstCaps* caps);

// Transfer functions of high dynamic range: PQ and HLG.
bool is_hdr(const GstVideoInfo& info);

struct LitInput {
  GstVideoTransferFunction transfer = GST_VIDEO_TRANSFER_UNKNOWN;
  LightInfo light;
};

// Of a canvas that shows these inputs; neither where it is not HDR. docs/compositor.md has the
// rule.
LightInfo canvas_light(const GstVideoInfo& canvas, std::span<const LitInput> inputs);

// Adds what `caps` leave open.
void add_light(GstCaps* caps, const LightInfo& light);

}  // namespace av1hw
