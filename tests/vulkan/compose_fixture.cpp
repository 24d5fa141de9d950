// SPDX-License-Identifier: LGPL-2.1-or-later
// One frame a scene; failures leave PGM images: the model's planes, the engine's and their
// difference.
#include "compose_fixture.h"

#include <cmath>
#include <cstdio>
#include <string>

#include "base/unique_handle.h"

namespace av1hw::test {
namespace {

// Planes below each other; model, engine and difference (64 times) side by side.
void write_failure(const std::string& name, const ModelFrame& model, const Picture& picture) {
  const char* root = g_getenv("AV1HW_BUILD_ROOT");
  const GCharPtr folder(g_build_filename(root ? root : ".", "compose-failures", nullptr));
  g_mkdir_with_parents(folder.get(), 0755);
  const std::string path = std::string(folder.get()) + "/" + name + ".pgm";
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (!file) return;
  const SampleLayout& layout = model.layout();
  const int width = layout.width;
  std::fprintf(file, "P5\n%d %d\n255\n", 3 * width,
               static_cast<int>(model.components()) * layout.height);
  for (unsigned c = 0; c < model.components(); c++) {
    const double scale = 255 / (std::pow(2, c == 3 ? layout.alpha_depth : layout.depth) - 1);
    for (int y = 0; y < layout.height; y++) {
      std::vector<uint8_t> row(static_cast<size_t>(3 * width));
      for (int x = 0; x < plane_width(layout, c) && y < plane_height(layout, c); x++) {
        const double wanted = model.exact(c, x, y) * scale;
        const double got = code_at(picture.frame(), layout, c, x, y) * scale;
        const auto set = [&](int column, double value) {
          row[static_cast<size_t>(column)] = static_cast<uint8_t>(std::clamp(value, 0.0, 255.0));
        };
        set(x, wanted);
        set(width + x, got);
        set(2 * width + x, std::abs(wanted - got) * 64);
      }
      std::fwrite(row.data(), 1, row.size(), file);
    }
  }
  std::fclose(file);
}

}  // namespace

LayerSettings& Scene::add(const Picture& picture, int x, int y, int width, int height) {
  LayerInput layer = {.input = pictures.size(), .info = &picture.info()};
  layer.settings.xpos = x;
  layer.settings.ypos = y;
  layer.settings.width = width;
  layer.settings.height = height;
  pictures.push_back(&picture);
  layers.push_back(layer);
  return layers.back().settings;
}

void ComposeTest::SetUp() {
  VulkanDevice& vulkan = VulkanDevice::get();
  if (!vulkan.absent().empty()) GTEST_SKIP() << vulkan.absent();
  vulkan.take_messages();
}

void ComposeTest::TearDown() {
  if (!VulkanDevice::get().absent().empty()) return;
  engine().collect();
  for (const std::string& message : VulkanDevice::get().take_messages()) {
    ADD_FAILURE() << message;
  }
}

bool ComposeTest::compose(const Scene& scene, Picture& result, Memory from, Memory to) {
  const Result<FramePlan> plan = plan_frame(scene.canvas, scene.layers);
  EXPECT_TRUE(plan) << plan.error().message;
  if (!plan) return false;
  std::vector<std::unique_ptr<DeviceFrame>> frames;
  std::vector<SourceFrame> sources;
  for (const Picture* picture : scene.pictures) {
    SourceFrame source = {.planes = planes_of(picture->frame())};
    if (from != Memory::System) {
      frames.push_back(DeviceFrame::make(from, picture->info(), false));
      if (!frames.back()) return false;
      frames.back()->write(picture->frame());
      source.planes = frames.back()->planes();
    }
    sources.push_back(source);
  }
  TargetFrame target;
  std::unique_ptr<DeviceFrame> written;
  if (to != Memory::System) {
    written = DeviceFrame::make(to, scene.canvas.info, true);
    if (!written) return false;
    target.planes = written->target_planes();
  }
  const Result<Ticket> ticket = engine().compose(*plan, sources, target);
  EXPECT_TRUE(ticket) << ticket.error().message;
  if (!ticket) return false;
  auto& frame = const_cast<GstVideoFrame&>(result.frame());
  if (written) {
    const Result<> done = engine().wait(*ticket);
    EXPECT_TRUE(done) << done.error().message;
    engine().collect();
    written->read(frame);
    return true;
  }
  const Result<uint64_t> bytes = engine().download(*ticket, writable_planes_of(frame));
  EXPECT_TRUE(bytes) << bytes.error().message;
  // References to images go before the images of a test do.
  engine().collect();
  return bytes.has_value();
}

bool ComposeTest::expect_model(const Scene& scene, const std::string& name, double tolerance,
                               Memory from, Memory to) {
  Picture result(scene.canvas.info);
  if (!compose(scene, result, from, to)) return false;
  std::vector<const GstVideoFrame*> frames;
  for (const Picture* picture : scene.pictures) frames.push_back(&picture->frame());
  const ModelFrame model = model_frame(scene.canvas, scene.layers, frames);
  const Difference found = difference(model, result.frame());
  if (found.most <= tolerance) return true;
  write_failure(name, model, result);
  ADD_FAILURE() << name << ": component " << found.component << " at " << found.x << ", " << found.y
                << " is "
                << code_at(result.frame(), model.layout(), found.component, found.x, found.y)
                << ", not " << model.exact(found.component, found.x, found.y);
  return true;
}

}  // namespace av1hw::test
