// SPDX-License-Identifier: LGPL-2.1-or-later
// The tables of devices and settings, and cases that cover them pair by pair.
#include "conformance/encode_matrix.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <format>
#include <ranges>
#include <utility>

namespace av1hw::test {
namespace {

constexpr size_t large_sizes = 2;
constexpr size_t large_cases = 6;

// What blocks lose to an encoder that knows one coefficient of each (tests/refdrv/encode).
constexpr double no_texture = 5;

// Two large sizes, then those at each device's least size and around its alignments.
const std::array<EncodeDevice, 3> devices = {{
    // A tile has two superblocks a side at least, and so has a picture.
    {"arc",
     "av1hwvaav1enc",
     {{1280, 720}, {1920, 1080}, {227, 115}, {65, 65}, {127, 129}, {128, 128}, {130, 66}},
     {{64, 64}, {64, 128}, {128, 64}},
     false,
     no_texture,
     false},
    // Coded in multiples of 64x16.
    {"rdna3",
     "av1hwvaav1enc",
     {{1280, 720}, {1920, 1080}, {128, 128}, {191, 143}, {193, 145}, {192, 136}, {227, 131}},
     {{64, 64}, {227, 115}, {127, 128}, {128, 127}},
     true,
     no_texture,
     false},
    // Even sizes only.
    {"ada",
     "av1hwnvav1enc",
     {{1280, 720}, {1920, 1080}, {192, 128}, {194, 130}, {254, 142}, {256, 144}, {322, 182}},
     {{64, 64}, {227, 115}, {190, 128}, {192, 126}, {193, 129}},
     false,
     1,
     true},
}};

// What rate control begins with, and comes to with the bitrates below.
constexpr unsigned at_a_rate = 200;
constexpr unsigned finest = 4;

// How far the mean of a block may be off by the quantizer: of transform blocks of 8x8 samples it is
// coded in steps of an eighth of the quantizer's, of which encoders drop up to one, and filters
// blend neighbours.
constexpr double tolerance_of(unsigned quantizer) {
  using Step = std::pair<unsigned, double>;
  // Of the settings below, Dc_Qlookup[0] in samples.
  constexpr std::array<Step, 5> steps = {{{finest, 10 / 8.0},
                                          {default_quantizer, 93 / 8.0},
                                          {120, 123 / 8.0},
                                          {at_a_rate, 389 / 8.0},
                                          {coarsest_quantizer, 1336 / 8.0}}};
  return 1.5 * std::ranges::find(steps, quantizer, &Step::first)->second / 8;
}

// A block that has kept the colour of another picture.
constexpr double lost_colour = 64;

const std::vector<Factor> all_factors = {
    {{"", ""},
     {"CqpFinest", "rate-control=cqp quantizer=min", 0, finest},
     {"CqpCoarsest", "rate-control=cqp quantizer=max", 0, coarsest_quantizer},
     {"Cqp", "rate-control=cqp quantizer=100"},
     {"CqFinest", "rate-control=cq quantizer=min", 0, finest},
     {"CqCoarsest", "rate-control=cq quantizer=max", 0, coarsest_quantizer},
     {"Vbr", "rate-control=vbr bitrate=3000 max-bitrate=6000", 0, at_a_rate},
     {"VbrBounded", "rate-control=vbr bitrate=3000 min-quantizer=40 max-quantizer=120", 0, 120},
     {"Cbr", "rate-control=cbr bitrate=3000", 0, at_a_rate},
     {"CbrTiny", "rate-control=cbr bitrate=1", 0, coarsest_quantizer}},
    {{"", ""},
     {"KeyFrames", "gop-size=1", 1},
     {"Gop3", "gop-size=3", 3},
     {"BFrame", "b-frames=1"},
     {"BFrames", "b-frames=3"},
     {"BFramesMost", "b-frames=7"},
     {"BFramesGop", "b-frames=2 gop-size=5", 5},
     {"Layers2", "temporal-layers=2"},
     {"Layers3", "temporal-layers=3"},
     {"LayersMost", "temporal-layers=max"},
     {"LowLatency", "low-latency=true"},
     {"LowLatencyLayers", "low-latency=true temporal-layers=3"},
     {"UltraLowLatency", "ultra-low-latency=true"},
     {"OneReference", "ref-frames=1"},
     {"References", "ref-frames=2"},
     {"BFramesReferences", "b-frames=2 ref-frames=max"},
     {"IntraRefresh", "intra-refresh=4"}},
    {{"", ""},
     {"Rows", "tile-rows=2"},
     {"Columns", "tile-columns=2"},
     {"RowsColumns", "tile-rows=2 tile-columns=2"},
     {"TilesMost", "tile-rows=max tile-columns=max"}},
    {{"", ""},
     {"Slowest", "preset=min"},
     {"Fastest", "preset=max"},
     {"Lookahead", "lookahead=4"},
     {"Passes", "multipass=full"},
     {"Aq", "spatial-aq=true temporal-aq=true"},
     {"Split", "split-encode=2"}},
    {{"", ""}, {"Lossless", "lossless=true", 0, 0}},
};

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  for (const auto word : text | std::views::split(' '))
    words.emplace_back(word.begin(), word.end());
  std::erase(words, "");
  return words;
}

// "quantizer=min" as the number that it is; empty: the element has no such property.
std::string known_property(GObjectClass* element, const std::string& word) {
  const size_t sign = word.find('=');
  const std::string name = word.substr(0, sign);
  const std::string value = word.substr(sign + 1);
  const GParamSpec* spec = g_object_class_find_property(element, name.c_str());
  if (!spec) return {};
  if (value != "min" && value != "max") return word;
  const GParamSpecUInt* range = G_PARAM_SPEC_UINT(spec);
  return name + "=" + std::to_string(value == "min" ? range->minimum : range->maximum);
}

using Choice = std::vector<size_t>;  // of each factor which setting

// Pairs of settings of different factors that no case has yet.
class OpenPairs {
 public:
  explicit OpenPairs(std::vector<size_t> counts) : counts_(std::move(counts)) {
    for (size_t a = 0; a < counts_.size(); a++) {
      starts_.push_back(total_);
      total_ += counts_[a];
    }
    open_.assign(total_ * total_, false);
    for (size_t a = 0; a < counts_.size(); a++) {
      for (size_t b = a + 1; b < counts_.size(); b++) {
        for (size_t i = 0; i < counts_[a]; i++) {
          for (size_t j = 0; j < counts_[b]; j++) open_[place(a, i, b, j)] = true;
        }
      }
    }
  }

