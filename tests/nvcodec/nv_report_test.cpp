// SPDX-License-Identifier: LGPL-2.1-or-later
// What the answers of NVIDIA's libraries become.
#include "nvcodec/nv_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nvcodec/nv_error.h"

namespace av1hw {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

CUVIDDECODECAPS decode_caps(cudaVideoChromaFormat chroma, unsigned depth, bool supported) {
  CUVIDDECODECAPS caps = {};
  caps.eCodecType = cudaVideoCodec_AV1;
  caps.eChromaFormat = chroma;
  caps.nBitDepthMinus8 = depth - 8;
  caps.bIsSupported = supported ? 1 : 0;
  caps.nMinWidth = caps.nMinHeight = 128;
  caps.nMaxWidth = caps.nMaxHeight = 8192;
  return caps;
}

NvAnswers ada() {
  NvAnswers answers;
  answers.libraries.kernel_module_version = "580.95.05";
  answers.libraries.cuda_version = 13000;
  answers.libraries.encode_api_version = 13 << 4;
  NvDeviceAnswers device;
  device.name = "NVIDIA L4";
  device.pci = "0000:01:00.0";
  device.compute_major = 8;
  device.compute_minor = 9;
  device.decode = {decode_caps(cudaVideoChromaFormat_Monochrome, 8, true),
                   decode_caps(cudaVideoChromaFormat_420, 8, true),
                   decode_caps(cudaVideoChromaFormat_420, 10, true),
                   decode_caps(cudaVideoChromaFormat_420, 12, false),
                   decode_caps(cudaVideoChromaFormat_444, 8, false)};
  NvEncodeAnswers encode;
  encode.has_av1 = true;
  encode.input_formats = {NV_ENC_BUFFER_FORMAT_NV12, NV_ENC_BUFFER_FORMAT_YUV420_10BIT};
  encode.max_width = encode.max_height = 8192;
  encode.min_width = 192;
  encode.min_height = 128;
  encode.ten_bit = 1;
  encode.rate_control_modes = NV_ENC_PARAMS_RC_VBR | NV_ENC_PARAMS_RC_CBR;
  encode.temporal_layers = 4;
  encode.b_frames = 7;
  device.encode = encode;
  answers.devices.push_back(device);
  return answers;
}

const CodecCapability& decoder(const BackendReport& report) { return report.devices[0].codecs[0]; }
const CodecCapability& encoder(const BackendReport& report) { return report.devices[0].codecs[1]; }

TEST(NvReport, SaysWhatAnAdaDoes) {
  const BackendReport report = nv_backend_report(ada());
  ASSERT_TRUE(report.usable);
  EXPECT_EQ(report.devices[0].id, "cuda0");
  EXPECT_EQ(report.devices[0].driver,
            "NVIDIA 580.95.05, CUDA 13.0, NVENC API 13.0, compute capability 8.9");
  EXPECT_THAT(decoder(report).profiles, ElementsAre(0));
  EXPECT_THAT(decoder(report).bit_depths, ElementsAre(8, 10));
  EXPECT_THAT(decoder(report).chroma, ElementsAre("4:0:0", "4:2:0"));
  EXPECT_EQ(decoder(report).min_width, 128U);
  EXPECT_EQ(encoder(report).element, "nvav1enc");
  EXPECT_THAT(encoder(report).bit_depths, ElementsAre(8, 10));
  EXPECT_EQ(encoder(report).min_width, 192U);
  EXPECT_THAT(encoder(report).features,
              ElementsAre("cqp", "cq", "vbr", "cbr", "7-b-frames", "4-temporal-layers"));
  EXPECT_EQ(nv_feature_count(encoder(report), nv_b_frames), 7U);
  EXPECT_EQ(nv_feature_count(encoder(report), nv_temporal_layers), 4U);
  EXPECT_EQ(nv_feature_count(encoder(report), nv_engines), 0U);
}

TEST(NvReport, ADriverThatDoesNotAnswerIsNoGpuWithoutAv1) {
  NvAnswers answers = ada();
  answers.devices[0].decode.clear();
  answers.devices[0].decode_status = static_cast<CUresult>(999);
  const BackendReport report = nv_backend_report(answers);
  EXPECT_FALSE(decoder(report).usable);
  EXPECT_THAT(decoder(report).reason, HasSubstr("cuvidGetDecoderCaps answered 999"));
}

TEST(NvReport, AGpuWithoutAv1EnginesSaysSoForEachDirection) {
  NvAnswers answers = ada();
  for (CUVIDDECODECAPS& caps : answers.devices[0].decode) caps.bIsSupported = 0;
  answers.devices[0].encode = NvEncodeAnswers{};
  answers.devices[0].encode->open_status = NV_ENC_ERR_UNSUPPORTED_DEVICE;
  const BackendReport report = nv_backend_report(answers);
  EXPECT_FALSE(report.usable);
  EXPECT_THAT(decoder(report).reason, HasSubstr("decodes no AV1"));
  EXPECT_THAT(encoder(report).reason, HasSubstr("no video encoder"));
  EXPECT_THAT(report.reason, HasSubstr("cuda0 (NVIDIA L4)"));
}

TEST(NvReport, AnEncoderWithoutAv1IsNoAv1Encoder) {
  NvAnswers answers = ada();
  answers.devices[0].encode->has_av1 = false;
  const BackendReport report = nv_backend_report(answers);
  EXPECT_TRUE(report.usable) << "it still decodes";
  EXPECT_FALSE(encoder(report).usable);
  EXPECT_THAT(encoder(report).reason, HasSubstr("not AV1"));
}

TEST(NvReport, AUsedUpSessionLimitIsBusyAndNotMissing) {
  NvAnswers answers = ada();
  answers.devices[0].encode->open_status = NV_ENC_ERR_OUT_OF_MEMORY;
  EXPECT_THAT(encoder(nv_backend_report(answers)).reason, HasSubstr("limit of encode sessions"));
}

TEST(NvReport, ADriverOlderThanTheHeadersIsToBeUpdated) {
  NvAnswers answers = ada();
  answers.libraries.encode_api_version = 11 << 4 | 1;
  const std::string reason = encoder(nv_backend_report(answers)).reason;
  EXPECT_THAT(reason, HasSubstr("NVENC API is 11.1"));
  EXPECT_THAT(reason, HasSubstr("update NVIDIA's driver"));
}

TEST(NvReport, AMissingLibraryCostsItsDirectionOnly) {
  NvAnswers answers = ada();
  answers.libraries.encode = "libnvidia-encode.so.1 not found";
  answers.devices[0].encode.reset();
  const BackendReport report = nv_backend_report(answers);
  EXPECT_TRUE(decoder(report).usable);
  EXPECT_EQ(encoder(report).reason, "libnvidia-encode.so.1 not found");
}

TEST(NvReport, WithoutCudaThereIsNoDevice) {
  NvAnswers answers;
  answers.libraries.cuda = "libcuda.so.1 not found: install NVIDIA's driver";
  const BackendReport report = nv_backend_report(answers);
  EXPECT_FALSE(report.usable);
  EXPECT_EQ(report.reason, answers.libraries.cuda);
  EXPECT_TRUE(report.devices.empty());
}

TEST(NvReport, EachFailureOfCudaHasItsAdvice) {
  EXPECT_THAT(nv_init_reason(static_cast<CUresult>(100)), HasSubstr("--gpus all"));
  EXPECT_THAT(nv_init_reason(static_cast<CUresult>(803)), HasSubstr("restart"));
  EXPECT_THAT(nv_init_reason(static_cast<CUresult>(999)), HasSubstr("nvidia-uvm"));
  EXPECT_THAT(nv_init_reason(static_cast<CUresult>(12345)), HasSubstr("12345"));
}

TEST(NvReport, ASecondGpuHasItsNumberInItsElements) {
  NvAnswers answers = ada();
  answers.devices.push_back(answers.devices[0]);
  answers.devices[1].ordinal = 1;
  const BackendReport report = nv_backend_report(answers);
  EXPECT_EQ(report.devices[1].codecs[1].element, "nvav1device1enc");
}

TEST(NvReport, TheFirstGpuThatCanHasThePlainName) {
  NvAnswers answers = ada();
  answers.devices.push_back(answers.devices[0]);
  answers.devices[1].ordinal = 1;
  for (CUVIDDECODECAPS& caps : answers.devices[0].decode) caps.bIsSupported = 0;
  const BackendReport report = nv_backend_report(answers);
  EXPECT_EQ(report.devices[0].codecs[0].element, "nvav1device0dec");
  EXPECT_EQ(report.devices[1].codecs[0].element, "nvav1dec");
  EXPECT_EQ(report.devices[0].codecs[1].element, "nvav1enc");
}

TEST(NvReport, ADevicesIdTellsItsNumber) {
  EXPECT_EQ(nv_device_ordinal("cuda0"), 0);
  EXPECT_EQ(nv_device_ordinal("cuda12"), 12);
  EXPECT_EQ(nv_device_ordinal("cuda"), std::nullopt);
  EXPECT_EQ(nv_device_ordinal("cuda1x"), std::nullopt);
  EXPECT_EQ(nv_device_ordinal("renderD128"), std::nullopt);
}

TEST(NvError, TellsWhatIsUsedUpFromWhatIsLost) {
  EXPECT_EQ(nv_error("cuvidCreateDecoder", static_cast<CUresult>(2)).code, ErrorCode::Busy);
  EXPECT_EQ(nv_error("cuvidCreateDecoder", static_cast<CUresult>(46)).code, ErrorCode::Busy);
  EXPECT_EQ(nv_error("cuvidDecodePicture", static_cast<CUresult>(46)).code, ErrorCode::DeviceLost);
  EXPECT_EQ(nv_error("cuvidDecodePicture", static_cast<CUresult>(700)).code, ErrorCode::DeviceLost);
  EXPECT_EQ(nv_error("cuvidDecodePicture", static_cast<CUresult>(719)).code, ErrorCode::DeviceLost);
  EXPECT_EQ(nv_error("cuvidDecodePicture", static_cast<CUresult>(1)).code, ErrorCode::Failed);
  EXPECT_EQ(nv_error("cuvidCreateDecoder", static_cast<CUresult>(801)).code,
            ErrorCode::NotSupported);
  EXPECT_THAT(nv_error("cuvidCreateDecoder", static_cast<CUresult>(12345)).message,
              HasSubstr("cuvidCreateDecoder answered 12345"));
}

TEST(NvReport, AGpuThatGivesNoContextSaysWhy) {
  NvAnswers answers = ada();
  answers.devices[0].error = "no CUDA context could be made";
  const BackendReport report = nv_backend_report(answers);
  EXPECT_FALSE(report.usable);
  EXPECT_THAT(report.reason, HasSubstr("no CUDA context could be made"));
  EXPECT_TRUE(report.devices[0].codecs.empty());
}

}  // namespace
}  // namespace av1hw
