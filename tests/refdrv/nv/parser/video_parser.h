// SPDX-License-Identifier: LGPL-2.1-or-later
// One parser of libnvcuvid: from packets to its client's callbacks.
#pragma once

#include <optional>
#include <vector>

#include "refdrv/nv/parser/frame_header.h"
#include "refdrv/nv/parser/obu.h"
// After frame_header.h, whose types it needs.
#include <ffnvcodec/dynlink_nvcuvid.h>

namespace refdrv::nv {

class VideoParser {
 public:
  explicit VideoParser(const CUVIDPARSERPARAMS& params);

  // An error is of the stream, or says that a callback failed.
  Result<> parse(const CUVIDSOURCEDATAPACKET& packet);

 private:
  struct Picture {
    FrameHeader header;
    int decoded = -1;
    int shown = -1;
    long long timestamp = 0;
    std::vector<uint8_t> data;      // from the first tile on
    std::vector<unsigned> offsets;  // begin and end of each tile in `data`
  };
  // A frame that is put out when its temporal unit has no larger spatial layer.
  struct Output {
    int index = -1;
    long long timestamp = 0;
  };

  Result<> parse_obu(const Obu& obu);
  Result<> parse_sequence(const Obu& obu);
  Result<> parse_frame(const Obu& obu, bool with_tiles);
  Result<> show_existing(const FrameHeader& header, unsigned spatial_id);
  Result<> begin_picture(const FrameHeader& header);
  Result<> add_tiles(const Obu& obu, size_t header_bytes);
  Result<> finish_picture();
  Result<> output(int index, unsigned spatial_id);
  Result<> flush_output();

  Result<> tell_format(const FrameHeader& header);
  int take_index(int taken);
  bool is_dropped(const Obu& obu) const;
  unsigned top_spatial_id() const;

  CUVIDPARSERPARAMS client_;
  unsigned surface_count_;
  std::optional<SequenceHeader> sequence_;
  uint16_t operating_point_idc_ = 0;
  bool all_layers_ = false;
  std::optional<CUVIDEOFORMATEX> format_;
  Slots slots_;
  std::optional<Picture> picture_;
  bool header_seen_ = false;  // of the frame that the tile groups are of
  std::optional<Output> held_;
  std::vector<unsigned long long> used_at_;  // by index: when it was last given
  unsigned long long clock_ = 0;
  long long timestamp_ = 0;
};

}  // namespace refdrv::nv
