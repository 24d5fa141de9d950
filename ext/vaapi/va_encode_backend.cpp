// SPDX-License-Identifier: LGPL-2.1-or-later
// Contexts, buffers and surfaces of a VA driver that codes.
#include "vaapi/va_encode_backend.h"

#include <algorithm>
#include <array>
#include <format>
#include <utility>

#include "vaapi/coded_frame.h"
#include "vaapi/encode_params.h"
#include "vaapi/encode_rate.h"
#include "vaapi/va_format.h"
#include "vaapi/va_probe.h"
#include "vaapi/va_status.h"

namespace av1hw {
namespace {

constexpr unsigned in_flight = 6;
// A GPU that takes longer than that for a picture hangs.
constexpr uint64_t patience_ns = 10'000'000'000;
// As calls of a driver: they are too many and too short to be marked one by one.
constexpr const char* buffer_calls =
    "vaCreateBuffer, vaMapBuffer, vaUnmapBuffer or vaDestroyBuffer";
constexpr uint32_t packed_headers = VA_ENC_PACKED_HEADER_SEQUENCE | VA_ENC_PACKED_HEADER_PICTURE;

class VaJob final : public EncodeJob {
 public:
  VaJob(VaCodedBuffers::Lent coded, EncodeSurfaceRef input, EncodeSurfaceRef target)
      : coded_(std::move(coded)), input_(std::move(input)), target_(std::move(target)) {}

  const VaCodedBuffers::Lent& coded() const { return coded_; }
  VASurfaceID input() const { return static_cast<const VaEncodeSurface&>(*input_).id(); }

