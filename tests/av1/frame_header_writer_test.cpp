// SPDX-License-Identifier: LGPL-2.1-or-later
// What is written of a frame header is what GStreamer's parser and FFmpeg's read from it.
#include "av1/frame_header_writer.h"

#include <gst/codecparsers/gstav1parser.h>
#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <sstream>

#include "av1/bit_reader.h"
#include "coded_headers.h"
#include "support/programs.h"

namespace av1hw {
namespace {

using testing::CodedHeader;
using testing::CodedHeaders;
using testing::random_headers;

struct ParserDeleter {
  void operator()(GstAV1Parser* parser) const { gst_av1_parser_free(parser); }
};
using ParserHandle = std::unique_ptr<GstAV1Parser, ParserDeleter>;

class ReadBack {
 public:
  explicit ReadBack(const CodedHeaders& coded) : coded_(coded), parser_(gst_av1_parser_new()) {
    GstAV1OBU obu = identify(coded.sequence_obu);
    GstAV1SequenceHeaderOBU sequence = {};
    EXPECT_EQ(gst_av1_parser_parse_sequence_header_obu(parser_.get(), &obu, &sequence),
              GST_AV1_PARSER_OK);
  }

  void expect(const CodedHeader& frame) {
    GstAV1OBU obu = identify(frame.obu);
    GstAV1FrameOBU read = {};
    const auto result =
        obu.obu_type == GST_AV1_OBU_FRAME
            ? gst_av1_parser_parse_frame_obu(parser_.get(), &obu, &read)
            : gst_av1_parser_parse_frame_header_obu(parser_.get(), &obu, &read.frame_header);
    ASSERT_EQ(result, GST_AV1_PARSER_OK);
    const GstAV1FrameHeaderOBU& header = read.frame_header;
    expect_plan(frame.params, header);
    if (!frame.params.plan.show_existing_frame) {
      expect_tools(frame.params, header);
      expect_tiles(frame.params.tiles, header.tile_info);
      expect_quantizers(frame.params, header);
      expect_segments(frame.params, header);
      expect_filters(frame.params, header);
    }
    EXPECT_EQ(gst_av1_parser_reference_frame_update(parser_.get(),
                                                    const_cast<GstAV1FrameHeaderOBU*>(&header)),
              GST_AV1_PARSER_OK);
  }

 private:
  GstAV1OBU identify(const std::vector<uint8_t>& bytes) {
    GstAV1OBU obu = {};
    guint32 consumed = 0;
    EXPECT_EQ(gst_av1_parser_identify_one_obu(parser_.get(), bytes.data(),
                                              static_cast<guint32>(bytes.size()), &obu, &consumed),
              GST_AV1_PARSER_OK);
    EXPECT_EQ(consumed, bytes.size());
    return obu;
  }

  static bool is_intra(const FrameHeaderParams& p) {
    return p.plan.type == FrameType::Key || p.plan.type == FrameType::IntraOnly;
  }
  static bool is_resilient(const FrameHeaderParams& p) {
    return p.error_resilient_mode || (p.plan.type == FrameType::Key && p.plan.show_frame);
  }
  bool no_filters(const FrameHeaderParams& p) const {
    return is_coded_lossless(p) || p.allow_intrabc;
  }

  void expect_plan(const FrameHeaderParams& p, const GstAV1FrameHeaderOBU& header) {
    EXPECT_EQ(header.show_existing_frame, p.plan.show_existing_frame);
    EXPECT_EQ(header.frame_type, static_cast<int>(p.plan.type));
    if (p.plan.show_existing_frame) {
      EXPECT_EQ(header.frame_to_show_map_idx, p.plan.frame_to_show_map_idx);
      return;
    }
    EXPECT_EQ(header.show_frame, p.plan.show_frame);
    if (!p.plan.show_frame) {
      EXPECT_EQ(header.showable_frame, p.plan.showable_frame);
    }
    EXPECT_EQ(header.order_hint, p.plan.order_hint);
    EXPECT_EQ(header.primary_ref_frame, p.plan.primary_ref_frame);
    EXPECT_EQ(header.refresh_frame_flags, p.plan.refresh_frame_flags);
    if (is_intra(p)) return;
    for (unsigned name = 0; name < refs_per_frame; ++name) {
      EXPECT_EQ(header.ref_frame_idx[name], p.plan.ref_frame_idx[name]);
      EXPECT_EQ(header.order_hints[name + 1], p.ref_order_hint[p.plan.ref_frame_idx[name]]);
    }
  }

