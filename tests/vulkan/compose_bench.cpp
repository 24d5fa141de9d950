// SPDX-License-Identifier: LGPL-2.1-or-later
// What a frame takes on the device, by its timestamps, beside the bandwidth that the device copies
// with: `compose_bench [--brief] [WORD]` (the cases alone whose name has the word). `compose_bench
// system`: how many frames a second come out of system memory and go there, each way.
#include <gst/gst.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "../composite/support.h"
#include "compose_bench_system.h"
#include "test_frame.h"
#include "vk_device_fixture.h"
#include "vulkan/compositor/frame_slot.h"

namespace av1hw::test {
namespace {

// A GPU that has nothing to do lowers its clocks, and takes a while to raise them.
constexpr auto warm_up = std::chrono::milliseconds(1500);
constexpr auto per_case = std::chrono::milliseconds(150);
// A driver may go on making a kernel faster once it is in use.
constexpr auto first_use = std::chrono::milliseconds(50);

// What is measured. `brief` is for devices that take a second for a frame: 1080p alone, and few
// frames.
struct Effort {
  bool brief = false;
  const char* only = nullptr;
  size_t fewest_frames() const { return brief ? 3 : 30; }
};

// Whether to go on: for so long, and for so many.
class Until {
 public:
  Until(std::chrono::milliseconds least, const Effort& effort)
      : end_(std::chrono::steady_clock::now() + least), fewest_(effort.fewest_frames()) {}
  bool more(size_t done) const { return done < fewest_ || std::chrono::steady_clock::now() < end_; }

