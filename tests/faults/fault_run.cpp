// SPDX-License-Identifier: LGPL-2.1-or-later
// Decodes a clip with an element while its driver fails, and prints what an application sees.
//
//   fault_run CLIP.ivf FIRST END system|device|dmabuf|kept ELEMENT [TILELESS]
//
// gives the element the packets from FIRST to END, and of packet TILELESS no tiles. What it prints,
// a line each: "frames COUNT",
// "md5 HEX" (of those in system memory), "warning NAME TEXT", "error NAME TEXT", "details
// STRUCTURE" (of the error before it), "chosen ELEMENT" and "report LINE" (of a bin). "kept": in
// device memory, and no frame is given back before the end.
//
//   fault_run --exists ELEMENT
//
// ends with 0 if there is such an element.
#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gst/codecparsers/gstav1parser.h>
#include <gst/video/video.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "av1/obu.h"
#include "av1/obu_writer.h"
#include "base/unique_handle.h"
#include "faults/messages.h"
#include "memory/handles.h"
#include "support/test_files.h"

namespace av1hw::test {
namespace {

constexpr GstClockTime patience = 100 * GST_SECOND;

class FaultRun {
 public:
  FaultRun(const std::string& element, const std::string& mode) : keeps_(mode == "kept") {
    const std::string caps = mode == "system"   ? "video/x-raw"
                             : mode == "dmabuf" ? "video/x-raw(memory:DMABuf)"
                                                : "video/x-raw(ANY)";
    const std::string line =
        "appsrc name=source format=time max-bytes=0 caps=video/x-av1,stream-format=obu-stream,"
        "alignment=tu,framerate=25/1 ! " +
        element + " name=decoder ! " + caps + " ! appsink name=sink sync=false";
    GError* error = nullptr;
    pipeline_.reset(gst_parse_launch(line.c_str(), &error));
    const GErrorPtr owned(error);
    if (error) {
      std::printf("error none %s\n", error->message);
      return;
    }
    source_.reset(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "source"));
    sink_.reset(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "sink"));
    decoder_.reset(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "decoder"));
    bus_.reset(gst_element_get_bus(pipeline_.get()));
  }

  bool made() const { return decoder_ != nullptr; }

  void run(std::span<const std::span<const uint8_t>> packets) {
    const bool started =
        gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE;
    if (started) {
      for (size_t i = 0; i < packets.size(); i++) push(packets[i], i);
      gst_app_src_end_of_stream(GST_APP_SRC(source_.get()));
      wait();
    }
    read_bus();
    print_choice(decoder_.get());
    kept_.clear();
    // In steps, for the last one throws messages away.
    if (started) gst_element_set_state(pipeline_.get(), GST_STATE_READY);
    read_bus();
    gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
    std::printf("frames %u\n", frames_);
    if (!keeps_) std::printf("md5 %s\n", g_checksum_get_string(checksum_.get()));
  }

 private:
  void push(std::span<const uint8_t> packet, size_t index) {
    GstBuffer* buffer = gst_buffer_new_memdup(packet.data(), packet.size());
    GST_BUFFER_PTS(buffer) = index * GST_SECOND / 25;
    gst_app_src_push_buffer(GST_APP_SRC(source_.get()), buffer);
  }

  // For the end of the stream; nothing ends it but its source where the element has failed.
  void wait() {
    constexpr GstClockTime interval = GST_SECOND / 50;
    GstAppSink* sink = GST_APP_SINK(sink_.get());
    for (GstClockTime waited = 0; waited < patience && !source_failed_; waited += interval) {
      GstHandle<GstSample> sample(gst_app_sink_try_pull_sample(sink, interval));
      if (sample) take(std::move(sample));
      read_bus();
      if (gst_app_sink_is_eos(sink)) return;
    }
    if (!source_failed_) std::puts("error none nothing happened any more");
    while (GstSample* sample = gst_app_sink_try_pull_sample(sink, 0)) {
      take(GstHandle<GstSample>(sample));
    }
  }

  void take(GstHandle<GstSample> sample) {
    frames_++;
    if (keeps_) {
      kept_.push_back(std::move(sample));
      return;
    }
    if (gst_caps_features_contains(gst_caps_get_features(gst_sample_get_caps(sample.get()), 0),
                                   "memory:SystemMemory")) {
      add_to_checksum(checksum_.get(), sample.get());
    }
  }

  void read_bus() { source_failed_ |= print_messages(bus_.get()).by_source; }

  const bool keeps_;
  ElementHandle pipeline_, source_, sink_, decoder_;
  GstHandle<GstBus> bus_;
  const ChecksumHandle checksum_{g_checksum_new(G_CHECKSUM_MD5)};
  std::vector<GstHandle<GstSample>> kept_;
  unsigned frames_ = 0;
  bool source_failed_ = false;
};

