// SPDX-License-Identifier: LGPL-2.1-or-later
// Samples are taken from the nearest place, which is exact where nothing is scaled.
#include "refdrv/va/processor.h"

#include <cstring>
#include <format>
#include <vector>

#include "refdrv/va/image_rows.h"

namespace refdrv::va {

namespace {

// Without a region it is all of the surface.
Result<Area> region_of(const Surface& surface, const VARectangle* region, const char* field) {
  const auto& layout = surface.layout();
  if (!region) return Area{0, 0, layout.width, layout.height};
  if (region->x < 0 || region->y < 0 || region->width == 0 || region->height == 0 ||
      static_cast<unsigned>(region->x) + region->width > layout.width ||
      static_cast<unsigned>(region->y) + region->height > layout.height) {
    return client_fault(std::format("{} is {}x{} at {},{}, not inside {}x{}", field, region->width,
                                    region->height, region->x, region->y, layout.width,
                                    layout.height));
  }
  return Area{static_cast<unsigned>(region->x), static_cast<unsigned>(region->y), region->width,
              region->height};
}

// In samples, or in pairs of Cb and Cr.
Area plane_region(const Area& area, unsigned plane) {
  if (plane == 0) return area;
  return {area.x / 2, area.y / 2, (area.width + 1) / 2, (area.height + 1) / 2};
}

// One plane's rows as numbers of 16 bits, whatever the format.
class Rows {
 public:
  Rows(unsigned plane, const PixelFormat& format)
      : plane_(plane), wide_(format.sample_bytes == 2), per_place_(plane == 0 ? 1 : 2) {}

  size_t per_place() const { return per_place_; }
  void read(const Surface& surface, const Area& area, unsigned y, std::vector<uint16_t>& out) {
    out.resize(area.width * per_place_);
    bytes_.resize(out.size() * (wide_ ? 2 : 1));
    surface.read(plane_, area.x * per_place_ * (wide_ ? 2 : 1), area.y + y, bytes_);
    if (wide_) std::memcpy(out.data(), bytes_.data(), bytes_.size());
    for (size_t i = 0; !wide_ && i < out.size(); i++) {
      out[i] = static_cast<uint16_t>(bytes_[i] << 8);
    }
  }
  void write(Surface& surface, const Area& area, unsigned y, const std::vector<uint16_t>& in) {
    bytes_.resize(in.size() * (wide_ ? 2 : 1));
    if (wide_) std::memcpy(bytes_.data(), in.data(), bytes_.size());
    for (size_t i = 0; !wide_ && i < in.size(); i++) bytes_[i] = static_cast<uint8_t>(in[i] >> 8);
    surface.write(plane_, area.x * per_place_ * (wide_ ? 2 : 1), area.y + y, bytes_);
  }

 private:
  const unsigned plane_;
  const bool wide_;
  const size_t per_place_;
  std::vector<uint8_t> bytes_;
};

void process_plane(const Surface& from, const Area& source, Surface& to, const Area& target,
                   unsigned plane) {
  Rows in(plane, *from.layout().format);
  Rows out(plane, *to.layout().format);
  std::vector<uint16_t> row;
  std::vector<uint16_t> scaled(target.width * out.per_place());
  for (unsigned y = 0; y < target.height; y++) {
    const auto from_y = static_cast<unsigned>(uint64_t{y} * source.height / target.height);
    in.read(from, source, from_y, row);
    for (size_t x = 0; x < target.width; x++) {
      const size_t from_x = x * source.width / target.width;
      for (size_t c = 0; c < out.per_place(); c++) {
        scaled[x * out.per_place() + c] = row[from_x * out.per_place() + c];
      }
    }
    out.write(to, target, y, scaled);
  }
}

}  // namespace

Result<> Processor::take(std::shared_ptr<Buffer> buffer) {
  if (buffer->type != VAProcPipelineParameterBufferType) {
    return client_fault("a buffer that is not for video processing");
  }
  if (parameters_) return fault(Fault::Unsupported, "several inputs");
  parameters_ = std::move(buffer);
  return {};
}

Result<> Processor::run(Machine& machine, const Lookup& find) {
  if (!parameters_) return client_fault("no pipeline parameters were given");
  const auto& params = parameters_->view<VAProcPipelineParameterBuffer>()[0];
  const auto from = find.surface(params.surface);
  const auto to = find.surface(target());
  if (!from || !to) return client_fault(std::format("there is no surface {:#x}", params.surface));
  if (from == to) return client_fault("the target is the input as well");
  if (params.num_filters || params.rotation_state || params.mirror_state || params.blend_state) {
    return fault(Fault::Unsupported, "filters, rotation, mirroring and blending");
  }
  const auto source = region_of(*from, params.surface_region, "surface_region");
  if (!source) return std::unexpected(source.error());
  const auto target = region_of(*to, params.output_region, "output_region");
  if (!target) return std::unexpected(target.error());
  from->finish();
  to->finish();
  for (unsigned plane = 0; plane < 2 && !machine.null_mode(); plane++) {
    process_plane(*from, plane_region(*source, plane), *to, plane_region(*target, plane), plane);
  }
  to->set_decoded();
  machine.counters().add("copies_device_to_device");
  return {};
}

}  // namespace refdrv::va
