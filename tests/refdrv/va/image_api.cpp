// SPDX-License-Identifier: LGPL-2.1-or-later
// Images: how clients read and write surfaces' samples.
#include <algorithm>

#include "refdrv/va/driver.h"
#include "refdrv/va/image_rows.h"

namespace refdrv::va {

namespace {

VAImageFormat image_format(const PixelFormat& format) {
  VAImageFormat out = {};
  out.fourcc = format.fourcc;
  out.byte_order = VA_LSB_FIRST;
  out.bits_per_pixel = format.bits_per_pixel;
  return out;
}

VAStatus query_formats(VADriverContextP context, VAImageFormat* list, int* count) {
  Call call(context, "vaQueryImageFormats");
  if (call.status) return call.status;
  *count = 0;
  for (const uint32_t fourcc : call.profile().formats) {
    if (const PixelFormat* format = find_format(fourcc)) list[(*count)++] = image_format(*format);
  }
  return VA_STATUS_SUCCESS;
}

void describe(const SurfaceLayout& layout, VAImage& out) {
  out.format = image_format(*layout.format);
  out.width = static_cast<uint16_t>(layout.width);
  out.height = static_cast<uint16_t>(layout.height);
  out.data_size = static_cast<uint32_t>(layout.size);
  out.num_planes = 2;
  for (unsigned plane = 0; plane < layout.planes.size(); plane++) {
    out.pitches[plane] = static_cast<uint32_t>(layout.planes[plane].pitch);
    out.offsets[plane] = static_cast<uint32_t>(layout.planes[plane].offset);
  }
}

// `derived_from`: whose samples these are; without it, memory of their own.
void add_image(Call& call, const SurfaceLayout& layout, std::shared_ptr<Surface> derived_from,
               VAImage* out) {
  auto buffer = std::make_shared<Buffer>();
  buffer->type = VAImageBufferType;
  buffer->element_size = static_cast<unsigned>(layout.size);
  buffer->elements = buffer->capacity = 1;
  buffer->of_image = true;
  if (!derived_from || !derived_from->is_linear()) buffer->bytes.resize(layout.size);
  buffer->derived_from = std::move(derived_from);
  auto image = std::make_shared<Image>();
  image->format = layout.format;
  image->buffer = buffer;
  describe(layout, image->description);
  image->description.buf = call.driver().buffers.add(std::move(buffer));
  const VAImageID id = call.driver().images.add(image);
  image->description.image_id = id;
  *out = image->description;
}

VAStatus create_image(VADriverContextP context, VAImageFormat* wanted, int width, int height,
                      VAImage* out) {
  Call call(context, "vaCreateImage");
  if (call.status) return call.status;
  const PixelFormat* format = find_format(wanted->fourcc);
  if (!format || !std::ranges::contains(call.profile().formats, wanted->fourcc)) {
    return VA_STATUS_ERROR_INVALID_IMAGE_FORMAT;
  }
  constexpr int most = UINT16_MAX;  // VAImage has 16 bits for each
  if (width <= 0 || height <= 0 || width > most || height > most) {
    return call.misuse(std::format("an image of {}x{}", width, height));
  }
  const Size size{static_cast<uint32_t>(width), static_cast<uint32_t>(height)};
  add_image(call, device_layout(call.profile(), *format, size, 0), nullptr, out);
  return VA_STATUS_SUCCESS;
}

VAStatus derive_image(VADriverContextP context, VASurfaceID id, VAImage* out) {
  Call call(context, "vaDeriveImage");
  if (call.status) return call.status;
  auto surface = call.surface(id);
  if (!surface) return call.status;
  const SurfaceLayout& layout = surface->layout();
  add_image(call, layout, std::move(surface), out);
  return VA_STATUS_SUCCESS;
}

VAStatus destroy_image(VADriverContextP context, VAImageID id) {
  Call call(context, "vaDestroyImage");
  if (call.status) return call.status;
  const auto image = call.image(id);
  if (!image) return call.status;
  if (image->buffer->mapped) call.misuse("its buffer is still mapped");
  call.driver().buffers.remove(image->description.buf);
  call.driver().images.remove(id);
  return VA_STATUS_SUCCESS;
}

VAStatus check_copy(Call& call, const Surface& surface, const Area& of_surface, const Image& image,
                    const Area& of_image) {
  if (image.format != surface.layout().format) return VA_STATUS_ERROR_INVALID_IMAGE_FORMAT;
  if (image.buffer->mapped) return call.misuse("the image is mapped");
  const auto inside = [](const Area& area, unsigned width, unsigned height) {
    return area.width <= width && area.height <= height && area.x <= width - area.width &&
           area.y <= height - area.height;
  };
  if (!inside(of_surface, surface.layout().width, surface.layout().height)) {
    return call.misuse(std::format("{}x{} at {},{} is not inside a surface of {}x{}",
                                   of_surface.width, of_surface.height, of_surface.x, of_surface.y,
                                   surface.layout().width, surface.layout().height));
  }
  if (!inside(of_image, image.description.width, image.description.height)) {
    return call.misuse(std::format("{}x{} is not inside an image of {}x{}", of_image.width,
                                   of_image.height, image.description.width,
                                   image.description.height));
  }
  if (of_surface.x % 2 || of_surface.y % 2 || of_image.x % 2 || of_image.y % 2) {
    return call.misuse("an area that begins at odd samples");
  }
  return VA_STATUS_SUCCESS;
}

VAStatus get_image(VADriverContextP context, VASurfaceID surface_id, int x, int y, unsigned width,
                   unsigned height, VAImageID image_id) {
  Call call(context, "vaGetImage");
  if (call.status) return call.status;
  const auto surface = call.surface(surface_id);
  const auto image = surface ? call.image(image_id) : nullptr;
  if (!image) return call.status;
  const Area area{static_cast<unsigned>(x), static_cast<unsigned>(y), width, height};
  if (const VAStatus status = check_copy(call, *surface, area, *image, Area{0, 0, width, height})) {
    return status;
  }
  surface->finish();
  copy_out(*surface, area, *image);
  call.machine().counters().add("copies_device_to_host");
  return VA_STATUS_SUCCESS;
}

VAStatus put_image(VADriverContextP context, VASurfaceID surface_id, VAImageID image_id, int src_x,
                   int src_y, unsigned src_width, unsigned src_height, int dest_x, int dest_y,
                   unsigned dest_width, unsigned dest_height) {
  Call call(context, "vaPutImage");
  if (call.status) return call.status;
  const auto surface = call.surface(surface_id);
  const auto image = surface ? call.image(image_id) : nullptr;
  if (!image) return call.status;
  if (src_width != dest_width || src_height != dest_height) return VA_STATUS_ERROR_UNIMPLEMENTED;
  const Area from{static_cast<unsigned>(src_x), static_cast<unsigned>(src_y), src_width,
                  src_height};
  const Area to{static_cast<unsigned>(dest_x), static_cast<unsigned>(dest_y), dest_width,
                dest_height};
  if (const VAStatus status = check_copy(call, *surface, to, *image, from)) return status;
  surface->finish();
  copy_in(*surface, to, *image, from);
  surface->set_decoded();
  call.machine().counters().add("copies_host_to_device");
  return VA_STATUS_SUCCESS;
}

}  // namespace

void set_image_functions(VADriverVTable& table) {
  table.vaQueryImageFormats = query_formats;
  table.vaCreateImage = create_image;
  table.vaDeriveImage = derive_image;
  table.vaDestroyImage = destroy_image;
  table.vaGetImage = get_image;
  table.vaPutImage = put_image;
}

}  // namespace refdrv::va
