// SPDX-License-Identifier: LGPL-2.1-or-later
// A VA context that decodes AV1: the picture that is being given, and what references hold.
#include "refdrv/va/decoder.h"

#include <algorithm>
#include <format>

#include "refdrv/va/va_picture.h"

namespace refdrv::va {

namespace {

using Content = Surface::Content;

unsigned width_of(const VADecPictureParameterBufferAV1& params) {
  return params.frame_width_minus1 + 1U;
}

unsigned height_of(const VADecPictureParameterBufferAV1& params) {
  return params.frame_height_minus1 + 1U;
}

bool is_inter(const VADecPictureParameterBufferAV1& params) {
  const unsigned type = params.pic_info_fields.bits.frame_type;
  return type == 1 || type == 3;
}

Result<> check_target(const Surface& surface, const VADecPictureParameterBufferAV1& params,
                      const char* field) {
  const auto& layout = surface.layout();
  const unsigned even_width = (layout.width + 1) / 2 * 2;
  const unsigned even_height = (layout.height + 1) / 2 * 2;
  if (width_of(params) > even_width || height_of(params) > even_height) {
    return client_fault(std::format("{} has {}x{}, too little for a picture of {}x{}", field,
                                    layout.width, layout.height, width_of(params),
                                    height_of(params)));
  }
  if (layout.format->bit_depth != params.bit_depth_idx * 2U + 8U) {
    return client_fault(std::format("{} is for {} bits, bit_depth_idx is {}", field,
                                    layout.format->bit_depth,
                                    static_cast<unsigned>(params.bit_depth_idx)));
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<Context>> Decoder::create(Size size) {
  auto resynthesizer = Resynthesizer::create();
  if (!resynthesizer) return std::unexpected(resynthesizer.error());
  return std::make_shared<Decoder>(size, std::move(*resynthesizer));
}

Decoder::Decoder(Size size, std::unique_ptr<Resynthesizer> resynthesizer)
    : size_(size), resynthesizer_(std::move(resynthesizer)) {}

void Decoder::forget() {
  parameters_ = nullptr;
  groups_.clear();
}

Result<> Decoder::take(std::shared_ptr<Buffer> buffer) {
  switch (buffer->type) {
  case VAPictureParameterBufferType:
    if (parameters_) return client_fault("two buffers of picture parameters");
    if (buffer->elements != 1) return client_fault("picture parameters of several pictures");
    parameters_ = std::move(buffer);
    return {};
  case VASliceParameterBufferType:
    if (!parameters_) return client_fault("tiles before the picture's parameters");
    if (!groups_.empty() && !groups_.back().data) return client_fault("tiles without their data");
    groups_.push_back({.tiles = std::move(buffer), .data = nullptr});
    return {};
  case VASliceDataBufferType:
    if (groups_.empty() || groups_.back().data) return client_fault("data before its tiles");
    groups_.back().data = std::move(buffer);
    return {};
  default: return client_fault("a buffer that is not for decoding");
  }
}

Result<Decoder::Surfaces> Decoder::find_surfaces(const VADecPictureParameterBufferAV1& params,
                                                 const Lookup& find) const {
  Surfaces found;
  if (params.current_frame != target()) {
    return client_fault(std::format("current_frame is {:#x}, but the picture was begun on {:#x}",
                                    params.current_frame, target()));
  }
  found.reconstructed = find.surface(params.current_frame);
  if (!found.reconstructed) return client_fault("there is no surface current_frame any more");
  if (const auto r = check_target(*found.reconstructed, params, "current_frame"); !r) {
    return std::unexpected(r.error());
  }
  found.displayed = found.reconstructed;
  if (!params.film_grain_info.film_grain_info_fields.bits.apply_grain) return found;
  if (params.current_display_picture == params.current_frame) {
    return client_fault("film grain needs a current_display_picture apart from current_frame");
  }
  found.displayed = find.surface(params.current_display_picture);
  if (!found.displayed) {
    return client_fault(std::format("there is no surface {:#x}, current_display_picture",
                                    params.current_display_picture));
  }
  if (const auto r = check_target(*found.displayed, params, "current_display_picture"); !r) {
    return std::unexpected(r.error());
  }
  return found;
}

Result<> Decoder::check_references(const VADecPictureParameterBufferAV1& params, const Lookup& find,
                                   bool& damaged) const {
  for (unsigned slot = 0; slot < num_ref_frames; slot++) {
    const VASurfaceID id = params.ref_frame_map[slot];
    if (id == VA_INVALID_SURFACE) continue;
    const auto surface = find.surface(id);
    if (!surface) {
      return client_fault(std::format("ref_frame_map[{}] is {:#x}, which is no surface", slot, id));
    }
    if (surface->content() == Content::Nothing) {
      return client_fault(
          std::format("ref_frame_map[{}] is {:#x}, into which nothing was decoded", slot, id));
    }
    const auto shown = params.film_grain_info.film_grain_info_fields.bits.apply_grain
                           ? params.current_display_picture
                           : VA_INVALID_SURFACE;
    if (id == target() || id == shown) {
      return client_fault(
          std::format("surface {:#x} is decoded into, while ref_frame_map[{}] holds it", id, slot));
    }
    const bool is_reference =
        is_inter(params) && std::ranges::contains(params.ref_frame_idx, uint8_t(slot));
    damaged |= is_reference && surface->content() == Content::Damaged;
  }
  return {};
}

Result<> Decoder::run(Machine& machine, const Lookup& find) {
  if (!parameters_) return client_fault("no picture parameters were given");
  if (groups_.empty() || !groups_.back().data) return client_fault("no tiles were given");
  const auto& params = parameters_->view<VADecPictureParameterBufferAV1>()[0];
  if (width_of(params) > size_.width || height_of(params) > size_.height) {
    return client_fault(std::format("a picture of {}x{} in a context for {}x{}", width_of(params),
                                    height_of(params), size_.width, size_.height));
  }
  const auto surfaces = find_surfaces(params, find);
  if (!surfaces) return std::unexpected(surfaces.error());
  bool damaged = false;
  if (auto r = check_references(params, find, damaged); !r) return r;
  for (const Group& group : groups_) {
    machine.counters().add("bytes_decoded", group.data->bytes.size());
  }
  if (machine.null_mode()) {
    surfaces->reconstructed->set_decoded();
    surfaces->displayed->set_decoded();
    return {};
  }
  auto picture = read_picture(params);
  if (!picture) return std::unexpected(picture.error());
  for (const Group& group : groups_) {
    const auto added =
        add_tiles(group.tiles->view<VASliceParameterBufferAV1>(), group.data->bytes, *picture);
    if (!added) return added;
  }
  auto decoded =
      damaged ? fault(Fault::Stream, "a reference is damaged") : resynthesizer_->decode(*picture);
  if (!decoded) {
    if (decoded.error().fault != Fault::Stream) return std::unexpected(decoded.error());
    machine.counters().add("damaged_pictures");
    surfaces->reconstructed->set_damaged();
    surfaces->displayed->set_damaged();
    return {};
  }
  const auto shared = std::make_shared<const DecodedPicture>(std::move(*decoded));
  surfaces->reconstructed->set_pending(shared, false);
  if (surfaces->displayed != surfaces->reconstructed) {
    surfaces->displayed->set_pending(shared, bool(shared->grained));
  }
  return {};
}

}  // namespace refdrv::va