 private:
  std::chrono::steady_clock::time_point end_;
  size_t fewest_;
};

enum class Kind {
  Tiled,      // side by side, one to one
  Unaligned,  // the same, moved by an even number of samples that is no multiple of a word
  Odd,        // by an odd number: chroma lies between samples
  Matrix,     // side by side, of BT.601's matrix
  Light,      // of BT.601's primaries as well
  Halved,     // side by side, each from twice its width and height
  Quartered,  // from four times
  Lanczos,    // as Halved
  Enlarged,   // from half its width and height
  Blended,    // over each other, of the canvas's size, alpha 0.8
};

struct Case {
  const char* name;
  Kind kind;
  GstVideoFormat format;
  int width, height, layers;
  Memory memory;
};

// How many times as wide as it is shown.
double shrink_of(Kind kind) {
  switch (kind) {
  case Kind::Halved:
  case Kind::Lanczos: return 2;
  case Kind::Quartered: return 4;
  case Kind::Enlarged: return 0.5;
  default: return 1;
  }
}

// What a frame must read and write at the least: what is shown of every layer, and the canvas.
double least_bytes(const Case& each, const GstVideoInfo& canvas) {
  const double one = static_cast<double>(canvas.size);
  const double shrink = shrink_of(each.kind);
  return one * (each.kind == Kind::Blended ? each.layers : shrink * shrink) + one;
}

int columns_of(int layers) {
  int columns = 1;
  while (columns * columns < layers) columns++;
  return columns;
}

FramePlan plan_of(const Case& each, const GstVideoInfo& canvas, const GstVideoInfo& picture) {
  std::vector<LayerInput> layers;
  const int columns = columns_of(each.layers);
  const int moved = each.kind == Kind::Unaligned ? 6 : each.kind == Kind::Odd ? 5 : 0;
  for (int i = 0; i < each.layers; i++) {
    LayerInput layer = {.input = static_cast<size_t>(i), .info = &picture};
    if (each.kind == Kind::Blended) {
      layer.settings.alpha = 0.8;
    } else {
      layer.settings.width = each.width / columns;
      layer.settings.height = each.height / columns;
      layer.settings.xpos = i % columns * layer.settings.width + moved;
      layer.settings.ypos = i / columns * layer.settings.height + moved;
    }
    if (each.kind == Kind::Lanczos) layer.settings.filter = ScaleFilter::Lanczos;
    layers.push_back(layer);
  }
  return *plan_frame(canvas_of(canvas), layers);
}

// Said, since what GStreamer takes a picture's colour for depends on its height.
GstVideoInfo colour_info(const Case& each, int width, int height, bool is_picture) {
  if (GST_VIDEO_FORMAT_INFO_IS_RGB(gst_video_format_get_info(each.format)))
    return info_of(each.format, width, height, "sRGB");
  const char* of_picture = each.kind == Kind::Matrix  ? "2:4:5:1"
                           : each.kind == Kind::Light ? "bt601"
                                                      : "bt709";
  return info_of(each.format, width, height, is_picture ? of_picture : "bt709");
}

GstVideoInfo picture_info(const Case& each) {
  const int columns = each.kind == Kind::Blended ? 1 : columns_of(each.layers);
  const double shrink = shrink_of(each.kind);
  return colour_info(each, static_cast<int>(each.width / columns * shrink),
                     static_cast<int>(each.height / columns * shrink), true);
}

uint64_t median(std::vector<uint64_t> times) {
  std::ranges::sort(times);
  return times[times.size() / 2];
}

// Nanoseconds of a frame.
uint64_t measure(CompositeEngine& engine, const Case& each, const Effort& effort,
                 std::chrono::milliseconds least) {
  const GstVideoInfo canvas = colour_info(each, each.width, each.height, false);
  const GstVideoInfo picture = picture_info(each);
  std::vector<std::unique_ptr<DeviceFrame>> kept;
  std::vector<SourceFrame> sources;
  for (int i = 0; i < each.layers; i++) {
    kept.push_back(DeviceFrame::make(each.memory, picture, false, DeviceBuffer::Use::OnDevice));
    if (!kept.back()) return 0;
    sources.push_back({.planes = kept.back()->planes()});
  }
  const auto canvas_frame =
      DeviceFrame::make(each.memory, canvas, true, DeviceBuffer::Use::OnDevice);
  if (!canvas_frame) return 0;
  const TargetFrame target = {.planes = canvas_frame->target_planes()};
  const FramePlan plan = plan_of(each, canvas, picture);
  std::vector<uint64_t> times;
  const Until until(least, effort);
  while (until.more(times.size())) {
    const Result<Ticket> ticket = engine.compose(plan, sources, target);
    if (!ticket || !engine.wait(*ticket)) {
      std::fprintf(stderr, "%s\n", ticket ? "the device was lost" : ticket.error().message.c_str());
      std::exit(1);
    }
    times.push_back(engine.device_time(*ticket).value_or(0));
  }
  engine.collect();
  return median(times);
}

// Bytes read and written a nanosecond, of one copy of 256 MiB.
double copy_bandwidth(const Effort& effort) {
  constexpr VkDeviceSize size = 256 << 20;
  VulkanDevice& vulkan = VulkanDevice::get();
  const auto memory = std::move(*DeviceMemory::make(vulkan.device()));
  const DeviceBuffer from =
      std::move(*DeviceBuffer::make(*memory, DeviceBuffer::Use::OnDevice, size));
  const DeviceBuffer to =
      std::move(*DeviceBuffer::make(*memory, DeviceBuffer::Use::OnDevice, size));
  const auto ring = std::move(*FrameRing::make(vulkan.queue(), 1, VK_NULL_HANDLE, 0, true));
  FrameSlot& slot = ring->slot_for(0);
  std::vector<uint64_t> times;
  const Until until(warm_up, effort);
  while (until.more(times.size())) {
    if (!ring->begin(slot)) return 0;
    const VkBufferCopy region = {0, 0, size};
    vkCmdCopyBuffer(slot.commands, from.get(), to.get(), 1, &region);
    if (!ring->end(slot)) return 0;
    VkSubmitInfo info = {};
    info.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO;
    info.commandBufferCount = 1;
    info.pCommandBuffers = &slot.commands;
    vkQueueSubmit(vulkan.queue()->queue, 1, &info, VK_NULL_HANDLE);
    vkQueueWaitIdle(vulkan.queue()->queue);
    times.push_back(ring->device_time(slot).value_or(0));
  }
  times.erase(times.begin(), times.begin() + static_cast<ptrdiff_t>(times.size() / 2));
  const uint64_t time = median(times);
  return time ? 2.0 * size / static_cast<double>(time) : 0;
}

struct KindName {
  Kind kind;
  const char* name;
};
constexpr KindName kinds[] = {
    {Kind::Tiled, "1:1"},
    {Kind::Unaligned, "1:1, moved by 6"},
    {Kind::Odd, "1:1, by 5"},
    {Kind::Matrix, "1:1, matrix"},
    {Kind::Light, "1:1, of BT.601"},
    {Kind::Halved, "halved"},
    {Kind::Quartered, "quartered"},
    {Kind::Lanczos, "halved, lanczos"},
    {Kind::Enlarged, "doubled"},
    {Kind::Blended, "alpha 0.8"},
};

std::vector<Case> cases(const Effort& effort) {
  std::vector<Case> all;
  const auto add = [&](GstVideoFormat format, int width, int height, int layers, KindName kind,
                       Memory memory) {
    all.push_back({kind.name, kind.kind, format, width, height, layers, memory});
  };
  struct Size {
    int width, height, layers;
  };
  constexpr Size sizes[] = {{1920, 1080, 1}, {1920, 1080, 4}, {3840, 2160, 4}, {3840, 2160, 16}};
  for (const auto& [width, height, layers] : sizes) {
    if (effort.brief && height > 1080) continue;
    for (const KindName& kind : kinds) {
      for (const Memory memory : {Memory::Linear, Memory::Images})
        add(GST_VIDEO_FORMAT_NV12, width, height, layers, kind, memory);
    }
  }
  for (const GstVideoFormat format : {GST_VIDEO_FORMAT_P010_10LE, GST_VIDEO_FORMAT_I420,
                                      GST_VIDEO_FORMAT_I420_10LE, GST_VIDEO_FORMAT_RGBA}) {
    if (effort.brief) break;
    for (const KindName& kind : kinds) add(format, 3840, 2160, 4, kind, Memory::Linear);
  }
  std::erase_if(all, [&](const Case& each) {
    return effort.only && !std::string_view(each.name).contains(effort.only);
  });
  return all;
}

void print(const Case& each, uint64_t time, double bandwidth) {
  const double bytes = least_bytes(each, info_of(each.format, each.width, each.height));
  const double moved = time ? bytes / static_cast<double>(time) : 0;
  std::printf("%4dp %2d layers %-9s %-15s %-6s %9.1f us %8.1f GB/s %5.2f of a copy\n", each.height,
              each.layers, gst_video_format_to_string(each.format), each.name,
              memory_name(each.memory), static_cast<double>(time) / 1000, moved,
              bandwidth > 0 ? moved / bandwidth : 0);
  std::fflush(stdout);
}

void run(const Effort& effort) {
  VulkanDevice& vulkan = VulkanDevice::get();
  if (!vulkan.absent().empty()) {
    std::printf("no Vulkan device: %s\n", vulkan.absent().c_str());
    return;
  }
  if (effort.only && std::string_view(effort.only) == "system") {
    bench_system_memory();
    return;
  }
  const double bandwidth = copy_bandwidth(effort);
  std::printf("%s: a copy moves %.1f GB/s\n",
              vulkan.device()->physical_device->properties.deviceName, bandwidth);
  EngineSettings settings;
  settings.timestamps = true;
  const auto engine = std::move(*CompositeEngine::make(vulkan.device(), vulkan.queue(), settings));
  const std::vector<Case> all = cases(effort);
  for (const Case& each : all) measure(*engine, each, effort, first_use);
  for (const Case& each : all) print(each, measure(*engine, each, effort, per_case), bandwidth);
}

}  // namespace
}  // namespace av1hw::test

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  av1hw::test::Effort effort;
  for (int i = 1; i < argc; i++) {
    if (std::string_view(argv[i]) == "--brief")
      effort.brief = true;
    else
      effort.only = argv[i];
  }
  av1hw::test::run(effort);
  av1hw::test::VulkanDevice::get().close();
}
