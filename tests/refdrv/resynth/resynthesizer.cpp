// SPDX-License-Identifier: LGPL-2.1-or-later
// Keeps the rebuilt stream's slots in step with the client's references.
#include "refdrv/resynth/resynthesizer.h"

#include <algorithm>
#include <bit>
#include <format>
#include <optional>
#include <utility>

#include "refdrv/resynth/bit_writer.h"
#include "refdrv/resynth/frame_writer.h"
#include "refdrv/resynth/sequence_writer.h"
#include "refdrv/resynth/stream_decoder.h"
#include "refdrv/resynth/tile_layout.h"
#include "refdrv/resynth/validate.h"

namespace refdrv {
namespace {

bool maps(const Picture& picture, SurfaceId surface) {
  return std::ranges::contains(picture.ref_frame_map, surface);
}

SavedPicture saved(const Picture& picture) {
  SavedPicture result{picture.target, picture.order_hint, {}};
  if (!is_intra(picture)) result.global_motion = picture.global_motion;
  return result;
}

}  // namespace

// A picture that was decoded while every slot was in use: it waits for the next ref_frame_map.
struct PendingPicture {
  SavedPicture saved;
  CodedFrame frame;
};

struct Resynthesizer::State {
  std::optional<StreamDecoder> decoder;
  std::optional<SequenceParams> sequence;
  std::array<SavedPicture, num_ref_frames> slots;
  std::optional<PendingPicture> pending;
  std::vector<SurfaceId> damaged;  // what did not decode
  bool send_sequence = true;

  SavedPicture* find(SurfaceId surface);
  void start_sequence(const SequenceParams& params);
  Result<> settle_pending(const Picture& picture);
  Result<FrameCoding> plan(const Picture& picture);
  Result<DecodedPlanes> send(const std::vector<uint8_t>& obu);
  void store(const Picture& picture, const FrameCoding& coding, CodedFrame frame);
};

SavedPicture* Resynthesizer::State::find(SurfaceId surface) {
  const auto slot = std::ranges::find(slots, surface, &SavedPicture::surface);
  return surface == no_surface || slot == slots.end() ? nullptr : &*slot;
}

void Resynthesizer::State::start_sequence(const SequenceParams& params) {
  if (sequence == params) return;
  sequence = params;
  slots.fill({});
  pending.reset();
  send_sequence = true;
}

// The last picture, if this one's map names it, goes into the slot of what it replaced.
Result<> Resynthesizer::State::settle_pending(const Picture& picture) {
  for (SavedPicture& slot : slots)
    if (!maps(picture, slot.surface)) slot = {};
  if (!pending) return {};
  PendingPicture last = std::move(*pending);
  pending.reset();
  if (!maps(picture, last.saved.surface)) return {};
  SavedPicture* slot = std::ranges::find(slots, no_surface, &SavedPicture::surface);
  if (slot == slots.end())
    return client_fault("ref_frame_map names nine pictures: eight as before, and the last one");
  patch_bits(last.frame.obu, last.frame.refresh_bit_position, 8, 1u << (slot - slots.begin()));
  if (auto planes = send(last.frame.obu); !planes) return std::unexpected(planes.error());
  *slot = last.saved;
  return {};
}

Result<FrameCoding> Resynthesizer::State::plan(const Picture& picture) {
  if (find(picture.target))
    return client_fault(
        std::format("surface {} is decoded into while ref_frame_map names it", picture.target));
  FrameCoding coding;
  const auto free = std::ranges::find(slots, no_surface, &SavedPicture::surface);
  if (free != slots.end())
    coding.refresh_frame_flags = static_cast<uint8_t>(1 << (free - slots.begin()));
  if (is_intra(picture)) return coding;
  for (unsigned i = 0; i < refs_per_frame; ++i) {
    const unsigned index = picture.ref_frame_idx[i];
    if (index >= num_ref_frames)
      return client_fault(std::format("ref_frame_idx[{}] is {}", i, index));
    const SurfaceId surface = picture.ref_frame_map[index];
    const SavedPicture* slot = find(surface);
    if (!slot && std::ranges::contains(damaged, surface))
      return fault(Fault::Stream, std::format("surface {}, a reference, is damaged", surface));
    if (!slot)
      return client_fault(
          std::format("ref_frame_idx[{}] is {}, whose surface {:#x} holds no "
                      "decoded picture",
                      i, index, surface));
    coding.references[i] = slot;
    coding.slots[i] = static_cast<uint8_t>(slot - slots.data());
  }
  return coding;
}

Result<DecodedPlanes> Resynthesizer::State::send(const std::vector<uint8_t>& obu) {
  std::vector<uint8_t> unit;
  append_obu(unit, ObuType::TemporalDelimiter, {});
  if (send_sequence) append_obu(unit, ObuType::SequenceHeader, write_sequence_header(*sequence));
  send_sequence = false;
  unit.insert(unit.end(), obu.begin(), obu.end());
  return decoder->decode(unit);
}

void Resynthesizer::State::store(const Picture& picture, const FrameCoding& coding,
                                 CodedFrame frame) {
  if (is_shown_key_frame(picture))
    slots[0] = saved(picture);
  else if (coding.refresh_frame_flags != 0)
    slots[static_cast<unsigned>(std::countr_zero(coding.refresh_frame_flags))] = saved(picture);
  else
    pending = PendingPicture{saved(picture), std::move(frame)};
}

Resynthesizer::Resynthesizer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Resynthesizer::~Resynthesizer() = default;

Result<std::unique_ptr<Resynthesizer>> Resynthesizer::create() {
  auto decoder = StreamDecoder::create();
  if (!decoder) return std::unexpected(decoder.error());
  auto state = std::make_unique<State>();
  state->decoder = std::move(*decoder);
  return std::unique_ptr<Resynthesizer>(new Resynthesizer(std::move(state)));
}

Result<DecodedPicture> Resynthesizer::decode(const Picture& picture) {
  if (auto r = validate(picture); !r) return std::unexpected(r.error());
  State& state = *state_;
  state.start_sequence(picture.sequence);
  if (is_shown_key_frame(picture)) {
    state.slots.fill({});
    state.pending.reset();
  }
  if (auto r = state.settle_pending(picture); !r) return std::unexpected(r.error());
  auto coding = state.plan(picture);
  if (!coding) return std::unexpected(coding.error());
  auto frame = write_frame(picture, *coding);
  if (!frame) return std::unexpected(frame.error());

  std::erase(state.damaged, picture.target);
  auto planes = state.send(frame->obu);
  if (!planes) {
    state.damaged.push_back(picture.target);
    return std::unexpected(planes.error());
  }
  state.store(picture, *coding, std::move(*frame));

  DecodedPicture decoded;
  decoded.reconstructed = std::move(*planes);
  if (picture.film_grain.apply) {
    auto grained = state.decoder->apply_grain(decoded.reconstructed);
    if (!grained) return std::unexpected(grained.error());
    decoded.grained = std::move(*grained);
  }
  return decoded;
}

bool Resynthesizer::knows(SurfaceId surface) const {
  return state_->find(surface) || (state_->pending && state_->pending->saved.surface == surface);
}

}  // namespace refdrv
