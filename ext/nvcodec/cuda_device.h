// SPDX-License-Identifier: LGPL-2.1-or-later
// One GPU as an element uses it: libgstcuda's context and stream, pools, and copies of frames.
#pragma once

#include <gst/video/video.h>

#include <cstdint>
#include <memory>
#include <mutex>

#include "base/result.h"
#include "nvcodec/cuda_context.h"

namespace av1hw {

// A mapped frame; unmapped when it goes. With GST_MAP_CUDA its planes are device addresses.
class MappedVideoFrame {
 public:
  MappedVideoFrame(GstBuffer* buffer, const GstVideoInfo& info, int flags)
      : mapped_(gst_video_frame_map(&frame_, &info, buffer, static_cast<GstMapFlags>(flags))) {}
  MappedVideoFrame(const MappedVideoFrame&) = delete;
  MappedVideoFrame& operator=(const MappedVideoFrame&) = delete;
  ~MappedVideoFrame() {
    if (mapped_) gst_video_frame_unmap(&frame_);
  }
  explicit operator bool() const { return mapped_; }
  GstVideoFrame& frame() { return frame_; }

 private:
  GstVideoFrame frame_ = {};
  bool mapped_;
};

class CudaDevice {
 public:
  enum class Copy : uint8_t { Upload, Download, WithinDevice };

  // `ordinal`: which GPU, as CUDA counts.
  CudaDevice(int ordinal, std::shared_ptr<DriverCalls> calls)
      : ordinal_(ordinal), calls_(std::move(calls)) {}
  ~CudaDevice() { close(); }

  Result<> open(GstElement* element);
  void close();
  bool set_context(GstElement* element, GstContext* context);
  bool handle_context_query(GstElement* element, GstQuery* query);

  // A pool of CUDA memory, configured and not active yet. Busy: the GPU has no memory for a frame.
  Result<PoolHandle> make_pool(const GstVideoInfo& info, GstCaps* caps, unsigned min_buffers) const;
  // Done when it returns, so that either buffer may go. Gives the bytes written.
  Result<uint64_t> copy(GstBuffer* from, GstBuffer* to, const GstVideoInfo& info, Copy kind) const;

  // Between open() and close().
  GstCudaContext* context() const { return context_; }
  GstCudaStream* stream() const { return stream_.get(); }
  CUstream stream_handle() const {
    return stream_ ? gst_cuda_stream_get_handle(stream_.get()) : nullptr;
  }
  const std::shared_ptr<DriverCalls>& calls() const { return calls_; }

 private:
  const int ordinal_;
  const std::shared_ptr<DriverCalls> calls_;
  // Of context_, which the application may set at any time, also while libgstcuda looks for one.
  std::recursive_mutex mutex_;
  GstCudaContext* context_ = nullptr;  // owned; libgstcuda's functions write to it
  CudaStreamHandle stream_;
};

}  // namespace av1hw
