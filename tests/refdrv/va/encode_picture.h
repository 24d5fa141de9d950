// SPDX-License-Identifier: LGPL-2.1-or-later
// What a client gives of one picture to be coded, in the order in which it may.
#pragma once

#include <va/va.h>
#include <va/va_enc_av1.h>

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "refdrv/common/profile.h"
#include "refdrv/va/objects.h"

namespace refdrv::va {

struct PackedHeader {
  uint32_t type = 0;  // VAEncPackedHeaderType
  size_t bits = 0;
  std::span<const uint8_t> bytes;  // as many as the bits take
};

class EncodePicture {
 public:
  // `packed_headers`: VA_ENC_PACKED_HEADER_* of the configuration.
  EncodePicture() = default;
  explicit EncodePicture(uint32_t packed_headers) : allowed_headers_(packed_headers) {}

  Result<> take(std::shared_ptr<Buffer> buffer);
  // That nothing is missing which every picture needs.
  Result<> check_complete() const;

  // nullptr: none was given with this picture.
  const VAEncSequenceParameterBufferAV1* sequence() const;
  const VAEncPictureParameterBufferAV1& parameters() const;
  const std::vector<VAEncTileGroupBufferAV1>& tile_groups() const { return tile_groups_; }
  const std::vector<PackedHeader>& packed_headers() const { return packed_headers_; }
  // VAEncMiscParameterBuffer, with what follows it.
  const std::vector<std::shared_ptr<Buffer>>& misc() const { return misc_; }

 private:
  Result<> take_header_data(std::shared_ptr<Buffer> buffer);
  Result<> take_header_parameters(const std::shared_ptr<Buffer>& buffer);

  uint32_t allowed_headers_ = 0;
  std::shared_ptr<Buffer> sequence_;
  std::shared_ptr<Buffer> parameters_;
  std::vector<VAEncTileGroupBufferAV1> tile_groups_;
  std::vector<std::shared_ptr<Buffer>> misc_;
  std::optional<VAEncPackedHeaderParameterBuffer> announced_;  // its data is to follow
  std::vector<std::shared_ptr<Buffer>> header_data_;
  std::vector<PackedHeader> packed_headers_;
};

}  // namespace refdrv::va
