// SPDX-License-Identifier: LGPL-2.1-or-later
// vkcompositor: from the pads' frames to a canvas.
#include "vulkan/element/compositor.h"

#include <optional>
#include <utility>

#include "elements/element_error.h"
#include "memory/mapped_frame.h"
#include "memory/object_lock.h"
#include "vulkan/element/compositor_pad.h"

namespace av1hw {

struct Compositor::Layer {
  BufferHandle buffer;
  GstVideoInfo info;
  LayerSettings settings;
  HdrLuminance luminance;
  std::optional<DrmPicture> drm;  // where it is in DMA-BUFs
};

namespace {

bool is_gap(GstBuffer* buffer) {
  return gst_buffer_get_size(buffer) == 0 && GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_GAP);
}

Result<SystemPlanes> planes_of(const MappedFrame& frame) {
  SystemPlanes planes;
  for (unsigned i = 0; i < frame.planes(); i++) {
    if (frame.stride(i) <= 0)
      return fail(ErrorCode::InvalidData, "a frame's rows go backwards in memory");
    planes.data[i] = frame.plane(i).data();
    planes.stride[i] = static_cast<uint32_t>(frame.stride(i));
  }
  return planes;
}

}  // namespace

Compositor::Compositor(GstVideoAggregator* element)
    : element_(element),
      contexts_(GST_ELEMENT_CAST(element)),
      cuda_(GST_ELEMENT_CAST(element)),
      dma_bufs_(GST_ELEMENT_CAST(element)) {}

void Compositor::set_context(GstContext* context) {
  contexts_.set_context(context);
  cuda_.set_context(context);
}

bool Compositor::handle_query(GstQuery* query) const {
  return contexts_.handle_query(query) || cuda_.handle_query(query);
}

bool Compositor::open() {
  losses_in_a_row_ = 0;
  const Result<> opened = open_device();
  if (!opened) post_error(GST_ELEMENT_CAST(element_), opened.error());
  return opened.has_value();
}

void Compositor::close() {
  // Without the object lock: buffers that go take foreign ones with them.
  std::vector<PadHandle> pads;
  {
    const ObjectLock lock(element_);
    for (GList* item = GST_ELEMENT_CAST(element_)->sinkpads; item; item = item->next)
      pads.emplace_back(GST_PAD(gst_object_ref(item->data)));
  }
  for (const PadHandle& pad : pads) compositor_pad_of(pad.get()).decoder_pictures().close();
  const std::scoped_lock guard(device_lock_);
  cuda_.let_go();
  engine_.reset();
  cuda_.close();
  dma_bufs_.close();
  images_.close();
  host_memory_.reset();
  contexts_.close();
}

Result<> Compositor::open_device() {
  Result<OpenVulkan> opened = contexts_.open(settings().device);
  if (!opened) return std::unexpected(opened.error());
  const EngineSettings with_queue = {.upload_queue = opened->copies.get()};
  Result<std::unique_ptr<CompositeEngine>> engine =
      CompositeEngine::make(opened->device.get(), opened->queue.get(), with_queue);
  if (!engine) return std::unexpected(engine.error());
  std::vector<uint32_t> families = {opened->queue->family};
  if (opened->copies) families.push_back(opened->copies->family);
  Result<HostMemory> host_memory = HostMemory::make(opened->device.get(), families);
  if (!host_memory) return std::unexpected(host_memory.error());
  const std::scoped_lock guard(device_lock_);
  engine_ = std::move(*engine);
  host_memory_ = std::move(*host_memory);
  cuda_.open(opened->device.get());
  dma_bufs_.open(opened->device.get());
  images_.open(opened->device.get());
  return {};
}