size_t number(const char* text) { return std::strtoul(text, nullptr, 10); }

// Follows a stream's headers.
class Headers {
 public:
  // Size of the header of the OBU_FRAME that is parsed, before its one tile; 0: it is another OBU.
  size_t parse(const Obu& obu) {
    GstAV1OBU parsed;
    guint32 consumed = 0;
    gst_av1_parser_identify_one_obu(parser_.get(), obu.bytes.data(),
                                    static_cast<guint32>(obu.bytes.size()), &parsed, &consumed);
    GstAV1SequenceHeaderOBU sequence;
    GstAV1FrameOBU frame = {};
    switch (obu.type) {
    case ObuType::TemporalDelimiter:
      gst_av1_parser_parse_temporal_delimiter_obu(parser_.get(), &parsed);
      return 0;
    case ObuType::SequenceHeader:
      gst_av1_parser_parse_sequence_header_obu(parser_.get(), &parsed, &sequence);
      return 0;
    case ObuType::Frame: gst_av1_parser_parse_frame_obu(parser_.get(), &parsed, &frame); break;
    case ObuType::FrameHeader:
      gst_av1_parser_parse_frame_header_obu(parser_.get(), &parsed, &frame.frame_header);
      break;
    default: return 0;
    }
    gst_av1_parser_reference_frame_update(parser_.get(), &frame.frame_header);
    return frame.tile_group.entry[0].tile_offset;
  }

 private:
  UniqueHandle<GstAV1Parser, gst_av1_parser_free> parser_{gst_av1_parser_new()};
};

// Packet `chosen`, whose frames end with their headers.
Bytes without_tiles(std::span<const std::span<const uint8_t>> packets, size_t chosen) {
  Headers headers;
  Bytes changed;
  for (const auto packet : packets.first(chosen + 1)) {
    changed.clear();
    ObuReader reader(packet, ObuFraming::Section5);
    for (auto obu = reader.next(); obu && *obu; obu = reader.next()) {
      const size_t size = headers.parse(**obu);
      const auto payload = (*obu)->payload.first(size > 0 ? size : (*obu)->payload.size());
      const Bytes written = write_obu((*obu)->type, payload);
      changed.insert(changed.end(), written.begin(), written.end());
    }
  }
  return changed;
}

int run(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == "--exists") {
    const GstHandle<GstPluginFeature> feature(
        gst_registry_lookup_feature(gst_registry_get(), argv[2]));
    return feature ? 0 : 1;
  }
  if (argc != 6 && argc != 7) {
    std::fputs("usage: fault_run CLIP.ivf FIRST END system|device|dmabuf|kept ELEMENT [TILELESS]\n",
               stderr);
    return 2;
  }
  const Bytes file = read_bytes(argv[1]);
  std::vector<std::span<const uint8_t>> packets = split_ivf(file);
  Bytes tileless;
  if (const size_t chosen = argc == 7 ? number(argv[6]) : SIZE_MAX; chosen < packets.size()) {
    tileless = without_tiles(packets, chosen);
    packets[chosen] = tileless;
  }
  const size_t end = std::min(packets.size(), number(argv[3]));
  const size_t first = std::min(end, number(argv[2]));
  FaultRun fault_run(argv[5], argv[4]);
  if (!fault_run.made()) return 1;
  fault_run.run(std::span(packets).subspan(first, end - first));
  return 0;
}

}  // namespace
}  // namespace av1hw::test

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  const int status = av1hw::test::run(argc, argv);
  gst_deinit();
  return status;
}
