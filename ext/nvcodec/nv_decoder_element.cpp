// SPDX-License-Identifier: LGPL-2.1-or-later
// Registers nvav1dec, with what the GPU can do in its caps.
#include "nvcodec/nv_decoder_element.h"

#include <algorithm>
#include <memory>
#include <string>

#include "codec/stateless_decoder.h"
#include "elements/decoder_element.h"
#include "nvcodec/cuda_memory.h"
#include "nvcodec/cuvid_backend.h"

namespace av1hw {
namespace {

// Above the CPU's decoder, below the bin that chooses among decoders; the first GPU first.
constexpr guint first_rank = GST_RANK_PRIMARY + 2;
constexpr guint further_rank = GST_RANK_PRIMARY + 1;

std::string source_caps(const CodecCapability& codec) {
  std::string formats = "NV12";
  if (std::ranges::contains(codec.bit_depths, 10U)) formats = "{ NV12, P010_10LE }";
  const std::string fields = "format=(string)" + formats + ", width=(int)[1, " +
                             std::to_string(codec.max_width) + "], height=(int)[1, " +
                             std::to_string(codec.max_height) + "], framerate=(fraction)[0, max]";
  return "video/x-raw(memory:CUDAMemory), " + fields + "; video/x-raw, " + fields;
}

// "nvav1dec" -> "Av1HwNvAv1Dec", "nvav1device1dec" -> "Av1HwNvAv1Device1Dec".
std::string type_name(bool is_first, int ordinal) {
  return is_first ? "Av1HwNvAv1Dec" : "Av1HwNvAv1Device" + std::to_string(ordinal) + "Dec";
}

std::unique_ptr<Decoder> make_decoder(OutputMemory* memory) {
  return std::make_unique<StatelessDecoder>(
      std::make_unique<CuvidDecodeBackend>(static_cast<CudaOutputMemory&>(*memory)));
}

}  // namespace

void register_nv_decoder(GstPlugin* plugin, int ordinal, const DeviceReport& device,
                         const CodecCapability& codec) {
  const bool is_first = codec.element == "nvav1dec";
  DecoderDescriptor d;
  d.type_name = type_name(is_first, ordinal);
  d.long_name = is_first ? "AV1 decoder (NVIDIA)" : "AV1 decoder (NVIDIA, " + device.name + ")";
  d.klass = "Codec/Decoder/Video/Hardware";
  d.description = "Decodes AV1 on an NVIDIA GPU through CUVID, into CUDA memory";
  d.source_caps = source_caps(codec);
  d.properties = {DecoderProperty::MaxFrameDelay,   DecoderProperty::FilmGrain,
                  DecoderProperty::OperatingPoint,  DecoderProperty::AllLayers,
                  DecoderProperty::DecodeFrameType, DecoderProperty::FrameSizeLimit,
                  DecoderProperty::DriverTimeout};
  d.rank = is_first ? first_rank : further_rank;
  d.create_memory = [ordinal] { return std::make_unique<CudaOutputMemory>(ordinal); };
  d.create = make_decoder;
  d.element.name = codec.element;
  d.element.backend = BackendKind::Nv;
  d.element.direction = CodecDirection::Decode;
  d.element.device = device.id;
  d.element.capability = codec;
  register_decoder_element(plugin, std::move(d));
}

}  // namespace av1hw
