// SPDX-License-Identifier: LGPL-2.1-or-later
// vkcompositor: blends any number of pictures onto a canvas, in one dispatch of a GPU.
#pragma once

#include <gst/video/gstvideoaggregator.h>

#include <memory>
#include <mutex>
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
  // Of whom nobody is to know before there is a device again.
  bool refuses_query(const GstQuery* query) const { return contexts_.hides_lost_device(query); }
  bool sink_query(GstPad* pad, GstQuery* query) const;
  CapsHandle update_src_caps(const GstCaps* allowed) const;
  CapsHandle fixate_src_caps(CapsHandle caps) const;
  bool decide_allocation(GstQuery* query);
  bool propose_allocation(GstQuery* query);
  // A probe for buffers at a sink pad: those of decoders are exchanged for copies.
  GstPadProbeReturn take_picture(GstPad* pad, GstPadProbeInfo* probe);
  GstFlowReturn create_canvas(GstBuffer** canvas);  // create_output_buffer
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
  // By downstream; empty: it takes anything.
  std::string memory_named_first() const;
  std::vector<Layer> collect_layers();
  Result<> open_device();
  Result<> compose(GstBuffer* canvas);
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
  bool take_host_pool(GstQuery* query, GstCaps* caps, const GstVideoInfo& info) const;
  bool take_offered_images(GstQuery* query, GstCaps* caps) const;
  PoolHandle host_pool(GstCaps* caps, const GstVideoInfo& info) const;
  bool decide_dma_buf_allocation(GstQuery* query, GstCaps* caps);
  bool take_dma_buf_pool(GstQuery* query, GstCaps* caps, const DrmPicture& picture);
  // Of the canvas: what its samples are, whatever memory they are in.
  const GstVideoInfo& canvas_info() const {
    return canvas_drm_ ? canvas_drm_->info : element_->info;
  }
  bool offer_device_pool(GstCaps* caps, GstQuery* query, unsigned min);
  Result<> recover(Error error, bool& trimmed);
  Result<> reopen_device(const Error& loss);
  bool is_settled() const;
  void renew_pools();
  void note_lost_pictures(unsigned count);
  StructureHandle stats() const;

  GstVideoAggregator* const element_;
  VkContexts contexts_;
  CudaFrames cuda_;
  DmaFrames dma_bufs_;
  std::optional<DrmPicture> canvas_drm_;  // where the canvas is in DMA-BUFs
  Settings settings_;                     // under the object lock
  // Changes of what follows, and looks at it by other threads than the streaming one.
  mutable std::mutex device_lock_;
  std::unique_ptr<CompositeEngine> engine_;
  ImageFrames images_;
  std::optional<HostMemory> host_memory_;  // while a device is open
  CopyAccounting moves_;
  struct Counts {
    std::atomic<uint64_t> frames{0};
    std::atomic<uint64_t> layers{0};
    std::atomic<uint64_t> hidden_layers{0};
    std::atomic<uint64_t> device_losses{0};
    std::atomic<uint64_t> lost_pictures{0};  // inputs in memory of a lost device
  };
  Counts counts_;
  unsigned losses_in_a_row_ = 0;
  uint64_t frames_at_loss_ = 0;
  uint64_t losses_told_ = 0;  // whose lost pictures were told of
};

// The type, registered once. Class data and all: see compositor_type.cpp.
GType av1hw_vk_compositor_get_type();

}  // namespace av1hw
