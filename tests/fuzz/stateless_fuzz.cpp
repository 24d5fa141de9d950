// SPDX-License-Identifier: LGPL-2.1-or-later
// Fuzz target: a stream through the stateless decoder, onto a backend that checks each call. The
// last byte of the input chooses how it is cut and decoded, the one before it what goes wrong.
#include <gst/gst.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>
#include <vector>

#include "codec/stateless_decoder.h"
#include "support/checking_backend.h"
#include "support/recording_client.h"
#include "support/test_files.h"

namespace av1hw {
namespace {

using Span = std::span<const uint8_t>;

// The bits of the last byte.
enum Choice : uint8_t {
  annex_b = 1,
  single_obus = 2,
  all_layers = 4,
  grain_off = 8,
  flush_halfway = 16,
  drain_halfway = 32,
  one_in_flight = 64,
  other_operating_point = 128,
};

void require(bool promise, const char* broken) {
  if (promise) return;
  std::fprintf(stderr, "broken promise: %s\n", broken);
  std::abort();
}

std::vector<Span> packets_of(Span file, uint8_t choice) {
  if (test::is_ivf(file)) return test::split_ivf(file);
  std::vector<Span> packets;
  if ((choice & single_obus) != 0 && (choice & annex_b) == 0) {
    ObuReader reader(file, ObuFraming::Section5);
    for (auto obu = reader.next(); obu && *obu; obu = reader.next()) {
      packets.push_back((*obu)->bytes);
    }
    return packets;
  }
  const auto split = (choice & annex_b) != 0 ? split_annexb(file) : split_section5(file);
  for (const TemporalUnit& unit : split.units) packets.push_back(unit.packet);
  return packets;
}

// What the driver answers: nothing bad, or one error to one kind of call.
void plan_faults(test::BackendScript& script, uint8_t fault) {
  if (fault < 128) return;
  const unsigned call = fault & 15;
  const ErrorCode code = (fault & 16) != 0 ? ErrorCode::InvalidData : ErrorCode::DeviceLost;
  const Error error{code, "a fault"};
  switch (fault >> 5 & 3) {
  case 0: script.submit_errors.emplace(call, error); break;
  case 1: script.wait_errors.emplace(call, error); break;
  case 2: script.acquire_errors.emplace(call, Error{ErrorCode::Busy, "a fault"}); break;
  case 3: script.output_errors.emplace(call, error); break;
  }
}

// Every packet is accounted for, except behind an error that ended decoding.
void check_accounts(const test::RecordingClient& client, size_t packets) {
  std::vector<bool> seen(packets, false);
  const auto note = [&seen](uint64_t number) {
    require(number < seen.size(), "frame numbers are those of packets");
    seen[number] = true;
  };
  for (const Picture& picture : client.pictures) note(picture.frame_number);
  for (const uint64_t number : client.without) note(number);
  for (const Damage& damage : client.damages) {
    require(!damage.message.empty(), "damage is described");
    note(damage.frame_number);
  }
  for (const bool accounted : seen) require(accounted, "every packet is accounted for");
}

// False: decoding ended with an error.
bool decode(StatelessDecoder& decoder, std::span<const Span> packets, uint8_t choice) {
  const bool whole_units = (choice & single_obus) == 0 || (choice & annex_b) != 0;
  uint64_t offset = 0;
  for (size_t i = 0; i < packets.size(); i++) {
    if (i == packets.size() / 2) {
      if ((choice & drain_halfway) != 0 && !decoder.drain()) return false;
      if ((choice & flush_halfway) != 0) decoder.flush();
    }
    // Exactly as large as it is, so that a sanitizer sees what is read behind it.
    const BufferHandle buffer(packets[i].empty()
                                  ? gst_buffer_new()
                                  : gst_buffer_new_memdup(packets[i].data(), packets[i].size()));
    if (!decoder.decode({buffer.get(), i, offset, whole_units})) return false;
    offset += packets[i].size();
  }
  return decoder.drain().has_value();
}

void decode_all(Span file, uint8_t choice, uint8_t fault) {
  DecoderSettings settings;
  settings.all_layers = (choice & all_layers) != 0;
  settings.film_grain = (choice & grain_off) != 0 ? FilmGrainMode::Off : FilmGrainMode::Apply;
  settings.max_frame_delay = (choice & one_in_flight) != 0 ? 1 : 0;
  settings.operating_point = (choice & other_operating_point) != 0 ? 1 : 0;
  DecoderInput input;
  input.framing = (choice & annex_b) != 0 ? ObuFraming::AnnexBTemporalUnit : ObuFraming::Section5;
  test::BackendScript script;
  script.keeps_pictures = false;
  plan_faults(script, fault);
  test::RecordingClient client;
  const std::vector<Span> packets = packets_of(file, choice);
  {
    StatelessDecoder decoder(test::make_checking_backend(script));
    require(decoder.open(settings, input, client).has_value(), "it opens");
    const bool finished = decode(decoder, packets, choice);
    require(finished || fault >= 128, "only drivers end decoding");
    // What is in flight when it flushes is forgotten.
    if (finished && (choice & flush_halfway) == 0) check_accounts(client, packets.size());
  }
  for (const std::string& violation : script.violations) require(false, violation.c_str());
}

}  // namespace
}  // namespace av1hw

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const bool started = [] {
    gst_init(nullptr, nullptr);
    gst_debug_set_default_threshold(GST_LEVEL_NONE);
    return true;
  }();
  if (!started || size < 3) return 0;
  av1hw::decode_all({data, size - 2}, data[size - 1], data[size - 2]);
  return 0;
}
