// SPDX-License-Identifier: LGPL-2.1-or-later
// Memory of two kinds that are both system memory, and a decoder that fills it.
#include "elements/fake_device.h"

#include <gst/video/video-info-dma.h>
#include <gst/video/video.h>

#include <array>
#include <memory>
#include <string>
#include <utility>

#include "base/unique_handle.h"
#include "elements/decoder_element.h"
#include "memory/frame_copy.h"

namespace av1hw::test {
namespace {

class FakeMemory final : public OutputMemory {
 public:
  Result<> open(GstElement*) override {
    if (!fake_device().opens) return fail(ErrorCode::Unavailable, "the device is on fire");
    fake_device().opened++;
    return {};
  }
  void close() override { fake_device().closed++; }

  bool set_context(GstElement*, GstContext* context) override {
    if (!gst_context_has_context_type(context, fake_context_type)) return false;
    gst_structure_get_uint(gst_context_get_structure(context), "number",
                           &fake_device().device_number);
    return true;
  }
  bool handle_context_query(GstElement*, GstQuery* query) override {
    const gchar* type = nullptr;
    gst_query_parse_context_type(query, &type);
    if (g_strcmp0(type, fake_context_type) != 0) return false;
    GstContext* context = gst_context_new(fake_context_type, TRUE);
    gst_structure_set(gst_context_writable_structure(context), "number", G_TYPE_UINT, 7U, nullptr);
    gst_query_set_context(query, context);
    gst_context_unref(context);
    return true;
  }

  std::span<const MemoryDomain> domains() const override { return fake_device().domains; }

  Result<CapsHandle> caps_for(MemoryDomain domain, const GstVideoInfo& info, GstCaps* caps,
                              GstCaps* wanted) override {
    if (wanted) fake_device().choices++;
    if (domain == MemoryDomain::System) return share(caps);
    if (domain == fake_device().refused) return fail(ErrorCode::NotSupported, "not this format");
    CapsHandle made{gst_caps_copy(caps)};
    gst_caps_set_features_simple(made.get(),
                                 gst_caps_features_new_single(memory_domain_feature(domain)));
    if (domain == MemoryDomain::DmaBuf) {
      const GCharPtr drm{gst_video_dma_drm_fourcc_to_string(
          gst_video_dma_drm_fourcc_from_format(GST_VIDEO_INFO_FORMAT(&info)), fake_modifier)};
      gst_caps_set_simple(made.get(), "format", G_TYPE_STRING, "DMA_DRM", "drm-format",
                          G_TYPE_STRING, drm.get(), nullptr);
    }
    return made;
  }

  Result<PoolHandle> make_pool(MemoryDomain, const GstVideoInfo& info, GstCaps*,
                               const MemoryNeeds& needs) override {
    return make_video_pool(info, needs);
  }

  Result<uint64_t> download(GstBuffer* from, GstBuffer* to, const GstVideoInfo& info) override {
    return copy_frame(info, from, to);
  }
};

class FakeDecoder final : public Decoder {
 public:
  Result<> open(const DecoderSettings&, const DecoderInput&, DecoderClient& client) override {
    client_ = &client;
    return {};
  }

  Result<> decode(const Packet& packet) override {
    std::array<uint8_t, 3> bytes = {};
    gst_buffer_extract(packet.data, 0, bytes.data(), bytes.size());
    Picture picture;
    picture.frame_number = packet.frame_number;
    picture.key_frame = true;
    picture.format.format = GST_VIDEO_FORMAT_NV12;
    picture.format.width = bytes[0];
    picture.format.height = bytes[1];
    picture.format.colorimetry = {GST_VIDEO_COLOR_RANGE_0_255, GST_VIDEO_COLOR_MATRIX_BT2020,
                                  GST_VIDEO_TRANSFER_BT2020_10, GST_VIDEO_COLOR_PRIMARIES_BT2020};
    picture.format.content_light = GstVideoContentLightLevel{1000, 400, {}};
    Result<BufferHandle> buffer = memory_for(picture.format);
    if (!buffer) {
      client_->damaged({packet.frame_number, buffer.error().message});
      return {};
    }
    gst_buffer_memset(buffer->get(), 0, bytes[2], gst_buffer_get_size(buffer->get()));
    picture.buffer = std::move(*buffer);
    if (fake_device().moves) client_->moved(FrameMove::GpuCopy, 1000);
    client_->output(std::move(picture));
    return {};
  }

  Result<> drain() override { return {}; }
  void flush() override {}
  unsigned latency_frames() const override { return 0; }

 private:
  Result<BufferHandle> memory_for(const PictureFormat& format) {
    if (fake_device().allocates) return client_->allocate(format, {});
    GstVideoInfo info;
    gst_video_info_set_format(&info, format.format, static_cast<guint>(format.width),
                              static_cast<guint>(format.height));
    return BufferHandle{gst_buffer_new_allocate(nullptr, info.size, nullptr)};
  }

  DecoderClient* client_ = nullptr;
};

}  // namespace

FakeDevice& fake_device() {
  static FakeDevice device;
  return device;
}

void register_fake_device() {
  DecoderDescriptor d;
  d.type_name = "Av1HwTestDeviceDec";
  d.long_name = "Decoder of a device that is none";
  d.klass = "Codec/Decoder/Video/Hardware";
  d.description = "For tests";
  d.source_caps =
      "video/x-raw(memory:CUDAMemory), format=NV12; "
      "video/x-raw(memory:DMABuf), format=DMA_DRM; video/x-raw, format=NV12";
  d.create_memory = [] { return std::make_unique<FakeMemory>(); };
  d.create = [](OutputMemory* memory) -> std::unique_ptr<Decoder> {
    return memory ? std::make_unique<FakeDecoder>() : nullptr;
  };
  d.element.name = "fakedevicedec";
  register_decoder_element(nullptr, std::move(d));
}

}  // namespace av1hw::test
