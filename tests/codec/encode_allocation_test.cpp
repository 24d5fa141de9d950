// SPDX-License-Identifier: LGPL-2.1-or-later
// The stateless encoder allocates little for a frame, once it has encoded a few.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>

#include "codec/stateless_encoder.h"
#include "memory/handles.h"
#include "support/count_allocations.h"

namespace {

std::atomic<unsigned> allocations = 0;

}  // namespace

void note_allocation() { allocations++; }

namespace av1hw {
namespace {

// Of a picture: what is before it in its unit, its header, the worker's step, now and then a block
// of the worker's queue; and what the driver coded, which is the backend's.
constexpr unsigned most_for_a_frame = 5;

// Surfaces and the job are made once; surfaces are free again when only the pool holds them.
class PooledBackend final : public EncodeBackend {
 public:
  PooledBackend() {
    for (EncodeSurfaceRef& surface : pool_) surface = std::make_shared<EncodeSurface>();
  }
  Result<> open(const EncoderSettings&, const EncoderInput&, EncoderClient&) override { return {}; }
  const EncodeLimits& limits() const override { return limits_; }
  Result<> configure(const EncodeStream&) override { return {}; }
  Result<EncodeSurfaceRef> input(GstBuffer*) override { return acquire(); }
  Result<EncodeSurfaceRef> acquire() override {
    const auto free =
        std::ranges::find_if(pool_, [](const auto& surface) { return surface.use_count() == 1; });
    if (free == pool_.end()) return fail(ErrorCode::Busy, "no surface is free");
    return *free;
  }
  Result<EncodeJobRef> submit(const EncodePicture&) override { return job_; }
  Result<CodedPicture> wait(EncodeJob&) override {
    return CodedPicture{.obus = std::vector<uint8_t>(1000)};
  }

 private:
  const EncodeLimits limits_;
  const EncodeJobRef job_ = std::make_shared<EncodeJob>();
  std::array<EncodeSurfaceRef, 32> pool_;
};

class CountingClient final : public EncoderClient {
 public:
  bool output(EncodedUnit) override {
    units++;
    return true;
  }
  void moved(FrameMove, uint64_t) override {}
  void warn(const std::string& message) override { ADD_FAILURE() << message; }
  void failed(const Error& error) override { ADD_FAILURE() << error.message; }

  std::atomic<unsigned> units = 0;
};

TEST(StatelessEncodeAllocation, LittleForAFrame) {
  EncoderInput input;
  gst_video_info_set_format(&input.info, GST_VIDEO_FORMAT_NV12, 1920, 1080);
  CountingClient client;
  StatelessEncoder encoder(std::make_unique<PooledBackend>());
  ASSERT_TRUE(encoder.open({.gop_size = 1000}, input, client));
  const BufferHandle buffer(gst_buffer_new());
  uint64_t number = 0;
  const auto encode = [&](unsigned frames) {
    for (unsigned i = 0; i < frames; i++)
      ASSERT_TRUE(encoder.encode({.buffer = buffer.get(), .frame_number = number++}));
    while (client.units < number) g_thread_yield();
  };
  encode(50);
  const unsigned before = allocations;
  encode(100);
  EXPECT_LE(allocations - before, 100 * most_for_a_frame);
  EXPECT_GT(allocations, before);
}

}  // namespace
}  // namespace av1hw
