// SPDX-License-Identifier: LGPL-2.1-or-later
// One decoder of libnvcuvid: its surfaces, what they hold, and the frames it has mapped.
#include "refdrv/nv/cuvid_decoder.h"

#include <algorithm>
#include <cstring>
#include <format>

#include "refdrv/nv/cuvid_picture.h"
#include "refdrv/resynth/semi_planar.h"

namespace refdrv::nv {

namespace {

constexpr uint8_t grey = 0x80;
constexpr unsigned char no_index = 0xff;
constexpr unsigned max_decode_surfaces = 64;
constexpr unsigned max_output_surfaces = 64;

unsigned even(unsigned value) { return (value + 1) & ~1U; }

Result<> check_size(const DeviceProfile& profile, unsigned long width, unsigned long height) {
  if (width < profile.min_size.width || height < profile.min_size.height ||
      width > profile.max_size.width || height > profile.max_size.height ||
      width * height / 256 > profile.max_macroblocks) {
    return fault(Fault::Unsupported, std::format("{}x{} pictures", width, height));
  }
  return {};
}

Result<> check_create_info(Driver& driver, const CUVIDDECODECREATEINFO& info) {
  const auto& profile = driver.machine().profile();
  if (info.CodecType != cudaVideoCodec_AV1 || profile.av1_profiles.empty()) {
    return fault(Fault::Unsupported, "the device decodes no such codec");
  }
  const bool has_format = info.ChromaFormat == cudaVideoChromaFormat_420 ||
                          info.ChromaFormat == cudaVideoChromaFormat_Monochrome;
  if (!has_format || !profile.decodes(0, static_cast<unsigned>(info.bitDepthMinus8) + 8)) {
    return fault(Fault::Unsupported, "chroma format or bit depth");
  }
  if (const auto size = check_size(profile, info.ulWidth, info.ulHeight); !size) return size;
  const auto format =
      info.bitDepthMinus8 > 0 ? cudaVideoSurfaceFormat_P016 : cudaVideoSurfaceFormat_NV12;
  if (info.OutputFormat != format) {
    return fault(Fault::Unsupported, "conversion of the bit depth");
  }
  if (info.ulNumDecodeSurfaces == 0 || info.ulNumDecodeSurfaces > max_decode_surfaces) {
    return client_fault(std::format("ulNumDecodeSurfaces is {}", info.ulNumDecodeSurfaces));
  }
  if (info.ulNumOutputSurfaces == 0 || info.ulNumOutputSurfaces > max_output_surfaces) {
    return client_fault(std::format("ulNumOutputSurfaces is {}", info.ulNumOutputSurfaces));
  }
  if (info.DeinterlaceMode != cudaVideoDeinterlaceMode_Weave) {
    return fault(Fault::Unsupported, "deinterlacing");
  }
  const unsigned limit = driver.machine().surface_limit();
  if (limit != 0 && info.ulNumDecodeSurfaces > limit) {
    return fault(Fault::System, std::format("the device has memory for {} surfaces", limit));
  }
  return {};
}

// A key frame that is shown refers to nothing, and replaces every slot. NVIDIA's parser still has
// in its map what a sequence before left there, which may have been of another decoder.
bool forgets_references(const CUVIDAV1PICPARAMS& params) {
  return params.frame_type == 0 && params.show_frame;
}

}  // namespace

template <typename Info>
Result<Decoder::Geometry> Decoder::read_geometry(const Info& info) {
  Geometry geometry;
  geometry.coded_width = static_cast<unsigned>(info.ulWidth);
  geometry.coded_height = static_cast<unsigned>(info.ulHeight);
  geometry.target_width = static_cast<unsigned>(info.ulTargetWidth);
  geometry.target_height = static_cast<unsigned>(info.ulTargetHeight);
  unsigned width = geometry.coded_width;
  unsigned height = geometry.coded_height;
  const auto& area = info.display_area;
  if (area.right != 0 || area.bottom != 0) {
    // Clients give areas of even sizes for pictures of odd ones.
    if (area.left < 0 || area.top < 0 || area.right <= area.left || area.bottom <= area.top ||
        static_cast<unsigned>(area.right) > even(width) ||
        static_cast<unsigned>(area.bottom) > even(height)) {
      return client_fault(std::format("display_area {},{}-{},{} is not inside {}x{}", area.left,
                                      area.top, area.right, area.bottom, width, height));
    }
    geometry.left = static_cast<unsigned>(area.left);
    geometry.top = static_cast<unsigned>(area.top);
    width = static_cast<unsigned>(area.right - area.left);
    height = static_cast<unsigned>(area.bottom - area.top);
  }
  if (geometry.left % 2 != 0 || geometry.top % 2 != 0) {
    return fault(Fault::Unsupported, "cropping at odd samples");
  }
  if (even(geometry.target_width) != even(width) || even(geometry.target_height) != even(height)) {
    return fault(Fault::Unsupported, "scaling");
  }
  return geometry;
}

Result<std::shared_ptr<Decoder>> Decoder::create(Driver& driver,
                                                 const CUVIDDECODECREATEINFO& info) {
  if (const auto checked = check_create_info(driver, info); !checked) {
    return std::unexpected(checked.error());
  }
  const auto geometry = read_geometry(info);
  if (!geometry) return std::unexpected(geometry.error());
  auto resynthesizer = Resynthesizer::create();
  if (!resynthesizer) return std::unexpected(resynthesizer.error());
  auto decoder = std::make_shared<Decoder>(driver, info);
  decoder->geometry_ = *geometry;
  decoder->resynthesizer_ = std::move(*resynthesizer);
  return decoder;
}

Decoder::Decoder(Driver& driver, const CUVIDDECODECREATEINFO& info)
    : driver_(driver),
      bit_depth_(static_cast<unsigned>(info.bitDepthMinus8) + 8),
      max_width_(static_cast<unsigned>(std::max(info.ulMaxWidth, info.ulWidth))),
      max_height_(static_cast<unsigned>(std::max(info.ulMaxHeight, info.ulHeight))),
      max_mapped_(static_cast<unsigned>(info.ulNumOutputSurfaces)),
      surfaces_(info.ulNumDecodeSurfaces) {}

Decoder::~Decoder() {
  for (const auto& output : outputs_) (void)driver_.memory().free(output.address);
}

size_t Decoder::surface_stride() const {
  return size_t{even(geometry_.coded_width)} * sample_bytes();
}

size_t Decoder::surface_rows() const { return even(geometry_.coded_height); }

Result<> Decoder::reconfigure(const CUVIDRECONFIGUREDECODERINFO& info) {
  const std::scoped_lock lock(mutex_);
  if (info.ulWidth > max_width_ || info.ulHeight > max_height_) {
    return client_fault(std::format("{}x{} is above ulMaxWidth x ulMaxHeight, {}x{}", info.ulWidth,
                                    info.ulHeight, max_width_, max_height_));
  }
  const auto& machine = driver_.machine();
  if (const auto size = check_size(machine.profile(), info.ulWidth, info.ulHeight); !size) {
    return size;
  }
  if (info.ulNumDecodeSurfaces == 0 || info.ulNumDecodeSurfaces > max_decode_surfaces) {
    return client_fault(std::format("ulNumDecodeSurfaces is {}", info.ulNumDecodeSurfaces));
  }
  if (machine.surface_limit() != 0 && info.ulNumDecodeSurfaces > machine.surface_limit()) {
    return fault(Fault::System, "no memory for the surfaces");
  }
  const auto geometry = read_geometry(info);
  if (!geometry) return std::unexpected(geometry.error());
  auto resynthesizer = Resynthesizer::create();
  if (!resynthesizer) return std::unexpected(resynthesizer.error());
  geometry_ = *geometry;
  resynthesizer_ = std::move(*resynthesizer);
  surfaces_.assign(info.ulNumDecodeSurfaces, Surface());
  return {};
}

Result<> Decoder::check_indices(const CUVIDAV1PICPARAMS& params) const {
  for (unsigned slot = 0; slot < num_ref_frames; slot++) {
    const unsigned index = params.ref_frame_map[slot];
    if (index == no_index) continue;
    if (index >= surfaces_.size()) {
      return client_fault(
          std::format("ref_frame_map[{}] is {}, of {} surfaces", slot, index, surfaces_.size()));
    }
    if (surfaces_[index].content == Content::Nothing && !forgets_references(params)) {
      return client_fault(
          std::format("ref_frame_map[{}] is {}, into which nothing was decoded", slot, index));
    }
    if (index == static_cast<unsigned>(params.decodePicIdx)) {
      return client_fault(
          std::format("decodePicIdx is {}, which ref_frame_map[{}] still holds", index, slot));
    }
  }
  return {};
}

Result<> Decoder::check_picture(const CUVIDPICPARAMS& params) const {
  const auto& av1 = params.CodecSpecific.av1;
  const auto exists = [&](int index) {
    return index >= 0 && static_cast<size_t>(index) < surfaces_.size();
  };
  if (!exists(params.CurrPicIdx) || !exists(av1.decodePicIdx)) {
    return client_fault(std::format("CurrPicIdx is {} and decodePicIdx is {}, of {} surfaces",
                                    params.CurrPicIdx, av1.decodePicIdx, surfaces_.size()));
  }
  if (av1.apply_grain && params.CurrPicIdx == av1.decodePicIdx) {
    return client_fault("film grain needs a decodePicIdx apart from CurrPicIdx");
  }
  if (av1.bit_depth_minus8 + 8U != bit_depth_) {
    return client_fault(std::format("bit_depth_minus8 is {} in a decoder for {} bits",
                                    static_cast<unsigned>(av1.bit_depth_minus8), bit_depth_));
  }
  if (av1.width == 0 || av1.height == 0 || av1.width > even(geometry_.coded_width) ||
      av1.height > even(geometry_.coded_height)) {
    return client_fault(std::format("a picture of {}x{} in a decoder for {}x{}", av1.width,
                                    av1.height, geometry_.coded_width, geometry_.coded_height));
  }
  return check_indices(av1);
}

bool Decoder::references_damage(const CUVIDAV1PICPARAMS& params) const {
  if (params.frame_type == 0 || params.frame_type == 2) return false;
  return std::ranges::any_of(params.ref_frame, [&](const auto& reference) {
    return reference.index < surfaces_.size() &&
           surfaces_[reference.index].content == Content::Damaged;
  });
}

// Without planes: a grey picture.
void Decoder::store(Surface& surface, const PlaneView* planes) {
  const size_t luma_size = surface_stride() * surface_rows();
  surface.bytes.assign(luma_size + luma_size / 2, planes ? 0 : grey);
  surface.content = planes ? Content::Picture : Content::Damaged;
  if (!planes) return;
  write_semi_planar(*planes, {.luma = surface.bytes.data(),
                              .luma_stride = surface_stride(),
                              .chroma = surface.bytes.data() + luma_size,
                              .chroma_stride = surface_stride(),
                              .sixteen_bits = bit_depth_ > 8});
}

Result<> Decoder::decode_locked(const CUVIDPICPARAMS& params) {
  if (const auto checked = check_picture(params); !checked) return checked;
  Surface& reference = surfaces_[static_cast<size_t>(params.CodecSpecific.av1.decodePicIdx)];
  Surface& shown = surfaces_[static_cast<size_t>(params.CurrPicIdx)];
  driver_.machine().counters().add("bytes_decoded", params.nBitstreamDataLen);
  if (driver_.machine().null_mode()) {
    reference.content = Content::Picture;
    shown.content = Content::Picture;
    return {};
  }
  auto picture = read_picture(params);
  if (!picture) return std::unexpected(picture.error());
  for (SurfaceId& id : picture->ref_frame_map) {
    if (id != no_surface && surfaces_[id].content == Content::Nothing) id = no_surface;
  }
  if (references_damage(params.CodecSpecific.av1)) {
    store(reference, nullptr);
    store(shown, nullptr);
    return {};
  }
  const auto decoded = resynthesizer_->decode(*picture);
  if (!decoded) {
    if (decoded.error().fault != Fault::Stream) return std::unexpected(decoded.error());
    driver_.machine().counters().add("damaged_pictures");
    store(reference, nullptr);
    store(shown, nullptr);
    return {};
  }
  const PlaneView reconstructed = decoded->reconstructed.view();
  store(reference, &reconstructed);
  if (&shown != &reference) {
    const PlaneView output = decoded->grained ? decoded->grained.view() : reconstructed;
    store(shown, &output);
  }
  return {};
}

Result<> Decoder::decode(const CUVIDPICPARAMS& params) {
  const std::scoped_lock lock(mutex_);
  return decode_locked(params);
}

Result<cuvidDecodeStatus> Decoder::status(int index) const {
  const std::scoped_lock lock(mutex_);
  if (index < 0 || static_cast<size_t>(index) >= surfaces_.size()) {
    return client_fault(std::format("picture index {} of {}", index, surfaces_.size()));
  }
  switch (surfaces_[static_cast<size_t>(index)].content) {
  case Content::Picture: return cuvidDecodeStatus_Success;
  case Content::Damaged: return cuvidDecodeStatus_Error;
  case Content::Nothing: break;
  }
  return cuvidDecodeStatus_Invalid;
}

Result<Decoder::Output*> Decoder::free_output(size_t size) {
  const auto mapped = static_cast<unsigned>(std::ranges::count_if(outputs_, &Output::mapped));
  if (mapped >= max_mapped_) {
    return client_fault(std::format("all of ulNumOutputSurfaces, {}, are mapped", max_mapped_));
  }
  driver_.machine().counters().raise("most_mapped", mapped + 1U);
  auto free = std::ranges::find_if(
      outputs_, [&](const Output& output) { return !output.mapped && output.size == size; });
  if (free != outputs_.end()) return &*free;
  const auto address = driver_.memory().allocate(size);
  if (!address) return std::unexpected(address.error());
  std::ranges::fill(*driver_.memory().bytes(*address, size), grey);
  // Those of another size are of no use any more.
  std::erase_if(outputs_, [&](const Output& output) {
    return !output.mapped && output.size != size && driver_.memory().free(output.address);
  });
  return &outputs_.emplace_back(Output{.address = *address, .size = size});
}

void Decoder::copy_out(const Surface& surface, std::span<uint8_t> to, size_t pitch) const {
  const size_t width = size_t{even(geometry_.target_width)} * sample_bytes();
  const uint8_t* from = surface.bytes.data() + surface_stride() * geometry_.top +
                        size_t{geometry_.left} * sample_bytes();
  for (unsigned y = 0; y < even(geometry_.target_height); y++) {
    std::memcpy(to.data() + pitch * y, from + surface_stride() * y, width);
  }
  from += surface_stride() * (surface_rows() - geometry_.top / 2);
  uint8_t* chroma = to.data() + pitch * geometry_.target_height;
  for (unsigned y = 0; y < even(geometry_.target_height) / 2; y++) {
    std::memcpy(chroma + pitch * y, from + surface_stride() * y, width);
  }
}

Result<Decoder::Mapping> Decoder::map(int index, const CUVIDPROCPARAMS& params) {
  const std::scoped_lock lock(mutex_);
  if (index < 0 || static_cast<size_t>(index) >= surfaces_.size()) {
    return client_fault(std::format("picture index {} of {}", index, surfaces_.size()));
  }
  const Surface& surface = surfaces_[static_cast<size_t>(index)];
  if (surface.content == Content::Nothing) {
    return client_fault(std::format("nothing was decoded into picture {}", index));
  }
  if (!is_stream(driver_, params.output_stream)) return client_fault("no such output_stream");
  if (params.raw_input_dptr || params.raw_output_dptr || params.histogram_dptr) {
    return fault(Fault::Unsupported, "raw input and histograms");
  }
  const size_t alignment = driver_.machine().profile().pitch_alignment;
  const size_t width = size_t{even(geometry_.target_width)} * sample_bytes();
  const size_t pitch = (width + alignment - 1) / alignment * alignment;
  // A row more where the height is odd, for the last row that copy_out() has of each plane.
  const size_t rows = geometry_.target_height + size_t{even(geometry_.target_height)} / 2 +
                      geometry_.target_height % 2;
  const auto output = free_output(pitch * rows);
  if (!output) return std::unexpected(output.error());
  (*output)->mapped = true;
  if (!driver_.machine().null_mode()) {
    const auto bytes = driver_.memory().bytes((*output)->address, (*output)->size);
    if (!bytes) return std::unexpected(bytes.error());
    copy_out(surface, *bytes, pitch);
  }
  return Mapping{(*output)->address, static_cast<unsigned>(pitch)};
}

Result<> Decoder::unmap(CUdeviceptr address) {
  const std::scoped_lock lock(mutex_);
  const auto found = std::ranges::find(outputs_, address, &Output::address);
  if (found == outputs_.end() || !found->mapped) {
    return client_fault(std::format("{:#x} is not mapped", address));
  }
  found->mapped = false;
  return {};
}

unsigned Decoder::mapped_count() const {
  const std::scoped_lock lock(mutex_);
  return static_cast<unsigned>(std::ranges::count_if(outputs_, &Output::mapped));
}

}  // namespace refdrv::nv
