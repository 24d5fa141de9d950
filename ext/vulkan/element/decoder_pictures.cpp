// SPDX-License-Identifier: LGPL-2.1-or-later
// An image a plane, copied from whatever a decoder has.
#include "vulkan/element/decoder_pictures.h"

#include <utility>

#include "vulkan/element/image_frames.h"
#include "vulkan/lost_device.h"

namespace av1hw {
namespace {

GstVulkanImageMemory* first_image(GstBuffer* buffer) {
  return reinterpret_cast<GstVulkanImageMemory*>(gst_buffer_peek_memory(buffer, 0));
}

}  // namespace

bool DecoderPictures::are_references(GstBuffer* buffer) {
  return ImageFrames::is_image(buffer) &&
         (first_image(buffer)->create_info.usage & VK_IMAGE_USAGE_VIDEO_DECODE_DPB_BIT_KHR);
}

void DecoderPictures::close() {
  operation_.reset();
  if (pool_) gst_buffer_pool_set_active(pool_.get(), FALSE);
  pool_.reset();
  caps_.reset();
}

Result<> DecoderPictures::open(GstVulkanDevice* device, GstCaps* caps) {
  if (operation_ && operation_->device() == device && caps_ && gst_caps_is_equal(caps_.get(), caps))
    return {};
  close();
  if (!gst_video_info_from_caps(&info_, caps))
    return fail(ErrorCode::InvalidData, "a decoder's picture has no caps of raw video");
  Result<std::unique_ptr<ImageOperation>> operation = ImageOperation::make(device);
  if (!operation) return std::unexpected(operation.error());
  ImageFrames images;
  images.open(device);
  Result<PoolHandle> pool = images.make_pool(caps, 0);
  if (!pool) return std::unexpected(pool.error());
  if (!gst_buffer_pool_set_active(pool->get(), TRUE))
    return fail(ErrorCode::Busy, "there is no memory for copies of a decoder's pictures");
  operation_ = std::move(*operation);
  pool_ = std::move(*pool);
  caps_ = share(caps);
  return {};
}

Result<BufferHandle> DecoderPictures::next_buffer() const {
  GstBuffer* made = nullptr;
  if (gst_buffer_pool_acquire_buffer(pool_.get(), &made, nullptr) != GST_FLOW_OK)
    return fail(ErrorCode::Busy, "there is no memory for a copy of a decoder's picture");
  return BufferHandle(made);
}

Result<> DecoderPictures::record(GstBuffer* from, GstBuffer* to) const {
  if (gst_buffer_n_memory(to) != GST_VIDEO_INFO_N_PLANES(&info_))
    return fail(ErrorCode::NotSupported, "a copy of a decoder's picture has no image a plane");
  if (Result<> used = operation_->use(from, VK_ACCESS_2_TRANSFER_READ_BIT,
                                      VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL);
      !used) {
    return used;
  }
  if (Result<> used =
          operation_->use(to, VK_ACCESS_2_TRANSFER_WRITE_BIT, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL);
      !used) {
    return used;
  }
  const VkCommandBuffer commands = operation_->record_layouts();
  for (guint i = 0; i < GST_VIDEO_INFO_N_PLANES(&info_); i++) {
    const PlaneOfImage source = plane_of_image(from, info_, i);
    VkImageCopy region = {};
    region.srcSubresource = {source.aspect, 0, 0, 1};
    region.dstSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1};
    region.extent = plane_extent(info_, i);
    vkCmdCopyImage(commands, source.memory->image, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL,
                   plane_of_image(to, info_, i).memory->image, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL,
                   1, &region);
  }
  return {};
}

Result<BufferHandle> DecoderPictures::copy(GstBuffer* picture, GstCaps* caps,
                                           CopyAccounting& moves) {
  GstVulkanDevice* device = first_image(picture)->device;
  if (is_lost(device)) return fail(ErrorCode::DeviceLost, "the Vulkan device was lost");
  if (Result<> opened = open(device, caps); !opened) return std::unexpected(opened.error());
  if (Result<> readable = check_copyable(picture, info_); !readable)
    return std::unexpected(readable.error());
  Result<BufferHandle> made = next_buffer();
  if (!made) return made;
  if (Result<> begun = operation_->begin({picture, made->get()}); !begun)
    return std::unexpected(begun.error());
  if (Result<> recorded = record(picture, made->get()); !recorded) {
    operation_->cancel();
    return std::unexpected(recorded.error());
  }
  if (Result<> ended = operation_->end(); !ended) return std::unexpected(ended.error());
  constexpr auto parts =
      static_cast<GstBufferCopyFlags>(GST_BUFFER_COPY_FLAGS | GST_BUFFER_COPY_TIMESTAMPS);
  gst_buffer_copy_into(made->get(), picture, parts, 0, static_cast<gsize>(-1));
  // Its images stay until the copy is made.
  gst_buffer_add_parent_buffer_meta(made->get(), picture);
  moves.count(FrameMove::GpuCopy, sample_bytes(info_));
  return made;
}

}  // namespace av1hw
