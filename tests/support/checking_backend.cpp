// SPDX-License-Identifier: LGPL-2.1-or-later
// A DecodeBackend that decodes nothing, and holds its caller to every promise of the interface.
#include "support/checking_backend.h"

#include <algorithm>
#include <format>
#include <memory>
#include <numeric>

namespace av1hw::test {
namespace {

constexpr unsigned reference_count = GST_AV1_NUM_REF_FRAMES;

// Everything that a surface was used for.
struct Use {
  unsigned number = 0;
  unsigned generation = 0;  // configure() calls before it
  PictureFormat format;
  bool submitted = false;
  bool waited = false;
  ReferenceSlot slot;  // as the slots that hold it must be
  unsigned bit_depth = 0;
};

class CheckingBackend;

class Surface final : public DecodeSurface {
 public:
  Surface(CheckingBackend& owner, Use initial) : use(std::move(initial)), owner_(owner) {}
  ~Surface() override;
  Surface(const Surface&) = delete;
  Surface& operator=(const Surface&) = delete;

  Use use;

 private:
  CheckingBackend& owner_;
};

class CheckingBackend final : public DecodeBackend {
 public:
  explicit CheckingBackend(BackendScript& script) : script_(script) {}
  ~CheckingBackend() override { expect(alive_.empty(), "surfaces outlive the backend"); }

  Result<> open(const DecoderSettings&, DecoderClient&) override {
    expect(!opened_, "opened twice");
    opened_ = true;
    return {};
  }
  GstVideoFormat surface_format(const StreamConfig& stream) const override {
    if (script_.knows_no_format) return GST_VIDEO_FORMAT_UNKNOWN;
    const GstVideoFormat usual = DecodeBackend::surface_format(stream);
    return usual == GST_VIDEO_FORMAT_UNKNOWN ? GST_VIDEO_FORMAT_Y444 : usual;
  }
  Result<> configure(const StreamConfig& stream) override;
  Result<DecodeSurfaceRef> acquire(const PictureFormat& format) override;
  Result<> submit(const PictureParams& picture) override;
  Result<> wait(DecodeSurface& surface) override;
  Result<BufferHandle> output(const DecodeSurfaceRef& surface,
                              const PictureFormat& format) override;
  void flush() override {
    script_.flushes++;
    expected_slots_ = {};
  }
  unsigned max_in_flight() const override { return script_.max_in_flight; }

  void released(const Surface& surface) { alive_.erase(&surface); }

 private:
  void expect(bool promise, const std::string& broken) {
    if (!promise) script_.violations.push_back(broken);
  }
  const Surface* known(const DecodeSurface* surface) const {
    const auto* own = static_cast<const Surface*>(surface);
    return alive_.contains(own) ? own : nullptr;
  }
  void check_target(const PictureParams& picture);
  void check_slots(const PictureParams& picture);
  void check_references(const PictureParams& picture);
  void check_tiles(const PictureParams& picture);
  void check_groups(const PictureParams& picture);
  void check_grain(const PictureParams& picture);
  void note(const PictureParams& picture);

