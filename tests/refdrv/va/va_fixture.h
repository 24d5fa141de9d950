// SPDX-License-Identifier: LGPL-2.1-or-later
// A display of the reference driver's for a test, which is to know of every misuse.
#pragma once

#include <dlfcn.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <va/va.h>
#include <va/va_drm.h>
#include <va/va_drmcommon.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace refdrv::va {

inline constexpr const char* node = "/dev/dri/renderD128";

inline uint64_t count(const char* name) {
  static const std::string path =
      std::string(std::getenv("LIBVA_DRIVERS_PATH")) + "/refdrv_drv_video.so";
  static void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_NOLOAD);
  static const auto function = reinterpret_cast<uint64_t (*)(const char*)>(
      library ? dlsym(library, "refdrv_va_count") : nullptr);
  return function ? function(name) : 0;
}

inline bool is_tiled() { return std::string_view(std::getenv("REFDRV_PROFILE")).contains("arc"); }
inline bool takes_lists() {
  return !std::string_view(std::getenv("REFDRV_PROFILE")).contains("arc.conf");
}

class VaDriver : public testing::Test {
 protected:
  void SetUp() override {
    fd_ = open(node, O_RDWR | O_CLOEXEC);
    display_ = vaGetDisplayDRM(fd_);
    ASSERT_NE(display_, nullptr);
    vaSetInfoCallback(display_, [](void*, const char*) {}, nullptr);
    int major = 0;
    int minor = 0;
    ASSERT_EQ(vaInitialize(display_, &major, &minor), VA_STATUS_SUCCESS);
    misuses_before_ = count("misuse");
  }
  void TearDown() override {
    EXPECT_EQ(count("misuse") - misuses_before_, expected_misuses_);
    EXPECT_EQ(vaTerminate(display_), VA_STATUS_SUCCESS);
    close(fd_);
  }
  void expect_misuse(VAStatus status, VAStatus error = VA_STATUS_ERROR_INVALID_PARAMETER) {
    EXPECT_EQ(status, error) << vaErrorStr(status);
    expected_misuses_++;
    EXPECT_EQ(count("misuse") - misuses_before_, expected_misuses_);
  }

  VAConfigID make_config(unsigned rt_format = VA_RT_FORMAT_YUV420) {
    VAConfigAttrib attribute = {VAConfigAttribRTFormat, rt_format};
    VAConfigID id = VA_INVALID_ID;
    EXPECT_EQ(vaCreateConfig(display_, VAProfileAV1Profile0, VAEntrypointVLD, &attribute, 1, &id),
              VA_STATUS_SUCCESS);
    return id;
  }
  VASurfaceID make_surface(unsigned width, unsigned height,
                           unsigned rt_format = VA_RT_FORMAT_YUV420,
                           std::vector<VASurfaceAttrib> attributes = {}) {
    VASurfaceID id = VA_INVALID_SURFACE;
    EXPECT_EQ(vaCreateSurfaces(display_, rt_format, width, height, &id, 1, attributes.data(),
                               static_cast<unsigned>(attributes.size())),
              VA_STATUS_SUCCESS);
    return id;
  }
  VADRMPRIMESurfaceDescriptor exported(VASurfaceID surface, uint32_t layers) {
    VADRMPRIMESurfaceDescriptor descriptor = {};
    EXPECT_EQ(vaExportSurfaceHandle(display_, surface, VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME_2,
                                    VA_EXPORT_SURFACE_READ_WRITE | layers, &descriptor),
              VA_STATUS_SUCCESS);
    return descriptor;
  }

  int fd_ = -1;
  VADisplay display_ = nullptr;
  uint64_t misuses_before_ = 0;
  uint64_t expected_misuses_ = 0;
};

}  // namespace refdrv::va
