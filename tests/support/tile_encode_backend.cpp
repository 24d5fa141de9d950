// SPDX-License-Identifier: LGPL-2.1-or-later
// Feeds the tile coder of the reference drivers.
#include "support/tile_encode_backend.h"

#include <algorithm>
#include <array>
#include <vector>

#include "av1/obu.h"
#include "memory/mapped_frame.h"
#include "refdrv/encode/software_encoder.h"

namespace av1hw::test {
namespace {

// The samples of a frame, with its edges repeated up to the coded size.
struct Source final : EncodeSurface {
  std::array<std::vector<uint8_t>, 3> planes;
  std::array<size_t, 3> strides = {};
};

struct Target final : EncodeSurface {};

struct Job final : EncodeJob {
  std::vector<uint8_t> obu;
};

class TileEncodeBackend final : public EncodeBackend {
 public:
  explicit TileEncodeBackend(const EncodeLimits& limits) : limits_(limits) {}

  Result<> open(const EncoderSettings&, const EncoderInput&, EncoderClient&) override { return {}; }
  const EncodeLimits& limits() const override { return limits_; }
  Result<> configure(const EncodeStream& stream) override;
  Result<EncodeSurfaceRef> input(GstBuffer* frame) override;
  Result<EncodeSurfaceRef> acquire() override { return std::make_shared<Target>(); }
  Result<EncodeJobRef> submit(const EncodePicture& picture) override;
  Result<CodedPicture> wait(EncodeJob& job) override {
    return CodedPicture{.obus = std::move(static_cast<Job&>(job).obu)};
  }

 private:
  EncodeLimits limits_;
  EncodeStream stream_;
  std::unique_ptr<refdrv::SoftwareEncoder> coder_;
};

std::unexpected<Error> refused(const refdrv::Error& error) {
  return fail(ErrorCode::Failed, "the tile coder: " + error.message);
}

Result<> TileEncodeBackend::configure(const EncodeStream& stream) {
  stream_ = stream;
  auto coder = refdrv::SoftwareEncoder::create();
  if (!coder) return refused(coder.error());
  coder_ = *std::move(coder);
  return {};
}

Result<EncodeSurfaceRef> TileEncodeBackend::input(GstBuffer* frame) {
  const auto mapped = MappedFrame::map_read(frame, stream_.info);
  if (!mapped) return std::unexpected(mapped.error());
  auto source = std::make_shared<Source>();
  for (unsigned p = 0; p < source->planes.size(); ++p) {
    const size_t width = p == 0 ? stream_.coded_width : stream_.coded_width / 2;
    const size_t height = p == 0 ? stream_.coded_height : stream_.coded_height / 2;
    source->strides[p] = width;
    source->planes[p].resize(width * height);
    for (size_t y = 0; y < height; ++y) {
      const size_t row = std::min<size_t>(y, mapped->rows(p) - 1);
      const uint8_t* from = mapped->plane(p).data() + row * static_cast<size_t>(mapped->stride(p));
      uint8_t* to = source->planes[p].data() + y * width;
      const size_t samples = mapped->row_bytes(p);
      std::copy_n(from, samples, to);
      std::fill(to + samples, to + width, from[samples - 1]);
    }
  }
  return source;
}

Result<EncodeJobRef> TileEncodeBackend::submit(const EncodePicture& picture) {
  if (!picture.sequence_obu.empty()) {
    const auto sequence = parse_obu(picture.sequence_obu);
    if (!sequence) return fail(ErrorCode::Failed, "sequence_obu is none");
    if (auto set = coder_->set_sequence(sequence->payload); !set) return refused(set.error());
  }
  const auto& source = static_cast<const Source&>(*picture.input);
  refdrv::SourceView view;
  view.width = stream_.coded_width;
  view.height = stream_.coded_height;
  for (unsigned p = 0; p < view.planes.size(); ++p)
    view.planes[p] = {source.planes[p].data(), source.strides[p]};
  auto coded = coder_->code(picture.frame_obu.subspan(picture.header_offset), picture.offsets.end,
                            picture.header->plan.temporal_id, view);
  if (!coded) return refused(coded.error());
  auto job = std::make_shared<Job>();
  job->obu.assign(picture.frame_obu.begin(), picture.frame_obu.end());
  job->obu.insert(job->obu.end(), coded->tile_group.begin(), coded->tile_group.end());
  size_t size = job->obu.size() - picture.header_offset;
  for (unsigned i = 0; i < picture.obu_size_bytes; ++i, size >>= 7) {
    uint8_t& byte = job->obu[picture.obu_size_offset + i];
    byte = static_cast<uint8_t>((byte & 0x80) | (size & 0x7f));
  }
  return job;
}

}  // namespace

std::unique_ptr<EncodeBackend> make_tile_encode_backend(const EncodeLimits& limits) {
  return std::make_unique<TileEncodeBackend>(limits);
}

}  // namespace av1hw::test