  // A case with the first open pair, and as many others as a choice at a time finds. False: none
  // is open.
  bool take(Choice& choice) {
    const auto first = std::ranges::find(open_, true);
    if (first == open_.end()) return false;
    const auto at = static_cast<size_t>(first - open_.begin());
    std::vector<bool> fixed(counts_.size(), false);
    choice.assign(counts_.size(), 0);
    for (const size_t setting : {at / total_, at % total_}) {
      const auto next = std::ranges::upper_bound(starts_, setting);
      const auto factor = static_cast<size_t>(next - starts_.begin()) - 1;
      choice[factor] = setting - starts_[factor];
      fixed[factor] = true;
    }
    for (size_t factor = 0; factor < counts_.size(); factor++) {
      if (!fixed[factor]) choice[factor] = best(choice, fixed, factor);
      fixed[factor] = true;
    }
    close(choice);
    return true;
  }

 private:
  size_t place(size_t a, size_t i, size_t b, size_t j) const {
    if (a > b) return place(b, j, a, i);
    return (starts_[a] + i) * total_ + starts_[b] + j;
  }

  // The setting of `factor` that makes most open pairs with those that are fixed. Of several that
  // do, another each time.
  size_t best(const Choice& choice, const std::vector<bool>& fixed, size_t factor) {
    size_t found = 0;
    int most = -1;
    turn_++;
    for (size_t k = 0; k < counts_[factor]; k++) {
      const size_t setting = (k + turn_) % counts_[factor];
      int pairs = 0;
      for (size_t other = 0; other < counts_.size(); other++) {
        if (fixed[other] && open_[place(factor, setting, other, choice[other])]) pairs++;
      }
      if (pairs > most) {
        most = pairs;
        found = setting;
      }
    }
    return found;
  }

  void close(const Choice& choice) {
    for (size_t a = 0; a < choice.size(); a++) {
      for (size_t b = a + 1; b < choice.size(); b++)
        open_[place(a, choice[a], b, choice[b])] = false;
    }
  }

