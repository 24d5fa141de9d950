// SPDX-License-Identifier: LGPL-2.1-or-later
// Chooses quantizers so that a bitrate is about kept.
#include "refdrv/nv/rate_control.h"

#include <algorithm>
#include <cmath>

namespace refdrv::nv {

namespace {

// Bits halve when base_q_idx grows by this much, about.
constexpr double halving = 40;
constexpr double key_share = 4;  // of the bits of another picture
constexpr double first_quantizer = 100;
constexpr double finer_at_most = 12;  // than the last picture of its kind

size_t index_of(PictureKind kind) { return static_cast<size_t>(kind); }

}  // namespace

RateController::Last RateController::last_of(PictureKind kind) const {
  const Last& own = last_[index_of(kind)];
  if (own.complexity > 0 || kind == PictureKind::Key) return own;
  // Those that have none of their own yet are like the others.
  const Last& reference = last_[index_of(PictureKind::Reference)];
  if (reference.complexity > 0) return reference;
  const Last& key = last_[index_of(PictureKind::Key)];
  return {.complexity = key.complexity / key_share, .quantizer = key.quantizer};
}

unsigned RateController::choose(const BitrateSettings& settings, PictureKind kind) const {
  double quantizer = first_quantizer;
  if (const Last last = last_of(kind); last.complexity > 0) {
    const double average = settings.bitrate / settings.frame_rate;
    const double share = (kind == PictureKind::Key ? key_share : 1) * average;
    // What was too much or too little is made up for within half a second.
    const double correction = surplus_ / std::max(settings.frame_rate / 2, 1.0);
    quantizer = halving * std::log2(last.complexity / std::max(share - correction, average / 8));
    // Of a picture that took hardly a bit nobody knows what a finer one takes.
    quantizer = std::max(quantizer, last.quantizer - finer_at_most);
  }
  const auto least = static_cast<double>(settings.min_quantizer);
  const auto most = static_cast<double>(std::max(settings.max_quantizer, settings.min_quantizer));
  return static_cast<unsigned>(std::clamp(quantizer, least, most));
}

void RateController::coded(const BitrateSettings& settings, PictureKind kind, unsigned quantizer,
                           size_t bits) {
  last_[index_of(kind)] = {.complexity = static_cast<double>(bits) * std::exp2(quantizer / halving),
                           .quantizer = static_cast<double>(quantizer)};
  surplus_ += static_cast<double>(bits) - settings.bitrate / settings.frame_rate;
  // What a device saves it does not spend for ever after.
  surplus_ = std::max(surplus_, -static_cast<double>(settings.bitrate) / 2);
}

}  // namespace refdrv::nv
