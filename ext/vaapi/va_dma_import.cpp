// SPDX-License-Identifier: LGPL-2.1-or-later
// Looks at DMA-BUFs as VA surfaces, and remembers those that it has seen.
#include "vaapi/va_dma_import.h"

#include <drm_fourcc.h>
#include <gst/allocators/gstdmabuf.h>
#include <gst/video/video-info-dma.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <utility>

#include "vaapi/va_attribute.h"
#include "vaapi/va_format.h"
#include "vaapi/va_status.h"

namespace av1hw {
namespace {

// As many as any pool that is in use has; each keeps memory.
constexpr size_t most_known = 32;

class ImportedSurface final : public VaEncodeSurface {
 public:
  ImportedSurface(VaDisplayHandle display, std::shared_ptr<DriverCalls> calls, VASurfaceID id)
      : VaEncodeSurface(id), display_(std::move(display)), calls_(std::move(calls)) {}
  ImportedSurface(const ImportedSurface&) = delete;
  ImportedSurface& operator=(const ImportedSurface&) = delete;
  ~ImportedSurface() override {
    const DriverCall call(*calls_, "vaDestroySurfaces");
    VASurfaceID surface = id();
    log_failure(vaDestroySurfaces(gst_va_display_get_va_dpy(display_.get()), &surface, 1),
                "vaDestroySurfaces");
  }

 private:
  const VaDisplayHandle display_;
  const std::shared_ptr<DriverCalls> calls_;
};

std::unexpected<Error> unreadable(const char* why) {
  return fail(ErrorCode::InvalidData, std::string("a DMA-BUF can't be read: ") + why);
}

// Where each plane begins in the frame: its GstVideoMeta's, or `info`'s layout.
struct Planes {
  std::array<gsize, GST_VIDEO_MAX_PLANES> offset = {};
  std::array<gint, GST_VIDEO_MAX_PLANES> stride = {};
};

// What the samples are is said by the caps' drm-format, which `info` is of. A meta has the same
// format, or says as format=DMA_DRM does that it stands elsewhere.
bool contradicts(const GstVideoMeta& meta, const GstVideoInfo& info) {
  return (meta.format != GST_VIDEO_INFO_FORMAT(&info) && meta.format != GST_VIDEO_FORMAT_DMA_DRM) ||
         meta.n_planes != GST_VIDEO_INFO_N_PLANES(&info) ||
         meta.width != static_cast<guint>(info.width) ||
         meta.height != static_cast<guint>(info.height);
}

Result<Planes> planes_of(GstBuffer* frame, const GstVideoInfo& info, uint64_t modifier) {
  Planes planes;
  const GstVideoMeta* meta = gst_buffer_get_video_meta(frame);
  if (meta && contradicts(*meta, info)) return unreadable("its meta contradicts the caps");
  if (!meta && modifier != DRM_FORMAT_MOD_LINEAR)
    return unreadable("it is not linear, and no GstVideoMeta says where its planes are");
  for (unsigned i = 0; i < GST_VIDEO_INFO_N_PLANES(&info); i++) {
    planes.offset[i] = meta ? meta->offset[i] : GST_VIDEO_INFO_PLANE_OFFSET(&info, i);
    planes.stride[i] = meta ? meta->stride[i] : GST_VIDEO_INFO_PLANE_STRIDE(&info, i);
    if (planes.stride[i] <= 0) return unreadable("rows have no size");
  }
  return planes;
}

// The least that a plane takes of its object. The last row of a linear one may end with its last
// sample; tiles are whole. Of formats that va_fourcc() knows: NV12 and P010, whose planes begin
// with the component of the same number.
uint64_t plane_size(const GstVideoInfo& info, unsigned plane, gint stride, uint64_t modifier) {
  const auto rows = static_cast<uint64_t>(GST_VIDEO_INFO_COMP_HEIGHT(&info, plane));
  const auto pitch = static_cast<uint64_t>(stride);
  if (modifier != DRM_FORMAT_MOD_LINEAR) return rows * pitch;
  const uint64_t samples = static_cast<uint64_t>(GST_VIDEO_INFO_COMP_WIDTH(&info, plane)) *
                           static_cast<uint64_t>(GST_VIDEO_INFO_COMP_PSTRIDE(&info, plane));
  return (rows - 1) * pitch + samples;
}

// A row of a linear plane holds its samples.
bool row_holds_samples(const GstVideoInfo& info, unsigned plane, gint stride, uint64_t modifier) {
  return modifier != DRM_FORMAT_MOD_LINEAR || stride / GST_VIDEO_INFO_COMP_PSTRIDE(&info, plane) >=
                                                  GST_VIDEO_INFO_COMP_WIDTH(&info, plane);
}

class LayoutReader {
 public:
  LayoutReader(GstBuffer* frame, const GstVideoInfo& info, uint64_t modifier)
      : frame_(frame), info_(info), modifier_(modifier) {
    layout_.fourcc = va_fourcc(GST_VIDEO_INFO_FORMAT(&info));
    layout_.width = static_cast<uint32_t>(info.width);
    layout_.height = static_cast<uint32_t>(info.height);
    layout_.num_layers = 1;
    layout_.layers[0].drm_format = gst_video_dma_drm_fourcc_from_format(info.finfo->format);
    layout_.layers[0].num_planes = GST_VIDEO_INFO_N_PLANES(&info);
    key_ = {layout_.fourcc, layout_.width, layout_.height, modifier};
  }

