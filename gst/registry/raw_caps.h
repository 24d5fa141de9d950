// SPDX-License-Identifier: LGPL-2.1-or-later
// What caps say about a stream, in the ranker's terms.
#pragma once

#include <gst/gst.h>

#include <set>
#include <string>
#include <vector>

#include "registry/candidate.h"

namespace av1hw {

// The raw formats that video/x-raw caps list ("I420", ...), those of DMA-BUFs without their layout;
// empty: any.
std::set<std::string> raw_formats(const GstCaps* caps);

// The caps features of the raw video in `caps`, each once, in their order; empty for ANY caps,
// which say nothing. System memory is "memory:SystemMemory".
std::vector<std::string> raw_memory(const GstCaps* caps);

// Sample depths and chroma formats of raw formats.
void add_raw_facts(const std::set<std::string>& formats, CodecCapability* capability);

// Both are YUV without alpha, of one depth and subsampling: what is in the one can be in the other,
// sample by sample ("NV12", "I420").
bool differ_in_layout_alone(const std::string& a, const std::string& b);

// A request for decoding what AV1 caps describe, into the memory that `downstream` (may be null)
// takes.
Request decode_request(const GstCaps* av1, const GstCaps* downstream);

// A request for encoding what fixed raw caps describe.
Request encode_request(const GstCaps* raw);

}  // namespace av1hw