  void expect_tools(const FrameHeaderParams& p, const GstAV1FrameHeaderOBU& header) {
    EXPECT_EQ(header.error_resilient_mode, is_resilient(p));
    EXPECT_EQ(header.disable_cdf_update, p.disable_cdf_update);
    EXPECT_EQ(header.disable_frame_end_update_cdf, p.disable_frame_end_update_cdf);
    EXPECT_EQ(header.allow_screen_content_tools, p.allow_screen_content_tools);
    EXPECT_EQ(header.allow_intrabc, p.allow_intrabc);
    const bool own = p.frame_size_override_flag;
    const SequenceHeader& seq = coded_.sequence;
    const unsigned width = own ? p.frame_width : seq.max_frame_width;
    const unsigned height = own ? p.frame_height : seq.max_frame_height;
    EXPECT_EQ(header.frame_width, width);
    EXPECT_EQ(header.frame_height, height);
    EXPECT_EQ(header.render_width, p.render_width ? p.render_width : width);
    EXPECT_EQ(header.render_height, p.render_height ? p.render_height : height);
    EXPECT_EQ(header.tx_mode_select, !is_coded_lossless(p) && p.tx_mode_select);
    EXPECT_EQ(header.reduced_tx_set, p.reduced_tx_set);
    if (is_intra(p)) return;
    const bool integer_mv = p.allow_screen_content_tools && p.force_integer_mv;
    EXPECT_EQ(header.force_integer_mv, integer_mv);
    EXPECT_EQ(header.allow_high_precision_mv, !integer_mv && p.allow_high_precision_mv);
    EXPECT_EQ(header.interpolation_filter, p.interpolation_filter);
    EXPECT_EQ(header.is_motion_mode_switchable, p.is_motion_mode_switchable);
    EXPECT_EQ(header.use_ref_frame_mvs,
              !is_resilient(p) && seq.enable_ref_frame_mvs && p.use_ref_frame_mvs);
    EXPECT_EQ(header.allow_warped_motion,
              !is_resilient(p) && seq.enable_warped_motion && p.allow_warped_motion);
    EXPECT_EQ(header.reference_select, p.reference_select);
    EXPECT_EQ(header.skip_mode_present, skip_mode_allowed(seq, p) && p.skip_mode_present);
  }

  static void expect_tiles(const TileInfo& tiles, const GstAV1TileInfo& read) {
    EXPECT_EQ(read.uniform_tile_spacing_flag, tiles.uniform_tile_spacing_flag);
    ASSERT_EQ(read.tile_cols, tiles.columns());
    ASSERT_EQ(read.tile_rows, tiles.rows());
    // In units of 4x4; the frame's last superblock need not be whole.
    for (size_t i = 0; i + 1 < tiles.columns(); ++i)
      EXPECT_EQ(read.width_in_sbs_minus_1[i] + 1, tiles.width_in_sbs[i]);
    for (size_t i = 0; i + 1 < tiles.rows(); ++i)
      EXPECT_EQ(read.height_in_sbs_minus_1[i] + 1, tiles.height_in_sbs[i]);
    if (tiles.columns() * tiles.rows() == 1) return;
    EXPECT_EQ(read.context_update_tile_id, tiles.context_update_tile_id);
    EXPECT_EQ(read.tile_size_bytes_minus_1 + 1, tiles.tile_size_bytes);
  }

