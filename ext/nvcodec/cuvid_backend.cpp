// SPDX-License-Identifier: LGPL-2.1-or-later
// Sessions that fit the stream, surfaces that fit the session, and pictures that leave without a
// copy as long as downstream gives them back.
#include "nvcodec/cuvid_backend.h"

#include <algorithm>
#include <string>

#include "nvcodec/nv_error.h"

namespace av1hw {
namespace {

constexpr unsigned references = GST_AV1_NUM_REF_FRAMES;
// More indices than this CUVID does not have.
constexpr unsigned max_decode_surfaces = 32;
// Pictures that downstream may hold without a copy, and one that is on its way there.
constexpr unsigned output_surfaces = 6;

cudaVideoChromaFormat chroma_of(const StreamConfig& stream) {
  if (stream.mono_chrome) return cudaVideoChromaFormat_Monochrome;
  if (stream.subsampling_x) {
    return stream.subsampling_y ? cudaVideoChromaFormat_420 : cudaVideoChromaFormat_422;
  }
  return cudaVideoChromaFormat_444;
}

constexpr unsigned even(unsigned value) { return (value + 1) & ~1U; }

std::string size_text(unsigned width, unsigned height) {
  return std::to_string(width) + "x" + std::to_string(height);
}

void release_picture(gpointer picture) {
  CuvidSession::release(static_cast<MappedPicture*>(picture));
}

// Luma, then chroma, at the pitch that CUVID chose. Of even size: what libgstcuda makes a row of
// chroma is as long as one of luma.
GstVideoInfo layout_of(const MappedPicture& picture, const PictureFormat& format) {
  GstVideoInfo info;
  gst_video_info_set_format(&info, format.format, even(static_cast<unsigned>(format.width)),
                            even(static_cast<unsigned>(format.height)));
  const gsize luma = static_cast<gsize>(picture.pitch()) * picture.rows();
  info.stride[0] = info.stride[1] = static_cast<gint>(picture.pitch());
  info.offset[0] = 0;
  info.offset[1] = luma;
  info.size = luma + luma / 2;
  return info;
}

}  // namespace

Result<> CuvidDecodeBackend::open(const DecoderSettings&, DecoderClient& client) {
  client_ = &client;
  Result<std::shared_ptr<const CuvidLibrary>> library = CuvidLibrary::open();
  if (!library) return std::unexpected(library.error());
  library_ = std::move(*library);
  return {};
}

Result<> CuvidDecodeBackend::check_support(const StreamConfig& stream) const {
  const CurrentCudaContext current(memory_.context(), *memory_.calls());
  if (!current) return fail(ErrorCode::DeviceLost, "the CUDA context can't be made current");
  CUVIDDECODECAPS caps = {};
  caps.eCodecType = cudaVideoCodec_AV1;
  caps.eChromaFormat = chroma_of(stream);
  caps.nBitDepthMinus8 = stream.bit_depth - 8;
  const DriverCall call(*memory_.calls(), "cuvidGetDecoderCaps");
  if (const CUresult status = (*library_)->get_decoder_caps(&caps); status != CUDA_SUCCESS)
    return std::unexpected(nv_error("cuvidGetDecoderCaps", status));
  if (!caps.bIsSupported) {
    return fail(ErrorCode::NotSupported, "this GPU does not decode AV1 of profile " +
                                             std::to_string(stream.profile) + " with " +
                                             std::to_string(stream.bit_depth) + " bits" +
                                             (stream.mono_chrome ? ", monochrome" : ""));
  }
  const uint64_t macroblocks = (stream.max_width + 15ULL) / 16 * ((stream.max_height + 15ULL) / 16);
  if (stream.max_width < caps.nMinWidth || stream.max_height < caps.nMinHeight ||
      stream.max_width > caps.nMaxWidth || stream.max_height > caps.nMaxHeight ||
      macroblocks > caps.nMaxMBCount) {
    return fail(ErrorCode::NotSupported,
                "this GPU decodes AV1 from " + size_text(caps.nMinWidth, caps.nMinHeight) + " to " +
                    size_text(caps.nMaxWidth, caps.nMaxHeight) + " with " +
                    std::to_string(caps.nMaxMBCount) + " macroblocks, and this is " +
                    size_text(stream.max_width, stream.max_height));
  }
  return {};
}

Result<> CuvidDecodeBackend::configure(const StreamConfig& stream) {
  waited_.reset();
  if (const Result<> supported = check_support(stream); !supported) return supported;
  // The references, the picture being decoded, and those that wait to be put out.
  const unsigned most = max_decode_surfaces / (stream.apply_grain ? 2 : 1);
  const unsigned pictures = std::min(references + 1 + stream.pictures_in_flight, most);
  CuvidSessionConfig config;
  config.chroma = chroma_of(stream);
  config.bit_depth = stream.bit_depth;
  config.width = even(stream.max_width);
  config.height = even(stream.max_height);
  config.decode_surfaces = pictures * (stream.apply_grain ? 2 : 1);
  config.output_surfaces = output_surfaces;
  if (session_ && session_has_grain_ == stream.apply_grain && session_->can_become(config)) {
    const Result<> reconfigured = session_->reconfigure(config);
    if (reconfigured) return {};
    GST_WARNING("a new decoder is made: %s", reconfigured.error().message.c_str());
  }
  return make_session(config, pictures, stream.apply_grain);
}

Result<> CuvidDecodeBackend::make_session(const CuvidSessionConfig& config, unsigned pictures,
                                          bool grain) {
  // Where nothing of the old session is in use, it goes before the new one takes its memory.
  surfaces_.clear();
  session_.reset();
  Result<std::shared_ptr<CuvidSession>> session = CuvidSession::create(library_, memory_, config);
  if (!session) return std::unexpected(session.error());
  session_ = std::move(*session);
  session_has_grain_ = grain;
  for (unsigned i = 0; i < pictures; i++)
    surfaces_.push_back(std::make_shared<Surface>(session_, i, grain ? pictures + i : i));
  return {};
}

Result<DecodeSurfaceRef> CuvidDecodeBackend::acquire(const PictureFormat& format) {
  if (!session_) return fail(ErrorCode::Failed, "there is no CUVID decoder");
  const CuvidSessionConfig& config = session_->config();
  if (format.width > static_cast<int>(config.width) ||
      format.height > static_cast<int>(config.height)) {
    return fail(ErrorCode::InvalidData, "a picture is larger than the CUVID decoder");
  }
  const auto free = std::ranges::find_if(
      surfaces_, [](const std::shared_ptr<Surface>& surface) { return surface.use_count() == 1; });
  if (free == surfaces_.end()) return fail(ErrorCode::Busy, "all CUVID surfaces are in use");
  return *free;
}

bool CuvidDecodeBackend::needs_reference(const PictureParams& picture, unsigned slot) const {
  if (picture.frame->frame_is_intra) return false;
  return std::ranges::contains(picture.frame->ref_frame_idx, static_cast<gint8>(slot));
}

Result<> CuvidDecodeBackend::submit(const PictureParams& picture) {
  PictureParams reachable = picture;
  for (unsigned i = 0; i < reachable.slots.size(); i++) {
    auto* surface = static_cast<Surface*>(reachable.slots[i].surface);
    if (!surface || surface->session == session_) continue;
    if (needs_reference(picture, i)) {
      return fail(ErrorCode::InvalidData,
                  "a picture refers to one of before the stream's format changed");
    }
    reachable.slots[i].surface = nullptr;
  }
  fill_cuvid_picture(reachable, picture_);
  static_cast<Surface&>(*picture.target).has_grain = picture.apply_grain;
  return session_->decode(picture_.params);
}

Result<MappedPicture> CuvidDecodeBackend::map(const Surface& surface) {
  GstCudaStream* stream = memory_.stream();
  return surface.session->map(surface.shown_index(surface.has_grain),
                              stream ? gst_cuda_stream_get_handle(stream) : nullptr);
}

Result<> CuvidDecodeBackend::wait(DecodeSurface& surface) {
  waited_.reset();
  const auto& decoded = static_cast<Surface&>(surface);
  Result<MappedPicture> picture = map(decoded);
  if (!picture) return std::unexpected(picture.error());
  const bool damaged = picture->damaged();
  waited_.emplace(&surface, std::move(*picture));
  if (damaged) return fail(ErrorCode::InvalidData, "the GPU found a picture damaged");
  return {};
}

Result<BufferHandle> CuvidDecodeBackend::wrap(MappedPicture picture, const PictureFormat& format) {
  const GstVideoInfo info = layout_of(picture, format);
  const CUdeviceptr data = picture.data();
  GstMemory* memory =
      gst_cuda_allocator_alloc_wrapped(nullptr, memory_.context(), memory_.stream(), &info, data,
                                       CuvidSession::keep(std::move(picture)), release_picture);
  // It is written on our stream, which a reader on another must wait for.
  if (memory_.stream()) GST_MINI_OBJECT_FLAG_SET(memory, GST_CUDA_MEMORY_TRANSFER_NEED_SYNC);
  BufferHandle buffer(gst_buffer_new());
  gst_buffer_append_memory(buffer.get(), memory);
  gst_buffer_add_video_meta_full(
      buffer.get(), GST_VIDEO_FRAME_FLAG_NONE, format.format, static_cast<guint>(format.width),
      static_cast<guint>(format.height), GST_VIDEO_INFO_N_PLANES(&info), info.offset, info.stride);
  return buffer;
}

Result<BufferHandle> CuvidDecodeBackend::copy(GstBuffer* from, const PictureFormat& format) {
  Result<BufferHandle> to = client_->allocate(format, {});
  if (!to) return to;
  GstVideoInfo info;
  gst_video_info_set_format(&info, format.format, static_cast<guint>(format.width),
                            static_cast<guint>(format.height));
  const Result<uint64_t> bytes = memory_.copy(from, to->get(), info);
  if (!bytes) return std::unexpected(bytes.error());
  client_->moved(FrameMove::GpuCopy, *bytes);
  return to;
}

Result<BufferHandle> CuvidDecodeBackend::output(const DecodeSurfaceRef& surface,
                                                const PictureFormat& format) {
  const auto& decoded = static_cast<const Surface&>(*surface);
  if (!waited_ || waited_->surface != surface.get()) {
    waited_.reset();
    Result<MappedPicture> picture = map(decoded);
    if (!picture) return std::unexpected(picture.error());
    waited_.emplace(surface.get(), std::move(*picture));
  }
  Result<BufferHandle> buffer = wrap(std::move(waited_->picture), format);
  waited_.reset();
  // One output surface stays for the next picture.
  if (!buffer || decoded.session->mapped() < output_surfaces) return buffer;
  return copy(buffer->get(), format);
}

}  // namespace av1hw
