// SPDX-License-Identifier: LGPL-2.1-or-later
// Registers nvav1enc, with what the GPU can do in its caps and properties.
#include "nvcodec/nv_encoder_element.h"

#include <algorithm>
#include <format>
#include <memory>
#include <string>

#include "elements/encoder_element.h"
#include "nvcodec/nv_report.h"
#include "nvcodec/nvenc_encoder.h"
#include "nvcodec/nvenc_params.h"

namespace av1hw {
namespace {

// Above the CPU's encoders, below the bin that chooses among encoders; the first GPU first.
constexpr guint first_rank = GST_RANK_PRIMARY + 2;
constexpr guint further_rank = GST_RANK_PRIMARY + 1;

constexpr unsigned max_tiles_a_side = 64;

bool has(const CodecCapability& codec, std::string_view feature) {
  return std::ranges::contains(codec.features, feature);
}

// Those in another API's memory that the device copies, and that are of a depth which it codes.
std::string copied_formats(const CodecCapability& codec, const DeviceCopy& copy) {
  std::string formats;
  for (const std::string& format : copy.formats) {
    if (format != "NV12" &&
        (format != "P010_10LE" || !std::ranges::contains(codec.bit_depths, 10U)))
      continue;
    formats += (formats.empty() ? "" : ", ") + format;
  }
  return formats;
}

// 4:2:0 of even size. What is read where it is comes first, then what costs a copy on the device.
std::string sink_caps(const CodecCapability& codec) {
  const auto range = [](unsigned least, unsigned most) {
    return std::format("(int)[{}, {}, 2]", std::max((least + 1) & ~1U, 2U), most & ~1U);
  };
  std::string formats = "NV12";
  if (std::ranges::contains(codec.bit_depths, 10U)) formats += ", P010_10LE";
  if (has(codec, "planar-input")) formats += ", I420";
  const auto structure = [&](const std::string& memory, const std::string& list) {
    return std::format(
        "video/x-raw{}, format=(string){{ {} }}, width={}, height={}, framerate=(fraction)[0, max]",
        memory, list, range(codec.min_width, codec.max_width),
        range(codec.min_height, codec.max_height));
  };
  std::string caps = structure("(memory:CUDAMemory)", formats);
  for (const DeviceCopy& copy : codec.copies) {
    if (const std::string copied = copied_formats(codec, copy); !copied.empty())
      caps += "; " + structure("(" + copy.from + ")", copied);
  }
  return caps + "; " + structure("", formats);
}

unsigned rate_control_modes(const CodecCapability& codec) {
  const auto bit = [](RateControl mode) { return 1U << static_cast<unsigned>(mode); };
  unsigned modes = bit(RateControl::Auto) | bit(RateControl::Cqp);
  if (has(codec, "cq")) modes |= bit(RateControl::Cq);
  if (has(codec, "vbr")) modes |= bit(RateControl::Vbr);
  if (has(codec, "cbr")) modes |= bit(RateControl::Cbr);
  return modes;
}

std::vector<EncoderPropertySupport> properties(const CodecCapability& codec) {
  using P = EncoderProperty;
  std::vector<EncoderPropertySupport> all = {
      {.id = P::Bitrate},
      {.id = P::MaxBitrate},
      {.id = P::RateControlMode, .choices = rate_control_modes(codec)},
      {.id = P::Quantizer},
      {.id = P::MinQuantizer},
      {.id = P::MaxQuantizer},
      {.id = P::GopSize},
      {.id = P::Preset},
      {.id = P::TileColumns, .maximum = max_tiles_a_side},
      {.id = P::TileRows, .maximum = max_tiles_a_side},
      {.id = P::LowLatency},
      {.id = P::MultiPassMode},
      {.id = P::SpatialAq},
      {.id = P::UltraLowLatency},
  };
  const auto add = [&](bool there, EncoderPropertySupport property) {
    if (there) all.push_back(property);
  };
  const unsigned b_frames = nv_feature_count(codec, nv_b_frames);
  const unsigned layers = nv_feature_count(codec, nv_temporal_layers);
  const unsigned engines = nv_feature_count(codec, nv_engines);
  add(b_frames > 0, {.id = P::BFrames, .maximum = b_frames});
  add(has(codec, "references"), {.id = P::RefFrames});
  add(has(codec, "lookahead"), {.id = P::Lookahead, .maximum = nvenc_max_lookahead});
  add(layers > 1, {.id = P::TemporalLayers, .maximum = std::min(layers, 4U)});
  add(has(codec, "temporal-aq"), {.id = P::TemporalAq});
  add(has(codec, "intra-refresh"), {.id = P::IntraRefresh});
  add(has(codec, "lossless"), {.id = P::Lossless});
  add(engines > 1, {.id = P::SplitEncode, .maximum = std::min(engines, nvenc_max_split)});
  std::ranges::sort(all, {}, &EncoderPropertySupport::id);
  return all;
}

// "nvav1enc" -> "Av1HwNvAv1Enc", "nvav1device1enc" -> "Av1HwNvAv1Device1Enc".
std::string type_name(bool is_first, int ordinal) {
  return is_first ? "Av1HwNvAv1Enc" : "Av1HwNvAv1Device" + std::to_string(ordinal) + "Enc";
}

std::unique_ptr<Encoder> make_encoder(InputMemory* memory) {
  return std::make_unique<NvencEncoder>(static_cast<CudaInputMemory&>(*memory));
}

}  // namespace

void register_nv_encoder(GstPlugin* plugin, int ordinal, const DeviceReport& device,
                         const CodecCapability& codec) {
  const bool is_first = codec.element == "nvav1enc";
  EncoderDescriptor d;
  d.name = codec.element;
  d.type_name = type_name(is_first, ordinal);
  d.long_name = is_first ? "AV1 encoder (NVIDIA)" : "AV1 encoder (NVIDIA, " + device.name + ")";
  d.klass = "Codec/Encoder/Video/Hardware";
  d.description = "Encodes AV1 on an NVIDIA GPU through NVENC, from CUDA memory or after an upload";
  d.library = "NVIDIA NVENC";
  d.sink_caps = sink_caps(codec);
  d.properties = properties(codec);
  // Of other APIs' frames only those in Vulkan images have a UUID in common with CUDA's.
  const std::string vulkan_uuid = codec.copies.empty() ? std::string() : codec.copies.front().uuid;
  d.create_memory = [ordinal, vulkan_uuid] {
    return std::make_unique<CudaInputMemory>(ordinal, vulkan_uuid);
  };
  d.create = make_encoder;
  register_encoder_element(plugin, std::move(d),
                           {.backend = BackendKind::Nv, .device = device.id, .capability = codec},
                           is_first ? first_rank : further_rank);
}

}  // namespace av1hw
