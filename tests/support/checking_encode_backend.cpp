// SPDX-License-Identifier: LGPL-2.1-or-later
// An EncodeBackend that codes nothing, and holds its caller to every promise of the interface.
#include "support/checking_encode_backend.h"

#include <algorithm>
#include <format>
#include <optional>
#include <set>

#include "support/encode_header_check.h"

namespace av1hw::test {
namespace {

class CheckingEncodeBackend;

class Surface final : public EncodeSurface {
 public:
  Surface(CheckingEncodeBackend& owner, bool for_input, uint64_t index)
      : is_input(for_input), number(index), owner_(owner) {}
  ~Surface() override;
  Surface(const Surface&) = delete;
  Surface& operator=(const Surface&) = delete;

  const bool is_input;
  const uint64_t number;  // of inputs that of the frame, of targets counted from 1
  bool submitted = false;

 private:
  CheckingEncodeBackend& owner_;
};

struct Job final : EncodeJob {
  unsigned number = 0;
  std::vector<uint8_t> obu;
  std::vector<const EncodeSurface*> uses;
};

class CheckingEncodeBackend final : public EncodeBackend {
 public:
  explicit CheckingEncodeBackend(EncodeScript& script) : script_(script) {}
  ~CheckingEncodeBackend() override {
    const std::lock_guard guard(script_.lock);
    expect(alive_.empty(), "surfaces outlive the backend");
    expect(failed_ || script_.waited == submitted_, "pictures were not waited for");
  }

  Result<> open(const EncoderSettings&, const EncoderInput& input, EncoderClient&) override;
  const EncodeLimits& limits() const override { return script_.limits; }
  Result<> configure(const EncodeStream& stream) override;
  Result<EncodeSurfaceRef> input(GstBuffer* frame) override;
  Result<EncodeSurfaceRef> acquire() override;
  Result<EncodeJobRef> submit(const EncodePicture& picture) override;
  Result<CodedPicture> wait(EncodeJob& job) override;

  void released(const Surface& surface) {
    const std::lock_guard guard(script_.lock);
    alive_.erase(&surface);
    script_.alive = static_cast<unsigned>(alive_.size());
  }

 private:
  // All with script_.lock.
  void expect(bool promise, const std::string& broken) {
    if (!promise) script_.violations.push_back(broken);
  }
  Result<> scripted(const std::map<unsigned, Error>& errors, unsigned& calls);
  Result<EncodeSurfaceRef> make_surface(bool is_input, uint64_t number, unsigned most);
  bool is_alive(const EncodeSurface* surface) const {
    return alive_.contains(static_cast<const Surface*>(surface));
  }
  void check_surfaces(const EncodePicture& picture);
  void check_references(const EncodePicture& picture);
  void check_rate(const EncodePicture& picture);
  void check_regions(const EncodePicture& picture);
  std::vector<uint8_t> whole_obu(const EncodePicture& picture) const;
  void store(const EncodePicture& picture);

