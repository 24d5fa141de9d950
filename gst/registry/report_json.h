// SPDX-License-Identifier: LGPL-2.1-or-later
// Probe reports as JSON, both ways: for av1hw-info --json and between a probing child and its
// parent.
#pragma once

#include <json-glib/json-glib.h>

#include <string>

#include "base/result.h"
#include "base/unique_handle.h"
#include "registry/capability.h"

namespace av1hw {

using JsonNodeHandle = UniqueHandle<JsonNode, json_node_unref>;

// The "backends" entry of docs/av1hw-info.md.
JsonNodeHandle backend_report_to_json(const BackendReport& report);

// Reads what backend_report_to_json wrote. Fields that are missing keep their defaults; text that
// is no such report is an error.
Result<BackendReport> backend_report_from_json(const std::string& text);

std::string json_text(JsonNode* node, bool pretty);

}  // namespace av1hw