  void expect_quantizers(const FrameHeaderParams& p, const GstAV1FrameHeaderOBU& header) {
    const GstAV1QuantizationParams& read = header.quantization_params;
    const QuantizationParams& q = p.quantization;
    EXPECT_EQ(read.base_q_idx, q.base_q_idx);
    EXPECT_EQ(read.delta_q_y_dc, q.delta_q_y_dc);
    EXPECT_EQ(read.delta_q_u_dc, q.delta_q_u_dc);
    EXPECT_EQ(read.delta_q_u_ac, q.delta_q_u_ac);
    EXPECT_EQ(read.delta_q_v_dc, q.delta_q_v_dc);
    EXPECT_EQ(read.delta_q_v_ac, q.delta_q_v_ac);
    EXPECT_EQ(read.using_qmatrix, q.using_qmatrix);
    if (q.using_qmatrix) {
      EXPECT_EQ(read.qm_y, q.qm_y);
      EXPECT_EQ(read.qm_u, q.qm_u);
      EXPECT_EQ(read.qm_v, q.qm_v);
    }
    const bool delta_q = q.base_q_idx > 0 && p.delta_q_present;
    EXPECT_EQ(read.delta_q_present, delta_q);
    if (!delta_q) return;
    EXPECT_EQ(read.delta_q_res, p.delta_q_res);
    const bool delta_lf = !p.allow_intrabc && p.delta_lf_present;
    EXPECT_EQ(header.loop_filter_params.delta_lf_present, delta_lf);
    if (!delta_lf) return;
    EXPECT_EQ(header.loop_filter_params.delta_lf_res, p.delta_lf_res);
    EXPECT_EQ(header.loop_filter_params.delta_lf_multi, p.delta_lf_multi);
  }

  static void expect_segments(const FrameHeaderParams& p, const GstAV1FrameHeaderOBU& header) {
    const SegmentationParams& s = p.segmentation;
    const GstAV1SegmenationParams& read = header.segmentation_params;
    EXPECT_EQ(read.segmentation_enabled, s.enabled);
    if (!s.enabled) return;
    const bool free = p.plan.primary_ref_frame != primary_ref_none;
    EXPECT_EQ(read.segmentation_update_map, !free || s.update_map);
    EXPECT_EQ(read.segmentation_temporal_update, free && s.update_map && s.temporal_update);
    for (unsigned i = 0; i < max_segments; ++i) {
      for (unsigned feature = 0; feature < segment_features; ++feature) {
        EXPECT_EQ(read.feature_enabled[i][feature], s.feature_data[i][feature].has_value());
        EXPECT_EQ(read.feature_data[i][feature], s.feature_data[i][feature].value_or(0));
      }
    }
  }

  void expect_filters(const FrameHeaderParams& p, const GstAV1FrameHeaderOBU& header) {
    EXPECT_EQ(header.coded_lossless, is_coded_lossless(p));
    if (no_filters(p)) return;
    const GstAV1LoopFilterParams& lf = header.loop_filter_params;
    for (unsigned i = 0; i < 2; ++i) EXPECT_EQ(lf.loop_filter_level[i], p.loop_filter.level[i]);
    EXPECT_EQ(lf.loop_filter_sharpness, p.loop_filter.sharpness);
    EXPECT_EQ(lf.loop_filter_delta_enabled, p.loop_filter.delta_enabled);
    if (p.loop_filter.delta_enabled && p.loop_filter.delta_update) {
      for (unsigned i = 0; i < 8; ++i)
        EXPECT_EQ(lf.loop_filter_ref_deltas[i], p.loop_filter.ref_deltas[i]);
      for (unsigned i = 0; i < 2; ++i)
        EXPECT_EQ(lf.loop_filter_mode_deltas[i], p.loop_filter.mode_deltas[i]);
    }
    const unsigned planes = coded_.sequence.color.mono_chrome ? 1 : 3;
    if (coded_.sequence.enable_cdef) {
      EXPECT_EQ(header.cdef_params.cdef_damping, p.cdef.damping);
      ASSERT_EQ(header.cdef_params.cdef_bits, p.cdef.bits);
      for (unsigned i = 0; i < (1U << p.cdef.bits); ++i) {
        EXPECT_EQ(header.cdef_params.cdef_y_pri_strength[i], p.cdef.y_strength[i] >> 2);
        if (planes > 1) {
          EXPECT_EQ(header.cdef_params.cdef_uv_pri_strength[i], p.cdef.uv_strength[i] >> 2);
        }
      }
    }
    if (!coded_.sequence.enable_restoration) return;
    for (unsigned plane = 0; plane < planes; ++plane)
      EXPECT_EQ(header.loop_restoration_params.frame_restoration_type[plane],
                static_cast<int>(p.restoration.type[plane]));
    if (header.loop_restoration_params.uses_lr) {
      EXPECT_EQ(header.loop_restoration_params.loop_restoration_size[0],
                64U << p.restoration.unit_shift);
    }
  }

