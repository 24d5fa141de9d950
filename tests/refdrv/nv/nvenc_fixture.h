// SPDX-License-Identifier: LGPL-2.1-or-later
// A client of libnvidia-encode for the tests: a session, pictures that can be told apart, and what
// a decoder makes of the units.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "refdrv/nv/client.h"
#include "refdrv/nv/driver.h"
#include "refdrv/nv/nvenc_types.h"

extern "C" {
NVENCSTATUS NvEncodeAPICreateInstance(NV_ENCODE_API_FUNCTION_LIST*);
NVENCSTATUS NvEncodeAPIGetMaxSupportedVersion(uint32_t*);
}

namespace refdrv::nv {

constexpr unsigned test_width = 192;
constexpr unsigned test_height = 128;

// Luma of picture `n`: one shade on the left, another on the right.
constexpr unsigned left_luma(unsigned n) { return 40 + 9 * (n % 16); }
constexpr unsigned right_luma(unsigned n) { return 210 - 9 * (n % 16); }

// A unit as it was locked.
struct Unit {
  NVENCSTATUS status = NV_ENC_ERR_GENERIC;
  NV_ENC_LOCK_BITSTREAM info = {};
  std::vector<uint8_t> bytes;

  // How many OBUs of this type it has.
  unsigned count(unsigned obu_type, bool annexb = false) const;
};

class NvEncTest : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  uint64_t misuses() const { return driver()->machine().counters().value("misuse"); }
  // The call was refused with this, and said to be wrong.
  void expect_misuse(NVENCSTATUS result, NVENCSTATUS status);

  void* open_session(NVENCSTATUS expected = NV_ENC_SUCCESS);
  // Parameters of a low-delay encoder for pictures of the test's size.
  void defaults(NV_ENC_TUNING_INFO tuning = NV_ENC_TUNING_INFO_LOW_LATENCY);
  NV_ENC_CONFIG_AV1& av1() { return config_.encodeCodecConfig.av1Config; }
  NVENCSTATUS initialize() { return api_.nvEncInitializeEncoder(session_, &init_); }

  // An input buffer with picture `n` in it.
  NV_ENC_INPUT_PTR make_input(unsigned n);
  void fill_input(NV_ENC_INPUT_PTR input, unsigned n);
  NV_ENC_OUTPUT_PTR make_output();
  NV_ENC_PIC_PARAMS picture(NV_ENC_INPUT_PTR input, NV_ENC_OUTPUT_PTR output, unsigned n) const;
  // Gives picture `n`, in buffers of its own, which units() reads.
  NVENCSTATUS encode(unsigned n, uint32_t flags = 0);
  NVENCSTATUS end_of_stream();
  Unit lock(NV_ENC_OUTPUT_PTR output);
  // Those of all pictures that encode() gave and nobody has read.
  std::vector<Unit> units();
  // Gives pictures 0 to count - 1 and the end of the stream.
  std::vector<Unit> encode_all(unsigned count);

  // Device memory for an NV12 picture of the test's size, with `n` in it.
  CUdeviceptr make_device_picture(unsigned n, size_t pitch);
  NV_ENC_REGISTER_RESOURCE registration(CUdeviceptr address, unsigned pitch) const;

  CUcontext context_ = nullptr;
  NV_ENCODE_API_FUNCTION_LIST api_ = {};
  void* session_ = nullptr;
  NV_ENC_CONFIG config_ = {};
  NV_ENC_INITIALIZE_PARAMS init_ = {};
  std::vector<NV_ENC_OUTPUT_PTR> outputs_;  // of encode(), not read
  uint64_t misuses_before_ = 0;
  uint64_t expected_misuses_ = 0;
};

// What dav1d, set to be strict, makes of a unit: the mean luma of the left and right halves, and
// what headers say.
struct Shades {
  unsigned width = 0;
  unsigned height = 0;
  unsigned tile_columns = 0;
  unsigned tile_rows = 0;
  double left = 0;
  double right = 0;
};
std::vector<Shades> decode(const std::vector<Unit>& units);
// Whether the pictures are those of encode(), in order, of which the first is `first`.
void expect_pictures(const std::vector<Shades>& shades, unsigned first = 0);

}  // namespace refdrv::nv
