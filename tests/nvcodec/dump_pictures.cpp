// SPDX-License-Identifier: LGPL-2.1-or-later
// Prints what CUVID would be given for each picture of AV1 files, without any driver.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "codec/stateless_decoder.h"
#include "conformance/stream_reader.h"
#include "nvcodec/decode_params.h"
#include "picture_lines.h"

namespace av1hw {
namespace {

// Writes down what it is asked to decode and to put out, as NVIDIA's parser's callbacks would.
class RecordingBackend final : public DecodeBackend {
 public:
  Result<> open(const DecoderSettings&, DecoderClient&) override { return {}; }
  // Any format will do: nothing is decoded.
  GstVideoFormat surface_format(const StreamConfig&) const override {
    return GST_VIDEO_FORMAT_NV12;
  }

  Result<> configure(const StreamConfig&) override {
    surfaces_.clear();
    // Each surface twice, for grain; CUVID's pictures are numbered in a byte, of which 255 is none.
    for (unsigned i = 0; i < 32; i++)
      surfaces_.push_back(std::make_shared<Surface>(first_ + i, first_ + i + 32));
    first_ = first_ == 0 ? 64 : 0;
    return {};
  }

  Result<DecodeSurfaceRef> acquire(const PictureFormat&) override {
    const auto free =
        std::ranges::find_if(surfaces_, [](const auto& s) { return s.use_count() == 1; });
    if (free == surfaces_.end()) return fail(ErrorCode::Busy, "all surfaces are in use");
    return *free;
  }

  Result<> submit(const PictureParams& picture) override {
    fill_cuvid_picture(picture, picture_);
    static_cast<Surface&>(*picture.target).grain = picture.apply_grain;
    std::printf("PIC %s\n", picture_line(picture_.params).c_str());
    return {};
  }

  Result<> wait(DecodeSurface&) override { return {}; }

  Result<BufferHandle> output(const DecodeSurfaceRef& surface, const PictureFormat&) override {
    const auto& decoded = static_cast<const Surface&>(*surface);
    std::printf("DISP idx=%u\n", decoded.shown_index(decoded.grain));
    return BufferHandle(gst_buffer_new());
  }

  void flush() override {}
  unsigned max_in_flight() const override { return 1; }

 private:
  struct Surface final : CuvidSurface {
    using CuvidSurface::CuvidSurface;
    bool grain = false;
  };

  unsigned first_ = 0;
  std::vector<std::shared_ptr<Surface>> surfaces_;
  CuvidPicture picture_ = {};
};

class Client final : public DecoderClient {
 public:
  Result<BufferHandle> allocate(const PictureFormat&, const MemoryNeeds&) override {
    return BufferHandle(gst_buffer_new());
  }
  bool output(Picture) override { return true; }
  void no_picture(uint64_t) override {}
  void damaged(const Damage& damage) override {
    std::printf("DAMAGE %s\n", damage.message.c_str());
  }
};

DecoderInput input_of(const conformance::Stream& stream) {
  DecoderInput input;
  if (stream.container == conformance::Container::AnnexB)
    input.framing = ObuFraming::AnnexBTemporalUnit;
  return input;
}

Result<> dump(const std::string& file) {
  const Result<conformance::Stream> stream = conformance::read_stream(file);
  if (!stream) return std::unexpected(stream.error());
  Client client;
  StatelessDecoder decoder(std::make_unique<RecordingBackend>());
  if (const Result<> opened = decoder.open({}, input_of(*stream), client); !opened) return opened;
  Packet packet;
  for (const std::span<const uint8_t> unit : stream->units) {
    std::printf("TU %llu size=%zu\n", static_cast<unsigned long long>(packet.frame_number),
                unit.size());
    const BufferHandle bytes(gst_buffer_new_memdup(unit.data(), unit.size()));
    packet.data = bytes.get();
    if (const Result<> decoded = decoder.decode(packet); !decoded) return decoded;
    packet.frame_number++;
    packet.stream_offset += unit.size();
  }
  return decoder.drain();
}

}  // namespace
}  // namespace av1hw

int main(int argc, char** argv) {
  gst_init(nullptr, nullptr);
  for (int i = 1; i < argc; i++) {
    std::printf("STREAM %s\n", argv[i]);
    if (const av1hw::Result<> done = av1hw::dump(argv[i]); !done)
      std::printf("ERR %s\n", done.error().message.c_str());
  }
}
