// SPDX-License-Identifier: LGPL-2.1-or-later
// Where libgstcuda is not there to build with, no frame is in CUDA memory.
#include "vulkan/cuda/cuda_frames.h"
#include "vulkan/cuda/image_bridge.h"

namespace av1hw {

struct CudaFrames::State {};

CudaFrames::CudaFrames(GstElement*) {}
CudaFrames::~CudaFrames() = default;
CapsHandle CudaFrames::add_caps(CapsHandle raw) { return raw; }
bool CudaFrames::are_cuda(const GstCaps*) { return false; }
void CudaFrames::open(GstVulkanDevice*) {}
void CudaFrames::let_go() {}
void CudaFrames::close() {}
bool CudaFrames::reads(GstBuffer*) { return false; }
bool CudaFrames::writes(GstBuffer*) { return false; }
CapsHandle CudaFrames::usable(CapsHandle caps) const { return caps; }
void CudaFrames::set_context(GstContext*) {}
bool CudaFrames::handle_query(GstQuery*) const { return false; }
void CudaFrames::end_frame() {}
Result<> CudaFrames::order(std::span<SourceFrame>) { return {}; }

std::vector<std::string> cuda_image_formats(VkPhysicalDevice) { return {}; }
void register_image_bridge() {}

namespace {
std::unexpected<Error> absent() {
  return fail(ErrorCode::NotSupported, "this was built without CUDA memory");
}
}  // namespace

Result<PoolHandle> CudaFrames::make_pool(GstCaps*, const GstVideoInfo&, unsigned) {
  return absent();
}
Result<SourceFrame> CudaFrames::source(GstBuffer*, const GstVideoInfo&, CopyAccounting&) {
  return absent();
}
Result<TargetFrame> CudaFrames::target(GstBuffer*, CopyAccounting&) { return absent(); }
Result<> CudaFrames::submitted(const TargetFrame&, CompositeEngine&, const Ticket&) {
  return absent();
}

}  // namespace av1hw
