// SPDX-License-Identifier: LGPL-2.1-or-later
// Registering decoder elements: one GObject class a backend and device, all of the same shell.
#pragma once

#include <gst/gst.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "codec/decoder.h"
#include "codec/output_memory.h"
#include "elements/decoder_properties.h"
#include "registry/element_table.h"

namespace av1hw {

struct DecoderDescriptor {
  std::string type_name;    // GType, "Av1HwCpuAv1Dec"
  std::string long_name;    // "AV1 decoder (dav1d)"
  std::string klass;        // "Codec/Decoder/Video", with "/Hardware" where it is
  std::string description;  // one sentence
  std::string source_caps;
  std::vector<DecoderProperty> properties;  // those that the backend honours
  guint rank = GST_RANK_NONE;
  // The device memory of one element; empty where pictures are in system memory.
  std::function<std::unique_ptr<OutputMemory>()> create_memory;
  // Gets the element's device memory, which outlives the decoder, or nullptr.
  std::function<std::unique_ptr<Decoder>(OutputMemory*)> create;
  RegisteredElement element;  // its type is filled in
};

void register_decoder_element(GstPlugin* plugin, DecoderDescriptor descriptor);

}  // namespace av1hw
