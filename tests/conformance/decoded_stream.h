// SPDX-License-Identifier: LGPL-2.1-or-later
// What dav1d, aomdec and FFmpeg each make of a stream, and how like the test pattern it is.
#pragma once

#include <gst/gst.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/programs.h"
#include "support/test_files.h"
#include "support/test_pattern.h"

namespace av1hw::test {

// 4:2:0 pictures in a YUV4MPEG2 file, of which the header says size and depth.
struct DecodedStream {
  unsigned width = 0;
  unsigned height = 0;
  unsigned depth = 0;
  Bytes file;
  std::vector<std::span<const uint8_t>> frames;  // samples of 16 bits, little-endian, above 8
};

inline unsigned plane_width(unsigned component, unsigned width) {
  return component == 0 ? width : (width + 1) / 2;
}

inline DecodedStream read_y4m(const std::string& path) {
  DecodedStream stream = {.file = read_bytes(path)};
  const std::string_view text(reinterpret_cast<const char*>(stream.file.data()),
                              stream.file.size());
  const std::string header(text.substr(0, text.find('\n')));
  if (std::sscanf(header.c_str(), "YUV4MPEG2 W%u H%u", &stream.width, &stream.height) != 2)
    return {};
  stream.depth = header.contains("p10") ? 10 : 8;
  const size_t chroma = size_t{plane_width(1, stream.width)} * plane_width(1, stream.height);
  const size_t size =
      (size_t{stream.width} * stream.height + 2 * chroma) * (stream.depth > 8 ? 2 : 1);
  constexpr std::string_view mark = "FRAME\n";
  for (size_t at = header.size() + 1; at < text.size(); at += mark.size() + size) {
    if (text.substr(at, mark.size()) != mark || text.size() - at - mark.size() < size) return {};
    stream.frames.emplace_back(stream.file.data() + at + mark.size(), size);
  }
  return stream;
}

inline std::string md5_of(const DecodedStream& stream) {
  GChecksum* sum = g_checksum_new(G_CHECKSUM_MD5);
  for (const auto frame : stream.frames)
    g_checksum_update(sum, frame.data(), static_cast<gssize>(frame.size()));
  std::string text = g_checksum_get_string(sum);
  g_checksum_free(sum);
  return text;
}

// Means of blocks of 16x16 samples of all planes, of 8 bits. The last ones of a row and column end
// with the picture. `sample(component, x, y)` gives one sample.
template <typename Sample>
std::vector<double> block_means(unsigned width, unsigned height, Sample sample) {
  constexpr unsigned block = 16;
  std::vector<double> means;
  for (unsigned c = 0; c < 3; c++) {
    const unsigned plane_w = plane_width(c, width);
    const unsigned plane_h = plane_width(c, height);
    for (unsigned row = 0; row < plane_h; row += block) {
      const unsigned top = std::min(row, plane_h - block);
      for (unsigned column = 0; column < plane_w; column += block) {
        const unsigned left = std::min(column, plane_w - block);
        unsigned sum = 0;
        for (unsigned y = top; y < top + block; y++) {
          for (unsigned x = left; x < left + block; x++) sum += sample(c, x, y);
        }
        means.push_back(sum / double{block * block});
      }
    }
  }
  return means;
}

inline std::vector<double> pattern_means(unsigned width, unsigned height, unsigned n) {
  return block_means(width, height, [n](unsigned c, unsigned x, unsigned y) {
    return pattern_sample(c, x, y, n);
  });
}

// Of the top left `width` x `height` of a frame.
inline std::vector<double> decoded_means(const DecodedStream& stream, size_t frame, unsigned width,
                                         unsigned height) {
  const uint8_t* data = stream.frames[frame].data();
  const size_t luma = size_t{stream.width} * stream.height;
  const unsigned chroma_width = plane_width(1, stream.width);
  const size_t chroma = size_t{chroma_width} * plane_width(1, stream.height);
  const bool wide = stream.depth > 8;
  std::vector<double> means =
      block_means(width, height, [&](unsigned c, unsigned x, unsigned y) -> unsigned {
        const size_t start = c == 0 ? 0 : luma + (c - 1) * chroma;
        const size_t at = start + size_t{y} * (c == 0 ? stream.width : chroma_width) + x;
        // A frame may begin at any byte of what a decoder wrote.
        return wide ? data[2 * at] | data[2 * at + 1] << 8U : data[at];
      });
  for (double& mean : means) mean /= 1U << (stream.depth - 8);
  return means;
}

struct Difference {
  double greatest = 0;
  double squares = 0;
};

inline Difference difference(std::span<const double> a, std::span<const double> b) {
  Difference d;
  for (size_t i = 0; i < a.size(); i++) {
    const double apart = std::abs(a[i] - b[i]);
    d.greatest = std::max(d.greatest, apart);
    d.squares += apart * apart;
  }
  return d;
}

// What a program says of a file that it decodes without a word but the sum of its samples.
inline std::vector<std::pair<std::vector<std::string>, std::string>> other_decoders(
    const std::string& file, const std::string& md5) {
  return {
      {{"aomdec", "--rawvideo", "--md5", file}, md5 + "  -\n"},
      {{"ffmpeg", "-v", "warning", "-nostdin", "-err_detect", "explode", "-xerror", "-i", file,
        "-fps_mode", "passthrough", "-f", "md5", "-"},
       "MD5=" + md5 + "\n"},
  };
}

}  // namespace av1hw::test
