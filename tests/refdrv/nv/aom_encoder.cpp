// SPDX-License-Identifier: LGPL-2.1-or-later
// What NVENC's stand-in codes with: libaom, in its realtime mode, a picture in and a unit out.
#include "refdrv/nv/aom_encoder.h"

#include <aom/aom_encoder.h>
#include <aom/aomcx.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <format>
#include <utility>

#include "refdrv/nv/parser/obu.h"
#include "refdrv/nv/rate_control.h"

namespace refdrv::nv {

namespace {

// libaom counts quantizers from 0 to 63; these are their base_q_idx (AV1's quantizer index).
constexpr unsigned quantizer_count = 64;
constexpr unsigned last_index = 255;
constexpr unsigned one_before_last_index = 249;

constexpr unsigned index_of(unsigned quantizer) {
  if (quantizer + 1 == quantizer_count) return last_index;
  return std::min(quantizer * 4, one_before_last_index);
}

// The quantizer whose index is nearest.
unsigned quantizer_of(unsigned index) {
  unsigned best = 0;
  for (unsigned i = 1; i < quantizer_count; i++) {
    const auto distance = [index](unsigned quantizer) {
      return std::abs(static_cast<int>(index_of(quantizer)) - static_cast<int>(index));
    };
    if (distance(i) < distance(best)) best = i;
  }
  return best;
}

// Faster than this, libaom decides by luma alone which blocks have a residual: some keep the colour
// of the picture that they are predicted from, at any quantizer.
constexpr int speed = 6;
constexpr unsigned threads = 2;
constexpr int clock_rate = 90'000;
// Places in aom_svc_ref_frame_config.
constexpr size_t reference_last = 0;
constexpr size_t reference_last2 = 1;
constexpr size_t reference_golden = 3;

BitrateSettings bitrate_of(const CodingSettings& settings) {
  return {.bitrate = std::max(settings.bitrate, 1U),
          .frame_rate = static_cast<double>(settings.frame_rate_num) / settings.frame_rate_den,
          .min_quantizer = settings.min_quantizer,
          .max_quantizer = settings.max_quantizer};
}

// Each picture is told its quantizer. libaom's own rate control gives the coarsest one to what
// comes after a cut, for good where one frame is buffered, and to all temporal layers but the
// lowest.
void set_rate(aom_codec_enc_cfg_t& config, const CodingSettings& settings) {
  // The sequence's timing information is made of the time base, which otherwise stays when the
  // frame rate changes.
  config.g_timebase.num = settings.timing_info ? static_cast<int>(settings.frame_rate_den) : 1;
  config.g_timebase.den =
      settings.timing_info ? static_cast<int>(settings.frame_rate_num) : clock_rate;
  config.rc_end_usage = AOM_Q;
  config.rc_min_quantizer = 1;  // the lowest would be lossless, which the device has not
  config.rc_max_quantizer = quantizer_count - 1;
}

void set_tiles(aom_codec_enc_cfg_t& config, const TileSizes& tiles) {
  config.tile_width_count =
      static_cast<int>(std::min<size_t>(tiles.columns.size(), MAX_TILE_WIDTHS));
  config.tile_height_count =
      static_cast<int>(std::min<size_t>(tiles.rows.size(), MAX_TILE_HEIGHTS));
  for (int i = 0; i < config.tile_width_count; i++) {
    config.tile_widths[i] = static_cast<int>(tiles.columns[static_cast<size_t>(i)]);
  }
  for (int i = 0; i < config.tile_height_count; i++) {
    config.tile_heights[i] = static_cast<int>(tiles.rows[static_cast<size_t>(i)]);
  }
}

class Encoder final : public AomEncoder {
 public:
  Encoder() = default;
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;
  ~Encoder() override {
    if (open_) aom_codec_destroy(&codec_);
  }

  Result<> open(const CodingSettings& settings);
  Result<> change(const CodingSettings& settings) override;
  Result<CodedPicture> encode(const PlanarPicture& picture, const CodingOptions& options) override;
  const std::vector<uint8_t>& sequence_header() const override { return header_; }
  void set_sequence_header(std::vector<uint8_t> header) { header_ = std::move(header); }

