// SPDX-License-Identifier: LGPL-2.1-or-later
// Plays a line, and keeps its frames.
#include "frames.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <format>

namespace av1hw::test {
namespace {

void append(const GstVideoFrame& frame, std::vector<uint8_t>& bytes) {
  for (guint plane = 0; plane < GST_VIDEO_FRAME_N_PLANES(&frame); plane++) {
    gint components[GST_VIDEO_MAX_COMPONENTS];
    gst_video_format_info_component(frame.info.finfo, plane, components);
    const int rows = GST_VIDEO_FRAME_COMP_HEIGHT(&frame, components[0]);
    const int width = GST_VIDEO_FRAME_COMP_WIDTH(&frame, components[0]) *
                      GST_VIDEO_FRAME_COMP_PSTRIDE(&frame, components[0]);
    const auto* data = static_cast<const uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, plane));
    for (int y = 0; y < rows; y++, data += GST_VIDEO_FRAME_PLANE_STRIDE(&frame, plane))
      bytes.insert(bytes.end(), data, data + width);
  }
}

// Of a DMA-BUF the picture that it is as linear memory.
bool info_from_caps(GstVideoInfo& info, GstCaps* caps) {
  GstVideoInfoDmaDrm drm;
  if (gst_video_is_dma_drm_caps(caps))
    return gst_video_info_dma_drm_from_caps(&drm, caps) &&
           gst_video_info_dma_drm_to_video_info(&drm, &info);
  return gst_video_info_from_caps(&info, caps);
}

GstPadProbeReturn on_buffer(GstPad* pad, GstPadProbeInfo* probe, gpointer frames) {
  const Ref<GstCaps> caps(gst_pad_get_current_caps(pad));
  Frame frame;
  GstVideoFrame mapped;
  if (info_from_caps(frame.info, caps.get()) &&
      gst_video_frame_map(&mapped, &frame.info, GST_PAD_PROBE_INFO_BUFFER(probe), GST_MAP_READ)) {
    append(mapped, frame.bytes);
    gst_video_frame_unmap(&mapped);
    static_cast<std::vector<Frame>*>(frames)->push_back(std::move(frame));
  }
  return GST_PAD_PROBE_OK;
}

void keep_frames(const Pipeline& pipeline, std::vector<Frame>& frames) {
  const Ref<GstPad> pad(
      gst_element_get_static_pad(Ref<GstElement>(pipeline.get("sink")).get(), "sink"));
  gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, on_buffer, &frames, nullptr);
}

Moves moves_of(GstElement* compositor) {
  Moves moves;
  const Ref<GstStructure> stats = get_structure(compositor, "stats");
  // A bin counts what goes in and what comes out.
  const char* frames = gst_structure_has_field(stats.get(), "frames") ? "frames" : "frames-out";
  const bool all = gst_structure_get(
      stats.get(), frames, G_TYPE_UINT64, &moves.frames, "import-frames", G_TYPE_UINT64,
      &moves.imports, "gpu-copy-frames", G_TYPE_UINT64, &moves.copies, "gpu-copy-bytes",
      G_TYPE_UINT64, &moves.copied_bytes, "upload-bytes", G_TYPE_UINT64, &moves.uploaded,
      "download-bytes", G_TYPE_UINT64, &moves.downloaded, nullptr);
  EXPECT_TRUE(all);
  return moves;
}

}  // namespace

Played play(Pipeline& pipeline) {
  Played played;
  keep_frames(pipeline, played.frames);
  pipeline.run();
  played.moves = moves_of(Ref<GstElement>(pipeline.get("c")).get());
  played.warnings = pipeline.warnings;
  pipeline.set_state(GST_STATE_NULL);
  const Moves& m = played.moves;
  std::printf(
      "  frames %lu, import %lu, gpu-copy %lu (%lu bytes), upload %lu, download %lu bytes\n",
      m.frames, m.imports, m.copies, m.copied_bytes, m.uploaded, m.downloaded);
  return played;
}

Played play(const std::string& line, const std::function<void(const Pipeline&)>& prepare) {
  Pipeline pipeline(line);
  if (prepare) prepare(pipeline);
  Played played = play(pipeline);
  EXPECT_TRUE(pipeline.ended) << line << "\n"
                              << (pipeline.errors.empty() ? "no error" : pipeline.errors[0]);
  return played;
}

std::vector<Frame> frames_of(const std::string& line) {
  std::vector<Frame> frames;
  Pipeline pipeline(line);
  keep_frames(pipeline, frames);
  EXPECT_TRUE(pipeline.run()) << line;
  pipeline.set_state(GST_STATE_NULL);
  return frames;
}

std::string compare(const std::vector<Frame>& frames, const std::vector<Frame>& expected) {
  if (frames.size() != expected.size())
    return std::format("{} frames instead of {}", frames.size(), expected.size());
  for (size_t n = 0; n < frames.size(); n++) {
    const std::vector<uint8_t>&a = frames[n].bytes, &b = expected[n].bytes;
    if (a.size() != b.size())
      return std::format("frame {}: {} bytes, not {}", n, a.size(), b.size());
    size_t differ = 0, first = 0;
    int most = 0;
    for (size_t i = a.size(); i-- > 0;) {
      if (a[i] == b[i]) continue;
      differ++;
      first = i;
      most = std::max(most, std::abs(a[i] - b[i]));
    }
    if (differ > 0)
      return std::format("frame {}: {} of {} bytes differ, by {} at most; byte {} is {}, not {}", n,
                         differ, a.size(), most, first, a[first], b[first]);
  }
  return "";
}

}  // namespace av1hw::test
