// SPDX-License-Identifier: LGPL-2.1-or-later
// libnvcuvid: the functions that clients call.
#include <cstring>
#include <format>
#include <map>

#include "refdrv/nv/cuvid_decoder.h"

using namespace refdrv;
using namespace refdrv::nv;

namespace {

// Decoders by the handle that the client has. Handles are not used twice.
class Decoders {
 public:
  CUvideodecoder add(std::shared_ptr<Decoder> decoder) {
    const std::scoped_lock lock(mutex_);
    const auto handle = reinterpret_cast<CUvideodecoder>(next_ += 16);
    decoders_.emplace(handle, std::move(decoder));
    return handle;
  }
  std::shared_ptr<Decoder> find(CUvideodecoder handle) const {
    const std::scoped_lock lock(mutex_);
    const auto found = decoders_.find(handle);
    return found != decoders_.end() ? found->second : nullptr;
  }
  std::shared_ptr<Decoder> remove(CUvideodecoder handle) {
    const std::scoped_lock lock(mutex_);
    const auto node = decoders_.extract(handle);
    return node ? node.mapped() : nullptr;
  }
  size_t size() const {
    const std::scoped_lock lock(mutex_);
    return decoders_.size();
  }

 private:
  mutable std::mutex mutex_;
  std::map<CUvideodecoder, std::shared_ptr<Decoder>> decoders_;
  uintptr_t next_ = 0x2000;
};

// The decoders free device memory when they go, so the driver must outlive them.
Decoders& decoders() {
  static Driver* const keep_first = driver();
  static Decoders instance;
  (void)keep_first;
  return instance;
}

// What every call on a decoder begins with.
CUresult enter_decoder(const char* call, CUvideodecoder handle, Driver*& driver,
                       std::shared_ptr<Decoder>& decoder) {
  if (const auto error = enter(call, Needs::Context, driver)) return error;
  decoder = decoders().find(handle);
  return decoder ? success : driver->misuse(call, "no such decoder", invalid_handle);
}

CUresult result(Driver& driver, const char* call, const Result<>& outcome) {
  return outcome ? success : driver.failure(call, outcome.error());
}

}  // namespace

struct _CUcontextlock_st {
  std::recursive_mutex mutex;
  CUcontext context = nullptr;
};

REFDRV_API CUresult cuvidGetDecoderCaps(CUVIDDECODECAPS* caps) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Context, driver)) return error;
  if (!caps) return driver->misuse(__func__, "no parameters");
  const auto& profile = driver->machine().profile();
  const auto in = *caps;
  *caps = {};
  caps->eCodecType = in.eCodecType;
  caps->eChromaFormat = in.eChromaFormat;
  caps->nBitDepthMinus8 = in.nBitDepthMinus8;
  // Profile 0 has both.
  const bool has_format = in.eChromaFormat == cudaVideoChromaFormat_420 ||
                          in.eChromaFormat == cudaVideoChromaFormat_Monochrome;
  if (in.eCodecType != cudaVideoCodec_AV1 || !has_format ||
      !profile.decodes(0, in.nBitDepthMinus8 + 8)) {
    return success;
  }
  caps->bIsSupported = 1;
  caps->nNumNVDECs = static_cast<unsigned char>(profile.decode_engines);
  caps->nOutputFormatMask = static_cast<unsigned short>(
      1U << (in.nBitDepthMinus8 > 0 ? cudaVideoSurfaceFormat_P016 : cudaVideoSurfaceFormat_NV12));
  caps->nMaxWidth = profile.max_size.width;
  caps->nMaxHeight = profile.max_size.height;
  caps->nMaxMBCount = profile.max_macroblocks;
  caps->nMinWidth = static_cast<unsigned short>(profile.min_size.width);
  caps->nMinHeight = static_cast<unsigned short>(profile.min_size.height);
  return success;
}

REFDRV_API CUresult cuvidCreateDecoder(CUvideodecoder* handle, CUVIDDECODECREATEINFO* info) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Context, driver)) return error;
  if (!handle || !info) return driver->misuse(__func__, "no parameters");
  auto decoder = Decoder::create(*driver, *info);
  if (!decoder) return driver->failure(__func__, decoder.error());
  *handle = decoders().add(std::move(*decoder));
  driver->machine().counters().raise("most_decoders", decoders().size());
  return success;
}