 private:
  std::unexpected<Error> failure(const char* what);
  template <typename Value>
  Result<> control(int id, Value value, const char* name);
  Result<> set_controls();
  Result<> set_layers();
  // In units of the time base.
  unsigned long frame_duration() const {
    if (settings_.timing_info) return 1;
    const uint64_t ticks =
        uint64_t{clock_rate} * settings_.frame_rate_den / settings_.frame_rate_num;
    return std::max<uint64_t>(ticks, 1);
  }
  Result<> choose_references(bool store);
  Result<> choose_layer(CodedPicture& coded);

  aom_codec_ctx_t codec_ = {};
  aom_codec_enc_cfg_t config_ = {};
  CodingSettings settings_;
  bool open_ = false;
  aom_codec_pts_t next_time_ = 0;
  unsigned since_key_ = 0;
  unsigned latest_slot_ = 0;
  RateController rate_;
  std::vector<uint8_t> header_;
};

std::unexpected<Error> Encoder::failure(const char* what) {
  const char* detail = aom_codec_error_detail(&codec_);
  return fault(Fault::System, std::format("libaom: {}: {}{}{}", what, aom_codec_error(&codec_),
                                          detail ? ": " : "", detail ? detail : ""));
}

template <typename Value>
Result<> Encoder::control(int id, Value value, const char* name) {
  if (aom_codec_control(&codec_, id, value) != AOM_CODEC_OK) return failure(name);
  return {};
}

#define SET(id, value) \
  if (const auto set = control(id, value, #id); !set) return set

Result<> Encoder::open(const CodingSettings& settings) {
  settings_ = settings;
  aom_codec_iface_t* codec = aom_codec_av1_cx();
  if (aom_codec_enc_config_default(codec, &config_, AOM_USAGE_REALTIME) != AOM_CODEC_OK) {
    return fault(Fault::System, "libaom has no realtime mode");
  }
  config_.g_w = settings.width;
  config_.g_h = settings.height;
  config_.g_threads = threads;
  config_.g_lag_in_frames = 0;
  config_.g_bit_depth = settings.bit_depth > 8 ? AOM_BITS_10 : AOM_BITS_8;
  config_.g_input_bit_depth = settings.bit_depth;
  config_.kf_mode = AOM_KF_DISABLED;
  set_rate(config_, settings);
  set_tiles(config_, settings.tiles);
  const aom_codec_flags_t flags = settings.bit_depth > 8 ? AOM_CODEC_USE_HIGHBITDEPTH : 0;
  if (aom_codec_enc_init(&codec_, codec, &config_, flags) != AOM_CODEC_OK) {
    return failure("opening");
  }
  open_ = true;
  return set_controls();
}

Result<> Encoder::set_controls() {
  SET(AOME_SET_CPUUSED, speed);
  SET(AV1E_SET_SUPERBLOCK_SIZE, static_cast<unsigned>(AOM_SUPERBLOCK_SIZE_64X64));
  SET(AV1E_SET_ROW_MT, 1U);
  SET(AV1E_SET_AQ_MODE, 0U);
  SET(AV1E_SET_COLOR_PRIMARIES, static_cast<int>(settings_.color_primaries));
  SET(AV1E_SET_TRANSFER_CHARACTERISTICS, static_cast<int>(settings_.transfer_characteristics));
  SET(AV1E_SET_MATRIX_COEFFICIENTS, static_cast<int>(settings_.matrix_coefficients));
  SET(AV1E_SET_COLOR_RANGE, settings_.full_range ? 1 : 0);
  SET(AV1E_SET_CHROMA_SAMPLE_POSITION, static_cast<int>(settings_.chroma_sample_position));
  if (settings_.timing_info) SET(AV1E_SET_TIMING_INFO_TYPE, static_cast<int>(AOM_TIMING_EQUAL));
  if (settings_.render_width != settings_.width || settings_.render_height != settings_.height) {
    std::array<int, 2> size = {static_cast<int>(settings_.render_width),
                               static_cast<int>(settings_.render_height)};
    SET(AV1E_SET_RENDER_SIZE, size.data());
  }
  return settings_.temporal_layers > 1 ? set_layers() : Result<>{};
}

// Layer t has 2^t times the frames of the base layer.
Result<> Encoder::set_layers() {
  aom_svc_params_t params = {};
  const unsigned layers = settings_.temporal_layers;
  params.number_spatial_layers = 1;
  params.number_temporal_layers = static_cast<int>(layers);
  params.scaling_factor_num[0] = params.scaling_factor_den[0] = 1;
  for (unsigned layer = 0; layer < layers; layer++) {
    params.min_quantizers[layer] = static_cast<int>(config_.rc_min_quantizer);
    params.max_quantizers[layer] = static_cast<int>(config_.rc_max_quantizer);
    params.framerate_factor[layer] = 1 << (layers - 1 - layer);
    params.layer_target_bitrate[layer] = static_cast<int>(config_.rc_target_bitrate);
  }
  SET(AV1E_SET_SVC_PARAMS, &params);
  return {};
}

// The two latest pictures that may be referred to, in two slots; the older one's is for the next.
Result<> Encoder::choose_references(bool store) {
  aom_svc_ref_frame_config_t references = {};
  const unsigned older = 1 - latest_slot_;
  std::ranges::fill(references.ref_idx, static_cast<int>(latest_slot_));
  references.reference[reference_last] = 1;
  references.ref_idx[reference_golden] = static_cast<int>(older);
  references.reference[reference_golden] = 1;
  references.refresh[older] = store ? 1 : 0;
  SET(AV1E_SET_SVC_REF_FRAME_CONFIG, &references);
  if (store) latest_slot_ = older;
  return {};
}

// A dyadic structure: each picture refers to the latest of a lower layer, or, in the lowest, to the
// one before in it. Slot t holds the latest picture of layer t.
Result<> Encoder::choose_layer(CodedPicture& coded) {
  const unsigned layers = settings_.temporal_layers;
  const unsigned period = 1U << (layers - 1);
  const auto layer_at = [&](unsigned place) {
    return place == 0 ? 0 : layers - 1 - static_cast<unsigned>(std::countr_zero(place));
  };
  const unsigned place = since_key_ % period;
  const unsigned layer = layer_at(place);
  const unsigned reference = layer_at(place & (place - 1));

  aom_svc_layer_id_t id = {.spatial_layer_id = 0, .temporal_layer_id = static_cast<int>(layer)};
  SET(AV1E_SET_SVC_LAYER_ID, &id);
  aom_svc_ref_frame_config_t references = {};
  std::ranges::fill(references.ref_idx, static_cast<int>(reference));
  references.reference[reference_last] = 1;
  references.ref_idx[reference_last2] = static_cast<int>(layer);  // only what is named is refreshed
  references.refresh[layer] = 1;
  SET(AV1E_SET_SVC_REF_FRAME_CONFIG, &references);
  coded.temporal_id = layer;
  return {};
}

Result<> Encoder::change(const CodingSettings& settings) {
  settings_.bitrate = settings.bitrate;
  settings_.min_quantizer = settings.min_quantizer;
  settings_.max_quantizer = settings.max_quantizer;
  settings_.frame_rate_num = settings.frame_rate_num;
  settings_.frame_rate_den = settings.frame_rate_den;
  set_rate(config_, settings);
  set_tiles(config_, settings.tiles);
  if (aom_codec_enc_config_set(&codec_, &config_) != AOM_CODEC_OK) return failure("changing");
  return settings_.temporal_layers > 1 ? set_layers() : Result<>{};
}

// libaom takes what it is given by reference, and does not write to it.
aom_image_t image_of(const PlanarPicture& picture, unsigned bit_depth) {
  aom_image_t image = {};
  image.fmt = picture.sixteen_bits ? AOM_IMG_FMT_I42016 : AOM_IMG_FMT_I420;
  image.bit_depth = bit_depth;
  image.w = image.d_w = picture.width;
  image.h = image.d_h = picture.height;
  image.x_chroma_shift = image.y_chroma_shift = 1;
  image.bps = picture.sixteen_bits ? 24 : 12;
  const unsigned sample_bytes = picture.sixteen_bits ? 2 : 1;
  for (size_t plane = 0; plane < picture.planes.size(); plane++) {
    const unsigned width = plane == 0 ? picture.width : (picture.width + 1) / 2;
    image.planes[plane] = const_cast<uint8_t*>(picture.planes[plane].data());
    image.stride[plane] = static_cast<int>(width * sample_bytes);
  }
  return image;
}

Result<CodedPicture> Encoder::encode(const PlanarPicture& picture, const CodingOptions& options) {
  CodedPicture coded;
  if (options.key) since_key_ = 0;
  const auto chosen =
      settings_.temporal_layers > 1 ? choose_layer(coded) : choose_references(options.reference);
  if (!chosen) return std::unexpected(chosen.error());
  const PictureKind kind = options.key                                   ? PictureKind::Key
                           : options.reference && coded.temporal_id == 0 ? PictureKind::Reference
                                                                         : PictureKind::Other;
  const BitrateSettings bitrate = bitrate_of(settings_);
  const unsigned index = options.quantizer ? *options.quantizer : rate_.choose(bitrate, kind);
  if (const auto set = control(AV1E_SET_QUANTIZER_ONE_PASS,
                               static_cast<int>(std::max(quantizer_of(index), 1U)), "quantizer");
      !set) {
    return std::unexpected(set.error());
  }
  aom_enc_frame_flags_t flags = options.key ? AOM_EFLAG_FORCE_KF : 0;
  if (options.default_contexts) flags |= AOM_EFLAG_SET_PRIMARY_REF_NONE;
  const aom_image_t image = image_of(picture, settings_.bit_depth);
  const unsigned long duration = frame_duration();
  const aom_codec_pts_t time = std::exchange(next_time_, next_time_ + static_cast<long>(duration));
  if (aom_codec_encode(&codec_, &image, time, duration, flags) != AOM_CODEC_OK) {
    return failure("encoding");
  }
  aom_codec_iter_t iterator = nullptr;
  while (const aom_codec_cx_pkt_t* packet = aom_codec_get_cx_data(&codec_, &iterator)) {
    if (packet->kind != AOM_CODEC_CX_FRAME_PKT) continue;
    const auto* bytes = static_cast<const uint8_t*>(packet->data.frame.buf);
    coded.unit.insert(coded.unit.end(), bytes, bytes + packet->data.frame.sz);
  }
  if (coded.unit.empty()) return fault(Fault::System, "libaom: a picture gave no unit");
  since_key_++;
  int quantizer = 0;
  if (const auto got = control(AOME_GET_LAST_QUANTIZER, &quantizer, "quantizer"); !got) {
    return std::unexpected(got.error());
  }
  coded.quantizer = static_cast<unsigned>(quantizer);
  rate_.coded(bitrate, kind, coded.quantizer, coded.unit.size() * 8);
  return coded;
}

// What aom_codec_get_global_headers() gives is not what the first key frame comes with: libaom
// decides on some of the sequence's tools as it codes.
Result<std::vector<uint8_t>> coded_sequence_header(const CodingSettings& settings) {
  Encoder trial;
  if (const auto opened = trial.open(settings); !opened) return std::unexpected(opened.error());
  const auto coded = trial.encode(grey_picture(settings), {.key = true});
  if (!coded) return std::unexpected(coded.error());
  ObuReader reader(coded->unit, false);
  while (true) {
    const auto obu = reader.next();
    if (!obu) return std::unexpected(obu.error());
    if (!*obu) return fault(Fault::System, "libaom: a key frame without a sequence header");
    if ((*obu)->type == ObuType::SequenceHeader) {
      return std::vector<uint8_t>((*obu)->whole.begin(), (*obu)->whole.end());
    }
  }
}

#undef SET

}  // namespace

PlanarPicture grey_picture(const CodingSettings& settings) {
  PlanarPicture picture;
  picture.width = settings.width;
  picture.height = settings.height;
  picture.sixteen_bits = settings.bit_depth > 8;
  const unsigned middle = 1U << (settings.bit_depth - 1);
  const size_t samples = size_t{settings.width} * settings.height;
  for (auto& plane : picture.planes) {  // chroma's is more than enough
    if (picture.sixteen_bits) {
      plane.resize(samples * 2);
      for (size_t i = 1; i < plane.size(); i += 2) plane[i] = static_cast<uint8_t>(middle >> 8);
    } else {
      plane.assign(samples, static_cast<uint8_t>(middle));
    }
  }
  return picture;
}

Result<std::unique_ptr<AomEncoder>> AomEncoder::create(const CodingSettings& settings) {
  auto encoder = std::make_unique<Encoder>();
  auto header = coded_sequence_header(settings);
  if (!header) return std::unexpected(header.error());
  if (const auto opened = encoder->open(settings); !opened) {
    return std::unexpected(opened.error());
  }
  encoder->set_sequence_header(std::move(*header));
  return encoder;
}

}  // namespace refdrv::nv
