// SPDX-License-Identifier: LGPL-2.1-or-later
// Where vkcompositor's frames are: in system memory on a device that has memory of its own, and in
// images that downstream makes. Mesa's driver for the CPU is taken for a GPU behind a bus here.
#include <gst/gst.h>
#include <gst/video/video.h>
#include <gtest/gtest.h>
#include <vulkan/vulkan_core.h>

// Its queue's functions lack the declaration that they are C.
extern "C" {
#include <gst/vulkan/vulkan.h>
}

#include <format>
#include <string>

#include "hardware/frames.h"

namespace av1hw::test {
namespace {

constexpr int frames = 12;
constexpr uint64_t frame_bytes = (128 * 96 + 96 * 64) * 3 / 2, canvas_bytes = 160 * 120 * 3 / 2;

struct DeviceUnref {
  void operator()(gpointer object) const { gst_object_unref(object); }
};
template <typename T>
using Object = std::unique_ptr<T, DeviceUnref>;

// A device of the test's own, open.
Object<GstVulkanDevice> make_device(bool behind_a_bus) {
  const Object<GstVulkanInstance> instance(gst_vulkan_instance_new());
  if (!gst_vulkan_instance_open(instance.get(), nullptr)) return nullptr;
  Object<GstVulkanDevice> device(gst_vulkan_instance_create_device(instance.get(), nullptr));
  if (!device) return nullptr;
  if (behind_a_bus)
    device->physical_device->properties.deviceType = VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU;
  return gst_vulkan_device_open(device.get(), nullptr) ? std::move(device) : nullptr;
}

void give(const Pipeline& pipeline, GstVulkanDevice* device) {
  GstContext* context = gst_context_new(GST_VULKAN_DEVICE_CONTEXT_TYPE_STR, TRUE);
  gst_context_set_vulkan_device(context, device);
  gst_element_set_context(pipeline.element(), context);
  gst_context_unref(context);
  context = gst_context_new(GST_VULKAN_INSTANCE_CONTEXT_TYPE_STR, TRUE);
  gst_context_set_vulkan_instance(context, device->instance);
  gst_element_set_context(pipeline.element(), context);
  gst_context_unref(context);
}

// Two moving pictures, the second partly over the first. `before` and `after`: what is between them
// and the compositor, and behind it.
std::string scene(const std::string& before = "identity", const std::string& after = "identity") {
  return std::format(
      "vkcompositor name=c background=black sink_1::xpos=60 sink_1::ypos=50 sink_1::alpha=0.6 ! "
      "{2} ! video/x-raw,format=NV12,width=160,height=120 ! fakesink name=sink "
      "videotestsrc num-buffers={0} pattern=ball ! video/x-raw,format=NV12,width=128,height=96,"
      "framerate=25/1 ! {1} ! c.sink_0 "
      "videotestsrc num-buffers={0} ! video/x-raw,format=NV12,width=96,height=64,framerate=25/1 ! "
      "{1} ! c.sink_1",
      frames, before, after);
}

class BehindABus : public testing::Test {
 protected:
  void SetUp() override {
    device_ = make_device(true);
    if (!device_) GTEST_SKIP() << "there is no Vulkan device";
  }
  Played play_there(const std::string& line) {
    return play(line, [this](const Pipeline& pipeline) { give(pipeline, device_.get()); });
  }
  Object<GstVulkanDevice> device_;
};

// Sources write into the element's pool, and the canvas is of it: the device copies both.
TEST_F(BehindABus, SystemMemoryIsCopiedOnceEachWay) {
  const Played there = play_there(scene());
  EXPECT_EQ(compare(there.frames, play(scene()).frames), "");
  EXPECT_EQ(there.moves.frames, uint64_t{frames});
  EXPECT_EQ(there.moves.uploaded, frames * frame_bytes);
  EXPECT_EQ(there.moves.downloaded, frames * canvas_bytes);
  EXPECT_EQ(there.moves.imports, 0u);
  EXPECT_EQ(there.moves.copies, 0u);
}

// Memory that is not the element's is copied by the CPU first.
TEST_F(BehindABus, OtherMemoryServesAsWell) {
  const std::string line = scene("identity drop-allocation=true", "identity drop-allocation=true");
  const Played there = play_there(line);
  EXPECT_EQ(compare(there.frames, play(scene()).frames), "");
  EXPECT_EQ(there.moves.uploaded, frames * frame_bytes);
  EXPECT_EQ(there.moves.downloaded, frames * canvas_bytes);
}

// Downstream looks at them all at the end, when the device has long gone on.
TEST_F(BehindABus, FramesThatAreKeptStayWhatTheyAre) {
  const std::string line = scene("identity",
                                 "queue max-size-buffers=0 max-size-bytes=0 "
                                 "max-size-time=0 min-threshold-buffers=10");
  EXPECT_EQ(compare(play_there(line).frames, play(scene()).frames), "");
}

// Sinks may say how large a frame is, and name no pool.
TEST_F(BehindABus, ACanvasIsTheElementsOwnWhereDownstreamHasNoPool) {
  for (const bool entry : {false, true}) {
    unsigned ours = 0;
    const auto prepare = [&](const Pipeline& pipeline) {
      give(pipeline, device_.get());
      const Ref<GstPad> pad(
          gst_element_get_static_pad(Ref<GstElement>(pipeline.get("sink")).get(), "sink"));
      const auto on_query = [](GstPad*, GstPadProbeInfo* probe, gpointer) {
        GstQuery* query = GST_PAD_PROBE_INFO_QUERY(probe);
        if (GST_QUERY_TYPE(query) != GST_QUERY_ALLOCATION) return GST_PAD_PROBE_OK;
        gst_query_add_allocation_pool(query, nullptr, canvas_bytes, 1, 0);
        return GST_PAD_PROBE_HANDLED;
      };
      if (entry)
        gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM, on_query, nullptr,
                          nullptr);
      const auto on_buffer = [](GstPad*, GstPadProbeInfo* probe, gpointer count) {
        GstMemory* memory = gst_buffer_peek_memory(GST_PAD_PROBE_INFO_BUFFER(probe), 0);
        *static_cast<unsigned*>(count) += gst_memory_is_type(memory, "Av1HwVkHostMemory");
        return GST_PAD_PROBE_OK;
      };
      gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, on_buffer, &ours, nullptr);
    };
    EXPECT_EQ(compare(play(scene(), prepare).frames, play(scene()).frames), "");
    EXPECT_EQ(ours, unsigned{frames}) << entry;
  }
}

