// SPDX-License-Identifier: LGPL-2.1-or-later
// What the stateless decoder says of each picture, held against what dav1d says of it.
#include <gst/gst.h>
#include <gtest/gtest.h>

#include <iostream>

#include "codec/stateless_decoder.h"
#include "codec/vector_settings.h"
#include "conformance/stream_reader.h"
#include "cpu/dav1d_decoder.h"
#include "support/checking_backend.h"
#include "support/recording_client.h"
#include "support/test_files.h"

namespace av1hw {
namespace {

// dav1d writes its pictures somewhere.
class Dav1dClient final : public test::RecordingClient {
 public:
  ~Dav1dClient() {
    pictures.clear();
    close();
  }

  Result<BufferHandle> allocate(const PictureFormat& format, const MemoryNeeds& needs) override {
    if (!pool_ || !same_layout(format, format_)) {
      close();
      GstVideoInfo info;
      gst_video_info_set_format(&info, format.format, static_cast<guint>(format.width),
                                static_cast<guint>(format.height));
      auto pool = make_video_pool(info, needs);
      if (!pool) return std::unexpected(pool.error());
      pool_ = std::move(*pool);
      format_ = format;
      gst_buffer_pool_set_active(pool_.get(), TRUE);
    }
    return acquire(pool_.get());
  }
  bool output(Picture picture) override {
    picture.buffer.reset();
    return RecordingClient::output(std::move(picture));
  }

 private:
  void close() {
    if (pool_) gst_buffer_pool_set_active(pool_.get(), FALSE);
  }

  PoolHandle pool_;
  PictureFormat format_;
};

void decode_all(Decoder& decoder, const conformance::Stream& stream,
                const DecoderSettings& settings, DecoderClient& client) {
  DecoderInput input;
  if (stream.container == conformance::Container::AnnexB) {
    input.framing = ObuFraming::AnnexBTemporalUnit;
  }
  ASSERT_TRUE(decoder.open(settings, input, client));
  for (size_t i = 0; i < stream.units.size(); i++) {
    const auto unit = stream.units[i];
    const BufferHandle buffer(gst_buffer_new_memdup(unit.data(), unit.size()));
    ASSERT_TRUE(decoder.decode({buffer.get(), i, 0, true}));
  }
  ASSERT_TRUE(decoder.drain());
}

// Layouts differ: dav1d's are planar.
void expect_same(const Picture& ours, const Picture& dav1ds) {
  EXPECT_EQ(ours.frame_number, dav1ds.frame_number);
  EXPECT_EQ(ours.key_frame, dav1ds.key_frame);
  EXPECT_EQ(ours.grain_dropped, dav1ds.grain_dropped);
  PictureFormat expected = dav1ds.format;
  expected.format = ours.format.format;
  if (GST_VIDEO_FORMAT_INFO_IS_RGB(gst_video_format_get_info(dav1ds.format.format))) {
    expected.colorimetry.matrix = ours.format.colorimetry.matrix;
  }
  EXPECT_TRUE(ours.format == expected)
      << ours.format.width << "x" << ours.format.height << " for " << expected.width << "x"
      << expected.height << ", aspect ratio " << ours.format.par_n << "/" << ours.format.par_d
      << " for " << expected.par_n << "/" << expected.par_d;
}

// Gives the number of pictures that were compared.
size_t compare(const conformance::Vector& vector, const std::string& folder) {
  const auto stream = conformance::read_stream(folder + "/" + vector.path);
  EXPECT_TRUE(stream) << stream.error().message;
  if (!stream) return 0;
  DecoderSettings settings = test::settings_of(vector);
  test::BackendScript script;
  test::RecordingClient client;
  StatelessDecoder decoder(test::make_checking_backend(script));
  decode_all(decoder, *stream, settings, client);

  Dav1dClient reference_client;
  Dav1dDecoder reference;
  settings.inloop_filters = static_cast<unsigned>(InloopFilters::None);
  decode_all(reference, *stream, settings, reference_client);
  EXPECT_EQ(client.pictures.size(), reference_client.pictures.size());
  const size_t count = std::min(client.pictures.size(), reference_client.pictures.size());
  for (size_t i = 0; i < count; i++) {
    SCOPED_TRACE("picture " + std::to_string(i));
    expect_same(client.pictures[i], reference_client.pictures[i]);
  }
  return count;
}

TEST(StatelessAndDav1d, SayTheSameOfEachPicture) {
  const auto folder = test::vectors_folder();
  if (!folder) GTEST_SKIP() << "AV1_VECTORS names no folder of test vectors: NOTHING was checked";
  const auto vectors = conformance::read_manifest((*folder / "MANIFEST.tsv").string());
  ASSERT_TRUE(vectors) << vectors.error().message;
  size_t pictures = 0;
  for (const conformance::Vector& vector : *vectors) {
    SCOPED_TRACE(vector.name());
    pictures += compare(vector, folder->string());
  }
  EXPECT_GT(pictures, 0u);
  std::cout << pictures << " pictures of " << vectors->size() << " streams compared\n";
}

}  // namespace
}  // namespace av1hw
