// SPDX-License-Identifier: LGPL-2.1-or-later
// The order of OBUs in a temporal unit (AV1 specification 7.5).
#include "codec/encode_units.h"

#include <array>

#include "av1/metadata.h"
#include "av1/obu_writer.h"
#include "av1/sequence_header_writer.h"
#include "codec/encode_headers.h"
#include "codec/hdr_metadata.h"

namespace av1hw {
namespace {

// An OBU of that type with obu_has_size_field, and nothing in it.
constexpr std::array<uint8_t, 2> temporal_delimiter = {0x12, 0x00};

void append(std::vector<uint8_t>& bytes, std::span<const uint8_t> more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
}

// A payload goes where its frame goes: whoever drops a temporal layer drops the OBU as well.
std::vector<uint8_t> itu_t35_obu(std::span<const uint8_t> payload, std::optional<ObuLayer> layer) {
  std::vector<uint8_t> plain = write_itu_t35_metadata(payload);
  if (!layer) return plain;
  const auto obu = parse_obu(plain);
  return obu ? write_obu(ObuType::Metadata, obu->payload, layer) : plain;
}

}  // namespace

UnitHeaders::UnitHeaders(const EncodeStream& stream, const EncoderInput& input)
    : sequence_obu_(write_obu(ObuType::SequenceHeader, write_sequence_header(stream.sequence))) {
  if (stream.temporal_layers > 1) {
    const uint8_t mode = stream.temporal_layers == 2 ? scalability_l1t2 : scalability_l1t3;
    append(sequence_metadata_, write_metadata(Scalability{.mode_idc = mode}));
  }
  if (input.mastering_display)
    append(sequence_metadata_, write_metadata(hdr_mdcv(*input.mastering_display)));
  if (input.content_light)
    append(sequence_metadata_, write_metadata(hdr_cll(*input.content_light)));
}

void UnitHeaders::write_before(const EncodeStream& stream, const PlannedFrame& plan,
                               ItuT35Payloads itu_t35, std::vector<uint8_t>& obus) {
  if (starts_unit_) append(obus, temporal_delimiter);
  starts_unit_ = plan.is_shown();
  if (plan.type == FrameType::Key && !plan.show_existing_frame) {
    append(obus, sequence_obu_);
    append(obus, sequence_metadata_);
  }
  if (!plan.is_shown()) return;
  for (const std::vector<uint8_t>& payload : itu_t35) {
    if (!payload.empty()) append(obus, itu_t35_obu(payload, obu_layer(stream, plan)));
  }
}

}  // namespace av1hw
