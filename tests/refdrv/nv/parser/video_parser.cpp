// SPDX-License-Identifier: LGPL-2.1-or-later
// One parser of libnvcuvid: from packets to its client's callbacks.
#include "refdrv/nv/parser/video_parser.h"

#include <algorithm>
#include <bit>
#include <format>

#include "refdrv/nv/parser/picture_format.h"

namespace refdrv::nv {

namespace {

constexpr unsigned max_surfaces = 64;
constexpr unsigned max_tiles = 64 * 64;
constexpr int all_layers_bit = 1 << 10;
constexpr int operating_point_bits = (1 << 10) - 1;

Result<> refused(const char* callback) {
  return fault(Fault::System, std::format("{} failed", callback));
}

}  // namespace

VideoParser::VideoParser(const CUVIDPARSERPARAMS& params)
    : client_(params), surface_count_(params.ulMaxNumDecodeSurfaces) {}

Result<> VideoParser::parse(const CUVIDSOURCEDATAPACKET& packet) {
  if (packet.flags & CUVID_PKT_TIMESTAMP) timestamp_ = packet.timestamp;
  if (packet.flags & CUVID_PKT_DISCONTINUITY) picture_.reset();
  if (packet.payload && packet.payload_size > 0) {
    ObuReader reader({packet.payload, packet.payload_size}, client_.bAnnexb);
    for (;;) {
      const auto obu = reader.next();
      if (!obu) return std::unexpected(obu.error());
      if (!*obu) break;
      if (const auto parsed = parse_obu(**obu); !parsed) return parsed;
    }
  }
  const auto ends = CUVID_PKT_ENDOFPICTURE | CUVID_PKT_ENDOFSTREAM;
  if (packet.flags & ends) {
    if (const auto flushed = flush_output(); !flushed) return flushed;
  }
  const auto notifies = CUVID_PKT_ENDOFSTREAM | CUVID_PKT_NOTIFY_EOS;
  if ((packet.flags & notifies) == notifies && client_.pfnDisplayPicture) {
    client_.pfnDisplayPicture(client_.pUserData, nullptr);
  }
  return {};
}

// 5.3.1's drop_obu().
bool VideoParser::is_dropped(const Obu& obu) const {
  if (!obu.has_extension || operating_point_idc_ == 0) return false;
  return !(operating_point_idc_ >> obu.temporal_id & 1) ||
         !(operating_point_idc_ >> (obu.spatial_id + 8) & 1);
}

Result<> VideoParser::parse_obu(const Obu& obu) {
  switch (obu.type) {
  case ObuType::TemporalDelimiter:
    header_seen_ = false;
    picture_.reset();
    return flush_output();
  case ObuType::SequenceHeader: return parse_sequence(obu);
  case ObuType::TileList: return fault(Fault::Stream, "large scale tile decoding");
  default: break;
  }
  if (is_dropped(obu)) return {};
  // Whatever lies between the tiles of a picture is given with them.
  if (picture_ && !picture_->data.empty() && obu.type != ObuType::TileGroup) {
    picture_->data.insert(picture_->data.end(), obu.whole.begin(), obu.whole.end());
  }
  switch (obu.type) {
  case ObuType::FrameHeader: return header_seen_ ? Result<>() : parse_frame(obu, false);
  case ObuType::Frame: return parse_frame(obu, true);
  case ObuType::TileGroup: return picture_ ? add_tiles(obu, 0) : Result<>();
  default: return {};
  }
}

Result<> VideoParser::parse_sequence(const Obu& obu) {
  const auto parsed = parse_sequence_header(obu.payload);
  if (!parsed) return std::unexpected(parsed.error());
  if (sequence_ && *sequence_ == *parsed) return {};
  sequence_ = *parsed;
  CUVIDOPERATINGPOINTINFO info = {};
  info.codec = cudaVideoCodec_AV1;
  info.av1.operating_points_cnt = parsed->operating_point_count;
  for (unsigned i = 0; i < parsed->operating_point_count; i++) {
    info.av1.operating_points_idc[i] = parsed->operating_points[i].idc;
  }
  const int chosen =
      client_.pfnGetOperatingPoint ? client_.pfnGetOperatingPoint(client_.pUserData, &info) : -1;
  const int point = chosen < 0 ? 0 : chosen & operating_point_bits;
  const bool exists = point < parsed->operating_point_count;
  operating_point_idc_ = parsed->operating_points[exists ? static_cast<unsigned>(point) : 0].idc;
  all_layers_ = chosen >= 0 && exists && (chosen & all_layers_bit);
  return {};
}

Result<> VideoParser::parse_frame(const Obu& obu, bool with_tiles) {
  // A stream may be cut into at any place: what comes before its sequence header is passed over.
  if (!sequence_) return {};
  picture_.reset();
  const auto header =
      parse_frame_header(obu.payload, *sequence_, slots_, obu.temporal_id, obu.spatial_id);
  if (!header) return std::unexpected(header.error());
  if (header->show_existing_frame) return show_existing(*header, obu.spatial_id);
  header_seen_ = true;
  if (const auto begun = begin_picture(*header); !begun) return begun;
  return with_tiles ? add_tiles(obu, header->bytes) : Result<>();
}

Result<> VideoParser::show_existing(const FrameHeader& header, unsigned spatial_id) {
  const Slot shown = slots_[header.existing_slot];
  if (header.refresh_frame_flags == all_slots) slots_.fill(shown);
  return output(shown.shown, spatial_id);
}

Result<> VideoParser::tell_format(const FrameHeader& header) {
  const auto format = video_format(*sequence_, header);
  if (format_ && is_same(*format_, format)) return {};
  format_ = format;
  CUVIDEOFORMATEX told = format;
  const int answer = client_.pfnSequenceCallback
                         ? client_.pfnSequenceCallback(client_.pUserData, &told.format)
                         : 1;
  if (answer <= 0) return refused("pfnSequenceCallback");
  if (answer > 1) surface_count_ = static_cast<unsigned>(answer);
  surface_count_ = std::min(surface_count_, max_surfaces);
  return {};
}

// The index that was given longest ago, of those that nothing needs, so that what was put out stays
// good for as long as can be; `taken` is not free.
int VideoParser::take_index(int taken) {
  used_at_.resize(surface_count_);
  int best = -1;
  for (int i = 0; i < static_cast<int>(surface_count_); i++) {
    const bool stored = std::ranges::any_of(slots_, [i](const Slot& slot) {
      return slot.valid && (slot.decoded == i || slot.shown == i);
    });
    if (stored || i == taken || (held_ && held_->index == i)) continue;
    if (best < 0 || used_at_[static_cast<size_t>(i)] < used_at_[static_cast<size_t>(best)]) {
      best = i;
    }
  }
  if (best >= 0) used_at_[static_cast<size_t>(best)] = ++clock_;
  return best;
}

Result<> VideoParser::begin_picture(const FrameHeader& header) {
  if (const auto told = tell_format(header); !told) return told;
  Picture& picture = picture_.emplace();
  picture.header = header;
  picture.timestamp = timestamp_;
  picture.decoded = take_index(-1);
  picture.shown =
      sequence_->film_grain_params_present ? take_index(picture.decoded) : picture.decoded;
  if (picture.decoded < 0 || picture.shown < 0) {
    picture_.reset();
    return fault(Fault::System, std::format("{} surfaces are too few", surface_count_));
  }
  return {};
}

Result<> VideoParser::add_tiles(const Obu& obu, size_t header_bytes) {
  Picture& picture = *picture_;
  const FrameHeader& header = picture.header;
  const unsigned tiles = header.av1.num_tile_cols * header.av1.num_tile_rows;
  const auto bytes = obu.payload.subspan(std::min(header_bytes, obu.payload.size()));
  BitReader in(bytes);
  const auto expected = static_cast<unsigned>(picture.offsets.size() / 2);
  unsigned first = 0, last = tiles - 1;
  if (tiles > 1 && in.flag()) {
    const unsigned bits = header.tile_cols_log2 + header.tile_rows_log2;
    first = in.f(bits);
    last = in.f(bits);
  }
  in.align();
  if (in.overrun() || first != expected || last < first || last >= tiles || tiles > max_tiles) {
    picture_.reset();
    return fault(Fault::Stream,
                 std::format("a group of tiles {} to {}, of {}", first, last, tiles));
  }
  auto rest = bytes.subspan(in.byte_position());
  // A picture's data begins with its first tile.
  const auto given = picture.data.empty() ? rest : obu.whole;
  size_t at = picture.data.size() + static_cast<size_t>(rest.data() - given.data());
  picture.data.insert(picture.data.end(), given.begin(), given.end());
  for (unsigned tile = first; tile <= last; tile++) {
    size_t size = rest.size();
    if (tile != last) {
      BitReader prefix(rest);
      size = size_t{prefix.le(header.tile_size_bytes)} + 1;
      rest = rest.subspan(std::min<size_t>(header.tile_size_bytes, rest.size()));
      at += header.tile_size_bytes;
    }
    if (size == 0 || size > rest.size()) {
      picture_.reset();
      return fault(Fault::Stream, std::format("tile {} of {} bytes", tile, size));
    }
    picture.offsets.push_back(static_cast<unsigned>(at));
    picture.offsets.push_back(static_cast<unsigned>(at + size));
    rest = rest.subspan(size);
    at += size;
  }
  return last + 1 == tiles ? finish_picture() : Result<>();
}

Result<> VideoParser::finish_picture() {
  Picture picture = std::move(*picture_);
  picture_.reset();
  header_seen_ = false;
  CUVIDPICPARAMS params = {};
  FrameHeader& header = picture.header;
  params.PicWidthInMbs = static_cast<int>(header.av1.width / 16);
  params.FrameHeightInMbs = static_cast<int>(header.av1.height / 16);
  params.CurrPicIdx = picture.shown;
  params.intra_pic_flag = header.av1.frame_type == key_frame;
  params.nBitstreamDataLen = static_cast<unsigned>(picture.data.size());
  params.pBitstreamData = picture.data.data();
  params.nNumSlices = static_cast<unsigned>(picture.offsets.size() / 2);
  params.pSliceDataOffsets = picture.offsets.data();
  const auto index_of = [&](unsigned slot) {
    return slots_[slot].valid ? static_cast<unsigned char>(slots_[slot].decoded) : no_picture;
  };
  header.av1.decodePicIdx = picture.decoded;
  for (unsigned i = 0; i < slot_count; i++) header.av1.ref_frame_map[i] = index_of(i);
  header.av1.primary_ref_frame = no_picture;
  for (unsigned i = 0; i < reference_count; i++) {
    auto& reference = header.av1.ref_frame[i];
    reference.index = no_picture;
    if (header.is_intra()) continue;
    const unsigned slot = header.ref_frame_idx[i];
    reference.index = index_of(slot);
    reference.width = slots_[slot].header.frame_width;
    reference.height = slots_[slot].header.av1.height;
    if (header.primary_ref_frame == i) header.av1.primary_ref_frame = reference.index;
  }
  params.CodecSpecific.av1 = header.av1;
  if (client_.pfnDecodePicture && client_.pfnDecodePicture(client_.pUserData, &params) <= 0) {
    return refused("pfnDecodePicture");
  }
  for (unsigned i = 0; i < slot_count; i++) {
    if (header.refresh_frame_flags >> i & 1) {
      slots_[i] = {
          .valid = true, .header = header, .decoded = picture.decoded, .shown = picture.shown};
    }
  }
  if (!header.av1.show_frame) return {};
  return output(picture.shown, header.av1.spatial_layer_id);
}

unsigned VideoParser::top_spatial_id() const {
  const auto layers = static_cast<unsigned>(operating_point_idc_ >> 8);
  return layers == 0 ? 0 : static_cast<unsigned>(std::bit_width(layers)) - 1;
}

// 7.18: of a temporal unit's spatial layers the largest is put out, or all of them.
Result<> VideoParser::output(int index, unsigned spatial_id) {
  const bool layered = !all_layers_ && top_spatial_id() > 0;
  held_ = Output{index, timestamp_};
  if (layered && spatial_id < top_spatial_id()) return {};
  return flush_output();
}

Result<> VideoParser::flush_output() {
  if (!held_) return {};
  CUVIDPARSERDISPINFO info = {};
  info.picture_index = held_->index;
  info.progressive_frame = 1;
  info.timestamp = held_->timestamp;
  held_.reset();
  if (client_.pfnDisplayPicture && client_.pfnDisplayPicture(client_.pUserData, &info) <= 0) {
    return refused("pfnDisplayPicture");
  }
  return {};
}

}  // namespace refdrv::nv
