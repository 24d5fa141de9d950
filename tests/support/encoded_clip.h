// SPDX-License-Identifier: LGPL-2.1-or-later
// Short AV1 clips of any format, made by FFmpeg and libaom while a test runs.
#pragma once

#include <gst/video/video.h>

#include <optional>
#include <string>
#include <vector>

#include "support/programs.h"
#include "support/test_files.h"
#include "support/test_pattern.h"

namespace av1hw::test {

struct ClipSpec {
  GstVideoFormat format = GST_VIDEO_FORMAT_I420;  // planar
  std::string pixels = "yuv420p";                 // FFmpeg's name of it
  std::string coded_pixels = {};                  // what to code it as, if not as it is
  unsigned width = 70;
  unsigned height = 46;
  unsigned frames = 3;
  std::vector<std::string> options = {};  // further ones of FFmpeg's
};

inline void write_raw_video(const std::string& path, const ClipSpec& clip) {
  GstVideoInfo info;
  gst_video_info_set_format(&info, clip.format, clip.width, clip.height);
  std::ofstream out(path, std::ios::binary);
  for (unsigned n = 0; n < clip.frames; n++) {
    GstBuffer* buffer = make_pattern_buffer(info, n);
    GstVideoFrame frame;
    gst_video_frame_map(&frame, &info, buffer, GST_MAP_READ);
    for (unsigned plane = 0; plane < GST_VIDEO_FRAME_N_PLANES(&frame); plane++) {
      const auto* data = static_cast<const char*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, plane));
      const int row =
          GST_VIDEO_FRAME_COMP_WIDTH(&frame, plane) * GST_VIDEO_FRAME_COMP_PSTRIDE(&frame, plane);
      for (int y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT(&frame, plane); y++) {
        out.write(data, row);
        data += GST_VIDEO_FRAME_PLANE_STRIDE(&frame, plane);
      }
    }
    gst_video_frame_unmap(&frame);
    gst_buffer_unref(buffer);
  }
}

// The clip's temporal units: one key frame, then frames that each refer to the one before, all of
// them shown. Empty: there is no FFmpeg with libaom here, and then a test skips.
inline std::optional<std::vector<Bytes>> encode_clip(const ClipSpec& clip) {
  if (!has_program("ffmpeg")) return std::nullopt;
  const ScratchFolder scratch;
  write_raw_video(scratch.file("in.raw"), clip);
  std::vector<std::string> command = {
      "ffmpeg",
      "-v",
      "error",
      "-f",
      "rawvideo",
      "-framerate",
      "25",
      "-video_size",
      std::to_string(clip.width) + "x" + std::to_string(clip.height),
      "-pixel_format",
      clip.pixels,
      "-i",
      scratch.file("in.raw"),
      "-pix_fmt",
      clip.coded_pixels.empty() ? clip.pixels : clip.coded_pixels,
      "-c:v",
      "libaom-av1",
      "-usage",
      "realtime",
      "-cpu-used",
      "8",
      "-lag-in-frames",
      "0",
      "-crf",
      "30",
      "-g",
      "1000"};
  command.insert(command.end(), clip.options.begin(), clip.options.end());
  command.push_back(scratch.file("out.ivf"));
  const ProgramRun run = run_program(command);
  if (run.status != 0) {
    g_printerr("ffmpeg failed: %s\n", run.output.c_str());
    return std::nullopt;
  }
  const Bytes file = read_bytes(scratch.file("out.ivf"));
  std::vector<Bytes> units;
  for (const auto unit : split_ivf(file)) units.emplace_back(unit.begin(), unit.end());
  return units;
}

}  // namespace av1hw::test
