// SPDX-License-Identifier: LGPL-2.1-or-later
// One decoder of libnvcuvid: its surfaces, what they hold, and the frames it has mapped.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "refdrv/nv/cuda_types.h"
// After cuda_types.h, whose types it needs.
#include <ffnvcodec/dynlink_cuviddec.h>

#include "refdrv/nv/driver.h"
#include "refdrv/resynth/resynthesizer.h"

namespace refdrv::nv {

// Thread-safe.
class Decoder {
 public:
  static Result<std::shared_ptr<Decoder>> create(Driver& driver, const CUVIDDECODECREATEINFO& info);
  Decoder(Driver& driver, const CUVIDDECODECREATEINFO& info);
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;
  ~Decoder();

  Result<> reconfigure(const CUVIDRECONFIGUREDECODERINFO& info);
  Result<> decode(const CUVIDPICPARAMS& params);
  Result<cuvidDecodeStatus> status(int index) const;

  struct Mapping {
    CUdeviceptr address = 0;
    unsigned pitch = 0;
  };
  Result<Mapping> map(int index, const CUVIDPROCPARAMS& params);
  Result<> unmap(CUdeviceptr address);
  unsigned mapped_count() const;

 private:
  enum class Content : uint8_t { Nothing, Picture, Damaged };

  // A picture of the decoder's own, in NV12 or P016 without padding.
  struct Surface {
    Content content = Content::Nothing;
    std::vector<uint8_t> bytes;
  };

  // Device memory that a surface is copied to while it is mapped.
  struct Output {
    CUdeviceptr address = 0;
    size_t size = 0;
    bool mapped = false;
  };

  struct Geometry {
    unsigned coded_width = 0;
    unsigned coded_height = 0;
    unsigned left = 0;
    unsigned top = 0;
    unsigned target_width = 0;
    unsigned target_height = 0;
  };

  template <typename Info>
  static Result<Geometry> read_geometry(const Info& info);
  Result<> check_picture(const CUVIDPICPARAMS& params) const;
  Result<> check_indices(const CUVIDAV1PICPARAMS& params) const;
  bool references_damage(const CUVIDAV1PICPARAMS& params) const;
  void store(Surface& surface, const PlaneView* planes);
  Result<> decode_locked(const CUVIDPICPARAMS& params);
  Result<Output*> free_output(size_t size);
  void copy_out(const Surface& surface, std::span<uint8_t> to, size_t pitch) const;

  unsigned sample_bytes() const { return bit_depth_ > 8 ? 2 : 1; }
  size_t surface_stride() const;
  size_t surface_rows() const;

  Driver& driver_;
  const unsigned bit_depth_;
  const unsigned max_width_;
  const unsigned max_height_;
  const unsigned max_mapped_;
  Geometry geometry_;
  mutable std::mutex mutex_;
  std::unique_ptr<Resynthesizer> resynthesizer_;
  std::vector<Surface> surfaces_;
  std::vector<Output> outputs_;
};

}  // namespace refdrv::nv
