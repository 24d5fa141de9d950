// SPDX-License-Identifier: LGPL-2.1-or-later
// The descriptor of a render node's decoder element.
#include "vaapi/va_decoder_element.h"

#include <algorithm>
#include <format>
#include <memory>

#include "codec/stateless_decoder.h"
#include "elements/decoder_element.h"
#include "vaapi/va_decode_backend.h"

namespace av1hw {
namespace {

bool has(const CodecCapability& codec, const char* memory) {
  return std::ranges::find(codec.memory, memory) != codec.memory.end();
}

std::string formats(const CodecCapability& codec) {
  std::string list;
  for (const unsigned depth : codec.bit_depths) {
    if (depth == 8) list += list.empty() ? "NV12" : ", NV12";
    if (depth == 10) list += list.empty() ? "P010_10LE" : ", P010_10LE";
  }
  return list;
}

std::string source_caps(const CodecCapability& codec) {
  // Frames may be smaller than the sequence's, which alone has to be within the device's sizes.
  const std::string size = codec.max_width > 0 && codec.max_height > 0
                               ? std::format(", width=(int)[ 1, {} ], height=(int)[ 1, {} ]",
                                             codec.max_width, codec.max_height)
                               : "";
  const std::string raw = std::format("format=(string){{ {} }}", formats(codec)) + size;
  std::string caps = "video/x-raw(memory:VAMemory), " + raw;
  if (has(codec, "memory:DMABuf")) {
    caps += "; video/x-raw(memory:DMABuf), format=(string)DMA_DRM" + size;
  }
  return caps + "; video/x-raw, " + raw;
}

// GTypes have no characters but letters, digits and a few more: "renderD128".
std::string type_name(const std::string& device, bool first) {
  return first ? "Av1HwVaAv1Dec" : "Av1HwVa" + device + "Av1Dec";
}

}  // namespace

void register_va_decoder(GstPlugin* plugin, const DeviceReport& device,
                         const CodecCapability& codec, bool first) {
  if (std::ranges::find(codec.profiles, 0U) == codec.profiles.end()) return;
  DecoderDescriptor d;
  d.type_name = type_name(device.id, first);
  // As GStreamer's own: the further ones are told apart.
  d.long_name = first ? "AV1 decoder (VA-API)" : "AV1 decoder (VA-API, " + device.name + ")";
  d.klass = "Codec/Decoder/Video/Hardware";
  d.description = std::string("Decodes AV1 on ") + (first ? "a GPU" : device.path.c_str()) +
                  " through VA-API, into VA surfaces or DMA-BUFs";
  d.source_caps = source_caps(codec);
  d.properties = {DecoderProperty::MaxFrameDelay,   DecoderProperty::FilmGrain,
                  DecoderProperty::OperatingPoint,  DecoderProperty::AllLayers,
                  DecoderProperty::DecodeFrameType, DecoderProperty::FrameSizeLimit,
                  DecoderProperty::DriverTimeout};
  // Above CPU decoders; of several GPUs the first one.
  d.rank = GST_RANK_PRIMARY + (first ? 1U : 0U);
  d.create_memory = [path = device.path, exports = has(codec, "memory:DMABuf")] {
    return std::make_unique<VaMemory>(path, exports);
  };
  // What the element does of it: gray leaves as 4:2:0.
  CodecCapability capability = codec;
  capability.profiles.assign(1, 0U);
  capability.chroma = {"4:0:0", "4:2:0"};
  d.create = [capability](OutputMemory* memory) {
    return std::make_unique<StatelessDecoder>(
        std::make_unique<VaDecodeBackend>(*static_cast<VaMemory*>(memory), capability));
  };
  d.element.name = codec.element;
  d.element.backend = BackendKind::Va;
  d.element.direction = CodecDirection::Decode;
  d.element.device = device.id;
  d.element.capability = capability;
  register_decoder_element(plugin, std::move(d));
}

}  // namespace av1hw
