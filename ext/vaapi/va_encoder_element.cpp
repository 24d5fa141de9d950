// SPDX-License-Identifier: LGPL-2.1-or-later
// The descriptor of a render node's encoder element.
#include "vaapi/va_encoder_element.h"

#include <algorithm>
#include <charconv>
#include <format>
#include <memory>

#include "codec/stateless_encoder.h"
#include "elements/encoder_element.h"
#include "vaapi/va_encode_backend.h"

namespace av1hw {
namespace {

constexpr std::string_view references_feature = "references=";
constexpr std::string_view drm_format_feature = "drm-format=";

bool has(const std::vector<std::string>& list, std::string_view entry) {
  return std::ranges::find(list, entry) != list.end();
}

unsigned references(const CodecCapability& codec) {
  for (const std::string& feature : codec.features) {
    unsigned count = 0;
    if (feature.starts_with(references_feature) &&
        std::from_chars(feature.data() + references_feature.size(), feature.data() + feature.size(),
                        count)
                .ec == std::errc())
      return count;
  }
  return 1;
}

std::string joined(const std::vector<std::string>& list) {
  std::string text;
  for (const std::string& entry : list) text += (text.empty() ? "" : ", ") + entry;
  return text;
}

std::string size_caps(const CodecCapability& codec) {
  static constexpr unsigned most = 65536;
  const auto range = [](unsigned min, unsigned max) {
    return std::format("[ {}, {} ]", std::max(min, 1U), max == 0 ? most : max);
  };
  return std::format(", width=(int){}, height=(int){}", range(codec.min_width, codec.max_width),
                     range(codec.min_height, codec.max_height));
}

// The layouts that the driver's own surfaces have, and rows one after the other: whether it reads
// another shows only when it is given a buffer.
std::string dma_caps(const CodecCapability& codec) {
  std::vector<std::string> formats;
  for (const std::string& feature : codec.features) {
    if (feature.starts_with(drm_format_feature))
      formats.push_back(feature.substr(drm_format_feature.size()));
  }
  if (formats.empty() || !has(codec.memory, "memory:DMABuf")) return {};
  return std::format(
      "; video/x-raw(memory:DMABuf), format=(string)DMA_DRM, drm-format=(string){{ {} }}",
      joined(formats));
}

std::string sink_caps(const CodecCapability& codec) {
  std::vector<std::string> formats;
  for (const unsigned depth : codec.bit_depths) {
    if (depth == 8) formats.emplace_back("NV12");
    if (depth == 10) formats.emplace_back("P010_10LE");
  }
  const std::string raw =
      std::format("format=(string){{ {} }}", joined(formats)) + size_caps(codec);
  std::string dma = dma_caps(codec);
  if (!dma.empty()) dma += size_caps(codec);
  return "video/x-raw(memory:VAMemory), " + raw + dma + "; video/x-raw, " + raw;
}

// Auto is for users that don't mind; Cqp every driver has.
unsigned rate_control_choices(const CodecCapability& codec) {
  const auto bit = [](RateControl mode) { return 1U << static_cast<unsigned>(mode); };
  unsigned choices = bit(RateControl::Auto) | bit(RateControl::Cqp);
  if (has(codec.features, "cq")) choices |= bit(RateControl::Cq);
  if (has(codec.features, "vbr")) choices |= bit(RateControl::Vbr);
  if (has(codec.features, "cbr")) choices |= bit(RateControl::Cbr);
  return choices;
}

// Drivers know no lossless coding: base_q_idx begins with 1.
std::vector<EncoderPropertySupport> properties(const CodecCapability& codec) {
  using P = EncoderProperty;
  std::vector<EncoderPropertySupport> list;
  const bool vbr = has(codec.features, "vbr");
  const bool follows_bitrate = vbr || has(codec.features, "cbr");
  if (follows_bitrate) list.push_back({.id = P::Bitrate});
  if (vbr) list.push_back({.id = P::MaxBitrate});
  list.push_back({.id = P::RateControlMode, .choices = rate_control_choices(codec)});
  list.push_back({.id = P::Quantizer, .minimum = 1});
  if (follows_bitrate) {
    list.push_back({.id = P::MinQuantizer});
    list.push_back({.id = P::MaxQuantizer, .minimum = 1});
  }
  list.push_back({.id = P::GopSize});
  const bool bidirectional = has(codec.features, "b-frames");
  if (bidirectional) list.push_back({.id = P::BFrames});
  const unsigned most_references = references(codec) + (bidirectional ? 1 : 0);
  if (most_references > 1)
    list.push_back({.id = P::RefFrames, .maximum = std::min(most_references, refs_per_frame)});
  if (has(codec.features, "presets")) list.push_back({.id = P::Preset});
  if (has(codec.features, "tiles")) list.push_back({.id = P::TileColumns});
  if (has(codec.features, "tiles") || has(codec.features, "tile-rows"))
    list.push_back({.id = P::TileRows});
  list.push_back({.id = P::LowLatency});
  list.push_back({.id = P::TemporalLayers, .maximum = max_temporal_layers});
  return list;
}

// GTypes have no characters but letters, digits and a few more: "renderD128".
std::string type_name(const std::string& device, bool first) {
  return first ? "Av1HwVaAv1Enc" : "Av1HwVa" + device + "Av1Enc";
}

}  // namespace

void register_va_encoder(GstPlugin* plugin, const DeviceReport& device,
                         const CodecCapability& codec, bool first) {
  if (std::ranges::find(codec.profiles, 0U) == codec.profiles.end()) return;
  // What the element does of it.
  CodecCapability capability = codec;
  capability.profiles.assign(1, 0U);
  capability.chroma = {"4:2:0"};
  EncoderDescriptor d;
  d.name = codec.element;
  d.type_name = type_name(device.id, first);
  // As GStreamer's own: the further ones are told apart.
  d.long_name = first ? "AV1 encoder (VA-API)" : "AV1 encoder (VA-API, " + device.name + ")";
  d.klass = "Codec/Encoder/Video/Hardware";
  d.description = std::string("Encodes AV1 on ") + (first ? "a GPU" : device.path.c_str()) +
                  " through VA-API, from VA surfaces, DMA-BUFs or system memory";
  d.library = device.driver;
  d.sink_caps = sink_caps(codec);
  d.properties = properties(codec);
  d.create_memory = [path = device.path] { return std::make_unique<VaInputMemory>(path); };
  d.create = [capability](InputMemory* memory) {
    return std::make_unique<StatelessEncoder>(
        std::make_unique<VaEncodeBackend>(*static_cast<VaInputMemory*>(memory), capability));
  };
  // Above CPU encoders; of several GPUs the first one.
  register_encoder_element(
      plugin, std::move(d),
      {.backend = BackendKind::Va, .device = device.id, .capability = capability},
      GST_RANK_PRIMARY + (first ? 1U : 0U));
}

}  // namespace av1hw
