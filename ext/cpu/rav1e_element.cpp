// SPDX-License-Identifier: LGPL-2.1-or-later
// Describes cpuav1enc: its formats and the properties that rav1e honours.
#include "cpu/rav1e_element.h"

#include <rav1e/rav1e.h>

#include <memory>

#include "cpu/rav1e_encoder.h"
#include "elements/encoder_element.h"

namespace av1hw {
namespace {

constexpr const char* element_name = "cpuav1enc";

// rav1e takes 16..65535; what its caps say in numbers is in accepted_caps too. Its rate control
// aborts the process at frame rates far beyond those of video.
constexpr unsigned min_size = 16;
constexpr unsigned max_size = 65535;

constexpr const char* accepted_caps =
    "video/x-raw, format=(string){ I420, I420_10LE, I420_12LE, Y42B, I422_10LE, I422_12LE, Y444, "
    "Y444_10LE, Y444_12LE, GRAY8, GRAY10_LE16, GRAY16_LE, GBR, GBR_10LE, GBR_12LE }, "
    "width=(int)[ 16, 65535 ], height=(int)[ 16, 65535 ], framerate=(fraction)[ 0/1, 1000/1 ]";

constexpr unsigned bit(RateControl v) { return 1U << static_cast<unsigned>(v); }
constexpr unsigned bit(Tune v) { return 1U << static_cast<unsigned>(v); }

std::vector<EncoderPropertySupport> properties() {
  using P = EncoderProperty;
  return {
      {.id = P::Bitrate},
      {.id = P::RateControlMode,
       .choices = bit(RateControl::Auto) | bit(RateControl::Cq) | bit(RateControl::Vbr) |
                  bit(RateControl::Cbr)},
      {.id = P::Quantizer},
      {.id = P::MinQuantizer},
      {.id = P::MaxQuantizer},
      {.id = P::GopSize},
      {.id = P::MinGopSize},
      {.id = P::Preset},
      {.id = P::Tuning, .choices = bit(Tune::Default) | bit(Tune::Psnr) | bit(Tune::Visual)},
      {.id = P::TileColumns},
      {.id = P::TileRows},
      {.id = P::Threads},
      {.id = P::LowLatency},
      {.id = P::Lookahead},
  };
}

EncoderDescriptor descriptor() {
  return {.name = element_name,
          .type_name = "Av1HwCpuAv1Enc",
          .long_name = "AV1 encoder (CPU, rav1e)",
          .description = "Encodes AV1 on the CPU with rav1e",
          .library = std::string("rav1e ") + rav1e_version_short(),
          .sink_caps = accepted_caps,
          .properties = properties(),
          .create = [](InputMemory*) { return std::make_unique<Rav1eEncoder>(); }};
}

}  // namespace

CodecCapability rav1e_capability() {
  return {.direction = CodecDirection::Encode,
          .element = element_name,
          .usable = true,
          .reason = {},
          .profiles = {0, 1, 2},
          .bit_depths = {8, 10, 12},
          .chroma = {"4:0:0", "4:2:0", "4:2:2", "4:4:4"},
          .min_width = min_size,
          .min_height = min_size,
          .max_width = max_size,
          .max_height = max_size,
          .memory = {"memory:SystemMemory"}};
}

void register_rav1e(GstPlugin* plugin, const std::string& device) {
  register_encoder_element(
      plugin, descriptor(),
      {.backend = BackendKind::Cpu, .device = device, .capability = rav1e_capability()},
      GST_RANK_SECONDARY);
}

}  // namespace av1hw
