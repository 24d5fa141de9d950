// SPDX-License-Identifier: LGPL-2.1-or-later
// Names of backends and codec directions.
#include "registry/capability.h"

namespace av1hw {

const char* backend_name(BackendKind kind) {
  switch (kind) {
  case BackendKind::Cpu: return "cpu";
  case BackendKind::Va: return "va";
  case BackendKind::Nv: return "nv";
  case BackendKind::Vk: return "vk";
  }
  return "cpu";
}

const char* codec_direction_name(CodecDirection direction) {
  return direction == CodecDirection::Decode ? "decode" : "encode";
}

}  // namespace av1hw