// A pool that downstream offers, and how many buffers of it came.
class Offered {
 public:
  Offered(GstVulkanDevice* device, VkImageUsageFlags usage)
      : pool_(gst_vulkan_image_buffer_pool_new(device)) {
    const Ref<GstCaps> caps(gst_caps_from_string(
        "video/x-raw(memory:VulkanImage),format=NV12,width=160,height=120,framerate=25/1"));
    GstStructure* config = gst_buffer_pool_get_config(pool_.get());
    gst_buffer_pool_config_set_params(config, caps.get(), canvas_bytes, 0, 0);
    gst_vulkan_image_buffer_pool_config_set_allocation_params(
        config, usage, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT, VK_IMAGE_LAYOUT_UNDEFINED, 0);
    EXPECT_TRUE(gst_buffer_pool_set_config(pool_.get(), config));
  }
  // In front of the element "down".
  void at(const Pipeline& pipeline) {
    const Ref<GstPad> pad(
        gst_element_get_static_pad(Ref<GstElement>(pipeline.get("down")).get(), "sink"));
    gst_pad_add_probe(
        pad.get(),
        static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM | GST_PAD_PROBE_TYPE_PUSH |
                                     GST_PAD_PROBE_TYPE_PULL),
        on_query, this, nullptr);
    gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, on_buffer, this, nullptr);
  }
  unsigned came = 0;

 private:
  static GstPadProbeReturn on_query(GstPad*, GstPadProbeInfo* probe, gpointer self) {
    GstQuery* query = GST_PAD_PROBE_INFO_QUERY(probe);
    if (GST_QUERY_TYPE(query) != GST_QUERY_ALLOCATION) return GST_PAD_PROBE_OK;
    gst_query_add_allocation_pool(query, static_cast<Offered*>(self)->pool_.get(), canvas_bytes, 0,
                                  0);
    return GST_PAD_PROBE_HANDLED;
  }
  static GstPadProbeReturn on_buffer(GstPad*, GstPadProbeInfo* probe, gpointer self) {
    auto* offered = static_cast<Offered*>(self);
    offered->came += GST_PAD_PROBE_INFO_BUFFER(probe)->pool == offered->pool_.get();
    return GST_PAD_PROBE_OK;
  }
  const Object<GstBufferPool> pool_;
};

