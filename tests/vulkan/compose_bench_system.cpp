// SPDX-License-Identifier: LGPL-2.1-or-later
// System memory in and out, with as many frames under way as elements have.
#include "compose_bench_system.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <vector>

#include "../composite/support.h"
#include "test_frame.h"
#include "vk_device_fixture.h"

namespace av1hw::test {
namespace {

constexpr auto per_case = std::chrono::milliseconds(600);
constexpr size_t warm_up_frames = 6, fewest_frames = 20;
constexpr unsigned in_flight = 3;

struct Case {
  const char* name;
  int canvas_width, canvas_height, columns, shrink;
};
constexpr Case cases[] = {{"1080p of 1 x 1080p", 1920, 1080, 1, 1},
                          {"1080p of 4 x 1080p halved", 1920, 1080, 2, 2},
                          {"4K of 4 x 1080p", 3840, 2160, 2, 1},
                          {"4K of 16 x 4K quartered", 3840, 2160, 4, 4}};

struct Way {
  const char* name;
  Uploads uploads;
  Memory memory;  // System: the CPU copies to and from it; Host: the device does
  unsigned threads = 1;
};
constexpr Way ways[] = {{"CPU writes to the device", Uploads::Direct, Memory::System},
                        {"the same, 4 threads", Uploads::Direct, Memory::System, 4},
                        {"staged, same queue", Uploads::Staged, Memory::System},
                        {"the same, 4 threads", Uploads::Staged, Memory::System, 4},
                        {"staged, own queue", Uploads::OwnQueue, Memory::System},
                        {"the same, 4 threads", Uploads::OwnQueue, Memory::System, 4},
                        {"device's own, same queue", Uploads::Staged, Memory::Host},
                        {"device's own, own queue", Uploads::OwnQueue, Memory::Host}};

GstVideoInfo picture_info(const Case& each) {
  return info_of(GST_VIDEO_FORMAT_NV12, each.canvas_width / each.columns * each.shrink,
                 each.canvas_height / each.columns * each.shrink);
}

FramePlan plan_of(const Case& each, const GstVideoInfo& canvas, const GstVideoInfo& picture) {
  std::vector<LayerInput> layers;
  for (int i = 0; i < each.columns * each.columns; i++) {
    LayerInput layer = {.input = static_cast<size_t>(i), .info = &picture};
    layer.settings.width = each.canvas_width / each.columns;
    layer.settings.height = each.canvas_height / each.columns;
    layer.settings.xpos = i % each.columns * layer.settings.width;
    layer.settings.ypos = i / each.columns * layer.settings.height;
    layers.push_back(layer);
  }
  return *plan_frame(canvas_of(canvas), layers);
}

// One case, one way: what its frames are made of, and where they go.
class Throughput {
 public:
  Throughput(const Case& each, const Way& way) : way_(way) {
    VulkanDevice& vulkan = VulkanDevice::get();
    engine_ = std::move(*CompositeEngine::make(vulkan.device(), vulkan.queue(),
                                               {.frames_in_flight = in_flight,
                                                .uploads = way.uploads,
                                                .copy_threads = way.threads,
                                                .upload_queue = vulkan.copies()}));
    canvas_ = info_of(GST_VIDEO_FORMAT_NV12, each.canvas_width, each.canvas_height);
    const GstVideoInfo picture = picture_info(each);
    plan_ = plan_of(each, canvas_, picture);
    for (int i = 0; i < each.columns * each.columns; i++) {
      pictures_.push_back(std::make_unique<Picture>(picture));
      if (way.memory == Memory::System) {
        sources_.push_back({.planes = planes_of(pictures_.back()->frame())});
        continue;
      }
      hosts_.push_back(DeviceFrame::make(Memory::Host, picture, false));
      sources_.push_back({.planes = hosts_.back()->planes()});
    }
    for (unsigned i = 0; i <= in_flight; i++) {
      results_.push_back(std::make_unique<Picture>(canvas_));
      if (way.memory == Memory::Host)
        canvases_.push_back(DeviceFrame::make(Memory::Host, canvas_, true));
    }
  }

  double frames_per_second() {
    for (size_t i = 0; i < warm_up_frames; i++) next();
    const auto start = std::chrono::steady_clock::now();
    size_t frames = 0;
    do {
      next();
      frames++;
    } while (frames < fewest_frames || std::chrono::steady_clock::now() < start + per_case);
    while (!under_way_.empty()) take_oldest();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    return static_cast<double>(frames) / took.count();
  }
  double moved_bytes() const { return static_cast<double>(moved_); }

 private:
  void next() {
    if (under_way_.size() == in_flight) take_oldest();
    TargetFrame target;
    if (way_.memory == Memory::Host)
      target.planes = canvases_[count_ % canvases_.size()]->target_planes();
    const Result<Ticket> ticket = engine_->compose(plan_, sources_, target);
    if (!ticket) fail(ticket.error());
    moved_ = ticket->uploaded_bytes + canvas_.size;
    count_++;
    under_way_.push_back(*ticket);
  }
  void take_oldest() {
    const Ticket ticket = under_way_.front();
    under_way_.pop_front();
    if (way_.memory == Memory::Host) {
      if (const Result<> done = engine_->wait(ticket); !done) fail(done.error());
      return;
    }
    auto& frame = const_cast<GstVideoFrame&>(results_[ticket.value % results_.size()]->frame());
    const Result<uint64_t> bytes = engine_->download(ticket, writable_planes_of(frame));
    if (!bytes) fail(bytes.error());
  }
  [[noreturn]] static void fail(const Error& error) {
    std::fprintf(stderr, "%s\n", error.message.c_str());
    std::exit(1);
  }

  const Way way_;
  std::unique_ptr<CompositeEngine> engine_;
  GstVideoInfo canvas_;
  FramePlan plan_;
  std::vector<std::unique_ptr<Picture>> pictures_, results_;
  std::vector<std::unique_ptr<DeviceFrame>> hosts_, canvases_;
  std::vector<SourceFrame> sources_;
  std::deque<Ticket> under_way_;
  size_t count_ = 0;
  uint64_t moved_ = 0;
};

}  // namespace

void bench_system_memory() {
  VulkanDevice& vulkan = VulkanDevice::get();
  std::printf("system memory in and out, %u frames in flight; %s\n", in_flight,
              vulkan.copies() ? "the device has a queue for copies alone"
                              : "the device has no queue for copies alone");
  for (const Case& each : cases) {
    for (const Way& way : ways) {
      if (way.uploads == Uploads::OwnQueue && !vulkan.copies()) continue;
      Throughput throughput(each, way);
      const double rate = throughput.frames_per_second();
      std::printf("%-26s %-26s %8.1f frames/s %6.1f GB/s\n", each.name, way.name, rate,
                  rate * throughput.moved_bytes() / 1e9);
      std::fflush(stdout);
    }
  }
}

}  // namespace av1hw::test
