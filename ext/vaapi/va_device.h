// SPDX-License-Identifier: LGPL-2.1-or-later
// A render node's display, as an element shares it with the rest of its pipeline.
#pragma once

#include <gst/va/gstva.h>

#include <mutex>
#include <string>

#include "base/driver_calls.h"
#include "base/result.h"
#include "memory/handles.h"

namespace av1hw {

using VaDisplayHandle = GstHandle<GstVaDisplay>;

// open() and close() are called with the element's stream lock, all else by any thread.
class VaDevice {
 public:
  explicit VaDevice(std::string render_node) : render_node_(std::move(render_node)) {}

  // Takes the pipeline's display, or opens one and offers it to others.
  Result<> open(GstElement* element, DriverCalls& calls);
  void close();
  bool set_context(GstContext* context);
  bool handle_context_query(GstElement* element, GstQuery* query) const;

  // While it is open.
  VaDisplayHandle in_use() const;
  VADisplay display() const;
  const std::string& render_node() const { return render_node_; }

 private:
  bool take_offered();

  const std::string render_node_;
  mutable std::mutex lock_;  // of the displays, which contexts bring on any thread
  VaDisplayHandle display_;  // while it is open
  VaDisplayHandle offered_;  // by the last context
};

}  // namespace av1hw
