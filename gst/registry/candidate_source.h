// SPDX-License-Identifier: LGPL-2.1-or-later
// The candidates that this process has: this plugin's elements and other people's factories.
#pragma once

#include <gst/gst.h>

#include <memory>
#include <vector>

#include "memory/handles.h"
#include "registry/candidate.h"

namespace av1hw {

// A candidate and the means to create it.
class CandidateSource {
 public:
  CandidateSource(Candidate facts, GType own_type);
  CandidateSource(Candidate facts, GstElementFactory* factory);

  const Candidate& facts() const { return facts_; }
  // What its pad template of `direction` allows. For elements of ours this is known without
  // creating one, as it is for factories.
  CapsHandle template_caps(GstPadDirection direction) const;
  // A new element, floating reference taken over by the handle; empty if it can't be made.
  ElementHandle create() const;

 private:
  Candidate facts_;
  GType own_type_ = G_TYPE_INVALID;
  GstHandle<GstElementFactory> factory_;
};

// Elements of ours, created by GType, whoever owns their plain names.
std::vector<CandidateSource> own_candidates(CodecDirection direction);

// Other plugins' elements that decode or encode AV1, found by their pad templates and class. Looks
// into the registry only: no plugin is loaded. Ours are left out, whatever their names.
std::vector<CandidateSource> foreign_candidates(CodecDirection direction);

// Both, ours first.
std::vector<CandidateSource> all_candidates(CodecDirection direction);

}  // namespace av1hw
