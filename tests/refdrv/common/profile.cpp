// SPDX-License-Identifier: LGPL-2.1-or-later
// What a device says about itself, read from a small description file.
#include "refdrv/common/profile.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <map>
#include <set>

#include "refdrv/common/text.h"

namespace refdrv {

namespace {

// Says what is wrong with a value; empty when nothing is.
using Problem = std::string;
template <typename Owner>
using SetterOf = std::function<Problem(Owner&, std::string_view)>;
using Setter = SetterOf<DeviceProfile>;

Setter text_field(std::string DeviceProfile::* field) {
  return [field](DeviceProfile& profile, std::string_view value) -> Problem {
    profile.*field = value;
    return value.empty() ? "is empty" : "";
  };
}

template <typename Owner, typename T>
SetterOf<Owner> number_field(T Owner::* field) {
  return [field](Owner& profile, std::string_view value) -> Problem {
    const auto parsed = number<T>(value);
    if (!parsed) return "is no number that fits";
    profile.*field = *parsed;
    return "";
  };
}

// The surface code rounds up to these, which only powers of two make cheap.
Setter alignment_field(unsigned DeviceProfile::* field) {
  return [field](DeviceProfile& profile, std::string_view value) -> Problem {
    const auto parsed = number<unsigned>(value);
    if (!parsed || *parsed == 0 || (*parsed & (*parsed - 1)) != 0) return "is no power of two";
    profile.*field = *parsed;
    return "";
  };
}

template <typename T>
Setter number_list(std::vector<T> DeviceProfile::* field) {
  return [field](DeviceProfile& profile, std::string_view value) -> Problem {
    for (const auto word : words(value)) {
      const auto parsed = number<T>(word);
      if (!parsed) return "has '" + std::string(word) + "', which is no number that fits";
      (profile.*field).push_back(*parsed);
    }
    return "";
  };
}

template <typename Owner>
SetterOf<Owner> size_field(Size Owner::* field) {
  return [field](Owner& profile, std::string_view value) -> Problem {
    const size_t cross = value.find('x');
    if (cross == std::string_view::npos) return "is no WIDTHxHEIGHT";
    const auto width = number<uint32_t>(value.substr(0, cross));
    const auto height = number<uint32_t>(value.substr(cross + 1));
    if (!width || !height || *width == 0 || *height == 0) return "is no WIDTHxHEIGHT";
    profile.*field = {*width, *height};
    return "";
  };
}

Problem set_api(DeviceProfile& profile, std::string_view value) {
  if (value != "vaapi" && value != "cuda") return "is neither vaapi nor cuda";
  profile.api = value == "cuda" ? Api::Cuda : Api::VaApi;
  return "";
}

template <typename Owner>
SetterOf<Owner> yes_or_no(bool Owner::* field) {
  return [field](Owner& profile, std::string_view value) -> Problem {
    if (value != "yes" && value != "no") return "is neither yes nor no";
    profile.*field = value == "yes";
    return "";
  };
}

// Words of those that are known.
template <typename Owner>
SetterOf<Owner> word_list(std::vector<std::string> Owner::* field,
                          std::vector<std::string_view> known) {
  return [field, known = std::move(known)](Owner& profile, std::string_view value) -> Problem {
    for (const auto word : words(value)) {
      if (!std::ranges::contains(known, word)) return "has the unknown '" + std::string(word) + "'";
      (profile.*field).emplace_back(word);
    }
    return "";
  };
}

Setter of_encoder(SetterOf<EncoderProfile> setter) {
  return [setter = std::move(setter)](DeviceProfile& profile, std::string_view value) {
    return setter(profile.encoder, value);
  };
}

Problem set_entry_points(DeviceProfile& profile, std::string_view value) {
  for (const auto word : words(value)) {
    if (word != "VLD" && word != "EncSlice" && word != "EncSliceLP") {
      return "has '" + std::string(word) + "'; known are VLD, EncSlice and EncSliceLP";
    }
    profile.entry_points.emplace_back(word);
  }
  return "";
}

Problem set_formats(DeviceProfile& profile, std::string_view value) {
  for (const auto word : words(value)) {
    if (word.size() != 4) return "has '" + std::string(word) + "', which is no fourcc";
    profile.formats.push_back(fourcc(word[0], word[1], word[2], word[3]));
  }
  return "";
}

Problem set_pci_id(DeviceProfile& profile, std::string_view value) {
  const size_t colon = value.find(':');
  if (colon == std::string_view::npos) return "is no VENDOR:DEVICE in hexadecimal";
  const auto vendor = number<uint16_t>("0x" + std::string(value.substr(0, colon)));
  const auto device = number<uint16_t>("0x" + std::string(value.substr(colon + 1)));
  if (!vendor || !device) return "is no VENDOR:DEVICE in hexadecimal";
  profile.pci_vendor = *vendor;
  profile.pci_device = *device;
  return "";
}

Problem set_uuid(DeviceProfile& profile, std::string_view value) {
  std::string digits(value);
  std::erase(digits, '-');
  if (digits.size() != 2 * profile.uuid.size()) return "is no UUID of 32 hexadecimal digits";
  for (size_t i = 0; i < profile.uuid.size(); i++) {
    const auto byte = number<uint8_t>("0x" + digits.substr(2 * i, 2));
    if (!byte) return "is no UUID of 32 hexadecimal digits";
    profile.uuid[i] = *byte;
  }
  return "";
}

Problem set_compute_capability(DeviceProfile& profile, std::string_view value) {
  const size_t point = value.find('.');
  if (point == std::string_view::npos) return "is no MAJOR.MINOR";
  const auto major = number<int>(value.substr(0, point));
  const auto minor = number<int>(value.substr(point + 1));
  if (!major || !minor) return "is no MAJOR.MINOR";
  profile.compute_capability = {*major, *minor};
  return "";
}

const std::map<std::string_view, Setter>& setters() {
  using Profile = DeviceProfile;
  using Encoder = EncoderProfile;
  static const std::map<std::string_view, Setter> map = {
      {"api", set_api},
      {"name", text_field(&Profile::name)},
      {"vendor", text_field(&Profile::vendor)},
      {"kernel-driver", text_field(&Profile::kernel_driver)},
      {"pci-id", set_pci_id},
      {"pci-address", text_field(&Profile::pci_address)},
      {"uuid", set_uuid},
      {"av1-profiles", number_list(&Profile::av1_profiles)},
      {"bit-depths", number_list(&Profile::bit_depths)},
      {"entry-points", set_entry_points},
      {"film-grain", yes_or_no(&Profile::film_grain)},
      {"min-size", size_field(&Profile::min_size)},
      {"max-size", size_field(&Profile::max_size)},
      {"formats", set_formats},
      {"modifiers", number_list(&Profile::modifiers)},
      {"modifier-lists", yes_or_no(&Profile::modifier_lists)},
      {"pitch-alignment", alignment_field(&Profile::pitch_alignment)},
      {"width-alignment", alignment_field(&Profile::width_alignment)},
      {"height-alignment", alignment_field(&Profile::height_alignment)},
      {"max-surfaces", number_field(&Profile::max_surfaces)},
      {"encode-min-size", of_encoder(size_field(&Encoder::min_size))},
      {"encode-max-size", of_encoder(size_field(&Encoder::max_size))},
      {"encode-alignment", of_encoder(size_field(&Encoder::alignment))},
      {"encode-rate-controls",
       of_encoder(
           word_list(&Encoder::rate_controls, {"CQP", "CBR", "VBR", "ICQ", "QVBR", "TCBRC"}))},
      {"encode-packed-headers",
       of_encoder(
           word_list(&Encoder::packed_headers, {"sequence", "picture", "slice", "misc", "raw"}))},
      {"encode-forward-references", of_encoder(number_field(&Encoder::forward_references))},
      {"encode-backward-references", of_encoder(number_field(&Encoder::backward_references))},
      {"encode-tools",
       of_encoder(word_list(&Encoder::tools,
                            {"128x128-superblock", "filter-intra", "intra-edge-filter",
                             "interintra-compound", "masked-compound", "warped-motion",
                             "palette-mode", "dual-filter", "jnt-comp", "ref-frame-mvs", "superres",
                             "restoration", "allow-intrabc", "cdef-channel-strength"}))},
      {"encode-interpolation-filters", of_encoder(number_field(&Encoder::interpolation_filters))},
      {"encode-segment-features", of_encoder(number_field(&Encoder::segment_features))},
      {"encode-segment-block", of_encoder(number_field(&Encoder::segment_block))},
      {"encode-tile-size-bytes", of_encoder(number_field(&Encoder::tile_size_bytes))},
      {"encode-obu-size-bytes", of_encoder(number_field(&Encoder::obu_size_bytes))},
      {"encode-tx-modes", of_encoder(number_field(&Encoder::tx_modes))},
      {"encode-max-tiles", of_encoder(number_field(&Encoder::max_tiles))},
      {"encode-max-tile-columns", of_encoder(number_field(&Encoder::max_tile_columns))},
      {"encode-min-tile", of_encoder(number_field(&Encoder::min_tile))},
      {"encode-quality-levels", of_encoder(number_field(&Encoder::quality_levels))},
      {"encode-roi-regions", of_encoder(number_field(&Encoder::roi_regions))},
      {"encode-roi-with-bitrate", of_encoder(yes_or_no(&Encoder::roi_with_bitrate))},
      {"encode-writes-headers", of_encoder(yes_or_no(&Encoder::writes_headers))},
      {"encode-segment-per-obu", of_encoder(yes_or_no(&Encoder::segment_per_obu))},
      {"compute-capability", set_compute_capability},
      {"cuda-version", number_field(&Profile::cuda_version)},
      {"decode-engines", number_field(&Profile::decode_engines)},
      {"max-macroblocks", number_field(&Profile::max_macroblocks)},
      {"memory-bytes", number_field(&Profile::memory_bytes)},
      {"texture-alignment", alignment_field(&Profile::texture_alignment)},
      {"nvenc-engines", number_field(&Profile::nvenc_engines)},
      {"nvenc-sessions", number_field(&Profile::nvenc_sessions)},
      {"nvenc-min-size", size_field(&Profile::nvenc_min_size)},
      {"nvenc-max-size", size_field(&Profile::nvenc_max_size)},
      {"nvenc-bit-depths", number_list(&Profile::nvenc_bit_depths)},
      {"nvenc-b-frames", number_field(&Profile::nvenc_b_frames)},
      {"nvenc-temporal-layers", number_field(&Profile::nvenc_temporal_layers)},
  };
  return map;
}

Problem missing_or_contradictory(const DeviceProfile& profile, const std::set<std::string>& seen) {
  std::vector<std::string> needed = {"api", "name", "pci-id", "pci-address"};
  if (profile.api == Api::Cuda) {
    needed.insert(needed.end(), {"uuid", "compute-capability", "cuda-version", "memory-bytes"});
  } else {
    needed.insert(needed.end(), {"vendor", "kernel-driver", "formats"});
  }
  if (!profile.av1_profiles.empty()) {
    needed.insert(needed.end(), {"bit-depths", "min-size", "max-size", "pitch-alignment"});
  }
  if (profile.has_entry_point("EncSlice") || profile.has_entry_point("EncSliceLP")) {
    needed.insert(needed.end(), {"encode-min-size", "encode-max-size", "encode-rate-controls",
                                 "encode-packed-headers", "encode-forward-references"});
  }
  if (profile.nvenc_engines > 0) {
    needed.insert(needed.end(), {"nvenc-min-size", "nvenc-max-size", "nvenc-bit-depths"});
  }
  for (const auto& key : needed) {
    if (!seen.contains(key)) return "'" + key + "' is missing";
  }
  if (profile.min_size.width > profile.max_size.width ||
      profile.min_size.height > profile.max_size.height) {
    return "min-size is above max-size";
  }
  const Size& alignment = profile.encoder.alignment;
  if (!std::has_single_bit(alignment.width) || !std::has_single_bit(alignment.height)) {
    return "encode-alignment has what is no power of two";
  }
  return "";
}

}  // namespace

bool DeviceProfile::decodes(unsigned av1_profile, unsigned bit_depth) const {
  return std::ranges::contains(av1_profiles, av1_profile) &&
         std::ranges::contains(bit_depths, bit_depth);
}

bool DeviceProfile::has_entry_point(std::string_view entry_point) const {
  return std::ranges::contains(entry_points, entry_point);
}

Result<DeviceProfile> parse_profile(std::string_view text) {
  DeviceProfile profile;
  std::set<std::string> seen;
  unsigned line_number = 0;
  for (const auto line : lines(text)) {
    line_number++;
    if (line.empty()) continue;
    const auto at_line = "line " + std::to_string(line_number) + ": ";
    const size_t equals = line.find('=');
    if (equals == std::string_view::npos) {
      return client_fault(at_line + "'" + std::string(line) + "' is no KEY = VALUE");
    }
    const std::string key(trim(line.substr(0, equals)));
    const auto setter = setters().find(key);
    if (setter == setters().end()) return client_fault(at_line + "unknown key '" + key + "'");
    if (!seen.insert(key).second) return client_fault(at_line + "'" + key + "' is there twice");
    const Problem problem = setter->second(profile, trim(line.substr(equals + 1)));
    if (!problem.empty()) {
      return client_fault(at_line + "'" + key + "' " + problem);
    }
  }
  if (const Problem problem = missing_or_contradictory(profile, seen); !problem.empty()) {
    return client_fault(problem);
  }
  return profile;
}

Result<DeviceProfile> load_profile(const std::string& path) {
  const auto text = read_text(path);
  if (!text) return std::unexpected(text.error());
  auto profile = parse_profile(*text);
  if (!profile) return client_fault(path + ": " + profile.error().message);
  return profile;
}

}  // namespace refdrv