  Result<> read() {
    const Result<Planes> planes = planes_of(frame_, info_, modifier_);
    if (!planes) return std::unexpected(planes.error());
    for (unsigned i = 0; i < layout_.layers[0].num_planes; i++) {
      if (Result<> done = add_plane(i, planes->offset[i], planes->stride[i]); !done) return done;
    }
    return {};
  }

  VADRMPRIMESurfaceDescriptor& layout() { return layout_; }
  const std::vector<uint64_t>& key() const { return key_; }

 private:
  Result<> add_plane(unsigned plane, gsize offset, gint stride) {
    guint index = 0;
    guint count = 0;
    gsize skip = 0;
    if (!gst_buffer_find_memory(frame_, offset, 1, &index, &count, &skip))
      return unreadable("a plane lies outside it");
    GstMemory* memory = gst_buffer_peek_memory(frame_, index);
    const Result<unsigned> object = object_of(memory);
    if (!object) return std::unexpected(object.error());
    const uint64_t begin = uint64_t{skip} + memory->offset;
    const uint64_t end = layout_.objects[*object].size;
    if (!row_holds_samples(info_, plane, stride, modifier_))
      return unreadable("rows are shorter than their samples");
    if (begin > end || plane_size(info_, plane, stride, modifier_) > end - begin)
      return unreadable("a plane lies outside it");
    auto& layer = layout_.layers[0];
    layer.object_index[plane] = *object;
    layer.offset[plane] = static_cast<uint32_t>(begin);
    layer.pitch[plane] = static_cast<uint32_t>(stride);
    key_.insert(key_.end(), {*object, layer.offset[plane], layer.pitch[plane]});
    return {};
  }

  Result<unsigned> object_of(GstMemory* memory) {
    if (!gst_is_dmabuf_memory(memory)) return unreadable("it is other memory");
    const int fd = gst_dmabuf_memory_get_fd(memory);
    struct stat file = {};
    if (fstat(fd, &file) != 0) return unreadable("its descriptor is not valid");
    for (unsigned i = 0; i < layout_.num_objects; i++) {
      if (inodes_[i] == file.st_ino) return i;
    }
    const unsigned index = layout_.num_objects;
    if (index >= inodes_.size()) return unreadable("it consists of too many parts");
    inodes_[index] = file.st_ino;
    auto& object = layout_.objects[index];
    object.fd = fd;
    const uint64_t size =
        file.st_size > 0 ? static_cast<uint64_t>(file.st_size) : uint64_t{memory->maxsize};
    // What is beyond that can't be said in a descriptor.
    object.size = static_cast<uint32_t>(std::min<uint64_t>(size, UINT32_MAX));
    object.drm_format_modifier = modifier_;
    layout_.num_objects++;
    key_.push_back(file.st_ino);
    return index;
  }

  GstBuffer* const frame_;
  const GstVideoInfo& info_;
  const uint64_t modifier_;
  VADRMPRIMESurfaceDescriptor layout_ = {};
  std::array<ino_t, 4> inodes_ = {};
  std::vector<uint64_t> key_;
};

}  // namespace

Result<std::shared_ptr<VaEncodeSurface>> VaDmaImport::import(VADRMPRIMESurfaceDescriptor& layout,
                                                             const GstVideoInfo& info) {
  std::array attributes = {
      va_attribute(VASurfaceAttribMemoryType, VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME_2),
      va_attribute(VASurfaceAttribExternalBufferDescriptor, &layout),
      va_attribute(VASurfaceAttribUsageHint, VA_SURFACE_ATTRIB_USAGE_HINT_ENCODER)};
  const DriverCall call(*calls_, "vaCreateSurfaces");
  VASurfaceID id = VA_INVALID_SURFACE;
  const VAStatus status =
      vaCreateSurfaces(gst_va_display_get_va_dpy(display_.get()),
                       va_rt_format_of(GST_VIDEO_INFO_FORMAT(&info)), layout.width, layout.height,
                       &id, 1, attributes.data(), static_cast<unsigned>(attributes.size()));
  if (status != VA_STATUS_SUCCESS) return std::unexpected(va_error(status, "read a DMA-BUF"));
  return std::make_shared<ImportedSurface>(
      VaDisplayHandle{GST_VA_DISPLAY(gst_object_ref(display_.get()))}, calls_, id);
}

Result<std::shared_ptr<VaEncodeSurface>> VaDmaImport::surface_of(GstBuffer* frame,
                                                                 const GstVideoInfo& info,
                                                                 uint64_t modifier) {
  LayoutReader reader(frame, info, modifier);
  if (const Result<> read = reader.read(); !read) return std::unexpected(read.error());
  const auto found = std::ranges::find(known_, reader.key(), &Known::key);
  if (found != known_.end()) return found->surface;
  Result<std::shared_ptr<VaEncodeSurface>> made = import(reader.layout(), info);
  if (!made) return made;
  if (known_.size() >= most_known) known_.pop_front();
  known_.push_back({reader.key(), *made});
  return made;
}

}  // namespace av1hw
