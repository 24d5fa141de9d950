// SPDX-License-Identifier: LGPL-2.1-or-later
// One CUVID decoder, and its pictures that are mapped for reading.
#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/result.h"
#include "nvcodec/cuda_memory.h"
#include "nvcodec/cuvid_library.h"

namespace av1hw {

struct CuvidSessionConfig {
  cudaVideoChromaFormat chroma = cudaVideoChromaFormat_420;
  unsigned bit_depth = 8;
  unsigned width = 0;   // luma samples of the largest picture, even
  unsigned height = 0;  // the same
  unsigned decode_surfaces = 0;
  unsigned output_surfaces = 0;  // that may be mapped at one time
};

class CuvidSession;

// A decoded picture as CUDA memory: luma, then interleaved chroma, of one pitch. Unmaps it when it
// goes, and keeps its decoder until then. May go on any thread.
class MappedPicture {
 public:
  MappedPicture(std::shared_ptr<CuvidSession> session, CUdeviceptr data, unsigned pitch,
                unsigned rows, bool damaged)
      : session_(std::move(session)), data_(data), pitch_(pitch), rows_(rows), damaged_(damaged) {}
  MappedPicture(MappedPicture&& other) noexcept = default;
  MappedPicture& operator=(MappedPicture&& other) noexcept;
  ~MappedPicture();

  CUdeviceptr data() const { return data_; }
  unsigned pitch() const { return pitch_; }
  unsigned rows() const { return rows_; }  // of luma
  // The GPU found fault with what it decoded.
  bool damaged() const { return damaged_; }

 private:
  friend class CuvidSession;

  std::shared_ptr<CuvidSession> session_;
  CUdeviceptr data_;
  unsigned pitch_;
  unsigned rows_;
  bool damaged_;
};

class CuvidSession : public std::enable_shared_from_this<CuvidSession> {
 public:
  // Busy: sessions or memory are used up.
  static Result<std::shared_ptr<CuvidSession>> create(std::shared_ptr<const CuvidLibrary> library,
                                                      const CudaOutputMemory& memory,
                                                      const CuvidSessionConfig& config);
  CuvidSession(const CuvidSession&) = delete;
  CuvidSession& operator=(const CuvidSession&) = delete;
  ~CuvidSession();

  // Whether reconfigure() can make it fit: same kind of pictures, no larger than it was made for,
  // and nothing mapped.
  bool can_become(const CuvidSessionConfig& config) const;
  Result<> reconfigure(const CuvidSessionConfig& config);

  Result<> decode(CUVIDPICPARAMS& picture);
  // Waits until the picture is decoded. What `stream` does afterwards sees it.
  Result<MappedPicture> map(unsigned index, CUstream stream);
  unsigned mapped() const;
  // Keeps a picture for those who know pointers alone, in a place of its session's that is not
  // allocated anew for each.
  static MappedPicture* keep(MappedPicture picture);
  // Unmaps it. Safe on any thread.
  static void release(MappedPicture* kept);
  const CuvidSessionConfig& config() const { return config_; }

 private:
  friend class MappedPicture;

  CuvidSession(std::shared_ptr<const CuvidLibrary> library, const CudaOutputMemory& memory,
               const CuvidSessionConfig& config)
      : library_(std::move(library)),
        context_(share(memory.context())),
        calls_(memory.calls()),
        config_(config),
        made_for_(config) {
    free_places_.reserve(config.output_surfaces);
  }
  bool is_damaged(unsigned index) const;
  void unmap(CUdeviceptr data);

  const std::shared_ptr<const CuvidLibrary> library_;
  const CudaContextHandle context_;
  const std::shared_ptr<DriverCalls> calls_;
  CuvidSessionConfig config_;
  const CuvidSessionConfig made_for_;  // the largest pictures that fit
  CUvideodecoder decoder_ = nullptr;
  mutable std::mutex mutex_;  // mapping and unmapping, which happens on downstream's threads
  unsigned mapped_ = 0;
  std::vector<std::unique_ptr<MappedPicture>> free_places_;
};

}  // namespace av1hw
