// SPDX-License-Identifier: LGPL-2.1-or-later
// Rejects the candidates that can't serve and orders those that can.
#include "registry/ranker.h"

#include <algorithm>
#include <array>
#include <format>
#include <iterator>
#include <string_view>
#include <tuple>

#include "registry/raw_caps.h"

namespace av1hw {
namespace {

constexpr std::array<const char*, 3> profile_names = {"main", "high", "professional"};

std::string join(const auto& items, auto to_string) {
  std::string text;
  for (const auto& item : items) {
    if (!text.empty()) text += ", ";
    text += to_string(item);
  }
  return text;
}

std::string join(const auto& items) {
  return join(items, [](const std::string& s) { return s; });
}

// Empty lists say nothing, so they forbid nothing.
bool lacks(const auto& items, const auto& item) {
  return !items.empty() && std::ranges::find(items, item) == items.end();
}

bool named_in(const std::set<std::string>& names, const Candidate& c) {
  return names.contains(c.element) || (c.backend && names.contains(backend_name(*c.backend)));
}

std::string rejected_by_policy(const Policy& policy, const Candidate& c) {
  if (named_in(policy.deny, c)) return "named in `deny`";
  if (!policy.allow.empty() && !named_in(policy.allow, c)) return "not named in `allow`";
  if (policy.backend && c.backend != policy.backend)
    return std::format("not of the backend asked for ({})", backend_name(*policy.backend));
  if (!policy.device.empty() && c.device != policy.device) {
    return c.device.empty()
               ? std::format("works on no named device, {} was asked for", policy.device)
               : std::format("on device {}, {} was asked for", c.device, policy.device);
  }
  if (policy.require_hardware && !c.hardware) return "software, and `require-hardware` is set";
  // Rank NONE is the ecosystem's way of saying: only for those who ask for it by name.
  if (!c.own && c.rank == 0 && !policy.allow.contains(c.element))
    return "of rank none; name it in `allow` to have it considered";
  return {};
}

std::string rejected_by_size(const Request& r, const CodecCapability& can) {
  if (r.width == 0 || r.height == 0) return {};
  if (r.width < can.min_width || r.height < can.min_height)
    return std::format("takes {}x{} at least, this is {}x{}", can.min_width, can.min_height,
                       r.width, r.height);
  if ((can.max_width && r.width > can.max_width) || (can.max_height && r.height > can.max_height))
    return std::format("takes {}x{} at most, this is {}x{}", can.max_width, can.max_height, r.width,
                       r.height);
  return {};
}

// How far down the neighbour's list the first memory is that the candidate works with.
size_t memory_place(const Request& r, const Candidate& c) {
  if (r.memory.empty() || c.capability.memory.empty()) return 0;
  const auto shared = std::ranges::find_if(
      r.memory, [&](const std::string& m) { return !lacks(c.capability.memory, m); });
  return static_cast<size_t>(shared - r.memory.begin());
}

// It takes another format, into which frames can be put without a loss: those in system memory, by
// the CPU.
bool needs_repacking(const Request& r, const Candidate& c) {
  if (r.format.empty() || !lacks(c.formats, r.format)) return false;
  const size_t place = memory_place(r, c);
  const bool in_system =
      r.memory.empty() || (place < r.memory.size() && r.memory[place] == "memory:SystemMemory");
  return in_system && std::ranges::any_of(c.formats, [&](const std::string& format) {
           return differ_in_layout_alone(format, r.format);
         });
}

std::string rejected_by_stream(const Request& r, const Candidate& c) {
  const CodecCapability& can = c.capability;
  if (r.profile && lacks(can.profiles, *r.profile)) {
    return std::format(
        "no {} profile (it has {})", profile_names[std::min(*r.profile, 2u)],
        join(can.profiles, [](unsigned p) { return profile_names[std::min(p, 2u)]; }));
  }
  if (r.bit_depth && lacks(can.bit_depths, r.bit_depth)) {
    return std::format("not {} bits a sample (it takes {})", r.bit_depth,
                       join(can.bit_depths, [](unsigned b) { return std::to_string(b); }));
  }
  if (!r.chroma.empty() && lacks(can.chroma, r.chroma))
    return std::format("not {} (it takes {})", r.chroma, join(can.chroma));
  if (!r.format.empty() && lacks(c.formats, r.format) && !needs_repacking(r, c))
    return std::format("not {} (it takes {})", r.format, join(c.formats));
  return rejected_by_size(r, can);
}

std::string rejected_by_memory(const Request& r, const Candidate& c) {
  if (r.memory.empty() || memory_place(r, c) < r.memory.size()) return {};
  return std::format("works with {}, the neighbour with {}", join(c.capability.memory),
                     join(r.memory));
}

std::string rejected(const Request& request, const Policy& policy, const Candidate& c) {
  if (c.capability.direction != request.direction)
    return std::format("does not {}", codec_direction_name(request.direction));
  if (std::string why = rejected_by_policy(policy, c); !why.empty()) return why;
  if (!c.capability.usable)
    return c.capability.reason.empty() ? "not usable here" : c.capability.reason;
  if (std::string why = rejected_by_stream(request, c); !why.empty()) return why;
  return rejected_by_memory(request, c);
}

unsigned backend_place(const Candidate& c) {
  if (!c.backend) return 4;
  switch (*c.backend) {
  case BackendKind::Va: return 0;
  case BackendKind::Nv: return 1;
  case BackendKind::Vk: return 2;
  case BackendKind::Cpu: return 3;
  }
  return 4;
}

// What an accepted candidate is ordered by; smaller is better.
struct Merits {
  size_t memory_place = 0;
  bool repacking = false;
  std::vector<std::string> lost_settings;
  bool keeps_up = true;
  double speed = 0;
};

Merits merits_of(const Request& r, const Policy& policy, const Candidate& c, EncoderSpeed speed) {
  Merits m;
  m.memory_place = memory_place(r, c);
  m.repacking = needs_repacking(r, c);
  std::ranges::set_difference(policy.settings, c.settings, std::back_inserter(m.lost_settings));
  if (r.direction == CodecDirection::Decode || c.hardware || r.width == 0 || r.height == 0)
    return m;
  m.speed = speed(c, r, policy);
  m.keeps_up = r.frame_rate <= 0 || m.speed >= r.frame_rate;
  return m;
}

// A decoder's settings say which pictures come out, an encoder's how well they are coded: only the
// former are worth going without hardware for.
auto order_of(const Candidate& c, const Merits& m) {
  const bool decodes = c.capability.direction == CodecDirection::Decode;
  return std::tuple(m.memory_place, decodes ? m.lost_settings.size() : 0, !c.hardware,
                    m.lost_settings.size(), m.repacking, !m.keeps_up, !c.own, backend_place(c),
                    -m.speed, -static_cast<long>(c.rank), std::string_view(c.element));
}

std::string describe(const Request& r, const Candidate& c, const Merits& m) {
  std::string text = c.hardware ? "hardware" : "software";
  text += c.own ? ", ours" : ", another plugin's";
  if (!r.memory.empty() && !c.capability.memory.empty())
    text += std::format(", {}", r.memory[m.memory_place]);
  if (m.speed > 0 && r.frame_rate > 0) {
    text +=
        std::format(", {} {:.3g} fps (about {:.3g} fps expected)",
                    m.keeps_up ? "keeps up with" : "does not keep up with", r.frame_rate, m.speed);
  } else if (m.speed > 0) {
    text += std::format(", about {:.3g} fps expected", m.speed);
  } else if (!m.keeps_up) {
    text += ", speed not known";
  }
  if (m.repacking) text += ", behind a converter from " + r.format;
  if (!m.lost_settings.empty()) text += ", without " + join(m.lost_settings);
  return text;
}

}  // namespace

std::vector<Verdict> rank(const Request& request, const Policy& policy,
                          std::span<const Candidate> candidates, EncoderSpeed speed) {
  std::vector<Verdict> accepted, refused;
  std::vector<Merits> merits(candidates.size());
  for (size_t i = 0; i < candidates.size(); i++) {
    const Candidate& c = candidates[i];
    if (std::string why = rejected(request, policy, c); !why.empty()) {
      refused.push_back({i, false, std::move(why)});
      continue;
    }
    merits[i] = merits_of(request, policy, c, speed);
    accepted.push_back({i, true, describe(request, c, merits[i])});
  }
  std::ranges::stable_sort(accepted, [&](const Verdict& a, const Verdict& b) {
    return order_of(candidates[a.candidate], merits[a.candidate]) <
           order_of(candidates[b.candidate], merits[b.candidate]);
  });
  std::ranges::move(refused, std::back_inserter(accepted));
  return accepted;
}

}  // namespace av1hw
