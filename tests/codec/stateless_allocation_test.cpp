// SPDX-License-Identifier: LGPL-2.1-or-later
// The stateless decoder allocates nothing for a frame, once it has decoded a few.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "codec/stateless_decoder.h"
#include "support/count_allocations.h"
#include "support/frame_writer.h"

namespace {

unsigned allocations = 0;

}  // namespace

void note_allocation() { allocations++; }

namespace av1hw {
namespace {

// As a driver has them: made once, free again when only the pool holds them.
class PooledBackend final : public DecodeBackend {
 public:
  PooledBackend() {
    for (DecodeSurfaceRef& surface : pool_) surface = std::make_shared<DecodeSurface>();
  }
  Result<> open(const DecoderSettings&, DecoderClient&) override { return {}; }
  Result<> configure(const StreamConfig&) override { return {}; }
  Result<DecodeSurfaceRef> acquire(const PictureFormat&) override {
    const auto free =
        std::ranges::find_if(pool_, [](const auto& surface) { return surface.use_count() == 1; });
    if (free == pool_.end()) return fail(ErrorCode::Busy, "no surface is free");
    return *free;
  }
  Result<> submit(const PictureParams&) override { return {}; }
  Result<> wait(DecodeSurface&) override { return {}; }
  Result<BufferHandle> output(const DecodeSurfaceRef&, const PictureFormat&) override {
    return BufferHandle(gst_buffer_new());
  }
  void flush() override {}
  unsigned max_in_flight() const override { return 4; }

 private:
  std::array<DecodeSurfaceRef, 16> pool_;
};

class CountingClient final : public DecoderClient {
 public:
  Result<BufferHandle> allocate(const PictureFormat&, const MemoryNeeds&) override {
    return BufferHandle(gst_buffer_new());
  }
  bool output(Picture) override {
    pictures++;
    return true;
  }
  void no_picture(uint64_t) override {}
  void damaged(const Damage& damage) override { ADD_FAILURE() << damage.message; }

  unsigned pictures = 0;
};

BufferHandle buffer_of(const std::vector<uint8_t>& bytes) {
  return BufferHandle(gst_buffer_new_memdup(bytes.data(), bytes.size()));
}

TEST(StatelessAllocation, NoneForAFrame) {
  const SequenceHeader seq = test::plain_sequence();
  const test::FrameSpec hidden{.type = FrameType::Inter, .show = false, .refresh = 2};
  const test::FrameSpec shown{.type = FrameType::Inter, .refresh = 1};
  const BufferHandle units[] = {
      buffer_of(test::unit_of({test::sequence_header_obu(seq), test::frame_obu(seq, {})})),
      buffer_of(test::unit_of({test::frame_obu(seq, hidden), test::frame_obu(seq, shown)})),
      buffer_of(test::unit_of({test::show_existing_obu(1)}))};
  CountingClient client;
  StatelessDecoder decoder(std::make_unique<PooledBackend>());
  ASSERT_TRUE(decoder.open({}, {}, client));
  uint64_t number = 0;
  const auto decode_all = [&] {
    for (const BufferHandle& unit : units) {
      ASSERT_TRUE(decoder.decode({unit.get(), number++, 0, true}));
    }
  };
  for (unsigned i = 0; i < 5; i++) decode_all();
  const unsigned before = allocations;
  for (unsigned i = 0; i < 20; i++) decode_all();
  EXPECT_EQ(allocations, before);
  ASSERT_TRUE(decoder.drain());
  EXPECT_EQ(client.pictures, 75u);
  EXPECT_GT(before, 0u);
}

}  // namespace
}  // namespace av1hw