constexpr const char* download = "video/x-raw(memory:VulkanImage) ! vulkandownload name=down";

class OfferedImages : public testing::Test {
 protected:
  void SetUp() override {
    device_ = make_device(false);
    if (!device_) GTEST_SKIP() << "there is no Vulkan device";
  }
  Played play_with(Offered& offered) {
    return play(scene("identity", download), [&](const Pipeline& pipeline) {
      give(pipeline, device_.get());
      offered.at(pipeline);
    });
  }
  Object<GstVulkanDevice> device_;
};

TEST_F(OfferedImages, AreTheCanvas) {
  for (const VkImageUsageFlags usage :
       {VkImageUsageFlags{VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_STORAGE_BIT},
        // What the kernel needs is added.
        VkImageUsageFlags{VK_IMAGE_USAGE_TRANSFER_SRC_BIT}}) {
    Offered offered(device_.get(), usage);
    const Played ours = play_with(offered);
    EXPECT_EQ(compare(ours.frames, play(scene()).frames), "");
    EXPECT_EQ(offered.came, unsigned{frames});
    EXPECT_EQ(ours.moves.copies, 0u);
    EXPECT_EQ(ours.moves.downloaded, 0u);
  }
}

TEST_F(OfferedImages, OfAnotherDeviceAreNot) {
  const Object<GstVulkanDevice> other = make_device(false);
  Offered offered(other.get(), VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_STORAGE_BIT);
  const Played ours = play_with(offered);
  EXPECT_EQ(compare(ours.frames, play(scene()).frames), "");
  EXPECT_EQ(offered.came, 0u);
}

// Of one frame, in two threads: each would count its semaphores on as if it were alone.
TEST_F(OfferedImages, AreReadByTwoCompositorsAtOnce) {
  constexpr const char* upload =
      "videotestsrc num-buffers=1 ! video/x-raw,format=NV12,width=64,height=48 ! vulkanupload ! "
      "imagefreeze num-buffers=300 ! ";
  constexpr const char* canvas = "video/x-raw,format=NV12,width=96,height=48 ! fakesink ";
  const Played alone = play(std::string(upload) + "vkcompositor name=c ! " + canvas + "name=sink",
                            [this](const Pipeline& pipeline) { give(pipeline, device_.get()); });
  const Played both =
      play(std::string(upload) + "tee name=t t. ! queue ! vkcompositor name=c ! " + canvas +
               "name=sink t. ! queue ! vkcompositor sink_0::xpos=8 ! " + canvas,
           [this](const Pipeline& pipeline) { give(pipeline, device_.get()); });
  EXPECT_EQ(compare(both.frames, alone.frames), "");
  EXPECT_EQ(both.moves.copies, 0u);
}

// Who submits to a queue holds the lock of its GstVulkanQueue, and libgstvulkan makes one for each
// element that finds no neighbour's.
GstVulkanQueue* queue_of(const Pipeline& pipeline, const char* element) {
  const Ref<GstPad> pad(gst_element_get_static_pad(pipeline.get(element).get(), "src"));
  GstQuery* query = gst_query_new_context(GST_VULKAN_QUEUE_CONTEXT_TYPE_STR);
  GstContext* context = nullptr;
  GstVulkanQueue* queue = nullptr;
  if (gst_pad_query(pad.get(), query)) gst_query_parse_context(query, &context);
  if (context) gst_context_get_vulkan_queue(context, &queue);
  gst_query_unref(query);
  if (queue) gst_object_unref(queue);  // the element has it
  return queue;
}

TEST_F(OfferedImages, QueueOfANeighbourThatRunsAlreadyIsShared) {
  Pipeline pipeline("vulkanupload name=u ! vkcompositor name=c ! fakesink");
  give(pipeline, device_.get());
  gst_element_set_state(pipeline.get("u").get(), GST_STATE_PAUSED);
  GstVulkanQueue* theirs = queue_of(pipeline, "u");
  ASSERT_TRUE(theirs);
  gst_element_set_state(pipeline.get("c").get(), GST_STATE_READY);
  EXPECT_EQ(queue_of(pipeline, "c"), theirs);
}

}  // namespace
}  // namespace av1hw::test
