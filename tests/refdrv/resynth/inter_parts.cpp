// SPDX-License-Identifier: LGPL-2.1-or-later
// What the frame header says relative to references (AV1 specification, 5.9.22, 5.9.24, 5.9.25).
#include <format>

#include "refdrv/resynth/header_parts.h"

namespace refdrv {
namespace {

// SkipModeFrame[]: whether there is a pair of references that skip mode can use.
bool skip_mode_is_allowed(const Picture& picture, const FrameCoding& coding) {
  if (is_intra(picture) || !picture.reference_select || !picture.sequence.enable_order_hint)
    return false;
  const auto distance = [&](int a, int b) { return relative_distance(picture.sequence, a, b); };
  const SavedPicture* forward = nullptr;
  const SavedPicture* backward = nullptr;
  for (const SavedPicture* reference : coding.references) {
    const int away = distance(reference->order_hint, picture.order_hint);
    if (away < 0 && (!forward || distance(reference->order_hint, forward->order_hint) > 0))
      forward = reference;
    if (away > 0 && (!backward || distance(reference->order_hint, backward->order_hint) < 0))
      backward = reference;
  }
  if (!forward || backward) return forward != nullptr;
  for (const SavedPicture* reference : coding.references)
    if (distance(reference->order_hint, forward->order_hint) < 0) return true;
  return false;
}

// How one parameter of a global motion model is coded.
struct ParamCode {
  int shift;   // of what is dropped at the low end
  int offset;  // in coded units: what a parameter of the identity is
  int limit;
};

ParamCode param_code(WarpType type, unsigned index, bool high_precision) {
  const int coarse = high_precision ? 0 : 1;
  int abs_bits = 12;
  int prec_bits = 15;
  if (index < 2) {
    abs_bits = type == WarpType::Translation ? 9 - coarse : 12;
    prec_bits = type == WarpType::Translation ? 3 - coarse : 6;
  }
  return {16 - prec_bits, index % 3 == 2 ? 1 << prec_bits : 0, 1 << abs_bits};
}

Result<> write_param(BitWriter& out, const Picture& picture, const WarpParams& warp,
                     const WarpParams& previous, unsigned index) {
  const ParamCode code = param_code(warp.type, index, picture.allow_high_precision_mv);
  const int value = (warp.matrix[index] >> code.shift) - code.offset;
  if (warp.matrix[index] & ((1 << code.shift) - 1) || value < -code.limit || value > code.limit)
    return client_fault(std::format("global motion parameter {} is {}, which can't be coded", index,
                                    warp.matrix[index]));
  const int reference = (previous.matrix[index] >> code.shift) - code.offset;
  out.signed_subexp(-code.limit, code.limit + 1, reference, value);
  return {};
}

Result<> write_warp(BitWriter& out, const Picture& picture, const WarpParams& warp,
                    const WarpParams& previous) {
  out.flag(warp.type != WarpType::Identity);
  if (warp.type == WarpType::Identity) return {};
  out.flag(warp.type == WarpType::RotZoom);
  if (warp.type != WarpType::RotZoom) out.flag(warp.type == WarpType::Translation);
  const auto& m = warp.matrix;
  if (warp.type == WarpType::RotZoom && (m[4] != -m[3] || m[5] != m[2]))
    return client_fault("a rotation with zoom has parameters 4 and 5 other than 3 and 2 give");
  constexpr unsigned rot_zoom_end = 4;
  constexpr unsigned affine_end = 6;
  if (warp.type != WarpType::Translation) {
    const unsigned end = warp.type == WarpType::Affine ? affine_end : rot_zoom_end;
    for (unsigned i = 2; i < end; ++i)
      if (auto r = write_param(out, picture, warp, previous, i); !r) return r;
  }
  for (unsigned i = 0; i < 2; ++i)
    if (auto r = write_param(out, picture, warp, previous, i); !r) return r;
  return {};
}

}  // namespace

int relative_distance(const SequenceParams& sequence, int a, int b) {
  if (!sequence.enable_order_hint) return 0;
  const int sign = 1 << (sequence.order_hint_bits - 1);
  const int difference = a - b;
  return (difference & (sign - 1)) - (difference & sign);
}

Result<> write_skip_mode(BitWriter& out, const Picture& picture, const FrameCoding& coding) {
  if (skip_mode_is_allowed(picture, coding))
    out.flag(picture.skip_mode_present);
  else if (picture.skip_mode_present)
    return client_fault("skip_mode_present is set, but no pair of references allows skip mode");
  return {};
}

Result<> write_global_motion(BitWriter& out, const Picture& picture, const FrameCoding& coding) {
  if (is_intra(picture)) return {};
  const SavedPicture* primary = picture.primary_ref_frame == primary_ref_none
                                    ? nullptr
                                    : coding.references[picture.primary_ref_frame];
  for (unsigned i = 0; i < refs_per_frame; ++i) {
    const WarpParams previous = primary ? primary->global_motion[i] : WarpParams{};
    if (auto r = write_warp(out, picture, picture.global_motion[i], previous); !r) return r;
  }
  return {};
}

}  // namespace refdrv
