// SPDX-License-Identifier: LGPL-2.1-or-later
// Closed captions (CEA-708 cc_data) as ITU-T T.35 payloads, and back: ATSC A/53 part 4, 6.2.
#include "elements/closed_captions.h"

#include <algorithm>
#include <array>

namespace av1hw {
namespace {

// Country code (USA), provider code (ATSC), user identifier, user_data_type_code (cc_data()).
constexpr std::array<uint8_t, 8> atsc_cc_data = {0xb5, 0x00, 0x31, 'G', 'A', '9', '4', 0x03};
// Behind that: flags with cc_count, em_data, and the triples.
constexpr size_t triples_offset = atsc_cc_data.size() + 2;
constexpr uint8_t process_cc_data_flag = 0x40;
constexpr uint8_t unused_em_data = 0xff;
constexpr uint8_t marker_bits = 0xff;
constexpr size_t triple_size = 3;
constexpr size_t max_triples = 31;  // cc_count has five bits

}  // namespace

std::vector<uint8_t> make_atsc_captions(std::span<const uint8_t> cc_data) {
  const size_t triples = cc_data.size() / triple_size;
  if (triples == 0 || triples > max_triples || cc_data.size() % triple_size != 0) return {};
  std::vector<uint8_t> payload(atsc_cc_data.begin(), atsc_cc_data.end());
  payload.push_back(static_cast<uint8_t>(process_cc_data_flag | triples));
  payload.push_back(unused_em_data);
  payload.insert(payload.end(), cc_data.begin(), cc_data.end());
  payload.push_back(marker_bits);
  return payload;
}

std::span<const uint8_t> find_atsc_captions(std::span<const uint8_t> itu_t35) {
  if (itu_t35.size() < triples_offset ||
      !std::ranges::equal(itu_t35.first(atsc_cc_data.size()), atsc_cc_data)) {
    return {};
  }
  const uint8_t flags = itu_t35[atsc_cc_data.size()];
  const size_t size = (flags & max_triples) * triple_size;
  if (!(flags & process_cc_data_flag) || size > itu_t35.size() - triples_offset) return {};
  return itu_t35.subspan(triples_offset, size);
}

}  // namespace av1hw
