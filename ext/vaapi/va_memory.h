// SPDX-License-Identifier: LGPL-2.1-or-later
// A render node's memory: VA surfaces that leave as they are, as DMA-BUFs, or as copies.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "codec/output_memory.h"
#include "vaapi/va_device.h"
#include "vaapi/va_exported_surface.h"
#include "vaapi/va_readback.h"

namespace av1hw {

class VaMemory final : public OutputMemory {
 public:
  // `exports`: the driver says that it exports DMA-BUFs.
  VaMemory(std::string render_node, bool exports);
  ~VaMemory() override;

  Result<> open(GstElement* element) override;
  void close() override;
  bool set_context(GstElement* element, GstContext* context) override;
  bool handle_context_query(GstElement* element, GstQuery* query) override;
  std::span<const MemoryDomain> domains() const override { return domains_; }
  Result<CapsHandle> caps_for(MemoryDomain domain, const GstVideoInfo& info, GstCaps* caps,
                              GstCaps* wanted) override;
  Result<PoolHandle> make_pool(MemoryDomain domain, const GstVideoInfo& info, GstCaps* caps,
                               const MemoryNeeds& needs) override;
  Result<uint64_t> download(GstBuffer* from, GstBuffer* to, const GstVideoInfo& info) override;

  // While it is open.
  VADisplay display() const { return device_.display(); }
  const std::string& render_node() const { return device_.render_node(); }
  // Surfaces are made in multiples of this, in samples: powers of two.
  void set_alignment(unsigned width, unsigned height);

 private:
  Result<CapsHandle> dma_caps(const GstVideoInfo& info, GstCaps* caps, GstCaps* wanted);
  Result<CapsHandle> caps_with_modifier(const VaSurfaceRequest& request, const GstVideoInfo& info,
                                        GstCaps* caps);
  VaSurfaceRequest surface_request(const GstVideoInfo& info) const;

  VaDevice device_;
  std::vector<MemoryDomain> domains_;
  std::unique_ptr<VaReadback> readback_;
  unsigned align_width_ = 2;
  unsigned align_height_ = 2;
  // Downstream's, where it does not take the driver's own choice.
  std::optional<uint64_t> asked_modifier_;
  // What the last allocation of a surface like this had.
  struct Allocated {
    VaSurfaceRequest request;
    uint64_t modifier;
  };
  std::optional<Allocated> allocated_;
};

}  // namespace av1hw