 private:
  const VaCodedBuffers::Lent coded_;
  const EncodeSurfaceRef input_;  // the driver reads them until it is done
  const EncodeSurfaceRef target_;
};

}  // namespace

VaEncodeBackend::VaEncodeBackend(VaInputMemory& memory, CodecCapability capability)
    : memory_(memory), capability_(std::move(capability)) {}

VaEncodeBackend::~VaEncodeBackend() { destroy_context(); }

void VaEncodeBackend::destroy_context() {
  input_.reset();
  reconstructions_.reset();
  if (coded_) coded_->destroy();
  coded_.reset();
  buffers_.reset();
  const DriverCall call(calls(), "vaDestroyContext or vaDestroyConfig");
  if (context_ != VA_INVALID_ID) log_failure(vaDestroyContext(dpy_, context_), "vaDestroyContext");
  if (config_ != VA_INVALID_ID) log_failure(vaDestroyConfig(dpy_, config_), "vaDestroyConfig");
  context_ = config_ = VA_INVALID_ID;
  regions_hold_ = false;
}

Result<> VaEncodeBackend::open(const EncoderSettings& settings, const EncoderInput& input,
                               EncoderClient& client) {
  destroy_context();
  display_ = memory_.device().in_use();
  if (!display_)
    return fail(ErrorCode::Unavailable, memory_.device().render_node() + " is not open");
  dpy_ = gst_va_display_get_va_dpy(display_.get());
  client_ = &client;
  input_format_ = input;
  const GstVideoFormat format = GST_VIDEO_INFO_FORMAT(&input.info);
  const bool low_power = std::ranges::contains(capability_.features, std::string("low-power"));
  VaConfigAnswers answers;
  {
    const DriverCall call(calls(),
                          "vaGetConfigAttributes, vaCreateConfig or "
                          "vaQuerySurfaceAttributes");
    answers = ask_va_config(dpy_, VAProfileAV1Profile0,
                            low_power ? VAEntrypointEncSliceLP : VAEntrypointEncSlice);
  }
  if (const std::string obstacle = va_encode_obstacle(answers); !obstacle.empty())
    return fail(ErrorCode::NotSupported, "the VA driver can't encode AV1: " + obstacle);
  if (va_fourcc(format) == 0 || !(answers.rt_formats.value_or(0) & va_rt_format_of(format))) {
    return fail(ErrorCode::NotSupported, std::format("this GPU does not encode {} as AV1",
                                                     GST_VIDEO_INFO_NAME(&input.info)));
  }
  const char* vendor = vaQueryVendorString(dpy_);
  features_ = va_encode_features(answers, va_quirks(vendor ? vendor : ""));
  limits_ = va_encode_limits(features_, effective_rate_control(settings),
                             static_cast<unsigned>(input.info.width),
                             static_cast<unsigned>(input.info.height));
  limits_.max_in_flight = in_flight;
  quality_level_ = va_quality_level(settings.preset, features_);
  return {};
}

Result<> VaEncodeBackend::configure(const EncodeStream& stream) {
  destroy_context();
  rate_control_ =
      va_rate_control(stream.rate.mode, features_.rate_controls, stream.rate.maximum != 0);
  if (rate_control_ == 0)
    return fail(ErrorCode::NotSupported, "this GPU has no such rate-control for AV1");
  // What was asked for may have been replaced.
  limits_.region_of_interest = va_takes_regions(features_, stream.rate.mode);
  if (Result<> created = create_context(stream); !created) {
    destroy_context();
    return created;
  }
  make_pools(stream);
  return {};
}

Result<> VaEncodeBackend::create_context(const EncodeStream& stream) {
  const DriverCall call(calls(), "vaCreateConfig or vaCreateContext");
  std::array attributes = {
      VAConfigAttrib{VAConfigAttribRTFormat,
                     va_rt_format_of(GST_VIDEO_INFO_FORMAT(&input_format_.info))},
      VAConfigAttrib{VAConfigAttribRateControl, rate_control_},
      VAConfigAttrib{VAConfigAttribEncPackedHeaders, packed_headers}};
  if (const VAStatus status =
          vaCreateConfig(dpy_, features_.profile, features_.entrypoint, attributes.data(),
                         static_cast<int>(attributes.size()), &config_);
      status != VA_STATUS_SUCCESS) {
    config_ = VA_INVALID_ID;
    return std::unexpected(
        va_error(status, std::format("encode {}-bit AV1", stream.sequence.color.bit_depth)));
  }
  const uint32_t width = stream.sequence.max_frame_width;
  const uint32_t height = stream.sequence.max_frame_height;
  if (const VAStatus status =
          vaCreateContext(dpy_, config_, static_cast<int>(width), static_cast<int>(height),
                          VA_PROGRESSIVE, nullptr, 0, &context_);
      status != VA_STATUS_SUCCESS) {
    context_ = VA_INVALID_ID;
    return std::unexpected(
        va_error(status, std::format("create an encoder for {}x{}", width, height)));
  }
  return {};
}

// Everything is bounded by the pictures that are in flight, and one that is about to be.
void VaEncodeBackend::make_pools(const EncodeStream& stream) {
  const unsigned pictures = stream.pictures_in_flight + 1;
  const auto another_display = [this] {
    return VaDisplayHandle{GST_VA_DISPLAY(gst_object_ref(display_.get()))};
  };
  const auto surfaces = [&](unsigned most) {
    return VaSurfaces::make(another_display(), memory_.calls(),
                            {GST_VIDEO_INFO_FORMAT(&input_format_.info), stream.coded_width,
                             stream.coded_height, most});
  };
  reconstructions_ = surfaces(stream.reference_slots + pictures);
  // Frames that wait for a later one to be coded first are in use as well.
  const std::shared_ptr<VaSurfaces> copies = surfaces(pictures + stream.anchor_distance);
  VaSurfaces::share_room(copies, reconstructions_);
  input_.emplace(another_display(), memory_.calls(), *client_,
                 VaInputRequest{input_format_, stream.coded_width, stream.coded_height, copies});
  coded_ = std::make_shared<VaCodedBuffers>(dpy_, context_, memory_.calls(), va_coded_size(stream),
                                            pictures);
  buffers_.emplace(dpy_, context_, calls());
}

Result<EncodeSurfaceRef> VaEncodeBackend::input(GstBuffer* frame) {
  return input_->surface_of(frame);
}

Result<EncodeSurfaceRef> VaEncodeBackend::acquire() { return reconstructions_->acquire(); }

// The order is the one in which drivers want them: what holds for a sequence, then rates, then the
// picture, with each header before what it describes.
Result<> VaEncodeBackend::add_buffers(const EncodePicture& picture, VABufferID coded) {
  const DriverCall call(calls(), buffer_calls);
  Result<> added;
  if (!picture.sequence_obu.empty())
    added = buffers_->add_sequence(va_sequence_parameters(*picture.stream));
  if (added) added = add_settings(picture);
  if (added && !picture.sequence_obu.empty())
    added = buffers_->add_sequence_header(picture.sequence_obu);
  va_frame_header(picture, frame_header_);
  const VaPictureBuffers placed = {coded, static_cast<unsigned>(picture.sequence_obu.size())};
  if (added) added = buffers_->add_picture(va_picture_parameters(picture, frame_header_, placed));
  if (added) added = buffers_->add_frame_header(frame_header_);
  if (added) added = buffers_->add_tile_group(va_tile_group(picture.header->tiles));
  return added;
}

// Drivers keep them until there are others.
Result<> VaEncodeBackend::add_settings(const EncodePicture& picture) {
  const bool starts_sequence = !picture.sequence_obu.empty();
  Result<> added;
  if (starts_sequence || picture.rate_changed) {
    for (const VaMiscParameter& misc :
         va_rate_parameters(*picture.stream, features_, rate_control_)) {
      if (added) added = buffers_->add_misc(misc);
    }
  }
  if (added && starts_sequence && quality_level_ != 0)
    added = buffers_->add_misc(va_quality_parameter(quality_level_));
  // Without new ones those of the picture before would go on to hold.
  if (added && limits_.region_of_interest && (regions_hold_ || !picture.regions.empty())) {
    regions_ = va_regions(picture.regions, features_.max_regions);
    added = buffers_->add_misc(va_regions_parameter(regions_));
  }
  return added;
}

Result<> VaEncodeBackend::encode(VASurfaceID input) {
  const DriverCall call(calls(), "vaBeginPicture, vaRenderPicture or vaEndPicture");
  if (Result<> begun = va_result(vaBeginPicture(dpy_, context_, input), "begin a picture");
      !begun) {
    return begun;
  }
  const std::span<VABufferID> buffers = buffers_->ids();
  const VAStatus rendered =
      vaRenderPicture(dpy_, context_, buffers.data(), static_cast<int>(buffers.size()));
  // What was begun must be ended, whatever came of it.
  const VAStatus ended = vaEndPicture(dpy_, context_);
  Result<> done = va_result(rendered, "take a picture's parameters");
  return done ? va_result(ended, "encode a picture") : done;
}

Result<EncodeJobRef> VaEncodeBackend::submit(const EncodePicture& picture) {
  Result<VaCodedBuffers::Lent> coded = coded_->acquire();
  if (!coded) return std::unexpected(coded.error());
  auto job = std::make_shared<VaJob>(std::move(*coded), picture.input, picture.target);
  Result<> done = add_buffers(picture, job->coded().id());
  if (done) done = encode(job->input());
  buffers_->clear();
  if (!done) return std::unexpected(done.error());
  // Not before: a picture that is submitted once more has to say again that there are none.
  regions_hold_ = limits_.region_of_interest && !picture.regions.empty();
  return job;
}

Result<> VaEncodeBackend::sync(VABufferID coded, VASurfaceID input) {
  VAStatus status = VA_STATUS_ERROR_UNIMPLEMENTED;
  if (syncs_buffers_) {
    const DriverCall call(calls(), "vaSyncBuffer");
    status = vaSyncBuffer(dpy_, coded, patience_ns);
    syncs_buffers_ = status != VA_STATUS_ERROR_UNIMPLEMENTED;
  }
  if (!syncs_buffers_) {
    const DriverCall call(calls(), "vaSyncSurface");
    status = vaSyncSurface2(dpy_, input, patience_ns);
    if (status == VA_STATUS_ERROR_UNIMPLEMENTED) status = vaSyncSurface(dpy_, input);
  }
  if (status == VA_STATUS_ERROR_TIMEDOUT) {
    return fail(ErrorCode::DeviceLost, "the GPU hangs: it did not finish a picture in " +
                                           std::to_string(patience_ns / 1'000'000'000) + " s");
  }
  return va_result(status, "finish a picture");
}

Result<CodedPicture> VaEncodeBackend::wait(EncodeJob& waited) {
  const auto& job = static_cast<const VaJob&>(waited);
  if (Result<> done = sync(job.coded().id(), job.input()); !done)
    return std::unexpected(done.error());
  const DriverCall call(calls(), "vaMapBuffer or vaUnmapBuffer");
  void* mapped = nullptr;
  if (Result<> done =
          va_result(vaMapBuffer(dpy_, job.coded().id(), &mapped), "show a coded picture");
      !done) {
    return std::unexpected(done.error());
  }
  Result<std::vector<uint8_t>> frame =
      va_coded_frame(static_cast<const VACodedBufferSegment*>(mapped), job.coded().size());
  log_failure(vaUnmapBuffer(dpy_, job.coded().id()), "vaUnmapBuffer");
  if (!frame) return std::unexpected(frame.error());
  return CodedPicture{std::move(*frame)};
}

}  // namespace av1hw
