// SPDX-License-Identifier: LGPL-2.1-or-later
// Prints what the parser makes of AV1 files, as lab programs did of NVIDIA's: IVF a temporal unit
// at a time, other files in one piece.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <vector>

#include "nvcodec/picture_lines.h"
#include "refdrv/nv/cuda_types.h"
// After cuda_types.h, whose types it needs.
#include <ffnvcodec/dynlink_nvcuvid.h>

extern "C" {
tcuvidCreateVideoParser cuvidCreateVideoParser;
tcuvidDestroyVideoParser cuvidDestroyVideoParser;
tcuvidParseVideoData cuvidParseVideoData;
}

namespace {

constexpr unsigned surfaces = 20;
constexpr size_t ivf_header = 32;
constexpr size_t ivf_frame_header = 12;

int print_sequence(void*, CUVIDEOFORMAT* format) {
  std::printf("SEQ coded=%ux%u bd=%d chroma=%d min_surf=%d\n", format->coded_width,
              format->coded_height, format->bit_depth_luma_minus8 + 8, format->chroma_format,
              format->min_num_decode_surfaces);
  return format->min_num_decode_surfaces;
}

int print_picture(void*, CUVIDPICPARAMS* params) {
  std::printf("PIC %s\n", av1hw::picture_line(*params).c_str());
  return 1;
}

int print_output(void*, CUVIDPARSERDISPINFO* info) {
  if (info) std::printf("DISP idx=%d ts=%lld\n", info->picture_index, info->timestamp);
  return 1;
}

void parse(CUvideoparser parser, std::span<const uint8_t> bytes, unsigned flags, long long time) {
  CUVIDSOURCEDATAPACKET packet = {};
  packet.payload = bytes.data();
  packet.payload_size = bytes.size();
  packet.flags = flags;
  packet.timestamp = time;
  if (const CUresult error = cuvidParseVideoData(parser, &packet)) std::printf("ERR %d\n", error);
}

void parse_ivf(CUvideoparser parser, std::span<const uint8_t> file) {
  long long unit = 0;
  for (size_t at = ivf_header; at + ivf_frame_header <= file.size(); unit++) {
    const size_t size = file[at] | file[at + 1] << 8U | file[at + 2] << 16U |
                        static_cast<size_t>(file[at + 3]) << 24U;
    at += ivf_frame_header;
    const auto bytes = file.subspan(at).first(std::min(size, file.size() - at));
    std::printf("TU %lld size=%zu\n", unit, bytes.size());
    parse(parser, bytes, CUVID_PKT_ENDOFPICTURE | CUVID_PKT_TIMESTAMP, unit);
    at += bytes.size();
  }
}

void dump(const std::string& name) {
  std::ifstream in(name, std::ios::binary);
  const std::vector<uint8_t> file{std::istreambuf_iterator<char>(in), {}};
  CUVIDPARSERPARAMS params = {};
  params.CodecType = cudaVideoCodec_AV1;
  params.ulMaxNumDecodeSurfaces = surfaces;
  params.bAnnexb = name.contains("annexb");
  params.pfnSequenceCallback = print_sequence;
  params.pfnDecodePicture = print_picture;
  params.pfnDisplayPicture = print_output;
  CUvideoparser parser = nullptr;
  if (const CUresult error = cuvidCreateVideoParser(&parser, &params)) {
    std::printf("ERR %d\n", error);
    return;
  }
  if (name.ends_with(".ivf")) {
    parse_ivf(parser, file);
  } else {
    parse(parser, file, 0, 0);
  }
  parse(parser, {}, CUVID_PKT_ENDOFSTREAM, 0);
  cuvidDestroyVideoParser(parser);
}

}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i < argc; i++) {
    std::printf("STREAM %s\n", argv[i]);
    dump(argv[i]);
  }
}
