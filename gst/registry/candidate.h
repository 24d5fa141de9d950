// SPDX-License-Identifier: LGPL-2.1-or-later
// What the ranker works on: the elements that could do a job, the job, and what the user allows.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "registry/capability.h"

namespace av1hw {

// An element that could decode or encode. Facts only: CandidateSource knows how to create it.
struct Candidate {
  std::string element;                 // factory name
  std::optional<BackendKind> backend;  // empty: hardware of a family that is none of our backends
  std::string device;                  // DeviceReport::id; empty for elements that don't say
  bool hardware = false;
  bool own = false;   // one of this plugin's elements
  unsigned rank = 0;  // the factory's rank
  CodecCapability capability;
  std::set<std::string> formats;   // raw formats, as caps write them; empty: not known
  std::set<std::string> settings;  // codec properties (our names) that it honours
};

// The stream: what caps say. Zero and empty mean that the caps don't say.
struct Request {
  CodecDirection direction = CodecDirection::Decode;
  std::optional<unsigned> profile;  // seq_profile
  unsigned bit_depth = 0;
  std::string chroma;  // "4:2:0"
  std::string format;  // raw format, where it is the input: "I420"
  unsigned width = 0;
  unsigned height = 0;
  double frame_rate = 0;            // frames a second
  std::vector<std::string> memory;  // caps features of the raw side, most welcome first
};

// What the user asked of the choice.
struct Policy {
  std::optional<BackendKind> backend;  // empty: any
  std::set<std::string> allow;         // element or backend names; empty: all
  std::set<std::string> deny;          // element or backend names; wins over `allow`
  std::string device;                  // DeviceReport::id; empty: any
  bool require_hardware = false;
  std::set<std::string> settings;  // codec properties that the user set, where losing one matters
  // Encoders only.
  unsigned preset = 6;   // EncoderSettings::preset
  unsigned threads = 1;  // how many it may use
  unsigned tiles = 1;    // tiles of a frame, which can be coded in parallel
};

}  // namespace av1hw
