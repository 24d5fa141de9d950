// SPDX-License-Identifier: LGPL-2.1-or-later
// dav1d, for streams of which every temporal unit gives one picture.
#include "refdrv/resynth/stream_decoder.h"

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <format>
#include <utility>

namespace refdrv {
namespace {

void keep_message(void* cookie, const char* format, va_list arguments) {
  std::array<char, 256> text = {};
  vsnprintf(text.data(), text.size(), format, arguments);
  *static_cast<std::string*>(cookie) = text.data();
}

std::string without_newline(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace

DecodedPlanes::DecodedPlanes(DecodedPlanes&& other) noexcept
    : picture_(std::exchange(other.picture_, {})) {}

DecodedPlanes& DecodedPlanes::operator=(DecodedPlanes&& other) noexcept {
  std::swap(picture_, other.picture_);
  return *this;
}

DecodedPlanes::~DecodedPlanes() {
  if (picture_.data[0]) dav1d_picture_unref(&picture_);
}

Dav1dPicture* DecodedPlanes::put() {
  if (picture_.data[0]) dav1d_picture_unref(&picture_);
  picture_ = {};
  return &picture_;
}

PlaneView DecodedPlanes::view() const {
  PlaneView view;
  const Dav1dPixelLayout layout = picture_.p.layout;
  const bool mono_chrome = layout == DAV1D_PIXEL_LAYOUT_I400;
  for (unsigned plane = 0; plane < (mono_chrome ? 1u : 3u); ++plane) {
    view.data[plane] = static_cast<const uint8_t*>(picture_.data[plane]);
    view.stride[plane] = picture_.stride[plane > 0 ? 1 : 0];
  }
  view.width = static_cast<unsigned>(picture_.p.w);
  view.height = static_cast<unsigned>(picture_.p.h);
  view.bit_depth = static_cast<unsigned>(picture_.p.bpc);
  view.subsampling_x = layout != DAV1D_PIXEL_LAYOUT_I444;
  view.subsampling_y = mono_chrome || layout == DAV1D_PIXEL_LAYOUT_I420;
  return view;
}

Result<StreamDecoder> StreamDecoder::create(Output output) {
  StreamDecoder decoder;
  decoder.last_message_ = std::make_unique<std::string>();
  Dav1dSettings settings;
  dav1d_default_settings(&settings);
  settings.n_threads = 1;
  settings.max_frame_delay = 1;
  settings.apply_grain = 0;
  settings.output_invisible_frames = output == Output::All;
  settings.logger = {decoder.last_message_.get(), keep_message};
  Dav1dContext* context = nullptr;
  if (const int error = dav1d_open(&context, &settings); error < 0)
    return fault(Fault::System, std::format("dav1d_open failed: {}", std::strerror(-error)));
  decoder.context_.reset(context);
  return decoder;
}

Result<DecodedPlanes> StreamDecoder::decode(std::span<const uint8_t> temporal_unit) {
  Dav1dData data = {};
  uint8_t* bytes = dav1d_data_create(&data, temporal_unit.size());
  if (!bytes) return fault(Fault::System, "no memory for the rebuilt stream");
  std::ranges::copy(temporal_unit, bytes);
  last_message_->clear();
  DecodedPlanes planes;
  int error = dav1d_send_data(context_.get(), &data);
  if (error == 0) error = dav1d_get_picture(context_.get(), planes.put());
  if (data.sz > 0) dav1d_data_unref(&data);
  if (error < 0)
    return fault(Fault::Stream,
                 std::format("dav1d does not decode the picture: {} ({})",
                             without_newline(*last_message_), std::strerror(-error)));
  return planes;
}

Result<DecodedPlanes> StreamDecoder::apply_grain(const DecodedPlanes& picture) {
  DecodedPlanes grained;
  if (const int error = dav1d_apply_grain(context_.get(), grained.put(), &picture.get()); error < 0)
    return fault(Fault::System,
                 std::format("dav1d does not apply film grain: {}", std::strerror(-error)));
  return grained;
}

}  // namespace refdrv
