// SPDX-License-Identifier: LGPL-2.1-or-later
// The calls of the VA probe: every answer is kept as it was given, nothing is judged here.
#include "vaapi/va_probe.h"

#include <glib.h>
#include <va/va_drm.h>
#include <va/va_drmcommon.h>
#include <xf86drm.h>

#include <algorithm>
#include <array>

#include "base/unique_handle.h"
#include "vaapi/render_nodes.h"
#include "vaapi/va_encode_features.h"
#include "vaapi/va_exported_surface.h"
#include "vaapi/va_format.h"
#include "vaapi/va_report.h"
#include "vaapi/va_status.h"

namespace av1hw {
namespace {

void free_drm_device(drmDevice* device) { drmFreeDevice(&device); }

using DrmVersion = UniqueHandle<drmVersion, drmFreeVersion>;
using DrmDevice = UniqueHandle<drmDevice, free_drm_device>;

// A display that was opened: ended by vaTerminate, also where vaInitialize failed.
class VaDisplay {
 public:
  explicit VaDisplay(VADisplay display) : display_(display) {}
  VaDisplay(const VaDisplay&) = delete;
  VaDisplay& operator=(const VaDisplay&) = delete;
  ~VaDisplay() {
    if (display_) vaTerminate(display_);
  }
  VADisplay get() const { return display_; }