  BackendScript& script_;
  bool opened_ = false;
  std::optional<StreamConfig> config_;
  unsigned made_ = 0;
  std::set<const Surface*> alive_;
  // What the slots hold after the last picture, if nothing is shown or lost since.
  std::array<const Surface*, reference_count> expected_slots_ = {};
};

Surface::~Surface() { owner_.released(*this); }

// The scripted answer to a call that is counted here.
Result<> scripted(const std::map<unsigned, Error>& errors, unsigned& calls) {
  const auto found = errors.find(calls++);
  if (found == errors.end()) return {};
  return std::unexpected(found->second);
}

Result<> CheckingBackend::configure(const StreamConfig& stream) {
  expect(opened_, "configured before it was opened");
  for (const Surface* surface : alive_) {
    expect(!surface->use.submitted || surface->use.waited,
           std::format("configured while surface {} is in flight", surface->use.number));
  }
  expect(stream.bit_depth == 8 || stream.bit_depth == 10 || stream.bit_depth == 12,
         std::format("configured for {} bits", stream.bit_depth));
  expect(stream.max_width > 0 && stream.max_width <= 65536, "configured without a width");
  expect(stream.max_height > 0 && stream.max_height <= 65536, "configured without a height");
  expect(stream.pictures_in_flight >= 1 && stream.pictures_in_flight <= script_.max_in_flight,
         std::format("configured for {} pictures in flight", stream.pictures_in_flight));
  expect(stream.format.format != GST_VIDEO_FORMAT_UNKNOWN, "configured without a format");
  if (Result<> answer = scripted(script_.configure_errors, script_.configures); !answer) {
    return answer;
  }
  config_ = stream;
  script_.configs.push_back(stream);
  return {};
}

Result<DecodeSurfaceRef> CheckingBackend::acquire(const PictureFormat& format) {
  if (Result<> answer = scripted(script_.acquire_errors, script_.acquires); !answer) {
    return std::unexpected(answer.error());
  }
  expect(config_.has_value(), "acquired a surface before it was configured");
  if (!config_) return fail(ErrorCode::Failed, "not configured");
  expect(format.format == config_->format.format, "acquired a surface of another format");
  expect(format.width > 0 && static_cast<unsigned>(format.width) <= config_->max_width &&
             format.height > 0 && static_cast<unsigned>(format.height) <= config_->max_height,
         std::format("acquired a surface of {}x{}, configured for {}x{}", format.width,
                     format.height, config_->max_width, config_->max_height));
  const unsigned enough = reference_count + config_->pictures_in_flight + 1;
  if (alive_.size() >= (script_.surfaces ? script_.surfaces : enough)) {
    return fail(ErrorCode::Busy, "no surface is free");
  }
  Use use;
  use.number = ++made_;
  use.generation = script_.configures;
  use.format = format;
  auto surface = std::make_shared<Surface>(*this, std::move(use));
  alive_.insert(surface.get());
  script_.most_surfaces = std::max(script_.most_surfaces, static_cast<unsigned>(alive_.size()));
  return surface;
}

Result<> CheckingBackend::submit(const PictureParams& picture) {
  expect(picture.sequence && picture.frame && picture.target, "submitted without parameters");
  if (!picture.sequence || !picture.frame || !picture.target || !config_) {
    return fail(ErrorCode::Failed, "incomplete parameters");
  }
  check_target(picture);
  check_slots(picture);
  check_references(picture);
  check_groups(picture);
  check_tiles(picture);
  check_grain(picture);
  if (Result<> answer = scripted(script_.submit_errors, script_.submits); !answer) return answer;
  note(picture);
  return {};
}

void CheckingBackend::check_target(const PictureParams& picture) {
  const Surface* target = known(picture.target);
  expect(target != nullptr, "submitted with a target that is gone");
  if (!target) return;
  const GstAV1FrameHeaderOBU& frame = *picture.frame;
  expect(!target->use.submitted, "submitted with a target that was used before");
  expect(target->use.generation == script_.configures, "submitted with a target of old");
  expect(static_cast<unsigned>(target->use.format.width) == frame.upscaled_width &&
             static_cast<unsigned>(target->use.format.height) == frame.frame_height,
         "submitted with a target of another size");
  expect(!frame.show_existing_frame, "submitted a frame that exists");
  expect(frame.frame_width > 0 && frame.frame_width <= frame.upscaled_width,
         "submitted an impossible superres width");
  expect(picture.sequence->bit_depth == config_->bit_depth, "submitted with other bits");
  expect((picture.sequence->num_planes == 1) == config_->mono_chrome, "submitted as gray or not");
}

// The slots are described as what was decoded into them.
void CheckingBackend::check_slots(const PictureParams& picture) {
  std::set<const Surface*> distinct;
  bool as_expected = true;
  for (unsigned i = 0; i < reference_count; i++) {
    const ReferenceSlot& slot = picture.slots[i];
    if (!slot.surface) continue;
    const Surface* stored = known(slot.surface);
    expect(stored != nullptr, std::format("slot {} holds a surface that is gone", i));
    if (!stored) return;
    distinct.insert(stored);
    as_expected = as_expected && stored == expected_slots_[i];
    const ReferenceSlot& was = stored->use.slot;
    expect(stored->use.submitted, std::format("slot {} holds what was never decoded", i));
    expect(slot.frame_type == was.frame_type && slot.upscaled_width == was.upscaled_width &&
               slot.frame_width == was.frame_width && slot.frame_height == was.frame_height &&
               slot.order_hint == was.order_hint && slot.saved_order_hints == was.saved_order_hints,
           std::format("slot {} is not described as it was decoded", i));
  }
  // A key frame that is shown again goes into all slots.
  const bool all_one_key =
      distinct.size() == 1 && (*distinct.begin())->use.slot.frame_type == GST_AV1_KEY_FRAME;
  expect(as_expected || all_one_key, "slots hold other surfaces than what was stored there");
}

void CheckingBackend::check_references(const PictureParams& picture) {
  const GstAV1FrameHeaderOBU& frame = *picture.frame;
  if (frame.frame_is_intra) return;
  for (const int index : frame.ref_frame_idx) {
    expect(index >= 0 && index < static_cast<int>(reference_count), "refers to no slot");
    if (index < 0 || index >= static_cast<int>(reference_count)) return;
    const ReferenceSlot& slot = picture.slots[static_cast<size_t>(index)];
    const Surface* stored = known(slot.surface);
    expect(stored != nullptr, std::format("refers to slot {}, which is empty", index));
    if (!stored) return;
    expect(stored->use.bit_depth == picture.sequence->bit_depth, "refers to other samples");
    expect(2 * frame.frame_width >= slot.upscaled_width &&
               2 * frame.frame_height >= slot.frame_height &&
               frame.frame_width <= 16 * slot.upscaled_width &&
               frame.frame_height <= 16 * slot.frame_height,
           std::format("refers to slot {}, which does not scale", index));
  }
}

void CheckingBackend::check_groups(const PictureParams& picture) {
  unsigned due = 0;
  size_t end = 0;
  for (const TileGroup& group : picture.tile_groups) {
    expect(group.start == due && group.end >= group.start, "a tile group is not the one due");
    expect(group.offset >= end, "tile groups overlap");
    expect(size_t{group.offset} + group.size <= picture.data.size(), "a tile group lies outside");
    end = size_t{group.offset} + group.size;
    due = group.end + 1U;
  }
  expect(due == picture.tiles.size(), "tile groups are missing");
  expect(!picture.tile_groups.empty() && picture.tile_groups.front().offset == 0 &&
             end == picture.data.size(),
         "the data does not start and end with the tile groups");
}

void CheckingBackend::check_tiles(const PictureParams& picture) {
  const GstAV1TileInfo& layout = picture.frame->tile_info;
  const unsigned columns = layout.tile_cols;
  expect(columns > 0 && picture.tiles.size() == size_t{columns} * layout.tile_rows,
         "tiles are missing");
  if (columns == 0) return;
  expect(layout.context_update_tile_id < picture.tiles.size(), "updates the context by no tile");
  uint64_t end = 0;
  for (unsigned i = 0; i < picture.tiles.size(); i++) {
    const Tile& tile = picture.tiles[i];
    expect(tile.row == i / columns && tile.column == i % columns, "tiles are not in order");
    expect(tile.group < picture.tile_groups.size(), "a tile is of no group");
    if (tile.group >= picture.tile_groups.size()) return;
    const TileGroup& group = picture.tile_groups[tile.group];
    const uint64_t tile_end = uint64_t{tile.offset} + tile.size;
    expect(i >= group.start && i <= group.end, "a tile is of another group");
    expect(tile.size > 0 && tile.offset >= group.offset && tile.offset >= end &&
               tile_end <= uint64_t{group.offset} + group.size,
           "a tile lies outside of its group, or in another");
    if (tile_end > picture.data.size()) return;
    end = tile_end;
    // Reads all of it, for a sanitizer to look at.
    const auto bytes = picture.data.subspan(tile.offset, tile.size);
    script_.tile_bytes += bytes.size() + (std::accumulate(bytes.begin(), bytes.end(), 0U) & 0);
  }
}

void CheckingBackend::check_grain(const PictureParams& picture) {
  const GstAV1FilmGrainParams& grain = picture.frame->film_grain_params;
  expect(!picture.apply_grain || (config_->apply_grain && grain.apply_grain),
         "grain is applied that was not announced");
  expect(grain.num_y_points <= 14 && grain.num_cb_points <= 10 && grain.num_cr_points <= 10,
         "grain has too many points");
}

void CheckingBackend::note(const PictureParams& picture) {
  const GstAV1FrameHeaderOBU& frame = *picture.frame;
  auto* target = static_cast<Surface*>(picture.target);
  target->use.submitted = true;
  target->use.bit_depth = picture.sequence->bit_depth;
  ReferenceSlot& slot = target->use.slot;
  slot.frame_type = frame.frame_type;
  slot.upscaled_width = frame.upscaled_width;
  slot.frame_width = frame.frame_width;
  slot.frame_height = frame.frame_height;
  slot.order_hint = frame.order_hint;
  std::ranges::copy(frame.order_hints, slot.saved_order_hints.begin());
  for (unsigned i = 0; i < reference_count; i++) {
    expected_slots_[i] = (frame.refresh_frame_flags >> i & 1) != 0
                             ? target
                             : static_cast<const Surface*>(picture.slots[i].surface);
  }
  const auto unwaited = std::ranges::count_if(
      alive_, [](const Surface* s) { return s->use.submitted && !s->use.waited; });
  script_.most_unwaited = std::max(script_.most_unwaited, static_cast<unsigned>(unwaited));
  if (!script_.keeps_pictures) return;

  SubmittedPicture made;
  made.surface = target->use.number;
  made.frame_type = frame.frame_type;
  made.shown = frame.show_frame;
  made.width = frame.upscaled_width;
  made.height = frame.frame_height;
  made.tiles = static_cast<unsigned>(picture.tiles.size());
  made.tile_groups = static_cast<unsigned>(picture.tile_groups.size());
  made.apply_grain = picture.apply_grain;
  made.in_input = picture.data.data() >= script_.input.data() &&
                  picture.data.data() < script_.input.data() + script_.input.size();
  for (unsigned i = 0; i < reference_count; i++) {
    const auto* stored = static_cast<const Surface*>(picture.slots[i].surface);
    made.slots[i] = stored ? stored->use.number : 0;
  }
  script_.submitted.push_back(made);
}

Result<> CheckingBackend::wait(DecodeSurface& surface) {
  const Surface* own = known(&surface);
  expect(own && own->use.submitted, "waited for a surface that was not submitted");
  static_cast<Surface&>(surface).use.waited = true;
  return scripted(script_.wait_errors, script_.waits);
}

Result<BufferHandle> CheckingBackend::output(const DecodeSurfaceRef& surface,
                                             const PictureFormat& format) {
  const Surface* own = known(surface.get());
  expect(own && own->use.waited, "put out a surface that was not waited for");
  expect(own && same_layout(own->use.format, format), "put out a surface in another format");
  if (Result<> answer = scripted(script_.output_errors, script_.outputs); !answer) {
    return std::unexpected(answer.error());
  }
  if (own && script_.keeps_pictures) script_.put_out.push_back(own->use.number);
  return BufferHandle(gst_buffer_new());
}

}  // namespace

std::unique_ptr<DecodeBackend> make_checking_backend(BackendScript& script) {
  return std::make_unique<CheckingBackend>(script);
}

}  // namespace av1hw::test
