// SPDX-License-Identifier: LGPL-2.1-or-later
// Streams under whose headers other pictures are coded.
#include "refdrv/encode/stream_rewriter.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>

#include "refdrv/nv/parser/obu.h"

namespace refdrv::test {

namespace {

constexpr size_t ivf_header = 32;
constexpr size_t ivf_frame_header = 12;

// What the file's temporal units are made of: without IVF's headers, all is one packet.
std::vector<std::vector<uint8_t>> read_packets(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::vector<uint8_t> bytes{std::istreambuf_iterator<char>(in), {}};
  if (!file.ends_with(".ivf")) return {std::move(bytes)};
  std::vector<std::vector<uint8_t>> packets;
  for (size_t at = ivf_header; at + ivf_frame_header <= bytes.size();) {
    size_t size = 0;
    for (unsigned i = 0; i < 4; i++) size |= static_cast<size_t>(bytes[at + i]) << (8 * i);
    at += ivf_frame_header;
    size = std::min(size, bytes.size() - at);
    packets.emplace_back(bytes.begin() + static_cast<ptrdiff_t>(at),
                         bytes.begin() + static_cast<ptrdiff_t>(at + size));
    at += size;
  }
  return packets;
}

void append_obu(std::vector<uint8_t>& to, nv::ObuType type, const nv::Obu& like,
                std::span<const uint8_t> payload) {
  to.push_back(
      static_cast<uint8_t>(static_cast<unsigned>(type) << 3 | like.has_extension << 2 | 2));
  if (like.has_extension) {
    to.push_back(static_cast<uint8_t>(like.temporal_id << 5 | like.spatial_id << 3));
  }
  size_t size = payload.size();
  for (; size >= 0x80; size >>= 7) to.push_back(static_cast<uint8_t>(size | 0x80));
  to.push_back(static_cast<uint8_t>(size));
  std::ranges::copy(payload, std::back_inserter(to));
}

class Rewriter {
 public:
  explicit Rewriter(std::unique_ptr<SoftwareEncoder> encoder) : encoder_(std::move(encoder)) {}

  Result<> add(const nv::Obu& obu);
  RewrittenStream& stream() { return stream_; }

 private:
  Result<> add_frame(const nv::Obu& obu);
  Result<> add_shown(const nv::Obu& obu, const nv::FrameHeader& header);
  void store(const nv::FrameHeader& header, const std::shared_ptr<const RewrittenFrame>& frame);
  // Streams without temporal delimiters are one unit.
  std::vector<uint8_t>& unit() {
    if (stream_.units.empty()) stream_.units.emplace_back();
    return stream_.units.back();
  }