// In the decoder's thread, before the pad's queue.
GstPadProbeReturn Compositor::take_picture(GstPad* pad, GstPadProbeInfo* probe) {
  GstBuffer* picture = GST_PAD_PROBE_INFO_BUFFER(probe);
  if (!DecoderPictures::are_references(picture)) return GST_PAD_PROBE_OK;
  const CapsHandle caps(gst_pad_get_current_caps(pad));
  Result<BufferHandle> copied =
      compositor_pad_of(pad).decoder_pictures().copy(picture, caps.get(), moves_);
  if (copied) {
    gst_buffer_unref(picture);
    probe->data = copied->release();
    return GST_PAD_PROBE_OK;
  }
  // Of a lost device it is lost, and nothing else.
  if (copied.error().code == ErrorCode::DeviceLost) return GST_PAD_PROBE_DROP;
  post_error(GST_ELEMENT_CAST(element_), copied.error());
  gst_buffer_unref(picture);
  GST_PAD_PROBE_INFO_FLOW_RETURN(probe) = GST_FLOW_ERROR;
  return GST_PAD_PROBE_HANDLED;
}

// From the lowest up. Pads that have nothing to show are left out.
std::vector<Compositor::Layer> Compositor::collect_layers() {
  std::vector<Layer> layers;
  unsigned lost = 0;
  {
    const ObjectLock lock(element_);
    for (GList* item = GST_ELEMENT_CAST(element_)->sinkpads; item; item = item->next) {
      auto* pad = GST_VIDEO_AGGREGATOR_PAD(item->data);
      GstBuffer* buffer = gst_video_aggregator_pad_get_current_buffer(pad);
      if (!buffer || is_gap(buffer)) continue;
      if (images_.are_lost(buffer)) {
        lost++;
        continue;
      }
      CompositorPad& impl = compositor_pad_of(pad);
      const std::optional<DrmPicture> drm = impl.drm_stream().picture_of(buffer);
      layers.push_back(
          {share(buffer), drm ? drm->info : pad->info, impl.settings(), impl.luminance(), drm});
    }
  }
  note_lost_pictures(lost);
  return layers;
}

Result<> Compositor::compose(GstBuffer* canvas) {
  // Perhaps another element noticed, and goes on with another device.
  if (!engine_ || images_.device_is_lost())
    return fail(ErrorCode::DeviceLost, "the Vulkan device was lost");
  const std::vector<Layer> layers = collect_layers();
  std::vector<LayerInput> inputs;
  for (const Layer& layer : layers)
    inputs.push_back({inputs.size(), &layer.info, layer.luminance, layer.settings});
  const Settings chosen = settings();
  const CanvasSettings canvas_settings = {canvas_info(), chosen.background,
                                          chosen.background_colour, chosen.blend_gamma};
  Result<FramePlan> plan = plan_frame(canvas_settings, inputs);
  if (!plan) return std::unexpected(plan.error());

  // What nobody sees is not even mapped.
  std::vector<MappedFrame> mapped;
  std::vector<SourceFrame> sources;
  for (LayerPlan& layer : plan->layers) {
    Result<SourceFrame> from = source(layers[layer.input], layer.layout, mapped);
    if (!from) {
      release_sources(nullptr);
      return std::unexpected(from.error());
    }
    layer.input = sources.size();
    sources.push_back(std::move(*from));
  }
  if (const Result<> ordered = cuda_.order(sources); !ordered) {
    release_sources(nullptr);
    return std::unexpected(ordered.error());
  }
  counts_.layers += plan->layers.size();
  counts_.hidden_layers += layers.size() - plan->layers.size();
  const Result<Ticket> ticket = submit(*plan, sources, canvas);
  release_sources(ticket ? &*ticket : nullptr);
  if (!ticket) return std::unexpected(ticket.error());
  if (ticket->uploaded_bytes > 0) moves_.count(FrameMove::Upload, ticket->uploaded_bytes);
  if (ticket->copied_bytes > 0) moves_.count(FrameMove::GpuCopy, ticket->copied_bytes);
  return {};
}

// `ticket`: null where nothing was submitted.
void Compositor::release_sources(const Ticket* ticket) {
  cuda_.end_frame();
  dma_bufs_.release_sources(*engine_, ticket);
}

