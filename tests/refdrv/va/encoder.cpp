// SPDX-License-Identifier: LGPL-2.1-or-later
// A VA context that codes AV1: the picture that is being given, and what references hold.
#include "refdrv/va/encoder.h"

#include <algorithm>
#include <format>

#include "refdrv/va/coded_buffer.h"
#include "refdrv/va/encode_source.h"

namespace refdrv::va {

namespace {

// What a driver takes for CQP where the client says nothing.
constexpr uint8_t default_quantizer = 60;
// What the null mode has for tiles, which nobody is to decode.
constexpr uint8_t null_tile[8] = {};
constexpr uint8_t null_tile_group[] = {0x22, sizeof null_tile, 0, 0, 0, 0, 0, 0, 0, 0};

// Everything that goes wrong with headers is the client's doing, who wrote them.
std::unexpected<Error> of_client(Error error) {
  if (error.fault != Fault::System) error.fault = Fault::Client;
  return std::unexpected(std::move(error));
}

uint64_t difference(uint32_t more, uint32_t less) { return more > less ? more - less : 0; }

}  // namespace

Result<std::shared_ptr<Context>> Encoder::create(const EncoderProfile& profile,
                                                 const Config& config, Size size) {
  auto coder = SoftwareEncoder::create();
  if (!coder) return std::unexpected(coder.error());
  return std::make_shared<Encoder>(profile, config, size, std::move(*coder));
}

Encoder::Encoder(const EncoderProfile& profile, const Config& config, Size size,
                 std::unique_ptr<SoftwareEncoder> coder)
    : profile_(profile), config_(config), size_(size), coder_(std::move(coder)) {
  rate_.mode = config.rate_control;
  slot_surfaces_.fill(VA_INVALID_SURFACE);
  forget();
}

void Encoder::forget() { picture_ = EncodePicture(config_.packed_headers); }

Result<> Encoder::take(std::shared_ptr<Buffer> buffer) { return picture_.take(std::move(buffer)); }

Result<Encoder::Objects> Encoder::find_objects(const Lookup& find) const {
  const auto& params = picture_.parameters();
  Objects found{.input = find.surface(target()),
                .reconstructed = find.surface(params.reconstructed_frame),
                .coded = find.buffer(params.coded_buf)};
  if (!found.input) return client_fault("there is no input surface any more");
  if (!found.reconstructed) {
    return client_fault(
        std::format("there is no surface {:#x}, reconstructed_frame", params.reconstructed_frame));
  }
  if (found.reconstructed == found.input) {
    return client_fault("reconstructed_frame is the input as well");
  }
  if (!found.coded || !found.coded->coded) {
    return client_fault(std::format("coded_buf {:#x} is no coded buffer", params.coded_buf));
  }
  if (found.coded->mapped) return client_fault("coded_buf is mapped");
  return found;
}

Result<> Encoder::apply_settings() {
  for (const auto& buffer : picture_.misc()) {
    if (const auto read = read_misc(*buffer, rate_); !read) return read;
  }
  if (const auto* sequence = picture_.sequence()) {
    sequence_parameters_ = *sequence;
    if (rate_.bits_per_second == 0) rate_.bits_per_second = sequence->bits_per_second;
  }
  if (!sequence_parameters_) return client_fault("no sequence parameters were given");
  if (rate_.regions > profile_.roi_regions ||
      (rate_.regions != 0 && is_rate_controlled() && !profile_.roi_with_bitrate)) {
    return client_fault(
        std::format("{} regions of interest, which the device has not told of", rate_.regions));
  }
  if (rate_.needs_bitrate() && rate_.bits_per_second == 0) {
    return client_fault("rate control without a bitrate");
  }
  return {};
}

Result<> Encoder::read_sequence(const PackedObu& obu) {
  const auto packed = nv::parse_sequence_header(obu.payload);
  if (!packed) return of_client(packed.error());
  Sequence next{.packed = *packed, .coded = *packed, .payload = {}};
  const Size size{packed->max_width, packed->max_height};
  const Size coded = coded_size(profile_, size);
  next.payload.assign(obu.payload.begin(), obu.payload.end());
  if (coded != size) {
    next.payload = with_size(obu.payload, *packed, coded);
    const auto again = nv::parse_sequence_header(next.payload);
    if (!again) return of_client(again.error());
    next.coded = *again;
  }
  if (sequence_ && sequence_->payload == next.payload) return {};
  if (const auto set = coder_->set_sequence(next.payload); !set) return of_client(set.error());
  sequence_ = std::move(next);
  return {};
}

Result<> Encoder::show_existing(const PackedObu& obu) {
  const auto header = nv::parse_frame_header(obu.payload, sequence_->coded, slots_, obu.temporal_id,
                                             obu.spatial_id);
  if (!header) return of_client(header.error());
  if (!header->show_existing_frame) return client_fault("two frame headers for one picture");
  const auto shown = coder_->show_existing(obu.payload, header->bits);
  if (!shown) return of_client(shown.error());
  const uint8_t from = header->existing_slot;
  if (hidden_key_[from]) fill_slots(from);
  return {};
}

// An application that shows a hidden key frame, by a header that no driver sees, has it in all
// slots afterwards: there is one where it was not stored.
Result<> Encoder::follow_shown_key_frames() {
  const auto& given = picture_.parameters().reference_frames;
  for (uint8_t slot = 0; slot < nv::slot_count; slot++) {
    const VASurfaceID id = slot_surfaces_[slot];
    if (!hidden_key_[slot] || id == VA_INVALID_SURFACE) continue;
    bool elsewhere = false;
    for (unsigned other = 0; other < nv::slot_count; other++) {
      elsewhere |= given[other] == id && slot_surfaces_[other] != id;
    }
    if (!elsewhere) continue;
    const auto header = static_cast<uint8_t>(0x80 | slot << 4);  // show_existing_frame
    const auto shown = coder_->show_existing({&header, 1}, 4);
    if (!shown) return of_client(shown.error());
    fill_slots(slot);
    return {};
  }
  return {};
}

void Encoder::fill_slots(uint8_t from) {
  slots_.fill(nv::Slot(slots_[from]));
  slot_surfaces_.fill(VASurfaceID(slot_surfaces_[from]));
  hidden_key_.fill(false);
}

Result<> Encoder::read_headers(Work& work) {
  size_t offset = 0;
  bool found = false;
  for (const PackedHeader& packed : picture_.packed_headers()) {
    const auto obu = read_packed_obu(packed.bytes);
    if (!obu) return std::unexpected(obu.error());
    work.obus.push_back(*obu);
    if (obu->type == nv::ObuType::SequenceHeader) {
      if (const auto read = read_sequence(*obu); !read) return read;
    }
    if (obu->has_frame_header()) {
      if (!sequence_) return client_fault("a packed frame header before a sequence header");
      if (packed.type != VAEncPackedHeaderAV1_PPS) {
        if (const auto shown = show_existing(*obu); !shown) return shown;
      } else {
        if (found) return client_fault("two packed frame headers");
        if (const auto shown = follow_shown_key_frames(); !shown) return shown;
        const auto header = nv::parse_frame_header(obu->payload, sequence_->packed, slots_,
                                                   obu->temporal_id, obu->spatial_id);
        if (!header) return of_client(header.error());
        if (header->show_existing_frame) return client_fault("show_existing_frame is no picture");
        work.frame = {.obu = *obu, .header = *header, .offset = offset};
        found = true;
      }
    }
    offset += packed.bytes.size();
  }
  return found ? Result<>{} : client_fault("no packed frame header was given");
}

// How much smaller than what is coded a surface may be: what the device fills up itself.
Result<> Encoder::check_sizes(const Work& work) const {
  const Size coded{sequence_->coded.max_width, sequence_->coded.max_height};
  const auto& layout = work.objects.input->layout();
  const auto& header = work.frame.header;
  if (header.av1.width > size_.width || header.av1.height > size_.height) {
    return client_fault(std::format("a picture of {}x{} in a context for {}x{}", header.av1.width,
                                    header.av1.height, size_.width, size_.height));
  }
  if (header.av1.width < profile_.min_size.width || header.av1.height < profile_.min_size.height) {
    return client_fault(std::format("a picture of {}x{}, less than the device has",
                                    header.av1.width, header.av1.height));
  }
  if (profile_.writes_headers && header.frame_size_override) {
    return client_fault("frame_size_override_flag, which the device does not write");
  }
  const Size wanted = profile_.writes_headers ? coded : Size{header.av1.width, header.av1.height};
  const uint64_t columns = difference(wanted.width, layout.width);
  const uint64_t rows = difference(wanted.height, layout.height);
  const auto filled = [](uint32_t alignment) { return alignment > 2 ? alignment - 2 : 0; };
  if (columns > filled(profile_.alignment.width) || rows > filled(profile_.alignment.height)) {
    return client_fault(std::format("the input has {}x{}, too little for a picture of {}x{}",
                                    layout.width, layout.height, wanted.width, wanted.height));
  }
  return {};
}

Result<> Encoder::check_surfaces(const Work& work) const {
  const auto& params = picture_.parameters();
  const unsigned depth = sequence_->coded.bit_depth;
  for (const auto& surface : {work.objects.input, work.objects.reconstructed}) {
    if (surface->layout().format->bit_depth == depth) continue;
    return client_fault(std::format("a surface for {} bits, the sequence has {}",
                                    surface->layout().format->bit_depth, depth));
  }
  const auto& layout = work.objects.reconstructed->layout();
  if (layout.width + 1 < work.frame.header.av1.width ||
      layout.height + 1 < work.frame.header.av1.height) {
    return client_fault(std::format("reconstructed_frame has {}x{}, too little for {}x{}",
                                    layout.width, layout.height, work.frame.header.av1.width,
                                    work.frame.header.av1.height));
  }
  for (unsigned slot = 0; slot < nv::slot_count; slot++) {
    const bool is_kept = !(work.frame.header.refresh_frame_flags >> slot & 1);
    if (is_kept && params.reference_frames[slot] == params.reconstructed_frame) {
      return client_fault(std::format("reconstructed_frame {:#x} is reference_frames[{}] as well",
                                      params.reconstructed_frame, slot));
    }
  }
  if (work.frame.header.is_intra()) return {};
  for (const uint8_t slot : work.frame.header.ref_frame_idx) {
    const VASurfaceID id = params.reference_frames[slot];
    if (id == slot_surfaces_[slot] && id != params.reconstructed_frame) continue;
    return client_fault(std::format("reference_frames[{}] is {:#x}, where the slot holds {:#x}",
                                    slot, id, slot_surfaces_[slot]));
  }
  return {};
}

Result<> Encoder::check(const Work& work) const {
  const auto& params = picture_.parameters();
  if (picture_.sequence()) {
    const auto sequence = check_sequence(*picture_.sequence(), sequence_->packed, profile_);
    if (!sequence) return sequence;
  }
  const bool chosen = is_rate_controlled() || profile_.writes_headers;
  const auto frame = check_frame(params, work.frame, sequence_->packed, profile_, chosen);
  if (!frame) return frame;
  const auto tiles = check_tiles(params, picture_.tile_groups(), work.frame.header, profile_);
  if (!tiles) return tiles;
  if (!profile_.writes_headers) {
    const auto offsets = check_offsets(params, work.frame, profile_, is_rate_controlled());
    if (!offsets) return offsets;
  }
  if (const auto sizes = check_sizes(work); !sizes) return sizes;
  return check_surfaces(work);
}

// The quantizer, and filters to go with it.
void Encoder::choose(Machine& machine, Work& work) {
  const auto& params = picture_.parameters();
  work.base_q_idx = work.frame.header.av1.base_qindex;
  if (!is_rate_controlled() && !profile_.writes_headers) {
    work.header = unchanged(work.frame.obu.payload, work.frame.header);
    return;
  }
  const unsigned given = params.base_qindex ? params.base_qindex : default_quantizer;
  RateSettings settings = rate_;
  if (params.min_base_qindex != 0) settings.min_quantizer = params.min_base_qindex;
  if (params.max_base_qindex != 0) settings.max_quantizer = params.max_base_qindex;
  const bool key = work.frame.header.is_intra();
  work.base_q_idx =
      is_rate_controlled() ? controller_.choose(settings, key, given) : static_cast<uint8_t>(given);
  const FrameChoice choice{.base_q_idx = work.base_q_idx,
                           .filter_level = static_cast<uint8_t>(work.base_q_idx / 8),
                           .chroma_level = static_cast<uint8_t>(work.base_q_idx / 16),
                           .cdef_damping_minus_3 = static_cast<uint8_t>(work.base_q_idx / 64),
                           .cdef_strength = static_cast<uint8_t>(work.base_q_idx / 64 << 2)};
  work.header = with_choice(work.frame.obu.payload, work.frame.header, sequence_->packed, choice);
  const auto& at = work.frame.header.positions;
  machine.counters().add("patched_fields",
                         1U + (at.loop_filter != at.cdef) + (at.cdef != at.cdef_end));
}

Result<CodedData> Encoder::write(const Work& work, const EncodedFrame& coded) const {
  const auto& params = picture_.parameters();
  CodedWriter writer(profile_.obu_size_bytes);
  for (const PackedObu& obu : work.obus) {
    if (obu.type == nv::ObuType::SequenceHeader && profile_.writes_headers) {
      writer.add(obu, sequence_->payload);
    } else if (obu.whole.data() != work.frame.obu.whole.data()) {
      writer.add(obu.whole);
    } else if (obu.type == nv::ObuType::FrameHeader && !is_rate_controlled() &&
               !profile_.writes_headers) {
      writer.add(obu.whole);
    } else {
      const auto added = writer.add_frame(obu, work.header, work.frame.header, coded);
      if (!added) return std::unexpected(added.error());
    }
  }
  if (work.frame.obu.type == nv::ObuType::FrameHeader) {
    const VAEncTileGroupBufferAV1 all{
        .tg_start = 0, .tg_end = static_cast<uint8_t>(coded.tiles.size() - 1), .va_reserved = {}};
    const auto groups =
        profile_.writes_headers ? std::span(&all, 1) : std::span(picture_.tile_groups());
    const auto added = writer.add_tile_groups(params, groups, work.frame.header, coded);
    if (!added) return std::unexpected(added.error());
  }
  return writer.take(work.objects.coded->capacity_bytes(), profile_.segment_per_obu);
}

// Slots as refresh_frame_flags has them, with the header that was coded.
Result<> Encoder::store(const Work& work) {
  const PackedObu& obu = work.frame.obu;
  const auto header = nv::parse_frame_header(work.header.bytes, sequence_->coded, slots_,
                                             obu.temporal_id, obu.spatial_id);
  if (!header) return of_client(header.error());
  const bool hidden = header->av1.frame_type == nv::key_frame && !header->av1.show_frame;
  // A slot whose surface is coded into is empty, if the client does not fill it.
  std::ranges::replace(slot_surfaces_, picture_.parameters().reconstructed_frame,
                       VASurfaceID{VA_INVALID_SURFACE});
  for (unsigned slot = 0; slot < nv::slot_count; slot++) {
    if (!(header->refresh_frame_flags >> slot & 1)) continue;
    slots_[slot] = {.valid = true, .header = *header};
    slot_surfaces_[slot] = picture_.parameters().reconstructed_frame;
    hidden_key_[slot] = hidden;
  }
  return {};
}

Result<> Encoder::code(Machine& machine, Work& work) {
  work.objects.input->finish();
  const Size size{sequence_->coded.max_width, sequence_->coded.max_height};
  const EncodeSource source(*work.objects.input, size);
  const auto coded =
      coder_->code(work.header.bytes, work.header.bits, work.frame.obu.temporal_id, source.view());
  if (!coded) return of_client(coded.error());
  const auto& header = work.frame.header;
  if (coded->tiles.size() != size_t{header.av1.num_tile_cols} * header.av1.num_tile_rows) {
    return fault(Fault::System, "the software encoder made another number of tiles");
  }
  auto data = write(work, *coded);
  if (!data) return std::unexpected(data.error());
  if (const auto stored = store(work); !stored) return stored;
  controller_.coded(rate_, header.is_intra(), work.base_q_idx, data->bytes.size() * 8);
  machine.counters().add("pictures_encoded");
  machine.counters().add("bytes_encoded", data->bytes.size());
  machine.counters().add("pictures_with_regions", rate_.regions != 0);
  if (searched(picture_.parameters().ref_frame_ctrl_l0) > profile_.forward_references) {
    machine.counters().add("references_ignored");
  }
  *work.objects.coded->coded = std::move(*data);
  if (!picture_.parameters().picture_flags.bits.disable_frame_recon) {
    work.objects.reconstructed->set_pending(coded->reconstruction);
  }
  return {};
}

// Nothing is read and nothing is coded, so that there is only what a client costs.
Result<> Encoder::run_null(Machine& machine, const Objects& objects) const {
  CodedWriter writer(profile_.obu_size_bytes);
  for (const PackedHeader& header : picture_.packed_headers()) {
    const auto obu = read_packed_obu(header.bytes);
    if (!obu) return std::unexpected(obu.error());
    if (obu->type != nv::ObuType::Frame) {
      writer.add(header.bytes);
      continue;
    }
    std::vector<uint8_t> payload(obu->payload.begin(), obu->payload.end());
    payload.insert(payload.end(), std::begin(null_tile), std::end(null_tile));
    writer.add(*obu, payload);
  }
  if (!picture_.parameters().picture_flags.bits.enable_frame_obu) writer.add(null_tile_group);
  *objects.coded->coded = writer.take(objects.coded->capacity_bytes(), profile_.segment_per_obu);
  objects.coded->coded->ready = machine.occupy();
  objects.input->set_busy_until(objects.coded->coded->ready);
  objects.reconstructed->set_decoded();
  machine.counters().add("pictures_encoded");
  machine.counters().add("bytes_encoded", objects.coded->coded->bytes.size());
  return {};
}

Result<> Encoder::run(Machine& machine, const Lookup& find) {
  if (const auto complete = picture_.check_complete(); !complete) return complete;
  const auto objects = find_objects(find);
  if (!objects) return std::unexpected(objects.error());
  if (machine.null_mode()) return run_null(machine, *objects);
  if (const auto applied = apply_settings(); !applied) return applied;
  Work work{.objects = *objects, .obus = {}, .frame = {}, .header = {}};
  if (const auto read = read_headers(work); !read) return read;
  if (const auto checked = check(work); !checked) return checked;
  choose(machine, work);
  return code(machine, work);
}

}  // namespace refdrv::va
