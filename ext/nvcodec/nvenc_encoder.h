// SPDX-License-Identifier: LGPL-2.1-or-later
// Encodes with NVENC: pictures go in on the element's thread, and come out on one of its own.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "codec/encoder.h"
#include "codec/ordered_worker.h"
#include "nvcodec/nvenc_input.h"
#include "nvcodec/nvenc_session.h"
#include "nvcodec/nvenc_units.h"

namespace av1hw {

class NvencEncoder final : public Encoder {
 public:
  // `memory` outlives the encoder, and is open as long as the encoder is.
  explicit NvencEncoder(CudaInputMemory& memory) : memory_(memory) {}
  ~NvencEncoder() override;

  bool is_asynchronous() const override { return true; }
  Result<> open(const EncoderSettings& settings, const EncoderInput& input,
                EncoderClient& client) override;
  Result<> encode(const InputFrame& frame) override;
  Result<> drain() override;
  void flush() override;
  Result<> set_bitrate(unsigned kbit_per_s) override;
  unsigned latency_frames() const override { return delay_; }
  unsigned frames_in_use() const override;

 private:
  // One that was given to NVENC and is not output yet.
  struct Picture {
    NV_ENC_OUTPUT_PTR output = nullptr;
    NvencInput input;
    NvencFrame frame;
  };

  Result<> start();
  Result<> submit(const InputFrame& frame);
  Result<> create_outputs();
  Result<NV_ENC_OUTPUT_PTR> take_output();
  void give_back(NV_ENC_OUTPUT_PTR output);
  Result<> end_sequence();
  void pass_on_all_but(size_t newest);
  void finish(Picture picture);
  void release(Picture picture);
  Result<std::vector<NvencUnit>> read(Picture& picture);
  void output(NvencUnit unit);
  void check_layers();
  std::optional<Error> failure() const;
  void fail_once(const Error& error);
  void close();

  CudaInputMemory& memory_;
  EncoderClient* client_ = nullptr;
  EncoderSettings settings_;
  EncoderInput input_;
  std::shared_ptr<const NvEncodeLibrary> library_;
  std::shared_ptr<NvencSession> session_;
  NvEncodeAnswers device_;
  NV_ENC_INITIALIZE_PARAMS params_ = {};
  NV_ENC_CONFIG config_ = {};
  unsigned delay_ = 0;
  bool begins_sequence_ = true;
  bool layers_checked_ = false;  // on the worker's thread
  std::unique_ptr<NvencInputs> inputs_;
  std::unique_ptr<NvencUnits> units_;  // on the worker's thread
  std::deque<Picture> held_back_;      // NVENC wants more before it codes them

  std::vector<Picture> unread_;  // as units_: those whose output the driver did not give

  mutable std::mutex mutex_;
  std::condition_variable output_freed_;
  std::vector<NV_ENC_OUTPUT_PTR> outputs_;       // all of them
  std::vector<NV_ENC_OUTPUT_PTR> free_outputs_;  // by mutex_
  std::optional<Error> failure_;                 // by mutex_
  std::atomic<bool> discarding_{false};
  std::unique_ptr<OrderedWorker> worker_;  // last: its thread uses the others
};

}  // namespace av1hw
