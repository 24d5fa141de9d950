// SPDX-License-Identifier: LGPL-2.1-or-later
// Which element is to decode or encode: a pure function of the stream, the policy and the
// candidates.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "registry/candidate.h"

namespace av1hw {

// What the ranker thinks of one candidate.
struct Verdict {
  size_t candidate = 0;  // index into what rank() was given
  bool accepted = false;
  std::string reason;  // why it stands where it does, or why it can't be used
};

// How fast an encoder is: frames of `width` x `height` a second, or 0 where nobody measured it.
using EncoderSpeed = double (*)(const Candidate& encoder, const Request& request,
                                const Policy& policy);

// One verdict a candidate: the accepted ones first, the best at the front; then the rejected ones,
// in the order that they came in. Accepted candidates are ordered by, in this order:
//   1. memory that the neighbour takes as it is, its most welcome first (a copy a frame is saved);
//   2. decoders: how few of the settings that the user asked for would be lost;
//   3. hardware before software; then, for encoders, the settings that would be lost, and whether
//      frames have to be put into another layout first;
//   4. encoders: whether it keeps up with the frame rate at the requested preset, if that is known;
//   5. ours before other people's; then va, nv, vk, cpu;
//   6. encoders: speed;
//   7. the factory's rank, then its name.
std::vector<Verdict> rank(const Request& request, const Policy& policy,
                          std::span<const Candidate> candidates, EncoderSpeed speed);

}  // namespace av1hw
