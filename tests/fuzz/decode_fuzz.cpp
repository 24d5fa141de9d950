// SPDX-License-Identifier: LGPL-2.1-or-later
// Fuzz target: a stream through cpuav1dec's decoder, with memory from the pool that the element
// uses. The last byte of the input chooses the settings, so that any AV1 file is a good seed.
#include <gst/video/video.h>

#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "av1/obu.h"
#include "cpu/dav1d_decoder.h"
#include "memory/video_pool.h"
#include "support/test_files.h"

namespace av1hw {
namespace {

using Span = std::span<const uint8_t>;

// Frames above this size take time and find nothing that smaller ones would not.
constexpr uint64_t largest_frame = 512 * 512;

// The bits of the last byte.
enum Choice : uint8_t {
  ANNEX_B = 1,
  SINGLE_OBUS = 2,
  IVF = 4,
  ALL_LAYERS = 8,
  FRAME_THREADS = 16,
  GRAIN_OFF = 32,
  FLUSH_HALFWAY = 64,
};

void require(bool promise) {
  if (!promise) std::abort();
}

// What the element does with pictures, as far as memory goes: all samples are read.
class Client final : public DecoderClient {
 public:
  ~Client() {
    if (pool_) gst_buffer_pool_set_active(pool_.get(), FALSE);
  }

  Result<BufferHandle> allocate(const PictureFormat& format, const MemoryNeeds& needs) override {
    require(format.width > 0 && format.height > 0);
    require(static_cast<uint64_t>(format.width) * static_cast<uint64_t>(format.height) <=
            largest_frame);
    GstVideoInfo info;
    gst_video_info_set_format(&info, format.format, static_cast<guint>(format.width),
                              static_cast<guint>(format.height));
    if (!pool_ || !same_layout(format, pool_format_)) {
      if (pool_) gst_buffer_pool_set_active(pool_.get(), FALSE);
      auto pool = make_video_pool(info, needs);
      if (!pool) return std::unexpected(pool.error());
      pool_ = std::move(*pool);
      pool_format_ = format;
      require(gst_buffer_pool_set_active(pool_.get(), TRUE));
    }
    return acquire(pool_.get());
  }

  bool output(Picture picture) override {
    require(picture.frame_number <= last_packet);
    GstVideoInfo info;
    gst_video_info_set_format(&info, picture.format.format,
                              static_cast<guint>(picture.format.width),
                              static_cast<guint>(picture.format.height));
    GstVideoFrame frame;
    require(gst_video_frame_map(&frame, &info, picture.buffer.get(), GST_MAP_READ));
    read(frame);
    gst_video_frame_unmap(&frame);
    return true;
  }

  void no_picture(uint64_t frame_number) override { require(frame_number <= last_packet); }

  void damaged(const Damage& damage) override {
    require(damage.frame_number <= last_packet && !damage.message.empty());
  }

  uint64_t last_packet = 0;

 private:
  static void read(const GstVideoFrame& frame) {
    unsigned sum = 0;
    for (guint plane = 0; plane < GST_VIDEO_FRAME_N_PLANES(&frame); plane++) {
      const int width =
          GST_VIDEO_FRAME_COMP_WIDTH(&frame, plane) * GST_VIDEO_FRAME_COMP_PSTRIDE(&frame, plane);
      const auto* row = static_cast<const uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, plane));
      for (int y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT(&frame, plane); y++) {
        for (int x = 0; x < width; x++) sum += row[x];
        row += GST_VIDEO_FRAME_PLANE_STRIDE(&frame, plane);
      }
    }
    static volatile unsigned sink;
    sink = sink + sum;
  }

  PoolHandle pool_;
  PictureFormat pool_format_;
};

std::vector<Span> packets_of(Span file, uint8_t choice) {
  if ((choice & IVF) != 0 || test::is_ivf(file)) return test::split_ivf(file);
  std::vector<Span> packets;
  if ((choice & SINGLE_OBUS) != 0 && (choice & ANNEX_B) == 0) {
    ObuReader reader(file, ObuFraming::Section5);
    for (auto obu = reader.next(); obu && *obu; obu = reader.next()) {
      packets.push_back((*obu)->bytes);
    }
    return packets;
  }
  const auto split = (choice & ANNEX_B) != 0 ? split_annexb(file) : split_section5(file);
  for (const TemporalUnit& unit : split.units) packets.push_back(unit.packet);
  return packets;
}

void decode_all(Span file, uint8_t choice) {
  DecoderSettings settings;
  settings.threads = (choice & FRAME_THREADS) != 0 ? 2 : 1;
  settings.max_frame_delay = settings.threads;
  settings.all_layers = (choice & ALL_LAYERS) != 0;
  settings.film_grain = (choice & GRAIN_OFF) != 0 ? FilmGrainMode::Off : FilmGrainMode::Apply;
  settings.frame_size_limit = largest_frame;
  DecoderInput input;
  input.framing = (choice & ANNEX_B) != 0 ? ObuFraming::AnnexBTemporalUnit : ObuFraming::Section5;
  Client client;
  Dav1dDecoder decoder;
  require(decoder.open(settings, input, client).has_value());
  const std::vector<Span> packets = packets_of(file, choice);
  const bool whole_units = (choice & SINGLE_OBUS) == 0 || (choice & ANNEX_B) != 0;
  uint64_t offset = 0;
  for (size_t i = 0; i < packets.size(); i++) {
    if ((choice & FLUSH_HALFWAY) != 0 && i == packets.size() / 2) decoder.flush();
    const BufferHandle buffer(packets[i].empty()
                                  ? gst_buffer_new()
                                  : gst_buffer_new_memdup(packets[i].data(), packets[i].size()));
    client.last_packet = i;
    if (!decoder.decode({buffer.get(), i, offset, whole_units})) return;
    offset += packets[i].size();
  }
  (void)decoder.drain();
}

}  // namespace
}  // namespace av1hw

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const bool started = [] {
    gst_init(nullptr, nullptr);
    return true;
  }();
  if (!started || size < 2) return 0;
  av1hw::decode_all({data, size - 1}, data[size - 1]);
  return 0;
}
