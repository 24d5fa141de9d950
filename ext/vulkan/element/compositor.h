// SPDX-License-Identifier: LGPL-2.1-or-later
// vkcompositor: blends any number of pictures onto a canvas, in one dispatch of a GPU.
#pragma once

#include <gst/video/gstvideoaggregator.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "composite/planner.h"
#include "memory/copy_accounting.h"
#include "memory/handles.h"
#include "memory/mapped_frame.h"
#include "vulkan/compositor/engine.h"
#include "vulkan/cuda/cuda_frames.h"
#include "vulkan/dmabuf/dma_frames.h"
#include "vulkan/element/canvas_caps.h"
#include "vulkan/element/image_frames.h"
#include "vulkan/element/vk_contexts.h"
#include "vulkan/memory/host_memory.h"

namespace av1hw {

enum class CompositorProperty : guint {
  Background = 1,
  BackgroundColor,
  BlendGamma,
  Device,
  IgnoreInactivePads,
  Stats,
};

// Behind each vkcompositor GObject.
class Compositor {
 public:
  explicit Compositor(GstVideoAggregator* element);

  bool set_property(guint id, const GValue* value);
  bool get_property(guint id, GValue* value) const;

  // The virtual functions of GstElementClass, GstAggregatorClass and GstVideoAggregatorClass that
  // have these names.
  void set_context(GstContext* context);
  bool open();   // NULL to READY, so that a bin learns early whether a device is there
  void close();  // READY to NULL
  bool handle_query(GstQuery* query) const;
  bool sink_query(GstPad* pad, GstQuery* query) const;
  CapsHandle update_src_caps(const GstCaps* allowed) const;
  CapsHandle fixate_src_caps(CapsHandle caps) const;
  bool decide_allocation(GstQuery* query);
  bool propose_allocation(GstQuery* query);
  GstFlowReturn aggregate_frames(GstBuffer* canvas);

 private:
  struct Layer;  // a pad's picture of this frame

  struct Settings {
    BackgroundKind background = BackgroundKind::Checker;
    uint32_t background_colour = 0xff000000;
    BlendGamma blend_gamma = BlendGamma::AsCoded;
    std::string device;
  };

  Settings settings() const;
  std::vector<CanvasInput> canvas_inputs() const;
  std::vector<Layer> collect_layers() const;
  Result<> open_device();
  Result<> compose(const std::vector<Layer>& layers, GstBuffer* canvas);
  Result<SourceFrame> source(const Layer& layer, const SampleLayout& layout,
                             std::vector<MappedFrame>& mapped);
  void release_sources(const Ticket* ticket);
  Result<Ticket> submit_to_cuda(const FramePlan& plan, std::span<const SourceFrame> sources,
                                GstBuffer* canvas);
  Result<Ticket> submit_to_dma_buf(const FramePlan& plan, std::span<const SourceFrame> sources,
                                   GstBuffer* canvas);
  Result<Ticket> submit(const FramePlan& plan, std::span<const SourceFrame> sources,
                        GstBuffer* canvas);
  Result<> download(const Ticket& ticket, GstBuffer* canvas);
  bool take_offered_pool(GstQuery* query, GstCaps* caps, const GstVideoInfo& info);
  PoolHandle host_pool(GstCaps* caps, const GstVideoInfo& info) const;
  bool decide_dma_buf_allocation(GstQuery* query, GstCaps* caps);
  bool take_dma_buf_pool(GstQuery* query, GstCaps* caps, const DrmPicture& picture);
  // Of the canvas: what its samples are, whatever memory they are in.
  const GstVideoInfo& canvas_info() const {
    return canvas_drm_ ? canvas_drm_->info : element_->info;
  }
  bool offer_device_pool(GstCaps* caps, GstQuery* query, unsigned min);
  bool reopen_device();
  StructureHandle stats() const;

  GstVideoAggregator* const element_;
  VkContexts contexts_;
  CudaFrames cuda_;
  DmaFrames dma_bufs_;
  std::optional<DrmPicture> canvas_drm_;  // where the canvas is in DMA-BUFs
  ImageFrames images_;
  Settings settings_;  // under the object lock
  std::unique_ptr<CompositeEngine> engine_;
  std::optional<HostMemory> host_memory_;  // where the device has no memory of its own
  CopyAccounting moves_;
  struct Counts {
    std::atomic<uint64_t> frames{0};
    std::atomic<uint64_t> layers{0};
    std::atomic<uint64_t> hidden_layers{0};
    std::atomic<uint64_t> device_losses{0};
  };
  Counts counts_;
};

// The type, registered once. Class data and all: see compositor_type.cpp.
GType av1hw_vk_compositor_get_type();

}  // namespace av1hw
