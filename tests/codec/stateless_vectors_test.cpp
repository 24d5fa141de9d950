// SPDX-License-Identifier: LGPL-2.1-or-later
// Every test vector through the stateless decoder, onto a backend that checks each call. How many
// pictures come out is held against the manifest.
#include <gst/gst.h>
#include <gtest/gtest.h>

#include <iostream>

#include "codec/stateless_decoder.h"
#include "codec/vector_settings.h"
#include "conformance/stream_reader.h"
#include "support/checking_backend.h"
#include "support/recording_client.h"
#include "support/test_files.h"

namespace av1hw {
namespace {

using conformance::Container;

struct Totals {
  unsigned streams = 0, packets = 0, pictures = 0, submitted = 0, copied = 0;
  uint64_t tile_bytes = 0;
};

// Decodes the units; every one of them must be accounted for.
void check_stream(const conformance::Stream& stream, const DecoderSettings& settings,
                  test::BackendScript& script, test::RecordingClient& client) {
  StatelessDecoder decoder(test::make_checking_backend(script));
  DecoderInput input;
  if (stream.container == Container::AnnexB) input.framing = ObuFraming::AnnexBTemporalUnit;
  ASSERT_TRUE(decoder.open(settings, input, client));
  uint64_t offset = 0;
  for (size_t i = 0; i < stream.units.size(); i++) {
    const auto unit = stream.units[i];
    const BufferHandle buffer(gst_buffer_new_memdup(unit.data(), unit.size()));
    GstMapInfo map;
    ASSERT_TRUE(gst_buffer_map(buffer.get(), &map, GST_MAP_READ));
    script.input = {map.data, map.size};
    const Result<> decoded = decoder.decode({buffer.get(), i, offset, true});
    gst_buffer_unmap(buffer.get(), &map);
    ASSERT_TRUE(decoded) << decoded.error().message;
    offset += unit.size();
  }
  const Result<> drained = decoder.drain();
  ASSERT_TRUE(drained) << drained.error().message;
  for (size_t i = 0; i < stream.units.size(); i++) {
    EXPECT_TRUE(client.accounts_for(i)) << "packet " << i;
  }
}

void check_vector(const conformance::Vector& vector, const std::string& folder, Totals& totals) {
  const auto stream = conformance::read_stream(folder + "/" + vector.path);
  ASSERT_TRUE(stream) << stream.error().message;
  test::BackendScript script;
  test::RecordingClient client;
  check_stream(*stream, test::settings_of(vector), script, client);
  EXPECT_EQ(script.violations, std::vector<std::string>());
  EXPECT_EQ(client.complaints(), "");
  EXPECT_EQ(client.pictures.size(), vector.frames);
  EXPECT_TRUE(std::ranges::is_sorted(client.numbers()));
  totals.streams++;
  totals.packets += static_cast<unsigned>(stream->units.size());
  totals.pictures += static_cast<unsigned>(client.pictures.size());
  totals.submitted += script.submits;
  totals.tile_bytes += script.tile_bytes;
  for (const auto& picture : script.submitted) {
    if (!picture.in_input) totals.copied++;
  }
}

TEST(StatelessVectors, AsManyPicturesComeOutAsTheManifestSays) {
  const auto folder = test::vectors_folder();
  if (!folder) GTEST_SKIP() << "AV1_VECTORS names no folder of test vectors: NOTHING was checked";
  const auto vectors = conformance::read_manifest((*folder / "MANIFEST.tsv").string());
  ASSERT_TRUE(vectors) << vectors.error().message;
  Totals totals;
  for (const conformance::Vector& vector : *vectors) {
    SCOPED_TRACE(vector.name());
    check_vector(vector, folder->string(), totals);
  }
  EXPECT_GT(totals.streams, 0u);
  // Whole temporal units need no copies.
  EXPECT_EQ(totals.copied, 0u);
  std::cout << totals.streams << " streams, " << totals.packets << " packets, " << totals.submitted
            << " pictures submitted with " << totals.tile_bytes << " bytes of tiles ("
            << totals.copied << " copied), " << totals.pictures << " put out\n";
}

}  // namespace
}  // namespace av1hw
