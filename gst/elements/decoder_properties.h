// SPDX-License-Identifier: LGPL-2.1-or-later
// The properties of all decoder elements: one table, so that a name means the same on every
// backend.
#pragma once

#include <gst/gst.h>

#include <span>

#include "codec/decoder.h"

namespace av1hw {

// The number of a property in every class that has it. 0 is no property, as GObject wants it.
enum class DecoderProperty : guint {
  Threads = 1,
  MaxFrameDelay,
  FilmGrain,
  OperatingPoint,
  AllLayers,
  InloopFilters,
  DecodeFrameType,
  OutputCorrupt,
  FrameSizeLimit,
  DriverTimeout,
  Stats,
};

// Installs those that a backend honours. OutputCorrupt and Stats are the element's own: every one
// has them.
void install_decoder_properties(GObjectClass* klass, std::span<const DecoderProperty> honoured);

// Not for Stats. False: no such property.
bool set_decoder_property(DecoderSettings& settings, guint id, const GValue* value);
bool get_decoder_property(const DecoderSettings& settings, guint id, GValue* value);

}  // namespace av1hw