  const CodedHeaders& coded_;
  ParserHandle parser_;
};

TEST(FrameHeaderWriter, GStreamerReadsWhatIsWritten) {
  std::mt19937 random(11);
  unsigned frames = 0;
  for (unsigned turn = 0; turn < 1000 && !HasFailure(); ++turn) {
    const CodedHeaders coded = random_headers(random);
    ReadBack parser(coded);
    for (const CodedHeader& frame : coded.frames) {
      SCOPED_TRACE("stream " + std::to_string(turn) + ", frame " +
                   std::to_string(frame.params.plan.frame_number));
      parser.expect(frame);
      if (HasFatalFailure()) return;
      ++frames;
    }
  }
  EXPECT_GT(frames, 10000U);
}

TEST(FrameHeaderWriter, OurReaderFindsTheSizesOfIntraFrames) {
  std::mt19937 random(14);
  unsigned sizes = 0;
  for (unsigned turn = 0; turn < 300 && !HasFailure(); ++turn) {
    const CodedHeaders coded = random_headers(random);
    FrameHeaderParser parser;
    parser.set_sequence(coded.sequence);
    for (const CodedHeader& frame : coded.frames) {
      const FrameHeaderParams& p = frame.params;
      const Result<FrameHeader> header = parser.parse(parse_obu(frame.obu).value());
      ASSERT_TRUE(header);
      const bool intra = !p.plan.show_existing_frame && header->is_intra();
      ASSERT_EQ(header->size.has_value(), intra);
      if (!intra) continue;
      const bool own = p.frame_size_override_flag;
      const unsigned width = own ? p.frame_width : coded.sequence.max_frame_width;
      const unsigned height = own ? p.frame_height : coded.sequence.max_frame_height;
      EXPECT_EQ(header->size->upscaled_width, width);
      EXPECT_EQ(header->size->frame_height, height);
      EXPECT_EQ(header->size->render_width, p.render_width ? p.render_width : width);
      EXPECT_EQ(header->size->render_height, p.render_height ? p.render_height : height);
      ++sizes;
    }
  }
  EXPECT_GT(sizes, 300U);
}

TEST(FrameHeaderWriter, OffsetsPointAtWhatTheyName) {
  std::mt19937 random(12);
  for (unsigned turn = 0; turn < 300; ++turn) {
    const CodedHeaders coded = random_headers(random);
    for (const CodedHeader& frame : coded.frames) {
      if (frame.params.plan.show_existing_frame) continue;
      const FrameHeaderOffsets& at = frame.header.offsets;
      const auto bits = [&](unsigned offset, unsigned n) {
        BitReader reader(frame.header.bytes);
        for (unsigned i = 0; i < offset; ++i) reader.bits(1);
        return reader.bits(n);
      };
      EXPECT_EQ(bits(at.base_q_idx, 8), frame.params.quantization.base_q_idx);
      EXPECT_EQ(bits(at.segmentation_params, 1), frame.params.segmentation.enabled);
      const bool filtered = !is_coded_lossless(frame.params) && !frame.params.allow_intrabc;
      if (filtered) {
        EXPECT_EQ(bits(at.loop_filter_params, 6), frame.params.loop_filter.level[0]);
      }
      if (filtered && coded.sequence.enable_cdef) {
        EXPECT_EQ(bits(at.cdef_params, 2), frame.params.cdef.damping - 3U);
        const unsigned planes = coded.sequence.color.mono_chrome ? 1 : 2;
        EXPECT_EQ(at.cdef_params_size, 4 + (6 * planes << frame.params.cdef.bits));
      } else {
        EXPECT_EQ(at.cdef_params_size, 0U);
      }
      EXPECT_EQ((at.end + 7) / 8, frame.header.bytes.size());
    }
  }
}

// The values of an element in the lines that FFmpeg's trace_headers writes: "position name bits =
// value".
std::vector<unsigned> values_of(const std::string& element, const std::string& trace) {
  std::vector<unsigned> values;
  std::istringstream lines(trace);
  for (std::string line; std::getline(lines, line);) {
    const size_t equals = line.rfind("= ");
    if (line.find(" " + element + " ") == std::string::npos || equals == std::string::npos)
      continue;
    values.push_back(static_cast<unsigned>(std::stoul(line.substr(equals + 2))));
  }
  return values;
}

std::vector<unsigned> base_q_idx_of(const CodedHeaders& coded) {
  std::vector<unsigned> values;
  for (const CodedHeader& frame : coded.frames) {
    if (!frame.params.plan.show_existing_frame)
      values.push_back(frame.params.quantization.base_q_idx);
  }
  return values;
}

// FFmpeg's reader (CBS) names every element that it reads, and refuses what the specification does.
TEST(FrameHeaderWriter, FFmpegReadsWhatIsWritten) {
  if (!test::has_program("ffmpeg")) GTEST_SKIP() << "there is no ffmpeg";
  std::mt19937 random(13);
  for (unsigned turn = 0; turn < 12; ++turn) {
    const CodedHeaders coded = random_headers(random);
    const test::ScratchFolder scratch;
    const std::string path = scratch.file("headers.obu");
    const std::vector<uint8_t> stream = coded.stream();
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(stream.data()), std::ssize(stream));
    const auto run =
        test::run_program({"ffmpeg", "-hide_banner", "-nostdin", "-f", "obu", "-i", path, "-c",
                           "copy", "-bsf:v", "trace_headers", "-f", "null", "-"});
    EXPECT_EQ(run.status, 0) << run.output;
    EXPECT_EQ(values_of("base_q_idx", run.output), base_q_idx_of(coded)) << run.output;
  }
}

TEST(FrameHeaderWriter, WhatCannotBeSaidIsRefused) {
  SequenceHeader seq;
  seq.max_frame_width = seq.max_frame_height = 64;
  seq.frame_width_bits = seq.frame_height_bits = 6;
  FrameHeaderParams params;
  params.tiles = uniform_tiles(tile_limits(64, 64, false), 1, 1);
  params.plan.refresh_frame_flags = all_frames;
  ASSERT_TRUE(write_frame_header(seq, params));
  const auto refused = [&](auto change) {
    FrameHeaderParams changed = params;
    change(changed);
    auto result = write_frame_header(seq, changed);
    return result ? std::string() : result.error().message;
  };
  EXPECT_NE(refused([](auto& p) { p.quantization.delta_q_u_ac = 64; }).find("delta_q"),
            std::string::npos);
  EXPECT_NE(refused([](auto& p) { p.tiles.width_in_sbs = {2}; }).find("tile_info"),
            std::string::npos);
  EXPECT_NE(refused([](auto& p) { p.cdef.bits = 4; }).find("cdef"), std::string::npos);
  EXPECT_NE(refused([](auto& p) { p.quantization.delta_q_v_dc = 1; }).find("separate_uv"),
            std::string::npos);
  EXPECT_NE(refused([](auto& p) { p.plan.type = FrameType::Switch; }).find("switch"),
            std::string::npos);
  EXPECT_NE(refused([](auto& p) { p.plan.ref_frame_idx[3] = 8; }).find("ref_frame_idx"),
            std::string::npos);
  EXPECT_NE(refused([](auto& p) { p.tiles.width_in_sbs = {0, 1}; }).find("tile_info"),
            std::string::npos);
  EXPECT_NE(refused([](auto& p) { p.loop_filter.level[2] = 64; }).find("loop_filter"),
            std::string::npos);
  EXPECT_NE(refused([](auto& p) {
              p.segmentation.enabled = true;
              p.segmentation.feature_data[1][5] = int16_t{8};
            }).find("feature_value"),
            std::string::npos);
  EXPECT_NE(refused([](auto& p) {
              p.frame_size_override_flag = true;
              p.frame_width = p.frame_height = 65;
            }).find("frame_width"),
            std::string::npos);
}

}  // namespace
}  // namespace av1hw
