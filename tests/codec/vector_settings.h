// SPDX-License-Identifier: LGPL-2.1-or-later
// Decoder settings for a stream of a manifest.
#pragma once

#include <sstream>
#include <string>

#include "codec/decoder.h"
#include "conformance/manifest.h"

namespace av1hw::test {

// What the arguments of dav1d's program mean. It puts out all layers unless it is told not to, and
// leaves film grain out where it computes checksums.
inline DecoderSettings settings_of(const conformance::Vector& vector) {
  DecoderSettings settings;
  settings.all_layers = true;
  settings.film_grain = FilmGrainMode::Off;
  std::istringstream in(vector.dav1d_args);
  for (std::string option, value; in >> option >> value;) {
    if (option == "--alllayers") settings.all_layers = value == "1";
    if (option == "--oppoint") settings.operating_point = static_cast<unsigned>(std::stoi(value));
    if (option == "--filmgrain" && value == "1") settings.film_grain = FilmGrainMode::Apply;
    if (option == "--decodeframetype" && value == "reference") {
      settings.decode_frame_type = DecodeFrameType::Reference;
    }
    if (option == "--decodeframetype" && value == "key") {
      settings.decode_frame_type = DecodeFrameType::Key;
    }
  }
  return settings;
}

}  // namespace av1hw::test
