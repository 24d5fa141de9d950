// SPDX-License-Identifier: LGPL-2.1-or-later
// Runs packets through a decoder element and writes down everything that came of it.
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace av1hw::test {

struct DecodedFrame {
  GstClockTime pts = GST_CLOCK_TIME_NONE;
  int width = 0;
  int height = 0;
  std::string checksum;  // of the visible samples

  bool operator==(const DecodedFrame&) const = default;
};

struct DecodeOutcome {
  std::vector<DecodedFrame> frames;
  // Message and debug text of each, as gst-launch-1.0 would print them.
  std::vector<std::string> warnings;
  std::vector<std::string> errors;
  bool ended = false;  // end of stream or an error came; false: it hung

  // Any warning or error contains this.
  bool mentions(const std::string& text) const;
  // All warnings and errors, for a failing test to print.
  std::string complaints() const;
};

struct DecodeRequest {
  std::string element;  // as for gst-launch-1.0: "cpuav1dec threads=2"
  std::string caps = "video/x-av1,stream-format=obu-stream,alignment=tu";
  unsigned timeout_s = 60;  // without anything happening
};

// The time of the packet with this index, and what its frame will carry.
inline GstClockTime packet_time(size_t index) { return index * (GST_SECOND / 25); }

// appsrc ! element ! appsink over the packets, up to the end of stream or the first error.
DecodeOutcome decode_packets(const DecodeRequest& request,
                             std::span<const std::vector<uint8_t>> packets);

// Names of the decoder elements to test: AV1HW_DECODERS (separated by blanks) if it is set, else
// all of our plugin's that take AV1. GStreamer must be initialised.
std::vector<std::string> decoders_to_test();

// Sets a property that only some decoders have: "element ... name=value", or `element` unchanged.
std::string with_property(const std::string& element, const std::string& name,
                          const std::string& value);

}  // namespace av1hw::test