  std::unique_ptr<SoftwareEncoder> encoder_;
  RewrittenStream stream_;
  std::optional<nv::SequenceHeader> sequence_;
  nv::Slots slots_;
  std::array<std::shared_ptr<const RewrittenFrame>, nv::slot_count> frames_;
  bool in_frame_ = false;  // redundant headers follow
};

Result<> Rewriter::add(const nv::Obu& obu) {
  switch (obu.type) {
  case nv::ObuType::TemporalDelimiter:
    stream_.units.emplace_back();
    append_obu(unit(), obu.type, obu, {});
    in_frame_ = false;
    return {};
  case nv::ObuType::SequenceHeader: {
    const auto parsed = nv::parse_sequence_header(obu.payload);
    if (!parsed) return std::unexpected(parsed.error());
    sequence_ = *parsed;
    append_obu(unit(), obu.type, obu, obu.payload);
    return encoder_->set_sequence(obu.payload);
  }
  case nv::ObuType::FrameHeader: return in_frame_ ? Result<>() : add_frame(obu);
  case nv::ObuType::Frame: return add_frame(obu);
  default: return {};
  }
}

Result<> Rewriter::add_frame(const nv::Obu& obu) {
  const auto header =
      nv::parse_frame_header(obu.payload, *sequence_, slots_, obu.temporal_id, obu.spatial_id);
  if (!header) return std::unexpected(header.error());
  if (obu.spatial_id > 0) return fault(Fault::Unsupported, "spatial layers");
  if (header->show_existing_frame) return add_shown(obu, *header);
  in_frame_ = true;
  auto frame = std::make_shared<RewrittenFrame>();
  frame->sequence = *sequence_;
  frame->header = *header;
  frame->source = make_picture(static_cast<unsigned>(stream_.coded.size()), *sequence_,
                               header->av1.width, header->av1.height);
  const auto coded = encoder_->code(obu.payload.first(header->bytes), header->bits, obu.temporal_id,
                                    frame->source.view());
  if (!coded) return std::unexpected(coded.error());
  frame->reconstruction = coded->reconstruction;
  std::vector<uint8_t> payload(obu.payload.begin(),
                               obu.payload.begin() + static_cast<ptrdiff_t>(header->bytes));
  if (header->bits % 8 != 0) payload.back() &= static_cast<uint8_t>(0xff00U >> header->bits % 8);
  std::ranges::copy(coded->tile_group, std::back_inserter(payload));
  append_obu(unit(), nv::ObuType::Frame, obu, payload);
  store(*header, frame);
  stream_.coded.push_back(frame);
  if (header->av1.show_frame) stream_.shown.push_back(frame);
  in_frame_ = false;
  return {};
}

Result<> Rewriter::add_shown(const nv::Obu& obu, const nv::FrameHeader& header) {
  const auto shown = encoder_->show_existing(obu.payload.first(header.bytes), header.bits);
  if (!shown) return shown;
  append_obu(unit(), obu.type, obu, obu.payload);
  stream_.shown.push_back(frames_[header.existing_slot]);
  if (header.refresh_frame_flags == nv::all_slots) {
    slots_.fill(nv::Slot(slots_[header.existing_slot]));
    frames_.fill(std::shared_ptr(frames_[header.existing_slot]));
  }
  return {};
}

void Rewriter::store(const nv::FrameHeader& header,
                     const std::shared_ptr<const RewrittenFrame>& frame) {
  for (unsigned slot = 0; slot < nv::slot_count; slot++) {
    if (!(header.refresh_frame_flags >> slot & 1)) continue;
    slots_[slot].valid = true;
    slots_[slot].header = header;
    frames_[slot] = frame;
  }
}

Result<> rewrite_packet(Rewriter& rewriter, std::span<const uint8_t> packet, bool annexb,
                        unsigned most) {
  nv::ObuReader reader(packet, annexb);
  while (rewriter.stream().coded.size() < most) {
    const auto obu = reader.next();
    if (!obu) return std::unexpected(obu.error());
    if (!*obu) break;
    if (const auto added = rewriter.add(**obu); !added) return added;
  }
  return {};
}

// Waves that wander, a few edges that stay, and another brightness in each frame.
unsigned sample_at(unsigned index, unsigned plane, double x, double y) {
  const double t = index;
  const double wave = std::sin((x + 3 * t) / 23) + std::cos((y - 2 * t) / 31);
  const double edge = static_cast<unsigned>(x / 40) % 2 == static_cast<unsigned>(y / 24) % 2;
  const double level = 110 + 30 * wave + 24 * edge + 9 * std::sin(t * 1.7) + 12 * plane;
  return static_cast<unsigned>(std::clamp(level, 0.0, 255.0));
}

}  // namespace

SourceView SourcePicture::view() const {
  SourceView view;
  for (unsigned i = 0; i < planes.size(); i++) {
    if (!planes[i].empty()) view.planes[i] = {planes[i].data(), strides[i]};
  }
  view.width = width;
  view.height = height;
  return view;
}

SourcePicture make_picture(unsigned index, const nv::SequenceHeader& sequence, unsigned width,
                           unsigned height) {
  SourcePicture picture;
  picture.width = width;
  picture.height = height;
  const bool wide = sequence.bit_depth > 8;
  for (unsigned plane = 0; plane < sequence.planes(); plane++) {
    const unsigned shift_x = plane > 0 && sequence.subsampling_x;
    const unsigned shift_y = plane > 0 && sequence.subsampling_y;
    const unsigned columns = (width + shift_x) >> shift_x, rows = (height + shift_y) >> shift_y;
    picture.strides[plane] = size_t{columns} << wide;
    for (unsigned y = 0; y < rows; y++) {
      for (unsigned x = 0; x < columns; x++) {
        const unsigned value = sample_at(index, plane, x << shift_x, y << shift_y)
                               << (sequence.bit_depth - 8);
        picture.planes[plane].push_back(static_cast<uint8_t>(value));
        if (wide) picture.planes[plane].push_back(static_cast<uint8_t>(value >> 8));
      }
    }
  }
  return picture;
}

Result<RewrittenStream> rewrite_stream(const std::string& file, unsigned most) {
  const auto packets = read_packets(file);
  auto encoder = SoftwareEncoder::create();
  if (!encoder) return std::unexpected(encoder.error());
  Rewriter rewriter(std::move(*encoder));
  for (const auto& packet : packets) {
    const auto added = rewrite_packet(rewriter, packet, file.contains("annexb"), most);
    if (!added) {
      rewriter.stream().stopped = added.error();
      break;
    }
  }
  return std::move(rewriter.stream());
}

}  // namespace refdrv::test
