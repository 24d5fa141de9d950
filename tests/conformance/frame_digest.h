// SPDX-License-Identifier: LGPL-2.1-or-later
// One MD5 over decoded frames, the same for every memory layout that the samples may have.
#pragma once

#include <gst/video/video.h>

#include <memory>
#include <string>
#include <vector>

namespace av1hw::conformance {

// Equals what dav1d's md5 muxer writes: plane after plane (luma or G first), row after row of
// visible samples alone; more than 8 bits as 16-bit little-endian numbers in the low bits.
class FrameDigest {
 public:
  void add(const GstVideoFrame& frame);
  // The same of a gray stream, of which some decoders make a picture with neutral chroma: luma
  // counts. False: its chroma is not neutral.
  bool add_gray(const GstVideoFrame& frame);
  std::string hex() const { return g_checksum_get_string(checksum_.get()); }

 private:
  void add_component(const GstVideoFrame& frame, unsigned component);

  struct Free {
    void operator()(GChecksum* p) const { g_checksum_free(p); }
  };
  std::unique_ptr<GChecksum, Free> checksum_{g_checksum_new(G_CHECKSUM_MD5)};
  std::vector<uint8_t> row_;
};

}  // namespace av1hw::conformance
