// SPDX-License-Identifier: LGPL-2.1-or-later
// The capability and the descriptor of cpuav1dec.
#include "cpu/dav1d_element.h"

#include <gst/video/video.h>

#include <memory>

#include "cpu/dav1d_decoder.h"
#include "elements/decoder_element.h"

namespace av1hw {
namespace {

constexpr const char* source_caps = GST_VIDEO_CAPS_MAKE(
    "{ I420, I420_10LE, I420_12LE, Y42B, I422_10LE, I422_12LE, Y444, Y444_10LE, Y444_12LE, "
    "GBR, GBR_10LE, GBR_12LE, GRAY8, GRAY10_LE16, GRAY16_LE }");

}  // namespace

std::string dav1d_driver() { return std::string("libdav1d ") + dav1d_version(); }

CodecCapability dav1d_capability() {
  CodecCapability c;
  c.direction = CodecDirection::Decode;
  c.element = "cpuav1dec";
  c.usable = true;
  c.profiles = {0, 1, 2};
  c.bit_depths = {8, 10, 12};
  c.chroma = {"4:0:0", "4:2:0", "4:2:2", "4:4:4"};
  c.min_width = c.min_height = 1;
  c.max_width = c.max_height = 65536;
  c.memory = {"memory:SystemMemory"};
  return c;
}

void register_dav1d(GstPlugin* plugin, const std::string& device) {
  DecoderDescriptor d;
  d.type_name = "Av1HwCpuAv1Dec";
  d.long_name = "AV1 decoder (dav1d)";
  d.klass = "Codec/Decoder/Video";
  d.description = "Decodes AV1 on the CPU with " + dav1d_driver() + ", straight into video buffers";
  d.source_caps = source_caps;
  d.properties = {DecoderProperty::Threads,         DecoderProperty::MaxFrameDelay,
                  DecoderProperty::FilmGrain,       DecoderProperty::OperatingPoint,
                  DecoderProperty::AllLayers,       DecoderProperty::InloopFilters,
                  DecoderProperty::DecodeFrameType, DecoderProperty::FrameSizeLimit};
  // Below the bin that chooses among decoders, above other people's CPU decoders' usual SECONDARY.
  d.rank = GST_RANK_PRIMARY - 1;
  d.create = [](OutputMemory*) { return std::make_unique<Dav1dDecoder>(); };
  d.element.name = "cpuav1dec";
  d.element.backend = BackendKind::Cpu;
  d.element.direction = CodecDirection::Decode;
  d.element.device = device;
  d.element.capability = dav1d_capability();
  register_decoder_element(plugin, std::move(d));
}

}  // namespace av1hw