 private:
  VADisplay display_;
};

// Keeps what libva says instead of letting it write to the terminal.
void keep_message(void* user_data, const char* message) {
  const GCharPtr text(g_strstrip(g_strdup(message)));
  std::string& kept = *static_cast<std::string*>(user_data);
  if (!kept.empty()) kept += "; ";
  kept += text.get();
}

void drop_message(void*, const char*) {}

void ask_kernel(int fd, VaDeviceAnswers& answers) {
  if (const DrmVersion version{drmGetVersion(fd)}; version && version->name)
    answers.kernel_driver.assign(version->name,
                                 static_cast<size_t>(std::max(version->name_len, 0)));
  drmDevice* raw = nullptr;
  if (drmGetDevice2(fd, 0, &raw) != 0 || !raw) return;
  const DrmDevice device(raw);
  if (device->bustype != DRM_BUS_PCI) return;
  const drmPciBusInfo& pci = *device->businfo.pci;
  const GCharPtr text(g_strdup_printf("%04x:%02x:%02x.%x", pci.domain, pci.bus, pci.dev, pci.func));
  answers.pci = text.get();
}

void ask_config_attributes(VADisplay display, VaConfigAnswers& config) {
  struct Wanted {
    VAConfigAttribType type;
    std::optional<uint32_t>* answer;
  };
  const std::array<Wanted, 13> wanted = {{
      {VAConfigAttribRTFormat, &config.rt_formats},
      {VAConfigAttribMaxPictureWidth, &config.max_picture_width},
      {VAConfigAttribMaxPictureHeight, &config.max_picture_height},
      {VAConfigAttribRateControl, &config.rate_control},
      {VAConfigAttribEncPackedHeaders, &config.packed_headers},
      {VAConfigAttribEncMaxRefFrames, &config.max_references},
      {VAConfigAttribEncTileSupport, &config.tile_support},
      {VAConfigAttribEncQualityRange, &config.quality_levels},
      {VAConfigAttribEncROI, &config.regions},
      {VAConfigAttribEncRateControlExt, &config.rate_control_ext},
      {VAConfigAttribEncAV1, &config.av1},
      {VAConfigAttribEncAV1Ext1, &config.av1_ext1},
      {VAConfigAttribEncAV1Ext2, &config.av1_ext2},
  }};
  std::array<VAConfigAttrib, wanted.size()> attributes;
  for (size_t i = 0; i < wanted.size(); i++)
    attributes[i] = {wanted[i].type, VA_ATTRIB_NOT_SUPPORTED};
  const VAStatus status = vaGetConfigAttributes(display, config.profile, config.entrypoint,
                                                attributes.data(), attributes.size());
  if (status != VA_STATUS_SUCCESS) return;
  for (size_t i = 0; i < wanted.size(); i++) {
    if (attributes[i].value != VA_ATTRIB_NOT_SUPPORTED) *wanted[i].answer = attributes[i].value;
  }
}

void keep_surface_attribute(const VASurfaceAttrib& attribute, VaConfigAnswers& config) {
  if (attribute.value.type != VAGenericValueTypeInteger) return;
  const auto value = static_cast<uint32_t>(attribute.value.value.i);
  switch (attribute.type) {
  case VASurfaceAttribMinWidth: config.min_width = value; break;
  case VASurfaceAttribMinHeight: config.min_height = value; break;
  case VASurfaceAttribMaxWidth: config.max_width = value; break;
  case VASurfaceAttribMaxHeight: config.max_height = value; break;
  case VASurfaceAttribAlignmentSize: config.alignment = value; break;
  case VASurfaceAttribMemoryType: config.memory_types = value; break;
  case VASurfaceAttribPixelFormat: config.pixel_formats.push_back(value); break;
  default: break;
  }
}

void ask_surface_attributes(VADisplay display, VAConfigID id, VaConfigAnswers& config) {
  unsigned count = 0;
  if (vaQuerySurfaceAttributes(display, id, nullptr, &count) != VA_STATUS_SUCCESS) return;
  // A driver has a few dozen; a number beyond that is not one to allocate.
  static constexpr unsigned limit = 4096;
  std::vector<VASurfaceAttrib> attributes(std::min(count, limit));
  if (vaQuerySurfaceAttributes(display, id, attributes.data(), &count) != VA_STATUS_SUCCESS) return;
  attributes.resize(std::min<size_t>(count, attributes.size()));
  for (const VASurfaceAttrib& attribute : attributes) keep_surface_attribute(attribute, config);
}

void ask_profile(VADisplay display, VAProfile profile, VaDeviceAnswers& answers) {
  std::vector<VAEntrypoint> entrypoints(
      static_cast<size_t>(std::max(vaMaxNumEntrypoints(display), 0)));
  int count = 0;
  if (vaQueryConfigEntrypoints(display, profile, entrypoints.data(), &count) != VA_STATUS_SUCCESS)
    return;
  for (const VAEntrypoint wanted :
       {VAEntrypointVLD, VAEntrypointEncSlice, VAEntrypointEncSliceLP}) {
    if (std::find(entrypoints.begin(), entrypoints.begin() + count, wanted) !=
        entrypoints.begin() + count)
      answers.configs.push_back(ask_va_config(display, profile, wanted));
  }
}

// What modifier a format has shows only on a surface.
void ask_exports(VADisplay display, VaDeviceAnswers& answers) {
  for (const GstVideoFormat format : {GST_VIDEO_FORMAT_NV12, GST_VIDEO_FORMAT_P010_10LE}) {
    VaSurfaceRequest request;
    request.format = format;
    request.width = 1920;
    request.height = 1088;
    const Result<ExportedSurface> surface = ExportedSurface::make(display, request);
    if (surface) answers.exports.push_back({va_fourcc(format), surface->modifier()});
  }
}

void ask_driver(VADisplay display, VaDeviceAnswers& answers) {
  std::vector<VAProfile> profiles(static_cast<size_t>(std::max(vaMaxNumProfiles(display), 0)));
  int count = 0;
  const VAStatus status = vaQueryConfigProfiles(display, profiles.data(), &count);
  if (status != VA_STATUS_SUCCESS) {
    answers.error = std::string("vaQueryConfigProfiles answers: ") + vaErrorStr(status);
    return;
  }
  for (const VAProfile wanted : {VAProfileAV1Profile0, VAProfileAV1Profile1}) {
    if (std::find(profiles.begin(), profiles.begin() + count, wanted) != profiles.begin() + count)
      ask_profile(display, wanted, answers);
  }
  if (std::ranges::any_of(answers.configs, [](const VaConfigAnswers& config) {
        return is_va_encoder(config.entrypoint);
      })) {
    ask_exports(display, answers);
  }
}

}  // namespace

VaConfigAnswers ask_va_config(VADisplay display, VAProfile profile, VAEntrypoint entrypoint) {
  VaConfigAnswers config;
  config.profile = profile;
  config.entrypoint = entrypoint;
  ask_config_attributes(display, config);
  VAConfigID id = VA_INVALID_ID;
  const VAStatus status = vaCreateConfig(display, profile, entrypoint, nullptr, 0, &id);
  if (status != VA_STATUS_SUCCESS) {
    config.error =
        std::string("the driver lists it, but vaCreateConfig answers: ") + vaErrorStr(status);
    return config;
  }
  ask_surface_attributes(display, id, config);
  log_failure(vaDestroyConfig(display, id), "vaDestroyConfig");
  return config;
}

VaDeviceAnswers probe_va_device(const std::string& path) {
  VaDeviceAnswers answers;
  answers.path = path;
  // As libgstva reads it.
  answers.all_drivers = g_strcmp0(g_getenv("GST_VA_ALL_DRIVERS"), "1") == 0;
  const Result<UniqueFd> fd = open_render_node(path);
  if (!fd) {
    answers.error = fd.error().message;
    return answers;
  }
  ask_kernel(fd->get(), answers);
  const VaDisplay display(vaGetDisplayDRM(fd->get()));
  if (!display.get()) {
    answers.error = path + " is not a DRM device that VA-API can use";
    return answers;
  }
  std::string messages;
  vaSetErrorCallback(display.get(), keep_message, &messages);
  vaSetInfoCallback(display.get(), drop_message, nullptr);
  int major = 0;
  int minor = 0;
  if (const VAStatus status = vaInitialize(display.get(), &major, &minor);
      status != VA_STATUS_SUCCESS) {
    answers.error = std::string("no VA driver opened it (") +
                    (messages.empty() ? vaErrorStr(status) : messages.c_str()) +
                    "): " + va_driver_advice(answers.kernel_driver);
    return answers;
  }
  answers.api_version = std::to_string(major) + "." + std::to_string(minor);
  if (const char* vendor = vaQueryVendorString(display.get())) answers.vendor = vendor;
  ask_driver(display.get(), answers);
  return answers;
}

}  // namespace av1hw