// `mapped` holds what the engine reads until it has done so.
Result<SourceFrame> Compositor::source(const Layer& layer, const SampleLayout& layout,
                                       std::vector<MappedFrame>& mapped) {
  GstBuffer* buffer = layer.buffer.get();
  if (layer.drm) return dma_bufs_.source(buffer, *layer.drm, layout, moves_);
  if (cuda_.reads(buffer)) return cuda_.source(buffer, layer.info, moves_);
  if (ImageFrames::is_image(buffer)) return images_.source(buffer, moves_);
  if (host_memory_) {
    if (auto frame = host_memory_->source(buffer, layer.info, layout)) {
      if (std::holds_alternative<LinearPlanes>(frame->planes)) moves_.count(FrameMove::Import);
      return *frame;
    }
  }
  Result<MappedFrame> frame = MappedFrame::map_read(buffer, layer.info);
  if (!frame) return std::unexpected(frame.error());
  const Result<SystemPlanes> planes = planes_of(*frame);
  if (!planes) return std::unexpected(planes.error());
  mapped.push_back(std::move(*frame));
  return SourceFrame{.planes = *planes, .wait = {}, .keep = nullptr};
}

Result<Ticket> Compositor::submit(const FramePlan& plan, std::span<const SourceFrame> sources,
                                  GstBuffer* canvas) {
  if (canvas_drm_) return submit_to_dma_buf(plan, sources, canvas);
  if (cuda_.writes(canvas)) return submit_to_cuda(plan, sources, canvas);
  if (ImageFrames::is_image(canvas)) {
    const Result<TargetFrame> target = images_.target(canvas, moves_);
    if (!target) return std::unexpected(target.error());
    return engine_->compose(plan, sources, *target);
  }
  if (host_memory_) {
    if (const auto target = host_memory_->target(canvas, element_->info, plan.canvas)) {
      Result<Ticket> ticket = engine_->compose(plan, sources, *target);
      if (!ticket)
        host_memory_->write_failed(canvas);
      else if (ticket->downloaded_bytes > 0)
        moves_.count(FrameMove::Download, ticket->downloaded_bytes);
      else
        moves_.count(FrameMove::SameObject);
      return ticket;
    }
  }
  const TargetFrame target = {.planes = SystemTarget{}, .wait = {}, .signal = {}, .keep = nullptr};
  const Result<Ticket> ticket = engine_->compose(plan, sources, target);
  if (!ticket) return ticket;
  if (const Result<> done = download(*ticket, canvas); !done) return std::unexpected(done.error());
  return ticket;
}

Result<Ticket> Compositor::submit_to_cuda(const FramePlan& plan,
                                          std::span<const SourceFrame> sources, GstBuffer* canvas) {
  const Result<TargetFrame> target = cuda_.target(canvas, moves_);
  if (!target) return std::unexpected(target.error());
  const Result<Ticket> ticket = engine_->compose(plan, sources, *target);
  if (!ticket) return ticket;
  if (const Result<> done = cuda_.submitted(*target, *engine_, *ticket); !done)
    return std::unexpected(done.error());
  return ticket;
}

Result<Ticket> Compositor::submit_to_dma_buf(const FramePlan& plan,
                                             std::span<const SourceFrame> sources,
                                             GstBuffer* canvas) {
  const Result<TargetFrame> target = dma_bufs_.target(canvas, *canvas_drm_, plan.canvas, moves_);
  if (!target) return std::unexpected(target.error());
  const Result<Ticket> ticket = engine_->compose(plan, sources, *target);
  if (!ticket) return ticket;
  if (const Result<> done = dma_bufs_.written(*target, *engine_, *ticket); !done)
    return std::unexpected(done.error());
  return ticket;
}

Result<> Compositor::download(const Ticket& ticket, GstBuffer* canvas) {
  Result<MappedFrame> mapped = MappedFrame::map_write(canvas, element_->info);
  if (!mapped) {
    engine_->discard(ticket);
    return std::unexpected(mapped.error());
  }
  WritableSystemPlanes planes;
  for (unsigned i = 0; i < mapped->planes(); i++) {
    planes.data[i] = mapped->writable_plane(i).data();
    planes.stride[i] = static_cast<uint32_t>(mapped->stride(i));
  }
  const Result<uint64_t> bytes = engine_->download(ticket, planes);
  if (!bytes) return std::unexpected(bytes.error());
  moves_.count(FrameMove::Download, *bytes);
  return {};
}

}  // namespace av1hw