  EncodeScript& script_;
  EncodeHeaderCheck headers_{script_.violations};
  GstVideoInfo info_ = {};
  std::optional<EncodeStream> stream_;
  EncodeRate rate_;
  std::set<const Surface*> alive_;
  std::array<const EncodeSurface*, num_ref_frames> slots_ = {};  // after the last picture
  std::array<uint8_t, num_ref_frames> hints_ = {};
  uint64_t targets_ = 0;
  unsigned submitted_ = 0;
  bool failed_ = false;
};

Surface::~Surface() { owner_.released(*this); }

// The scripted answer to a call that is counted here.
Result<> CheckingEncodeBackend::scripted(const std::map<unsigned, Error>& errors, unsigned& calls) {
  const auto found = errors.find(calls++);
  if (found == errors.end()) return {};
  failed_ = failed_ || found->second.code != ErrorCode::Busy;
  return std::unexpected(found->second);
}

Result<> CheckingEncodeBackend::open(const EncoderSettings&, const EncoderInput& input,
                                     EncoderClient&) {
  const std::lock_guard guard(script_.lock);
  expect(alive_.empty(), "opened while surfaces are held");
  info_ = input.info;
  stream_.reset();
  // What was in flight when encoding failed is nobody's.
  if (failed_) script_.waited = script_.waits = submitted_;
  failed_ = false;
  return scripted(script_.open_errors, script_.opens);
}

Result<> CheckingEncodeBackend::configure(const EncodeStream& stream) {
  const std::lock_guard guard(script_.lock);
  const EncodeLimits& limits = script_.limits;
  expect(script_.opens > 0, "configured before it was opened");
  expect(script_.waited == submitted_ || failed_, "configured while pictures are in flight");
  expect(stream.coded_width % limits.width_alignment == 0 &&
             stream.coded_height % limits.height_alignment == 0,
         "the coded size is not aligned");
  const auto width = static_cast<unsigned>(GST_VIDEO_INFO_WIDTH(&info_));
  const auto height = static_cast<unsigned>(GST_VIDEO_INFO_HEIGHT(&info_));
  expect(stream.coded_width >= width && stream.coded_width < width + limits.width_alignment &&
             stream.coded_height >= height &&
             stream.coded_height < height + limits.height_alignment,
         "the coded size is not the next one");
  expect(stream.sequence.max_frame_width ==
             (limits.header_size_is_aligned ? stream.coded_width : width),
         "max_frame_width");
  expect(stream.sequence.max_frame_height ==
             (limits.header_size_is_aligned ? stream.coded_height : height),
         "max_frame_height");
  expect(stream.tiles.columns() <= limits.max_tile_columns &&
             stream.tiles.rows() <= limits.max_tile_rows,
         "more tiles than the driver has");
  expect(stream.pictures_in_flight >= 1 && stream.pictures_in_flight <= limits.max_in_flight,
         "pictures_in_flight");
  expect(stream.reference_slots >= 1 && stream.reference_slots <= limits.slots, "reference_slots");
  script_.streams.push_back(stream);
  stream_ = stream;
  rate_ = stream.rate;
  slots_ = {};
  return scripted(script_.configure_errors, script_.configures);
}

Result<EncodeSurfaceRef> CheckingEncodeBackend::make_surface(bool is_input, uint64_t number,
                                                             unsigned most) {
  const auto used = std::ranges::count_if(
      alive_, [&](const Surface* surface) { return surface->is_input == is_input; });
  if (most > 0 && used >= most) return fail(ErrorCode::Busy, "every surface is in use");
  if (is_input)
    script_.most_inputs = std::max(script_.most_inputs, static_cast<unsigned>(used + 1));
  auto surface = std::make_shared<Surface>(*this, is_input, number);
  alive_.insert(surface.get());
  script_.alive = static_cast<unsigned>(alive_.size());
  return surface;
}

Result<EncodeSurfaceRef> CheckingEncodeBackend::input(GstBuffer* frame) {
  const std::lock_guard guard(script_.lock);
  expect(stream_.has_value(), "a frame came before configure()");
  const bool had_failed = failed_;
  if (auto answer = scripted(script_.input_errors, script_.inputs_made); !answer) {
    if (answer.error().code == ErrorCode::InvalidData) failed_ = had_failed;
    return std::unexpected(answer.error());
  }
  return make_surface(true, GST_BUFFER_OFFSET(frame), script_.inputs);
}

Result<EncodeSurfaceRef> CheckingEncodeBackend::acquire() {
  const std::lock_guard guard(script_.lock);
  if (auto answer = scripted(script_.acquire_errors, script_.acquires); !answer)
    return std::unexpected(answer.error());
  return make_surface(false, ++targets_, script_.targets);
}

Result<EncodeJobRef> CheckingEncodeBackend::submit(const EncodePicture& picture) {
  const std::lock_guard guard(script_.lock);
  if (auto answer = scripted(script_.submit_errors, script_.submits); !answer)
    return std::unexpected(answer.error());
  const unsigned unwaited = ++submitted_ - script_.waited;
  script_.most_unwaited = std::max(script_.most_unwaited, unwaited);
  expect(unwaited <= script_.limits.max_in_flight, "more pictures in flight than there may be");
  check_surfaces(picture);
  check_references(picture);
  check_rate(picture);
  check_regions(picture);
  auto job = std::make_shared<Job>();
  job->number = submitted_ - 1;
  job->obu = whole_obu(picture);
  headers_.take_sequence(picture);
  headers_.take_frame(picture, job->obu);
  job->uses.assign(picture.slots.begin(), picture.slots.end());
  job->uses.push_back(picture.input.get());
  job->uses.push_back(picture.target.get());
  store(picture);
  return job;
}

void CheckingEncodeBackend::check_surfaces(const EncodePicture& picture) {
  auto* input = static_cast<Surface*>(picture.input.get());
  auto* target = static_cast<Surface*>(picture.target.get());
  if (!is_alive(input) || !is_alive(target)) return expect(false, "no input, or no target");
  expect(input->is_input && !input->submitted, "an input that is none, or was coded before");
  expect(!target->is_input && !target->submitted, "a target that is none, or was used before");
  input->submitted = target->submitted = true;
  for (unsigned slot = 0; slot < num_ref_frames; ++slot) {
    const EncodeSurface* surface = picture.slots[slot];
    expect(!surface || is_alive(surface),
           std::format("slot {} is of a surface that is gone", slot));
    expect(!surface || slot < stream_->reference_slots,
           std::format("slot {} is none of the driver's", slot));
    // After a flush slots are emptied; they are never other than what was stored.
    expect(!surface || surface == slots_[slot],
           std::format("slot {} is not what was stored", slot));
  }
}

void CheckingEncodeBackend::check_references(const EncodePicture& picture) {
  const PlannedFrame& plan = picture.header->plan;
  expect(!plan.show_existing_frame, "no driver is asked to show a picture");
  if (plan.type != FrameType::Inter) return;
  expect(plan.forward_references <= script_.limits.forward_references &&
             plan.backward_references <= script_.limits.backward_references,
         "more references than the driver searches");
  for (unsigned name = 0; name < refs_per_frame; ++name) {
    const uint8_t slot = plan.ref_frame_idx[name];
    expect(picture.slots[slot] != nullptr, std::format("name {} is of an empty slot", name));
    expect(picture.header->ref_order_hint[slot] == hints_[slot],
           std::format("RefOrderHint of slot {}", slot));
  }
}

void CheckingEncodeBackend::check_rate(const EncodePicture& picture) {
  const EncodeRate& rate = picture.stream->rate;
  const bool same = rate.mode == rate_.mode && rate.target == rate_.target &&
                    rate.maximum == rate_.maximum && rate.buffer_size == rate_.buffer_size;
  expect(same || picture.rate_changed, "another rate, and nothing that says so");
  expect(rate.maximum >= rate.target, "a maximum below the target");
  rate_ = rate;
}

void CheckingEncodeBackend::check_regions(const EncodePicture& picture) {
  expect(picture.regions.empty() || script_.limits.region_of_interest,
         "regions of interest, which the driver does not have");
  for (const RegionOfInterest& region : picture.regions) {
    expect(region.width > 0 && region.height > 0 &&
               region.x + region.width <= static_cast<unsigned>(GST_VIDEO_INFO_WIDTH(&info_)) &&
               region.y + region.height <= static_cast<unsigned>(GST_VIDEO_INFO_HEIGHT(&info_)),
           "a region beyond the picture");
  }
}

// With tiles of a byte each, but for the first, which begins with the mark of the input.
std::vector<uint8_t> CheckingEncodeBackend::whole_obu(const EncodePicture& picture) const {
  std::vector<uint8_t> obu(picture.frame_obu.begin(), picture.frame_obu.end());
  const size_t tiles = stream_->tiles.columns() * stream_->tiles.rows();
  if (tiles > 1) obu.push_back(0);  // tile_start_and_end_present_flag
  for (size_t i = 0; i < tiles; ++i) {
    std::vector<uint8_t> tile = {0xff};
    if (i == 0 && picture.input)
      tile = EncodeScript::mark(static_cast<const Surface&>(*picture.input).number);
    for (unsigned byte = 0; i + 1 < tiles && byte < stream_->tiles.tile_size_bytes; ++byte)
      obu.push_back(static_cast<uint8_t>((tile.size() - 1) >> (8 * byte)));
    obu.insert(obu.end(), tile.begin(), tile.end());
  }
  size_t size = obu.size() - picture.header_offset;
  for (unsigned i = 0; i < picture.obu_size_bytes; ++i, size >>= 7) {
    uint8_t& byte = obu[picture.obu_size_offset + i];
    byte = static_cast<uint8_t>((byte & 0x80) | (size & 0x7f));
  }
  return obu;
}

void CheckingEncodeBackend::store(const EncodePicture& picture) {
  const PlannedFrame& plan = picture.header->plan;
  for (unsigned slot = 0; slot < num_ref_frames; ++slot) {
    if ((plan.refresh_frame_flags >> slot & 1) == 0) continue;
    slots_[slot] = picture.target.get();
    hints_[slot] = plan.order_hint;
  }
  SubmittedEncode note;
  if (picture.input) note.input = static_cast<const Surface&>(*picture.input).number;
  note.header = *picture.header;
  note.rate = picture.stream->rate;
  note.rate_changed = picture.rate_changed;
  note.regions.assign(picture.regions.begin(), picture.regions.end());
  script_.submitted.push_back(std::move(note));
}

Result<CodedPicture> CheckingEncodeBackend::wait(EncodeJob& job) {
  auto& own = static_cast<Job&>(job);
  std::unique_lock guard(script_.lock);
  script_.changed.wait(guard, [this] { return !script_.holds_pictures; });
  for (const EncodeSurface* surface : own.uses)
    expect(!surface || is_alive(surface), "a surface is gone while its picture is in flight");
  expect(own.number == script_.waits, "pictures are waited for out of order");
  Result<> answer = scripted(script_.wait_errors, script_.waits);
  ++script_.waited;
  script_.changed.notify_all();
  if (!answer) return std::unexpected(answer.error());
  return CodedPicture{.obus = std::move(own.obu)};
}

}  // namespace

void EncodeScript::hold_pictures() {
  const std::lock_guard guard(lock);
  holds_pictures = true;
}

void EncodeScript::let_pictures_go() {
  {
    const std::lock_guard guard(lock);
    holds_pictures = false;
  }
  changed.notify_all();
}

std::vector<uint8_t> EncodeScript::mark(uint64_t input) {
  std::vector<uint8_t> bytes;
  for (unsigned i = 0; i < 8; ++i) bytes.push_back(static_cast<uint8_t>(input >> (8 * i)));
  return bytes;
}

std::string EncodeScript::complaints() {
  const std::lock_guard guard(lock);
  std::string text;
  for (const std::string& violation : std::set(violations.begin(), violations.end()))
    text += violation + "\n";
  return text;
}

std::unique_ptr<EncodeBackend> make_checking_encode_backend(EncodeScript& script) {
  return std::make_unique<CheckingEncodeBackend>(script);
}

}  // namespace av1hw::test
