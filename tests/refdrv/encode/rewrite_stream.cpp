// SPDX-License-Identifier: LGPL-2.1-or-later
// Codes other pictures under the headers of a stream: writes the new stream, and what decoders have
// to make of it.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "refdrv/encode/stream_rewriter.h"

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: rewrite_stream STREAM NEW_STREAM.obu PICTURES.yuv MOST_FRAMES\n");
    return 2;
  }
  const auto most = static_cast<unsigned>(std::strtoul(argv[4], nullptr, 10));
  const auto stream = refdrv::test::rewrite_stream(argv[1], most);
  if (!stream || stream->shown.empty()) {
    const auto& error = stream ? stream->stopped : stream.error();
    std::fprintf(stderr, "%s: %s\n", argv[1], error ? error->message.c_str() : "no pictures");
    return 1;
  }
  std::ofstream out(argv[2], std::ios::binary);
  for (const auto& unit : stream->units) {
    out.write(reinterpret_cast<const char*>(unit.data()),
              static_cast<std::streamsize>(unit.size()));
  }
  std::ofstream pictures(argv[3], std::ios::binary);
  for (const auto& frame : stream->shown) {
    for (const auto& plane : frame->reconstruction->planes) {
      pictures.write(reinterpret_cast<const char*>(plane.data()),
                     static_cast<std::streamsize>(plane.size()));
    }
  }
  return out.good() && pictures.good() ? 0 : 1;
}