REFDRV_API CUresult cuvidDestroyDecoder(CUvideodecoder handle) {
  Driver* driver = nullptr;
  std::shared_ptr<Decoder> decoder;
  if (const auto error = enter_decoder(__func__, handle, driver, decoder)) return error;
  if (const unsigned mapped = decoder->mapped_count()) {
    driver->machine().misuse(__func__, std::format("{} frames are still mapped", mapped));
  }
  decoders().remove(handle);
  return success;
}

REFDRV_API CUresult cuvidReconfigureDecoder(CUvideodecoder handle,
                                            CUVIDRECONFIGUREDECODERINFO* info) {
  Driver* driver = nullptr;
  std::shared_ptr<Decoder> decoder;
  if (const auto error = enter_decoder(__func__, handle, driver, decoder)) return error;
  if (!info) return driver->misuse(__func__, "no parameters");
  return result(*driver, __func__, decoder->reconfigure(*info));
}

REFDRV_API CUresult cuvidDecodePicture(CUvideodecoder handle, CUVIDPICPARAMS* params) {
  if (Driver* present = driver()) present->machine().begin_picture();
  Driver* driver = nullptr;
  std::shared_ptr<Decoder> decoder;
  if (const auto error = enter_decoder(__func__, handle, driver, decoder)) return error;
  if (!params) return driver->misuse(__func__, "no parameters");
  return result(*driver, __func__, decoder->decode(*params));
}

REFDRV_API CUresult cuvidGetDecodeStatus(CUvideodecoder handle, int index,
                                         CUVIDGETDECODESTATUS* out) {
  Driver* driver = nullptr;
  std::shared_ptr<Decoder> decoder;
  if (const auto error = enter_decoder(__func__, handle, driver, decoder)) return error;
  if (!out) return driver->misuse(__func__, "nowhere to put the status");
  const auto status = decoder->status(index);
  if (!status) return driver->failure(__func__, status.error());
  *out = {};
  out->decodeStatus = *status;
  return success;
}

REFDRV_API CUresult cuvidMapVideoFrame64(CUvideodecoder handle, int index,
                                         unsigned long long* address, unsigned* pitch,
                                         CUVIDPROCPARAMS* params) {
  Driver* driver = nullptr;
  std::shared_ptr<Decoder> decoder;
  if (const auto error = enter_decoder(__func__, handle, driver, decoder)) return error;
  if (!address || !pitch || !params) return driver->misuse(__func__, "an argument is missing");
  const auto mapping = decoder->map(index, *params);
  if (!mapping) return driver->failure(__func__, mapping.error());
  *address = mapping->address;
  *pitch = mapping->pitch;
  return success;
}

REFDRV_API CUresult cuvidUnmapVideoFrame64(CUvideodecoder handle, unsigned long long address) {
  Driver* driver = nullptr;
  std::shared_ptr<Decoder> decoder;
  if (const auto error = enter_decoder(__func__, handle, driver, decoder)) return error;
  return result(*driver, __func__, decoder->unmap(address));
}

REFDRV_API CUresult cuvidCtxLockCreate(CUvideoctxlock* lock, CUcontext context) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Init, driver)) return error;
  if (!lock || !driver->contexts.contains(context)) {
    return driver->misuse(__func__, "no such context", invalid_context);
  }
  auto created = std::make_unique<_CUcontextlock_st>();
  created->context = context;
  *lock = created.release();
  return success;
}

REFDRV_API CUresult cuvidCtxLockDestroy(CUvideoctxlock lock) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Init, driver)) return error;
  if (!lock) return driver->misuse(__func__, "no lock", invalid_handle);
  std::unique_ptr<_CUcontextlock_st>{lock}.reset();
  return success;
}

REFDRV_API CUresult cuvidCtxLock(CUvideoctxlock lock, unsigned) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Init, driver)) return error;
  if (!lock) return driver->misuse(__func__, "no lock", invalid_handle);
  lock->mutex.lock();
  return success;
}

REFDRV_API CUresult cuvidCtxUnlock(CUvideoctxlock lock, unsigned) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Init, driver)) return error;
  if (!lock) return driver->misuse(__func__, "no lock", invalid_handle);
  lock->mutex.unlock();
  return success;
}
