// SPDX-License-Identifier: LGPL-2.1-or-later
// libgstcuda's context and stream, owned, and a context made current for a scope.
#pragma once

#include <gst/cuda/gstcuda.h>

#include "base/driver_calls.h"
#include "base/unique_handle.h"
#include "memory/handles.h"

namespace av1hw {

using CudaContextHandle = GstHandle<GstCudaContext>;
using CudaStreamHandle = UniqueHandle<GstCudaStream, gst_cuda_stream_unref>;

inline CudaContextHandle share(GstCudaContext* context) {
  return CudaContextHandle(static_cast<GstCudaContext*>(gst_object_ref(context)));
}

// Makes `context` the thread's current one while it lives. One within another of the same context
// costs no call.
class CurrentCudaContext {
 public:
  CurrentCudaContext(GstCudaContext* context, DriverCalls& calls)
      : outer_(innermost_), nested_(context && context == innermost_) {
    if (nested_) return;
    const DriverCall call(calls, "cuCtxPushCurrent");
    pushed_ = gst_cuda_context_push(context);
    if (pushed_) innermost_ = context;
  }
  CurrentCudaContext(const CurrentCudaContext&) = delete;
  CurrentCudaContext& operator=(const CurrentCudaContext&) = delete;
  ~CurrentCudaContext() {
    if (!pushed_) return;
    innermost_ = outer_;
    gst_cuda_context_pop(nullptr);
  }
  explicit operator bool() const { return pushed_ || nested_; }

 private:
  // What these made current to the thread last.
  static inline thread_local GstCudaContext* innermost_ = nullptr;

  GstCudaContext* const outer_;
  const bool nested_;
  bool pushed_ = false;
};

}  // namespace av1hw