  std::vector<size_t> counts_;
  std::vector<size_t> starts_;
  size_t total_ = 0;
  size_t turn_ = 0;
  std::vector<bool> open_;
};

constexpr std::array<unsigned, 2> depths = {8, 10};

// The case of these settings; the last two places of a choice are those of size and depth.
EncodeCase make_case(const EncodeDevice& device, const std::vector<Factor>& factors,
                     const Choice& choice) {
  const PictureSize size = device.sizes[choice[factors.size()]];
  const unsigned depth = depths[choice[factors.size() + 1]];
  EncodeCase made = {.size = size, .depth = depth};
  bool is_lossless = false;
  for (size_t f = 0; f < factors.size(); f++) {
    const Setting& setting = factors[f][choice[f]];
    if (!setting.name.empty()) made.name += setting.name + "_";
    if (!setting.properties.empty()) made.properties += setting.properties + " ";
    made.gop = std::max(made.gop, setting.gop);
    // Only one factor's settings have another than the default one.
    if (setting.quantizer != default_quantizer) made.quantizer = setting.quantizer;
    is_lossless = is_lossless || setting.quantizer == 0;
  }
  if (is_lossless) made.quantizer = 0;
  made.tolerance = made.quantizer == 0 ? 0 : device.coarseness + tolerance_of(made.quantizer);
  made.mean_tolerance = made.tolerance / 3;
  const bool is_large = choice[factors.size()] < large_sizes;
  if (is_large && device.loses_colour && !is_lossless) made.tolerance = lost_colour;
  made.name += std::format("{}x{}_{}bit", size.width, size.height, depth);
  return made;
}

std::vector<Choice> choices_alone(const std::vector<size_t>& counts) {
  std::vector<Choice> all;
  const size_t settings = counts.size() - 2;
  const auto with_sizes = [&](Choice choice) {
    for (choice[settings] = 0; choice[settings] < counts[settings]; choice[settings]++) {
      for (size_t depth = 0; depth < depths.size(); depth++) {
        choice[settings + 1] = depth;
        all.push_back(choice);
      }
    }
  };
  with_sizes(Choice(counts.size(), 0));
  for (size_t factor = 0; factor < settings; factor++) {
    for (size_t setting = 1; setting < counts[factor]; setting++) {
      Choice choice(counts.size(), 0);
      choice[factor] = setting;
      with_sizes(choice);
    }
  }
  return all;
}

// Each two settings meet at some small size. Large ones take most of the time, and have some
// settings.
std::vector<Choice> choices_of_pairs(std::vector<size_t> counts) {
  std::vector<Choice> all;
  const size_t sizes = counts.size() - 2;
  for (size_t n = 0; n < large_cases; n++) {
    Choice choice;
    for (const size_t count : counts) choice.push_back(n % count);
    choice[sizes] = n % large_sizes;
    choice[sizes + 1] = n / large_sizes % depths.size();
    all.push_back(std::move(choice));
  }
  counts[sizes] -= large_sizes;
  OpenPairs pairs(counts);
  for (Choice choice; pairs.take(choice);) {
    all.push_back(choice);
    all.back()[sizes] += large_sizes;
  }
  return all;
}

}  // namespace

const EncodeDevice* encode_device() {
  const char* profile = std::getenv("REFDRV_PROFILE");
  if (!profile) return nullptr;
  const std::string name = std::filesystem::path(profile).stem();
  const auto found =
      std::ranges::find(devices, name, [](const EncodeDevice& one) { return one.profile; });
  return found == devices.end() ? nullptr : &*found;
}

std::vector<Factor> encode_factors(GObjectClass* element) {
  std::vector<Factor> factors;
  for (const Factor& factor : all_factors) {
    Factor had;
    for (Setting setting : factor) {
      std::string known;
      bool has_all = true;
      for (const std::string& word : words_of(setting.properties)) {
        const std::string property = known_property(element, word);
        has_all = has_all && !property.empty();
        known += (known.empty() ? "" : " ") + property;
      }
      setting.properties = known;
      if (has_all) had.push_back(std::move(setting));
    }
    if (had.size() > 1) factors.push_back(std::move(had));
  }
  return factors;
}

std::vector<EncodeCase> encode_cases(const EncodeDevice& device, const std::vector<Factor>& factors,
                                     bool product) {
  std::vector<size_t> counts;
  for (const Factor& factor : factors) counts.push_back(factor.size());
  counts.push_back(device.sizes.size());
  counts.push_back(depths.size());
  std::vector<Choice> choices;
  if (product) {
    choices = choices_alone(counts);
  } else {
    choices = choices_of_pairs(counts);
  }
  std::vector<EncodeCase> cases;
  for (const Choice& choice : choices) cases.push_back(make_case(device, factors, choice));
  return cases;
}

}  // namespace av1hw::test
