// SPDX-License-Identifier: LGPL-2.1-or-later
// A VA surface: a picture in NV12 or P010, in memory that can be exported.
#include "refdrv/va/surface.h"

#include <drm_fourcc.h>
#include <va/va.h>

#include <algorithm>
#include <cstring>
#include <iterator>

#include "refdrv/resynth/semi_planar.h"
#include "refdrv/va/tiling.h"

namespace refdrv::va {

namespace {

constexpr PixelFormat formats[] = {
    {.fourcc = VA_FOURCC_NV12,
     .bit_depth = 8,
     .sample_bytes = 1,
     .rt_format = VA_RT_FORMAT_YUV420,
     .drm_format = DRM_FORMAT_NV12,
     .drm_layers = {DRM_FORMAT_R8, DRM_FORMAT_GR88},
     .bits_per_pixel = 12},
    {.fourcc = VA_FOURCC_P010,
     .bit_depth = 10,
     .sample_bytes = 2,
     .rt_format = VA_RT_FORMAT_YUV420_10,
     .drm_format = DRM_FORMAT_P010,
     .drm_layers = {DRM_FORMAT_R16, DRM_FORMAT_GR1616},
     .bits_per_pixel = 24},
};

constexpr uint8_t grey = 0x80;
constexpr size_t page = 4096;

size_t align(size_t value, size_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

PlaneView clipped_view(const Reconstruction& picture, const SurfaceLayout& layout) {
  PlaneView view{.data = {},
                 .stride = {},
                 .width = std::min<unsigned>(picture.width, layout.width),
                 .height = std::min<unsigned>(picture.height, layout.height),
                 .bit_depth = layout.format->bit_depth};
  for (unsigned plane = 0; plane < 3; plane++) {
    const unsigned samples = plane == 0 ? picture.width : (picture.width + 1) / 2;
    if (!picture.planes[plane].empty()) view.data[plane] = picture.planes[plane].data();
    view.stride[plane] = static_cast<ptrdiff_t>(size_t{samples} * layout.format->sample_bytes);
  }
  return view;
}

}  // namespace

const PixelFormat* find_format(uint32_t fourcc) {
  const auto* found = std::ranges::find(formats, fourcc, &PixelFormat::fourcc);
  return found != std::end(formats) ? found : nullptr;
}

const PixelFormat* find_rt_format(unsigned rt_format) {
  const auto* found = std::ranges::find(formats, rt_format, &PixelFormat::rt_format);
  return found != std::end(formats) ? found : nullptr;
}

size_t plane_size(const SurfacePlane& plane, uint64_t modifier) {
  return plane.pitch * align(plane.rows, tile_shape(modifier).height);
}

SurfaceLayout device_layout(const DeviceProfile& profile, const PixelFormat& format, Size size,
                            uint64_t modifier) {
  const size_t columns = align(size.width, std::max(profile.width_alignment, 2U));
  const size_t rows = align(size.height, std::max(profile.height_alignment, 2U));
  const TileShape tile = tile_shape(modifier);
  const size_t pitch =
      align(align(columns * format.sample_bytes, profile.pitch_alignment), tile.width);
  SurfaceLayout layout{.format = &format,
                       .width = size.width,
                       .height = size.height,
                       .modifier = modifier,
                       .planes = {},
                       .size = 0};
  for (unsigned plane = 0; plane < layout.planes.size(); plane++) {
    SurfacePlane& p = layout.planes[plane];
    p.offset = layout.size;
    p.pitch = pitch;
    p.row_bytes = align(size.width, 2) * format.sample_bytes;
    p.rows = plane == 0 ? align(size.height, 2) : align(size.height, 2) / 2;
    const size_t allocated_rows = plane == 0 ? rows : rows / 2;
    layout.size += align(pitch * align(allocated_rows, tile.height), tile.height > 1 ? page : 1);
  }
  layout.size = align(layout.size, page);
  return layout;
}

bool Surface::is_linear() const { return layout_.modifier == modifier_linear; }

void Surface::set_pending(std::shared_ptr<const DecodedPicture> picture, bool grain) {
  pending_ = std::move(picture);
  pending_grain_ = grain;
  reconstruction_ = nullptr;
  content_ = Content::Picture;
}

void Surface::set_pending(std::shared_ptr<const Reconstruction> picture) {
  pending_ = nullptr;
  reconstruction_ = std::move(picture);
  content_ = Content::Picture;
}

void Surface::set_damaged() {
  pending_ = nullptr;
  reconstruction_ = nullptr;
  content_ = Content::Damaged;
  fill(grey);
}

void Surface::set_decoded() {
  pending_ = nullptr;
  reconstruction_ = nullptr;
  content_ = Content::Picture;
}

void Surface::finish() {
  if (pending_) store(pending_grain_ ? pending_->grained.view() : pending_->reconstructed.view());
  if (reconstruction_) store(clipped_view(*reconstruction_, layout_));
  pending_ = nullptr;
  reconstruction_ = nullptr;
}

void Surface::fill(uint8_t value) { std::memset(memory_.data(), value, memory_.size()); }

void Surface::store(const PlaneView& planes) {
  const auto& luma = layout_.planes[0];
  const auto& chroma = layout_.planes[1];
  SemiPlanarTarget target{.luma = memory_.data() + luma.offset,
                          .luma_stride = luma.pitch,
                          .chroma = memory_.data() + chroma.offset,
                          .chroma_stride = chroma.pitch,
                          .sixteen_bits = layout_.format->sample_bytes == 2};
  if (is_linear()) {
    write_semi_planar(planes, target);
    return;
  }
  const size_t width = align(planes.width, 2) * layout_.format->sample_bytes;
  const size_t height = align(planes.height, 2);
  std::vector<uint8_t> rows(width * height / 2 * 3);
  target.luma = rows.data();
  target.chroma = rows.data() + width * height;
  target.luma_stride = target.chroma_stride = width;
  write_semi_planar(planes, target);
  for (size_t y = 0; y < height; y++) write(0, 0, y, {target.luma + y * width, width});
  for (size_t y = 0; y < height / 2; y++) write(1, 0, y, {target.chroma + y * width, width});
}

void Surface::read(unsigned plane, size_t x, size_t y, std::span<uint8_t> to) const {
  const auto& p = layout_.planes[plane];
  const size_t end = x + to.size();
  for (uint8_t* out = to.data(); x < end;) {
    const size_t run = run_length(layout_.modifier, x, end);
    std::memcpy(out, memory_.data() + p.offset + byte_offset(layout_.modifier, p.pitch, x, y), run);
    out += run;
    x += run;
  }
}

void Surface::write(unsigned plane, size_t x, size_t y, std::span<const uint8_t> from) {
  const auto& p = layout_.planes[plane];
  const size_t end = x + from.size();
  for (const uint8_t* in = from.data(); x < end;) {
    const size_t run = run_length(layout_.modifier, x, end);
    std::memcpy(memory_.data() + p.offset + byte_offset(layout_.modifier, p.pitch, x, y), in, run);
    in += run;
    x += run;
  }
}

}  // namespace refdrv::va
