// SPDX-License-Identifier: LGPL-2.1-or-later
// Streams under whose headers other pictures are coded: the tiles are thrown away, and new ones are
// written by the encoder that is tested.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "refdrv/encode/software_encoder.h"
#include "refdrv/nv/parser/frame_header.h"

namespace refdrv::test {

struct SourcePicture {
  std::array<std::vector<uint8_t>, 3> planes;
  std::array<size_t, 3> strides = {};
  unsigned width = 0;
  unsigned height = 0;

  SourceView view() const;
};

// The picture that is put into the `index`th frame of a stream.
SourcePicture make_picture(unsigned index, const nv::SequenceHeader& sequence, unsigned width,
                           unsigned height);

struct RewrittenFrame {
  nv::SequenceHeader sequence;
  nv::FrameHeader header;
  SourcePicture source;
  std::shared_ptr<const Reconstruction> reconstruction;
};

struct RewrittenStream {
  std::vector<std::vector<uint8_t>> units;  // temporal units, in the low-overhead form
  std::vector<std::shared_ptr<const RewrittenFrame>> coded;
  std::vector<std::shared_ptr<const RewrittenFrame>> shown;  // in the order of output
  std::optional<Error> stopped;  // what was refused, if not all is there
};

// `file` is IVF, Section 5 or (by its name) Annex B. At most `most` frames are coded.
Result<RewrittenStream> rewrite_stream(const std::string& file, unsigned most);

}  // namespace refdrv::test
