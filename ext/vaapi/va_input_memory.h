// SPDX-License-Identifier: LGPL-2.1-or-later
// A render node's memory, as an encoder takes it: VA surfaces and DMA-BUFs.
#pragma once

#include <string>

#include "codec/input_memory.h"
#include "vaapi/va_device.h"

namespace av1hw {

class VaInputMemory final : public InputMemory {
 public:
  explicit VaInputMemory(std::string render_node) : device_(std::move(render_node)) {}

  Result<> open(GstElement* element) override { return device_.open(element, *calls()); }
  void close() override { device_.close(); }
  bool set_context(GstElement*, GstContext* context) override {
    return device_.set_context(context);
  }
  bool handle_context_query(GstElement* element, GstQuery* query) override {
    return device_.handle_context_query(element, query);
  }
  Result<PoolHandle> make_pool(MemoryDomain domain, const GstVideoInfo& info, GstCaps* caps,
                               unsigned min_buffers) override;

  const VaDevice& device() const { return device_; }

 private:
  VaDevice device_;
};

}  // namespace av1hw
