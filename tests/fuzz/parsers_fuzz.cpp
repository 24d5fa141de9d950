// SPDX-License-Identifier: LGPL-2.1-or-later
// Fuzz target: any bytes through every parser of gst/av1, in every framing.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <span>

#include "av1/codec_config.h"
#include "av1/frame_header.h"
#include "av1/metadata.h"
#include "av1/obu.h"
#include "av1/obu_writer.h"
#include "av1/sequence_header.h"

namespace av1hw {
namespace {

using Span = std::span<const uint8_t>;

// Ends the program, for the fuzzer to see, where a promise of the parsers does not hold.
void require(bool promise) {
  if (!promise) std::abort();
}

bool lies_within(Span part, Span whole) {
  const std::less_equal<> no_later;
  return part.empty() || (no_later(whole.data(), part.data()) &&
                          no_later(part.data() + part.size(), whole.data() + whole.size()));
}

void check_sequence_header(const Obu& obu, FrameHeaderParser& frames) {
  const auto sequence = parse_sequence_header(obu.payload);
  const auto codec_data = make_codec_data(obu);
  require(sequence.has_value() == codec_data.has_value());
  if (!sequence) return;
  frames.set_sequence(*sequence);
  const auto config = parse_codec_data(*codec_data);
  require(config.has_value() && config->bit_depth == sequence->color.bit_depth);
  const auto stored = parse_obu(config->config_obus);
  require(stored.has_value() && parse_sequence_header(stored->payload) == *sequence);
  require(codec_string(*sequence).starts_with("av01."));
}

void check_metadata(const Obu& obu) {
  const auto metadata = parse_metadata(obu.payload);
  if (!metadata) return;
  const auto same_after = [&metadata](const std::vector<uint8_t>& written) {
    return parse_metadata(parse_obu(written)->payload) == *metadata;
  };
  if (const auto* cll = std::get_if<HdrCll>(&*metadata)) require(same_after(write_metadata(*cll)));
  if (const auto* mdcv = std::get_if<HdrMdcv>(&*metadata)) {
    require(same_after(write_metadata(*mdcv)));
  }
  if (const auto* t35 = std::get_if<MetadataItuT35>(&*metadata)) {
    require(same_after(write_itu_t35_metadata(t35->bytes)));
  }
}

void check_obu(const Obu& obu, Span packet, FrameHeaderParser& frames) {
  require(lies_within(obu.bytes, packet) && lies_within(obu.payload, obu.bytes));
  require(obu.bytes.data() == packet.data() + obu.offset);
  // By itself it is the same OBU.
  const auto again = parse_obu(obu.bytes);
  require(again.has_value() && again->type == obu.type &&
          again->payload.data() == obu.payload.data() &&
          again->payload.size() == obu.payload.size());
  if (obu.type == ObuType::SequenceHeader) check_sequence_header(obu, frames);
  if (obu.type == ObuType::Metadata) check_metadata(obu);
  if (obu.starts_frame()) (void)frames.parse(obu);
}

void check_packet(Span packet, ObuFraming framing) {
  FrameHeaderParser frames;
  ObuReader reader(packet, framing);
  // Each step takes at least a byte, or reports one error about it.
  for (size_t steps = 0;; steps++) {
    require(steps <= 2 * packet.size() + 2);
    const auto obu = reader.next();
    if (!obu) {
      require(obu.error().offset <= packet.size() && !obu.error().describe(0).empty());
    } else if (*obu) {
      check_obu(**obu, packet, frames);
    } else {
      break;
    }
  }
  FrameHeaderParser fresh;
  (void)inspect_temporal_unit(packet, framing, fresh);
}

// The units of a file are the file, in order and without gaps.
void check_split(Span file, const TemporalUnits& split) {
  size_t end = 0;
  for (const TemporalUnit& unit : split.units) {
    require(unit.offset == end && !unit.packet.empty());
    require(unit.packet.data() == file.data() + end);
    end += unit.packet.size();
  }
  require(end == file.size());
}

}  // namespace
}  // namespace av1hw

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace av1hw;
  const Span input(data, size);
  for (const auto framing : {ObuFraming::Section5, ObuFraming::AnnexBTemporalUnit,
                             ObuFraming::AnnexBFrame, ObuFraming::AnnexBObu}) {
    check_packet(input, framing);
  }
  check_split(input, split_section5(input));
  check_split(input, split_annexb(input));
  (void)parse_codec_data(input);
  return 0;
}
