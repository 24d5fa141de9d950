// SPDX-License-Identifier: LGPL-2.1-or-later
// A VA surface: a picture in NV12 or P010, in memory that can be exported.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "refdrv/common/profile.h"
#include "refdrv/encode/software_encoder.h"
#include "refdrv/resynth/resynthesizer.h"
#include "refdrv/va/shared_memory.h"

namespace refdrv::va {

// What a fourcc says of a surface's planes, of which there are two: luma, and chroma interleaved.
struct PixelFormat {
  uint32_t fourcc = 0;
  unsigned bit_depth = 8;
  unsigned sample_bytes = 1;
  unsigned rt_format = 0;                   // VA_RT_FORMAT_*
  uint32_t drm_format = 0;                  // of all planes
  std::array<uint32_t, 2> drm_layers = {};  // of each plane alone
  unsigned bits_per_pixel = 0;              // VAImageFormat
};

// Nullptr for formats that there are no surfaces of.
const PixelFormat* find_format(uint32_t fourcc);
const PixelFormat* find_rt_format(unsigned rt_format);

struct SurfacePlane {
  size_t offset = 0;
  size_t pitch = 0;      // bytes
  size_t row_bytes = 0;  // of the picture
  size_t rows = 0;       // of the picture
};

struct SurfaceLayout {
  const PixelFormat* format = nullptr;
  unsigned width = 0;
  unsigned height = 0;
  uint64_t modifier = 0;
  std::array<SurfacePlane, 2> planes;
  size_t size = 0;
};

// As this device lays out surfaces.
SurfaceLayout device_layout(const DeviceProfile& profile, const PixelFormat& format, Size size,
                            uint64_t modifier);
// Bytes that a plane takes with this modifier.
size_t plane_size(const SurfacePlane& plane, uint64_t modifier);

class Surface {
 public:
  static constexpr uint32_t first_id = 0x04000000;
  static constexpr const char* name = "surface";

  enum class Content : uint8_t { Nothing, Picture, Damaged };

  Surface(SurfaceLayout layout, SharedMemory memory)
      : layout_(layout), memory_(std::move(memory)) {}

  const SurfaceLayout& layout() const { return layout_; }
  const SharedMemory& memory() const { return memory_; }
  Content content() const { return content_; }
  bool is_linear() const;

  // The samples come into the memory when somebody waits for them, so that who does not sees old
  // ones. `grain`: those that were made with film grain.
  void set_pending(std::shared_ptr<const DecodedPicture> picture, bool grain);
  // What an encoder made, as much of it as there is room for.
  void set_pending(std::shared_ptr<const Reconstruction> picture);
  // A picture whose data did not decode: grey.
  void set_damaged();
  // For the null mode, and for pictures that are put in from outside.
  void set_decoded();
  // An encoder reads it until then.
  void set_busy_until(std::chrono::steady_clock::time_point time) { busy_until_ = time; }
  std::chrono::steady_clock::time_point busy_until() const { return busy_until_; }
  // What vaSyncSurface waits for.
  void finish();

  // A part of a plane's row; `x` in bytes.
  void read(unsigned plane, size_t x, size_t y, std::span<uint8_t> to) const;
  void write(unsigned plane, size_t x, size_t y, std::span<const uint8_t> from);
  void fill(uint8_t value);

 private:
  void store(const PlaneView& planes);

  const SurfaceLayout layout_;
  const SharedMemory memory_;
  Content content_ = Content::Nothing;
  std::chrono::steady_clock::time_point busy_until_;
  std::shared_ptr<const DecodedPicture> pending_;
  bool pending_grain_ = false;
  std::shared_ptr<const Reconstruction> reconstruction_;
};

}  // namespace refdrv::va
