// SPDX-License-Identifier: LGPL-2.1-or-later
// REFDRV_NULL's encoder: units that decode, and cost nothing to code.
#include "refdrv/nv/null_encoder.h"

#include <utility>

namespace refdrv::nv {

namespace {

class NullEncoder final : public AomEncoder {
 public:
  NullEncoder(CodedPicture key, CodedPicture inter, std::vector<uint8_t> header)
      : key_(std::move(key)), inter_(std::move(inter)), header_(std::move(header)) {}

  Result<> change(const CodingSettings&) override { return {}; }
  Result<CodedPicture> encode(const PlanarPicture&, const CodingOptions& options) override {
    return options.key ? key_ : inter_;
  }
  const std::vector<uint8_t>& sequence_header() const override { return header_; }

 private:
  const CodedPicture key_;
  const CodedPicture inter_;
  const std::vector<uint8_t> header_;
};

}  // namespace

Result<std::unique_ptr<AomEncoder>> create_null_encoder(const CodingSettings& settings) {
  CodingSettings one_layer = settings;
  one_layer.temporal_layers = 1;
  const auto encoder = AomEncoder::create(one_layer);
  if (!encoder) return std::unexpected(encoder.error());
  const PlanarPicture picture = grey_picture(one_layer);
  auto key = (*encoder)->encode(picture, {.key = true});
  if (!key) return std::unexpected(key.error());
  auto inter = (*encoder)->encode(picture, {.reference = false, .default_contexts = true});
  if (!inter) return std::unexpected(inter.error());
  return std::make_unique<NullEncoder>(std::move(*key), std::move(*inter),
                                       (*encoder)->sequence_header());
}

}  // namespace refdrv::nv
