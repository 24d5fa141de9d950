// SPDX-License-Identifier: LGPL-2.1-or-later
// Contexts, buffers and surfaces of a VA driver that decodes.
#include "vaapi/va_decode_backend.h"

#include <algorithm>
#include <format>
#include <utility>

#include "vaapi/decode_params.h"
#include "vaapi/va_dma_pool.h"
#include "vaapi/va_format.h"
#include "vaapi/va_status.h"
#include "vaapi/va_surface.h"

namespace av1hw {
namespace {

constexpr unsigned references = 8;
// A GPU that takes longer than that for a picture hangs.
constexpr uint64_t patience_ns = 10'000'000'000;
// As calls of a driver: they are too many and too short to be marked one by one.
constexpr const char* buffer_calls =
    "vaCreateBuffer, vaMapBuffer, vaUnmapBuffer or vaDestroyBuffer";

template <typename T>
bool contains(const std::vector<T>& list, const T& value) {
  return std::ranges::find(list, value) != list.end();
}

}  // namespace

VaDecodeBackend::VaDecodeBackend(VaMemory& memory, CodecCapability capability)
    : memory_(memory),
      capability_(std::move(capability)),
      picture_parameters_(VAPictureParameterBufferType),
      tile_parameters_(VASliceParameterBufferType) {}

VaDecodeBackend::~VaDecodeBackend() { destroy_context(); }

void VaDecodeBackend::destroy_context() {
  const DriverCall call(*memory_.calls(), "vaDestroyBuffer, vaDestroyContext or vaDestroyConfig");
  picture_parameters_.destroy(display_);
  tile_parameters_.destroy(display_);
  if (context_ != VA_INVALID_ID)
    log_failure(vaDestroyContext(display_, context_), "vaDestroyContext");
  if (config_ != VA_INVALID_ID) log_failure(vaDestroyConfig(display_, config_), "vaDestroyConfig");
  context_ = config_ = VA_INVALID_ID;
  has_decoded_ = false;
}

// Gray pictures are 4:2:0 with neutral chroma, as drivers have no other surfaces to decode them
// into.
GstVideoFormat VaDecodeBackend::surface_format(const StreamConfig& stream) const {
  if (!contains(capability_.profiles, stream.profile) || stream.profile != 0 ||
      !contains(capability_.bit_depths, stream.bit_depth)) {
    return GST_VIDEO_FORMAT_UNKNOWN;
  }
  return DecodeBackend::surface_format(stream);
}

Result<> VaDecodeBackend::open(const DecoderSettings& settings, DecoderClient& client) {
  display_ = memory_.display();
  if (!display_) return fail(ErrorCode::Unavailable, memory_.render_node() + " is not open");
  const char* vendor = vaQueryVendorString(display_);
  quirks_ = va_quirks(vendor ? vendor : "");
  settings_ = settings;
  client_ = &client;
  return {};
}

Result<> VaDecodeBackend::check(const StreamConfig& stream) const {
  const auto within = [](unsigned size, unsigned min, unsigned max) {
    return size >= min && (max == 0 || size <= max);
  };
  if (!within(stream.max_width, capability_.min_width, capability_.max_width) ||
      !within(stream.max_height, capability_.min_height, capability_.max_height)) {
    return fail(ErrorCode::NotSupported,
                std::format("this GPU decodes AV1 from {}x{} to {}x{}, and this is {}x{}",
                            capability_.min_width, capability_.min_height, capability_.max_width,
                            capability_.max_height, stream.max_width, stream.max_height));
  }
  if (stream.apply_grain && quirks_.inexact_film_grain &&
      settings_.film_grain == FilmGrainMode::Auto) {
    return fail(ErrorCode::NotSupported,
                "this VA driver's film grain is not exact; film-grain=apply takes it as it is");
  }
  return {};
}

Result<> VaDecodeBackend::configure(const StreamConfig& stream) {
  destroy_context();
  if (Result<> checked = check(stream); !checked) return checked;
  needs_ = {};
  needs_.held_buffers = references + stream.pictures_in_flight;
  Result<> created = create_context(stream);
  if (!created) destroy_context();
  return created;
}

Result<> VaDecodeBackend::create_context(const StreamConfig& stream) {
  const DriverCall call(*memory_.calls(), "vaCreateConfig or vaCreateContext");
  VAConfigAttrib attribute = {VAConfigAttribRTFormat, va_rt_format(stream.bit_depth)};
  if (const VAStatus status =
          vaCreateConfig(display_, VAProfileAV1Profile0, VAEntrypointVLD, &attribute, 1, &config_);
      status != VA_STATUS_SUCCESS) {
    config_ = VA_INVALID_ID;
    return std::unexpected(va_error(status, std::format("decode {}-bit AV1", stream.bit_depth)));
  }
  ask_alignment();
  // Surfaces of any size and at any time serve as targets, so none are named here.
  if (const VAStatus status = vaCreateContext(display_, config_, static_cast<int>(stream.max_width),
                                              static_cast<int>(stream.max_height), VA_PROGRESSIVE,
                                              nullptr, 0, &context_);
      status != VA_STATUS_SUCCESS) {
    context_ = VA_INVALID_ID;
    return std::unexpected(va_error(
        status, std::format("create a decoder for {}x{}", stream.max_width, stream.max_height)));
  }
  return {};
}

// 4:2:0 wants even sizes; the driver may want more.
void VaDecodeBackend::ask_alignment() {
  unsigned width_log2 = 1;
  unsigned height_log2 = 1;
  unsigned count = 0;
  if (vaQuerySurfaceAttributes(display_, config_, nullptr, &count) == VA_STATUS_SUCCESS) {
    static constexpr unsigned limit = 4096;
    std::vector<VASurfaceAttrib> attributes(std::min(count, limit));
    count = static_cast<unsigned>(attributes.size());
    if (vaQuerySurfaceAttributes(display_, config_, attributes.data(), &count) ==
        VA_STATUS_SUCCESS) {
      attributes.resize(std::min<size_t>(count, attributes.size()));
    }
    for (const VASurfaceAttrib& attribute : attributes) {
      if (attribute.type != VASurfaceAttribAlignmentSize) continue;
      const auto value = static_cast<unsigned>(attribute.value.value.i);
      width_log2 = std::max(width_log2, value & 0xf);
      height_log2 = std::max(height_log2, value >> 4 & 0xf);
    }
  }
  memory_.set_alignment(1U << width_log2, 1U << height_log2);
}

Result<VaDecodeBackend::Allocated> VaDecodeBackend::allocate() {
  Result<BufferHandle> buffer = client_->allocate(acquired_, needs_);
  if (!buffer) return std::unexpected(buffer.error());
  const VASurfaceID id = va_surface_of(buffer->get());
  if (id == VA_INVALID_SURFACE)
    return fail(ErrorCode::Failed, "a buffer to decode into is no VA surface");
  return Allocated{std::move(*buffer), id};
}

Result<DecodeSurfaceRef> VaDecodeBackend::acquire(const PictureFormat& format) {
  acquired_ = format;
  Result<Allocated> made = allocate();
  if (!made) return std::unexpected(made.error());
  return std::make_shared<VaSurface>(std::move(made->buffer), made->id);
}

// Drivers that are told of a buffer may read it until vaEndPicture.
Result<> VaDecodeBackend::add_buffer(VABufferType type, size_t size, size_t count,
                                     const void* data) {
  VABufferID id = VA_INVALID_ID;
  const VAStatus status =
      vaCreateBuffer(display_, context_, type, static_cast<unsigned>(size),
                     static_cast<unsigned>(count), const_cast<void*>(data), &id);
  if (status != VA_STATUS_SUCCESS) {
    return std::unexpected(va_error(status, "take the parameters of a picture"));
  }
  buffers_.push_back(id);
  temporary_.push_back(id);
  return {};
}

Result<> VaDecodeBackend::add_parameters(VaParameterBuffer& buffer, size_t size, size_t count,
                                         const void* data) {
  const Result<VABufferID> id = buffer.write(display_, context_, size, count, data);
  if (!id) return std::unexpected(id.error());
  buffers_.push_back(*id);
  return {};
}

// Those in `tiles_`. Intel's iHD gives the buffers of a picture places in one array, in the order
// in which they are made since the last picture: one that stays would share its place with the
// next.
Result<> VaDecodeBackend::add_tile_parameters(size_t groups) {
  constexpr size_t size = sizeof tiles_[0];
  return groups == 1 ? add_parameters(tile_parameters_, size, tiles_.size(), tiles_.data())
                     : add_buffer(VASliceParameterBufferType, size, tiles_.size(), tiles_.data());
}

Result<> VaDecodeBackend::add_buffers(const PictureParams& picture) {
  const DriverCall call(*memory_.calls(), buffer_calls);
  const VADecPictureParameterBufferAV1 parameters = va_picture_parameters(picture);
  Result<> added = add_parameters(picture_parameters_, sizeof parameters, 1, &parameters);
  for (size_t i = 0; added && i < picture.tile_groups.size(); i++) {
    const TileGroup& group = picture.tile_groups[i];
    va_tile_parameters(picture, i, tiles_);
    added = add_tile_parameters(picture.tile_groups.size());
    if (!added) break;
    added = add_buffer(VASliceDataBufferType, group.size, 1, picture.data.data() + group.offset);
  }
  return added;
}

Result<> VaDecodeBackend::decode(VASurfaceID target) {
  const DriverCall call(*memory_.calls(), "vaBeginPicture, vaRenderPicture or vaEndPicture");
  if (Result<> begun = va_result(vaBeginPicture(display_, context_, target), "begin a picture");
      !begun) {
    return begun;
  }
  const VAStatus rendered =
      vaRenderPicture(display_, context_, buffers_.data(), static_cast<int>(buffers_.size()));
  // What was begun must be ended, whatever came of it.
  const VAStatus ended = vaEndPicture(display_, context_);
  if (Result<> done = va_result(rendered, "take a picture's parameters"); !done) {
    return std::unexpected(picture_error(done.error()));
  }
  if (Result<> done = va_result(ended, "decode a picture"); !done) {
    return std::unexpected(picture_error(done.error()));
  }
  has_decoded_ = true;
  return {};
}

// Drivers fail single pictures for no reason that they would give. One that decoded others is not
// given up for that; one that is lost fails everything, and so what is waited for next.
Error VaDecodeBackend::picture_error(const Error& error) const {
  if (error.code != ErrorCode::Failed || !has_decoded_) return error;
  return {ErrorCode::InvalidData, error.message};
}

void VaDecodeBackend::destroy_buffers() {
  const DriverCall call(*memory_.calls(), buffer_calls);
  for (const VABufferID id : temporary_)
    log_failure(vaDestroyBuffer(display_, id), "vaDestroyBuffer");
  temporary_.clear();
  buffers_.clear();
}

Result<> VaDecodeBackend::submit(const PictureParams& picture) {
  auto& target = *static_cast<VaSurface*>(picture.target);
  if (picture.apply_grain) {
    Result<Allocated> displayed = allocate();
    if (!displayed) return std::unexpected(displayed.error());
    target.set_displayed(std::move(displayed->buffer), displayed->id);
  }
  Result<> done = add_buffers(picture);
  if (done) done = decode(target.reconstructed());
  destroy_buffers();
  return done;
}

Result<> VaDecodeBackend::sync(VASurfaceID surface) {
  VAStatus status = VA_STATUS_ERROR_UNIMPLEMENTED;
  const DriverCall call(*memory_.calls(), "vaSyncSurface");
  if (has_timeouts_) {
    status = vaSyncSurface2(display_, surface, patience_ns);
    has_timeouts_ = status != VA_STATUS_ERROR_UNIMPLEMENTED;
  }
  if (!has_timeouts_) status = vaSyncSurface(display_, surface);
  if (status == VA_STATUS_ERROR_TIMEDOUT) {
    return fail(ErrorCode::DeviceLost, "the GPU hangs: it did not finish a picture in " +
                                           std::to_string(patience_ns / 1'000'000'000) + " s");
  }
  return va_result(status, "finish a picture");
}

Result<> VaDecodeBackend::wait(DecodeSurface& surface) {
  const auto& decoded = static_cast<VaSurface&>(surface);
  Result<> done = sync(decoded.reconstructed());
  if (done && decoded.has_grain()) done = sync(decoded.displayed());
  return done;
}

// What nothing refers to any more is given away, and goes back to the pool from downstream. Else it
// is a new buffer over the same memory: the decoder goes on to read it, and may put it out again.
Result<BufferHandle> VaDecodeBackend::output(const DecodeSurfaceRef& surface,
                                             const PictureFormat&) {
  auto& decoded = static_cast<VaSurface&>(*surface);
  if (surface.use_count() == 1) return decoded.take_displayed_buffer();
  GstBuffer* from = decoded.displayed_buffer();
  BufferHandle shared{gst_buffer_new()};
  for (guint i = 0; i < gst_buffer_n_memory(from); i++) {
    gst_buffer_append_memory(shared.get(), gst_buffer_get_memory(from, i));
  }
  if (const GstVideoMeta* meta = gst_buffer_get_video_meta(from)) {
    GstVideoMeta* copy = gst_buffer_add_video_meta_full(shared.get(), GST_VIDEO_FRAME_FLAG_NONE,
                                                        meta->format, meta->width, meta->height,
                                                        meta->n_planes, meta->offset, meta->stride);
    gst_video_meta_set_alignment(copy, meta->alignment);
  }
  return shared;
}

}  // namespace av1hw
