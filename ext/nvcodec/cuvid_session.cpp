// SPDX-License-Identifier: LGPL-2.1-or-later
// The calls of a CUVID decoder, each with its context current.
#include "nvcodec/cuvid_session.h"

#include <optional>
#include <utility>

#include "nvcodec/nv_error.h"

namespace av1hw {
namespace {

std::unexpected<Error> no_context() {
  return fail(ErrorCode::DeviceLost, "the CUDA context can't be made current");
}

template <typename Area>
void set_area(Area& area, const CuvidSessionConfig& config) {
  area.left = area.top = 0;
  area.right = static_cast<short>(config.width);
  area.bottom = static_cast<short>(config.height);
}

// What comes out has the size of what is decoded: pictures that are smaller, or of odd size, are
// its top left part, and nothing is ever scaled.
CUVIDDECODECREATEINFO create_info(const CuvidSessionConfig& config) {
  CUVIDDECODECREATEINFO info = {};
  info.CodecType = cudaVideoCodec_AV1;
  info.ChromaFormat = config.chroma;
  info.ulCreationFlags = cudaVideoCreate_PreferCUVID;
  info.bitDepthMinus8 = config.bit_depth - 8;
  info.ulWidth = info.ulMaxWidth = info.ulTargetWidth = config.width;
  info.ulHeight = info.ulMaxHeight = info.ulTargetHeight = config.height;
  info.ulNumDecodeSurfaces = config.decode_surfaces;
  info.ulNumOutputSurfaces = config.output_surfaces;
  info.OutputFormat =
      config.bit_depth > 8 ? cudaVideoSurfaceFormat_P016 : cudaVideoSurfaceFormat_NV12;
  info.DeinterlaceMode = cudaVideoDeinterlaceMode_Weave;
  set_area(info.display_area, config);
  set_area(info.target_rect, config);
  return info;
}

}  // namespace

MappedPicture& MappedPicture::operator=(MappedPicture&& other) noexcept {
  std::swap(session_, other.session_);
  std::swap(data_, other.data_);
  std::swap(pitch_, other.pitch_);
  std::swap(rows_, other.rows_);
  std::swap(damaged_, other.damaged_);
  return *this;
}

MappedPicture::~MappedPicture() {
  if (session_) session_->unmap(data_);
}

Result<std::shared_ptr<CuvidSession>> CuvidSession::create(
    std::shared_ptr<const CuvidLibrary> library, const CudaOutputMemory& memory,
    const CuvidSessionConfig& config) {
  const CurrentCudaContext current(memory.context(), *memory.calls());
  if (!current) return no_context();
  std::shared_ptr<CuvidSession> session(new CuvidSession(std::move(library), memory, config));
  CUVIDDECODECREATEINFO info = create_info(config);
  const DriverCall call(*memory.calls(), "cuvidCreateDecoder");
  const CUresult status = (*session->library_)->create_decoder(&session->decoder_, &info);
  if (status != CUDA_SUCCESS) return std::unexpected(nv_error("cuvidCreateDecoder", status));
  return session;
}

CuvidSession::~CuvidSession() {
  if (!decoder_) return;
  const CurrentCudaContext current(context_.get(), *calls_);
  // The decoder went with its context, or goes with the process.
  if (!current) return;
  const DriverCall call(*calls_, "cuvidDestroyDecoder");
  if (const CUresult status = (*library_)->destroy_decoder(decoder_); status != CUDA_SUCCESS)
    GST_WARNING("%s", nv_error("cuvidDestroyDecoder", status).message.c_str());
}

bool CuvidSession::can_become(const CuvidSessionConfig& config) const {
  return (*library_)->reconfigure_decoder && mapped() == 0 && config.chroma == made_for_.chroma &&
         config.bit_depth == made_for_.bit_depth && config.width <= made_for_.width &&
         config.height <= made_for_.height && config.decode_surfaces == config_.decode_surfaces &&
         config.output_surfaces == made_for_.output_surfaces;
}

Result<> CuvidSession::reconfigure(const CuvidSessionConfig& config) {
  const CurrentCudaContext current(context_.get(), *calls_);
  if (!current) return no_context();
  CUVIDRECONFIGUREDECODERINFO info = {};
  info.ulWidth = info.ulTargetWidth = config.width;
  info.ulHeight = info.ulTargetHeight = config.height;
  info.ulNumDecodeSurfaces = config.decode_surfaces;
  set_area(info.display_area, config);
  set_area(info.target_rect, config);
  const DriverCall call(*calls_, "cuvidReconfigureDecoder");
  const CUresult status = (*library_)->reconfigure_decoder(decoder_, &info);
  if (status == CUDA_SUCCESS) config_ = config;
  return nv_result("cuvidReconfigureDecoder", status);
}

Result<> CuvidSession::decode(CUVIDPICPARAMS& picture) {
  const CurrentCudaContext current(context_.get(), *calls_);
  if (!current) return no_context();
  const DriverCall call(*calls_, "cuvidDecodePicture");
  return nv_result("cuvidDecodePicture", (*library_)->decode_picture(decoder_, &picture));
}

Result<MappedPicture> CuvidSession::map(unsigned index, CUstream stream) {
  const CurrentCudaContext current(context_.get(), *calls_);
  if (!current) return no_context();
  CUVIDPROCPARAMS params = {};
  params.progressive_frame = 1;
  params.output_stream = stream;
  unsigned long long data = 0;
  unsigned pitch = 0;
  const std::scoped_lock lock(mutex_);
  std::optional<DriverCall> call(std::in_place, *calls_, "cuvidMapVideoFrame64");
  const CUresult status =
      (*library_)->map_video_frame(decoder_, static_cast<int>(index), &data, &pitch, &params);
  call.reset();
  if (status != CUDA_SUCCESS) return std::unexpected(nv_error("cuvidMapVideoFrame64", status));
  mapped_++;
  return MappedPicture(shared_from_this(), data, pitch, config_.height, is_damaged(index));
}

void CuvidSession::unmap(CUdeviceptr data) {
  const CurrentCudaContext current(context_.get(), *calls_);
  if (!current) return;
  const DriverCall call(*calls_, "cuvidUnmapVideoFrame64");
  const std::scoped_lock lock(mutex_);
  const CUresult status = (*library_)->unmap_video_frame(decoder_, data);
  // What the driver keeps mapped is one less to hand on.
  if (status == CUDA_SUCCESS) {
    mapped_--;
  } else {
    GST_WARNING("%s", nv_error("cuvidUnmapVideoFrame64", status).message.c_str());
  }
}

// Of a picture that was mapped, with the context current.
bool CuvidSession::is_damaged(unsigned index) const {
  if (!(*library_)->get_decode_status) return false;
  const DriverCall call(*calls_, "cuvidGetDecodeStatus");
  CUVIDGETDECODESTATUS status = {};
  if ((*library_)->get_decode_status(decoder_, static_cast<int>(index), &status) != CUDA_SUCCESS)
    return false;
  return status.decodeStatus == cuvidDecodeStatus_Error ||
         status.decodeStatus == cuvidDecodeStatus_Error_Concealed;
}

MappedPicture* CuvidSession::keep(MappedPicture picture) {
  CuvidSession& session = *picture.session_;
  const std::scoped_lock lock(session.mutex_);
  if (session.free_places_.empty()) return new MappedPicture(std::move(picture));
  MappedPicture* place = session.free_places_.back().release();
  session.free_places_.pop_back();
  *place = std::move(picture);
  return place;
}

void CuvidSession::release(MappedPicture* kept) {
  const std::shared_ptr<CuvidSession> session = kept->session_;
  {
    const MappedPicture unmapped(std::move(*kept));
  }
  const std::scoped_lock lock(session->mutex_);
  session->free_places_.emplace_back(kept);
}

unsigned CuvidSession::mapped() const {
  const std::scoped_lock lock(mutex_);
  return mapped_;
}

}  // namespace av1hw
