// SPDX-License-Identifier: LGPL-2.1-or-later
// Describes cpusvtav1enc: its formats and the properties that SVT-AV1 honours.
#include "cpu/svt_element.h"

#include <svt-av1/EbSvtAv1Enc.h>

#include <memory>

#include "cpu/svt_encoder.h"
#include "elements/encoder_element.h"

namespace av1hw {
namespace {

constexpr const char* element_name = "cpusvtav1enc";

// SVT-AV1's limits; what its caps say in numbers is in accepted_caps too. It takes even sizes only.
constexpr unsigned min_size = 64;
constexpr unsigned svt_max_width = 16384;
constexpr unsigned svt_max_height = 8704;
constexpr unsigned svt_max_kbit = 100'000;
constexpr unsigned max_lookahead = 120;
constexpr unsigned svt_max_tile_columns = 16;

constexpr const char* accepted_caps =
    "video/x-raw, format=(string){ I420, I420_10LE }, width=(int)[ 64, 16384, 2 ], "
    "height=(int)[ 64, 8704, 2 ], framerate=(fraction)[ 0/1, 240/1 ]";

std::vector<EncoderPropertySupport> properties() {
  using P = EncoderProperty;
  return {
      {.id = P::Bitrate, .maximum = svt_max_kbit},
      {.id = P::MaxBitrate, .maximum = svt_max_kbit},
      {.id = P::RateControlMode},
      {.id = P::Quantizer},
      {.id = P::MinQuantizer},
      {.id = P::MaxQuantizer},
      {.id = P::GopSize},
      {.id = P::Preset},
      {.id = P::Tuning},
      {.id = P::TileColumns, .maximum = svt_max_tile_columns},
      {.id = P::TileRows},
      {.id = P::Threads},
      {.id = P::LowLatency},
      {.id = P::Lookahead, .maximum = max_lookahead},
      {.id = P::FilmGrain},
      {.id = P::ScreenContent},
  };
}

EncoderDescriptor descriptor() {
  return {.name = element_name,
          .type_name = "Av1HwCpuSvtAv1Enc",
          .long_name = "AV1 encoder (CPU, SVT-AV1)",
          .description = "Encodes AV1 on the CPU with SVT-AV1",
          .library = std::string("SVT-AV1 ") + svt_av1_get_version(),
          .sink_caps = accepted_caps,
          .properties = properties(),
          .create = [](InputMemory*) { return std::make_unique<SvtEncoder>(); }};
}

}  // namespace

CodecCapability svt_capability() {
  return {.direction = CodecDirection::Encode,
          .element = element_name,
          .usable = true,
          .reason = {},
          .profiles = {0},
          .bit_depths = {8, 10},
          .chroma = {"4:2:0"},
          .min_width = min_size,
          .min_height = min_size,
          .max_width = svt_max_width,
          .max_height = svt_max_height,
          .memory = {"memory:SystemMemory"}};
}

void register_svt(GstPlugin* plugin, const std::string& device) {
  // The library writes a banner and more to stderr for each encoder. Whoever wants that sets
  // SVT_LOG.
  g_setenv("SVT_LOG", "0", FALSE);
  register_encoder_element(
      plugin, descriptor(),
      {.backend = BackendKind::Cpu, .device = device, .capability = svt_capability()},
      GST_RANK_SECONDARY);
}

}  // namespace av1hw
