// SPDX-License-Identifier: LGPL-2.1-or-later
// The VA driver as a client meets it through libva: what works, and that misuse is noticed.
#include <drm_fourcc.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <va/va.h>
#include <va/va_drm.h>
#include <va/va_drmcommon.h>
#include <va/va_vpp.h>
#include <xf86drm.h>

#include <array>
#include <cstring>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include "refdrv/va/tiling.h"
#include "refdrv/va/va_fixture.h"

namespace refdrv::va {
namespace {

TEST(RenderNode, IsThereForWhoLooks) {
  struct stat status = {};
  ASSERT_EQ(stat(node, &status), 0);
  EXPECT_TRUE(S_ISCHR(status.st_mode));
  const int fd = open(node, O_RDWR | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  ASSERT_EQ(fstat(fd, &status), 0);
  EXPECT_TRUE(S_ISCHR(status.st_mode));
  EXPECT_EQ(drmGetNodeTypeFromFd(fd), DRM_NODE_RENDER);
  drmVersionPtr version = drmGetVersion(fd);
  ASSERT_NE(version, nullptr);
  EXPECT_STREQ(version->name, is_tiled() ? "i915" : "amdgpu");
  drmFreeVersion(version);
  drmDevicePtr device = nullptr;
  ASSERT_EQ(drmGetDevice2(fd, 0, &device), 0);
  EXPECT_EQ(device->businfo.pci->bus, 3);
  drmFreeDevice(&device);
  const int copy = dup(fd);
  EXPECT_EQ(drmGetNodeTypeFromFd(copy), DRM_NODE_RENDER);
  close(copy);
  close(fd);
}

VASurfaceAttrib pointer_attribute(VASurfaceAttribType type, void* pointer) {
  VASurfaceAttrib attribute = {};
  attribute.type = type;
  attribute.flags = VA_SURFACE_ATTRIB_SETTABLE;
  attribute.value.type = VAGenericValueTypePointer;
  attribute.value.value.p = pointer;
  return attribute;
}

VASurfaceAttrib integer_attribute(VASurfaceAttribType type, uint32_t value) {
  VASurfaceAttrib attribute = {};
  attribute.type = type;
  attribute.flags = VA_SURFACE_ATTRIB_SETTABLE;
  attribute.value.type = VAGenericValueTypeInteger;
  attribute.value.value.i = static_cast<int>(value);
  return attribute;
}

TEST_F(VaDriver, TellsTheCapabilitiesOfItsProfile) {
  std::vector<VAProfile> profiles(static_cast<size_t>(vaMaxNumProfiles(display_)));
  int found = 0;
  ASSERT_EQ(vaQueryConfigProfiles(display_, profiles.data(), &found), VA_STATUS_SUCCESS);
  profiles.resize(static_cast<size_t>(found));
  EXPECT_THAT(profiles, testing::Contains(VAProfileAV1Profile0));
  std::array<VAConfigAttrib, 2> attributes = {
      {{VAConfigAttribRTFormat, 0}, {VAConfigAttribMaxPictureWidth, 0}}};
  ASSERT_EQ(
      vaGetConfigAttributes(display_, VAProfileAV1Profile0, VAEntrypointVLD, attributes.data(), 2),
      VA_STATUS_SUCCESS);
  EXPECT_EQ(attributes[0].value, VA_RT_FORMAT_YUV420 | VA_RT_FORMAT_YUV420_10);
  EXPECT_EQ(attributes[1].value, is_tiled() ? 16384U : 8192U);
  VAConfigID id = VA_INVALID_ID;
  EXPECT_EQ(vaCreateConfig(display_, VAProfileHEVCMain, VAEntrypointVLD, nullptr, 0, &id),
            VA_STATUS_ERROR_UNSUPPORTED_PROFILE);
  const auto other = is_tiled() ? VAEntrypointEncSlice : VAEntrypointEncSliceLP;
  EXPECT_EQ(vaCreateConfig(display_, VAProfileAV1Profile0, other, nullptr, 0, &id),
            VA_STATUS_ERROR_UNSUPPORTED_ENTRYPOINT);
  attributes[0].value = VA_RT_FORMAT_YUV444;
  EXPECT_EQ(
      vaCreateConfig(display_, VAProfileAV1Profile0, VAEntrypointVLD, attributes.data(), 1, &id),
      VA_STATUS_ERROR_UNSUPPORTED_RT_FORMAT);
}

TEST_F(VaDriver, ListsSurfaceFormatsOfAConfiguration) {
  const VAConfigID config = make_config(VA_RT_FORMAT_YUV420_10);
  unsigned room = 0;
  ASSERT_EQ(vaQuerySurfaceAttributes(display_, config, nullptr, &room), VA_STATUS_SUCCESS);
  std::vector<VASurfaceAttrib> list(room);
  ASSERT_EQ(vaQuerySurfaceAttributes(display_, config, list.data(), &room), VA_STATUS_SUCCESS);
  std::set<int> formats;
  for (const auto& attribute : list) {
    if (attribute.type == VASurfaceAttribPixelFormat) formats.insert(attribute.value.value.i);
  }
  EXPECT_THAT(formats, testing::ElementsAre(static_cast<int>(VA_FOURCC_P010)));
  EXPECT_EQ(vaDestroyConfig(display_, config), VA_STATUS_SUCCESS);
  expect_misuse(vaDestroyConfig(display_, config), VA_STATUS_ERROR_INVALID_CONFIG);
}

TEST_F(VaDriver, KeepsWhatIsPutIntoASurface) {
  VAImageFormat format = {};
  format.fourcc = VA_FOURCC_P010;
  VAImage in = {};
  VAImage out = {};
  ASSERT_EQ(vaCreateImage(display_, &format, 70, 38, &in), VA_STATUS_SUCCESS);
  ASSERT_EQ(vaCreateImage(display_, &format, 70, 38, &out), VA_STATUS_SUCCESS);
  const VASurfaceID surface = make_surface(200, 100, VA_RT_FORMAT_YUV420_10);
  uint8_t* bytes = nullptr;
  ASSERT_EQ(vaMapBuffer(display_, in.buf, reinterpret_cast<void**>(&bytes)), VA_STATUS_SUCCESS);
  std::iota(bytes, bytes + in.data_size, uint8_t{1});
  expect_misuse(vaPutImage(display_, surface, in.image_id, 0, 0, 70, 38, 0, 0, 70, 38));
  ASSERT_EQ(vaUnmapBuffer(display_, in.buf), VA_STATUS_SUCCESS);
  ASSERT_EQ(vaPutImage(display_, surface, in.image_id, 0, 0, 70, 38, 126, 60, 70, 38),
            VA_STATUS_SUCCESS);
  ASSERT_EQ(vaGetImage(display_, surface, 126, 60, 70, 38, out.image_id), VA_STATUS_SUCCESS);
  uint8_t* read = nullptr;
  ASSERT_EQ(vaMapBuffer(display_, out.buf, reinterpret_cast<void**>(&read)), VA_STATUS_SUCCESS);
  for (unsigned plane = 0; plane < 2; plane++) {
    for (unsigned y = 0; y < 38U >> plane; y++) {
      const size_t at = out.offsets[plane] + y * out.pitches[plane];
      EXPECT_EQ(std::memcmp(read + at, bytes + at, 140), 0) << plane << ' ' << y;
    }
  }
  ASSERT_EQ(vaUnmapBuffer(display_, out.buf), VA_STATUS_SUCCESS);
  expect_misuse(vaGetImage(display_, surface, 132, 60, 70, 38, out.image_id));
  expect_misuse(vaDestroyBuffer(display_, out.buf));
  EXPECT_EQ(vaDestroyImage(display_, in.image_id), VA_STATUS_SUCCESS);
  EXPECT_EQ(vaDestroyImage(display_, out.image_id), VA_STATUS_SUCCESS);
}

TEST_F(VaDriver, DerivedImagesAreTheSurface) {
  const VASurfaceID surface = make_surface(256, 64);
  VAImage image = {};
  ASSERT_EQ(vaDeriveImage(display_, surface, &image), VA_STATUS_SUCCESS);
  uint8_t* bytes = nullptr;
  ASSERT_EQ(vaMapBuffer(display_, image.buf, reinterpret_cast<void**>(&bytes)), VA_STATUS_SUCCESS);
  bytes[image.offsets[1] + 3 * image.pitches[1] + 77] = 0x55;
  ASSERT_EQ(vaUnmapBuffer(display_, image.buf), VA_STATUS_SUCCESS);
  EXPECT_EQ(vaDestroyImage(display_, image.image_id), VA_STATUS_SUCCESS);
  auto descriptor = exported(surface, VA_EXPORT_SURFACE_COMPOSED_LAYERS);
  const auto& object = descriptor.objects[0];
  auto* memory =
      static_cast<uint8_t*>(mmap(nullptr, object.size, PROT_READ, MAP_SHARED, object.fd, 0));
  ASSERT_NE(memory, MAP_FAILED);
  const auto& layer = descriptor.layers[0];
  EXPECT_EQ(
      memory[layer.offset[1] + byte_offset(object.drm_format_modifier, layer.pitch[1], 77, 3)],
      0x55);
  munmap(memory, object.size);
  close(object.fd);
}

TEST_F(VaDriver, ExportsAndImportsSurfaces) {
  const VASurfaceID surface = make_surface(100, 50);
  auto separate = exported(surface, VA_EXPORT_SURFACE_SEPARATE_LAYERS);
  EXPECT_EQ(separate.num_layers, 2U);
  EXPECT_EQ(separate.layers[1].drm_format, uint32_t{DRM_FORMAT_GR88});
  EXPECT_EQ(separate.objects[0].drm_format_modifier, is_tiled() ? modifier_4_tiled : 0);
  auto composed = exported(surface, VA_EXPORT_SURFACE_COMPOSED_LAYERS);
  ASSERT_EQ(composed.num_layers, 1U);
  EXPECT_EQ(composed.layers[0].drm_format, uint32_t{DRM_FORMAT_NV12});
  EXPECT_EQ(composed.layers[0].pitch[0] % (is_tiled() ? 128 : 256), 0U);

  const std::vector<VASurfaceAttrib> import = {
      integer_attribute(VASurfaceAttribMemoryType, VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME_2),
      integer_attribute(VASurfaceAttribPixelFormat, VA_FOURCC_NV12),
      pointer_attribute(VASurfaceAttribExternalBufferDescriptor, &composed)};
  const VASurfaceID imported = make_surface(100, 50, VA_RT_FORMAT_YUV420, import);
  EXPECT_EQ(count("imports"), 1U);
  struct stat a = {};
  struct stat b = {};
  auto again = exported(imported, VA_EXPORT_SURFACE_COMPOSED_LAYERS);
  ASSERT_EQ(fstat(again.objects[0].fd, &a), 0);
  ASSERT_EQ(fstat(separate.objects[0].fd, &b), 0);
  EXPECT_EQ(a.st_ino, b.st_ino);
  composed.layers[0].pitch[0] = 64;
  VASurfaceID refused = VA_INVALID_SURFACE;
  auto attributes = import;
  expect_misuse(vaCreateSurfaces(display_, VA_RT_FORMAT_YUV420, 100, 50, &refused, 1,
                                 attributes.data(), static_cast<unsigned>(attributes.size())));
  for (const auto& descriptor : {separate, composed, again}) close(descriptor.objects[0].fd);
}

TEST_F(VaDriver, ChoosesAmongTheModifiersItIsGivenOrPassesOverThem) {
  std::array<uint64_t, 2> modifiers = {DRM_FORMAT_MOD_LINEAR, 0x0100000000000001};
  VADRMFormatModifierList list = {2, modifiers.data()};
  std::vector<VASurfaceAttrib> attributes = {
      pointer_attribute(VASurfaceAttribDRMFormatModifiers, &list)};
  const VASurfaceID surface = make_surface(64, 64, VA_RT_FORMAT_YUV420, attributes);
  auto descriptor = exported(surface, VA_EXPORT_SURFACE_COMPOSED_LAYERS);
  EXPECT_EQ(descriptor.objects[0].drm_format_modifier,
            takes_lists() ? uint64_t{DRM_FORMAT_MOD_LINEAR} : modifier_4_tiled);
  close(descriptor.objects[0].fd);
  if (!takes_lists()) return;
  modifiers[0] = 0x0100000000000002;
  VASurfaceID refused = VA_INVALID_SURFACE;
  EXPECT_EQ(
      vaCreateSurfaces(display_, VA_RT_FORMAT_YUV420, 64, 64, &refused, 1, attributes.data(), 1),
      VA_STATUS_ERROR_INVALID_PARAMETER);
}

TEST_F(VaDriver, RefusesSurfacesThatTheDeviceCannotMake) {
  VASurfaceID id = VA_INVALID_SURFACE;
  EXPECT_EQ(vaCreateSurfaces(display_, VA_RT_FORMAT_YUV420, 20000, 64, &id, 1, nullptr, 0),
            VA_STATUS_ERROR_RESOLUTION_NOT_SUPPORTED);
  EXPECT_EQ(vaCreateSurfaces(display_, VA_RT_FORMAT_YUV444, 64, 64, &id, 1, nullptr, 0),
            VA_STATUS_ERROR_UNSUPPORTED_RT_FORMAT);
  auto attribute =
      integer_attribute(VASurfaceAttribMemoryType, VA_SURFACE_ATTRIB_MEM_TYPE_USER_PTR);
  EXPECT_EQ(vaCreateSurfaces(display_, VA_RT_FORMAT_YUV420, 64, 64, &id, 1, &attribute, 1),
            VA_STATUS_ERROR_UNSUPPORTED_MEMORY_TYPE);
  attribute = integer_attribute(VASurfaceAttribPixelFormat, VA_FOURCC_P010);
  expect_misuse(vaCreateSurfaces(display_, VA_RT_FORMAT_YUV420, 64, 64, &id, 1, &attribute, 1));
  expect_misuse(vaDestroySurfaces(display_, &id, 1), VA_STATUS_ERROR_INVALID_SURFACE);
}

// A context, and a key frame of 64x64 whose parameters are consistent, with one tile of arbitrary
// data.
class VaDecoder : public VaDriver {
 protected:
  void SetUp() override {
    VaDriver::SetUp();
    config_ = make_config();
    ASSERT_EQ(vaCreateContext(display_, config_, 64, 64, VA_PROGRESSIVE, nullptr, 0, &context_),
              VA_STATUS_SUCCESS);
    for (auto& surface : surfaces_) surface = make_surface(64, 64);
    params_.pic_info_fields.bits.show_frame = 1;
    params_.pic_info_fields.bits.uniform_tile_spacing_flag = 1;
    params_.pic_info_fields.bits.force_integer_mv = 1;
    params_.seq_info_fields.fields.subsampling_x = 1;
    params_.seq_info_fields.fields.subsampling_y = 1;
    params_.current_frame = surfaces_[0];
    params_.current_display_picture = VA_INVALID_SURFACE;
    params_.frame_width_minus1 = params_.frame_height_minus1 = 63;
    params_.primary_ref_frame = 7;
    params_.superres_scale_denominator = 8;
    params_.tile_cols = params_.tile_rows = 1;
    params_.base_qindex = 50;
    for (auto& slot : params_.ref_frame_map) slot = VA_INVALID_SURFACE;
    const int8_t deltas[8] = {1, 0, 0, 0, -1, 0, -1, -1};
    std::memcpy(params_.ref_deltas, deltas, sizeof deltas);
    tile_.slice_data_size = 64;
    data_[0] = 0x12;
    data_[1] = 0x34;
  }
  void TearDown() override {
    EXPECT_EQ(vaDestroyContext(display_, context_), VA_STATUS_SUCCESS);
    EXPECT_EQ(vaDestroySurfaces(display_, surfaces_.data(), surfaces_.size()), VA_STATUS_SUCCESS);
    VaDriver::TearDown();
  }

  VABufferID make_buffer(VABufferType type, void* data, size_t size, unsigned elements = 1) {
    VABufferID id = VA_INVALID_ID;
    EXPECT_EQ(
        vaCreateBuffer(display_, context_, type, static_cast<unsigned>(size), elements, data, &id),
        VA_STATUS_SUCCESS);
    return id;
  }
  VAStatus decode(VASurfaceID target) {
    params_.current_frame = target;
    return decode();
  }
  VAStatus decode() {
    std::array<VABufferID, 3> buffers = {
        make_buffer(VAPictureParameterBufferType, &params_, sizeof params_),
        make_buffer(VASliceParameterBufferType, &tile_, sizeof tile_),
        make_buffer(VASliceDataBufferType, data_.data(), data_.size())};
    EXPECT_EQ(vaBeginPicture(display_, context_, params_.current_frame), VA_STATUS_SUCCESS);
    EXPECT_EQ(vaRenderPicture(display_, context_, buffers.data(), 3), VA_STATUS_SUCCESS);
    for (const auto buffer : buffers) vaDestroyBuffer(display_, buffer);
    return vaEndPicture(display_, context_);
  }

  VAConfigID config_ = VA_INVALID_ID;
  VAContextID context_ = VA_INVALID_ID;
  std::array<VASurfaceID, 3> surfaces_ = {};
  VADecPictureParameterBufferAV1 params_ = {};
  VASliceParameterBufferAV1 tile_ = {};
  std::array<uint8_t, 64> data_ = {};
};

TEST_F(VaDecoder, ShowsAPictureOnceItWasWaitedFor) {
  auto descriptor = exported(surfaces_[0], VA_EXPORT_SURFACE_COMPOSED_LAYERS);
  const auto& object = descriptor.objects[0];
  auto* memory =
      static_cast<uint8_t*>(mmap(nullptr, object.size, PROT_READ, MAP_SHARED, object.fd, 0));
  ASSERT_NE(memory, MAP_FAILED);
  const std::vector<uint8_t> before(memory, memory + object.size);
  ASSERT_EQ(decode(), VA_STATUS_SUCCESS);
  EXPECT_EQ(std::memcmp(memory, before.data(), before.size()), 0);
  EXPECT_EQ(vaSyncSurface2(display_, surfaces_[0], VA_TIMEOUT_INFINITE), VA_STATUS_SUCCESS);
  EXPECT_NE(std::memcmp(memory, before.data(), before.size()), 0);
  munmap(memory, object.size);
  close(object.fd);
}

TEST_F(VaDecoder, TellsOfDataThatDoesNotDecode) {
  params_.tile_cols = params_.tile_rows = 1;
  tile_.slice_data_size = 1;
  data_[0] = 0xff;
  const VAStatus ended = decode();
  ASSERT_EQ(ended, VA_STATUS_SUCCESS);
  const VAStatus synced = vaSyncSurface(display_, surfaces_[0]);
  EXPECT_TRUE(synced == VA_STATUS_SUCCESS || synced == VA_STATUS_ERROR_DECODING_ERROR);
}

TEST_F(VaDecoder, NoticesWrongSurfaces) {
  params_.ref_frame_map[3] = surfaces_[1];
  expect_misuse(decode());
  params_.ref_frame_map[3] = 0x1234;
  expect_misuse(decode());
  params_.ref_frame_map[3] = VA_INVALID_SURFACE;
  ASSERT_EQ(decode(), VA_STATUS_SUCCESS);
  params_.ref_frame_map[3] = surfaces_[0];
  expect_misuse(decode());
  params_.ref_frame_map[3] = VA_INVALID_SURFACE;
  const VASurfaceID small = make_surface(32, 32);
  expect_misuse(decode(small));
  const VASurfaceID deep = make_surface(64, 64, VA_RT_FORMAT_YUV420_10);
  expect_misuse(decode(deep));
  expect_misuse(vaBeginPicture(display_, context_, VA_INVALID_SURFACE),
                VA_STATUS_ERROR_INVALID_SURFACE);
}

TEST_F(VaDecoder, WantsASurfaceOfItsOwnForGrain) {
  params_.seq_info_fields.fields.film_grain_params_present = 1;
  params_.film_grain_info.film_grain_info_fields.bits.apply_grain = 1;
  expect_misuse(decode());
  params_.current_display_picture = surfaces_[0];
  expect_misuse(decode());
  params_.current_display_picture = surfaces_[1];
  EXPECT_EQ(decode(), VA_STATUS_SUCCESS);
}

TEST_F(VaDecoder, NoticesWrongTiles) {
  tile_.slice_data_size = 65;
  expect_misuse(decode());
  tile_.slice_data_size = 0;
  expect_misuse(decode());
  tile_.slice_data_size = 32;
  tile_.slice_data_offset = 33;
  expect_misuse(decode());
  tile_.slice_data_offset = 0;
  tile_.tile_column = 1;
  expect_misuse(decode());
  tile_.tile_column = 0;
  params_.tile_cols = 65;
  expect_misuse(decode());
  params_.tile_cols = 2;
  expect_misuse(decode());
}

TEST_F(VaDecoder, NoticesWrongParameters) {
  params_.frame_width_minus1 = 64;
  expect_misuse(decode());
  params_.frame_width_minus1 = 63;
  params_.pic_info_fields.bits.reserved = 1;
  expect_misuse(decode());
  params_.pic_info_fields.bits.reserved = 0;
  params_.primary_ref_frame = 3;
  expect_misuse(decode());
  params_.primary_ref_frame = 7;
  VABufferID id = VA_INVALID_ID;
  expect_misuse(vaCreateBuffer(display_, context_, VAPictureParameterBufferType, sizeof params_ - 4,
                               1, &params_, &id));
  expect_misuse(vaCreateBuffer(display_, context_, VASliceDataBufferType, 0, 1, nullptr, &id));
  EXPECT_EQ(vaCreateBuffer(display_, context_, VAIQMatrixBufferType, 4, 1, &params_, &id),
            VA_STATUS_ERROR_UNSUPPORTED_BUFFERTYPE);
}

TEST_F(VaDecoder, NoticesCallsOutOfOrder) {
  expect_misuse(vaEndPicture(display_, context_));
  std::array<VABufferID, 3> buffers = {
      make_buffer(VAPictureParameterBufferType, &params_, sizeof params_),
      make_buffer(VASliceParameterBufferType, &tile_, sizeof tile_),
      make_buffer(VASliceDataBufferType, data_.data(), data_.size())};
  expect_misuse(vaRenderPicture(display_, context_, buffers.data(), 1));
  // Each of these in a picture of its own, by what it is made of: 0 parameters, 1 tiles, 2 data.
  for (const auto& wrong : {std::vector{1}, {0, 0}, {0, 2}, {0, 1, 1}, {0, 1, 2, 2}}) {
    ASSERT_EQ(vaBeginPicture(display_, context_, surfaces_[0]), VA_STATUS_SUCCESS);
    for (size_t i = 0; i + 1 < wrong.size(); i++) {
      VABufferID id = buffers[static_cast<size_t>(wrong[i])];
      ASSERT_EQ(vaRenderPicture(display_, context_, &id, 1), VA_STATUS_SUCCESS);
    }
    VABufferID last = buffers[static_cast<size_t>(wrong.back())];
    expect_misuse(vaRenderPicture(display_, context_, &last, 1));
    // That it has to be ended all the same is no second mistake.
    EXPECT_EQ(vaEndPicture(display_, context_), VA_STATUS_ERROR_ALLOCATION_FAILED);
  }
  ASSERT_EQ(vaBeginPicture(display_, context_, surfaces_[0]), VA_STATUS_SUCCESS);
  expect_misuse(vaBeginPicture(display_, context_, surfaces_[1]));
  ASSERT_EQ(vaRenderPicture(display_, context_, buffers.data(), 2), VA_STATUS_SUCCESS);
  expect_misuse(vaEndPicture(display_, context_));
  for (const auto buffer : buffers) {
    EXPECT_EQ(vaDestroyBuffer(display_, buffer), VA_STATUS_SUCCESS);
  }
  expect_misuse(vaDestroyBuffer(display_, buffers[0]), VA_STATUS_ERROR_INVALID_BUFFER);
}

TEST_F(VaDecoder, NoticesIdsOfAnotherDisplay) {
  const int fd = open(node, O_RDWR | O_CLOEXEC);
  VADisplay other = vaGetDisplayDRM(fd);
  int major = 0;
  int minor = 0;
  ASSERT_EQ(vaInitialize(other, &major, &minor), VA_STATUS_SUCCESS);
  expect_misuse(vaSyncSurface(other, surfaces_[0]), VA_STATUS_ERROR_INVALID_SURFACE);
  EXPECT_EQ(vaTerminate(other), VA_STATUS_SUCCESS);
  close(fd);
}

class VaProcessor : public VaDriver {
 protected:
  void SetUp() override {
    VaDriver::SetUp();
    ASSERT_EQ(vaCreateConfig(display_, VAProfileNone, VAEntrypointVideoProc, nullptr, 0, &config_),
              VA_STATUS_SUCCESS);
    ASSERT_EQ(vaCreateContext(display_, config_, 0, 0, 0, nullptr, 0, &context_),
              VA_STATUS_SUCCESS);
  }
  void TearDown() override {
    EXPECT_EQ(vaDestroyContext(display_, context_), VA_STATUS_SUCCESS);
    VaDriver::TearDown();
  }
  VAStatus process(VASurfaceID from, VASurfaceID to, const VARectangle* region = nullptr) {
    VAProcPipelineParameterBuffer params = {};
    params.surface = from;
    params.surface_region = region;
    VABufferID id = VA_INVALID_ID;
    EXPECT_EQ(vaCreateBuffer(display_, context_, VAProcPipelineParameterBufferType, sizeof params,
                             1, &params, &id),
              VA_STATUS_SUCCESS);
    EXPECT_EQ(vaBeginPicture(display_, context_, to), VA_STATUS_SUCCESS);
    EXPECT_EQ(vaRenderPicture(display_, context_, &id, 1), VA_STATUS_SUCCESS);
    EXPECT_EQ(vaDestroyBuffer(display_, id), VA_STATUS_SUCCESS);
    return vaEndPicture(display_, context_);
  }
  // A sample of 8 bits of the first plane, or the high byte of one of 10.
  uint8_t& sample(VASurfaceID surface, unsigned x, unsigned y) {
    VAImage image = {};
    EXPECT_EQ(vaDeriveImage(display_, surface, &image), VA_STATUS_SUCCESS);
    uint8_t* bytes = nullptr;
    EXPECT_EQ(vaMapBuffer(display_, image.buf, reinterpret_cast<void**>(&bytes)),
              VA_STATUS_SUCCESS);
    images_.push_back(image);
    const bool wide = image.format.fourcc == VA_FOURCC_P010;
    return bytes[y * image.pitches[0] + (wide ? 2 * x + 1 : x)];
  }
  void unmap() {
    for (const VAImage& image : images_) {
      EXPECT_EQ(vaUnmapBuffer(display_, image.buf), VA_STATUS_SUCCESS);
      EXPECT_EQ(vaDestroyImage(display_, image.image_id), VA_STATUS_SUCCESS);
    }
    images_.clear();
  }

  VAConfigID config_ = VA_INVALID_ID;
  VAContextID context_ = VA_INVALID_ID;
  std::vector<VAImage> images_;
};

TEST_F(VaProcessor, ScalesAndConverts) {
  const VASurfaceID from = make_surface(64, 32);
  const VASurfaceID to = make_surface(128, 64, VA_RT_FORMAT_YUV420_10);
  sample(from, 10, 5) = 0x77;
  unmap();
  ASSERT_EQ(process(from, to), VA_STATUS_SUCCESS);
  EXPECT_EQ(sample(to, 20, 10), 0x77);
  EXPECT_EQ(sample(to, 22, 10), 0);
  unmap();
  const VARectangle quarter = {8, 4, 32, 16};
  ASSERT_EQ(process(from, to, &quarter), VA_STATUS_SUCCESS);
  EXPECT_EQ(sample(to, 8, 4), 0x77);
  unmap();
}

TEST_F(VaProcessor, NoticesWrongRegions) {
  const VASurfaceID from = make_surface(64, 32);
  const VASurfaceID to = make_surface(64, 32);
  const VARectangle outside = {40, 0, 32, 16};
  expect_misuse(process(from, to, &outside));
  expect_misuse(process(from, from));
  expect_misuse(process(VA_INVALID_SURFACE, to));
}

TEST(Tiling, ReachesEachByteOnce) {
  constexpr size_t pitch = 384;
  std::vector<bool> reached(pitch * 64);
  for (size_t y = 0; y < 64; y++) {
    for (size_t x = 0; x < pitch; x++) {
      const size_t at = byte_offset(modifier_4_tiled, pitch, x, y);
      ASSERT_LT(at, reached.size());
      ASSERT_FALSE(reached[at]);
      reached[at] = true;
    }
  }
  // drm_fourcc.h: pieces of 16 bytes by 4 rows, blocks of 64 bytes by 8 rows, row after row.
  EXPECT_EQ(byte_offset(modifier_4_tiled, pitch, 16, 0), 64U);
  EXPECT_EQ(byte_offset(modifier_4_tiled, pitch, 0, 4), 256U);
  EXPECT_EQ(byte_offset(modifier_4_tiled, pitch, 64, 0), 512U);
  EXPECT_EQ(byte_offset(modifier_4_tiled, pitch, 0, 8), 1024U);
  EXPECT_EQ(byte_offset(modifier_4_tiled, pitch, 128, 0), 4096U);
}

}  // namespace
}  // namespace refdrv::va
