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
  // What NVENC codes into one output buffer, from when it is given to when its output is read.
  struct Picture {
    NV_ENC_OUTPUT_PTR output = nullptr;
    std::optional<NvencInput> input;  // empty: free
    NvencFrame frame;
  };

  Result<> start();
  Result<> submit(const InputFrame& frame);
  Result<Picture*> add_picture();
  Result<Picture*> take_picture();
  void give_back(Picture& picture);
  Result<> end_sequence();
  void pass_on_all_but(size_t newest);
  void finish(Picture& picture);
  Result<std::span<const NvencUnit>> read(Picture& picture);
  void output(const NvencUnit& unit);
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
  NV_ENC_PIC_PARAMS picture_params_ = {};  // what all have in common, and of the last one
  unsigned delay_ = 0;
  bool key_frame_wanted_ = false;  // until a frame is taken
  bool layers_checked_ = false;    // on the worker's thread
  std::unique_ptr<NvencInputs> inputs_;
  std::unique_ptr<NvencUnits> units_;               // on the worker's thread
  std::vector<std::unique_ptr<Picture>> pictures_;  // all of them
  std::deque<Picture*> held_back_;                  // NVENC wants more before it codes them

  mutable std::mutex mutex_;
  std::condition_variable picture_freed_;
  std::vector<Picture*> free_pictures_;  // by mutex_
  size_t awaited_ = 0;                   // of them, by a thread that waits; by mutex_
  std::optional<Error> failure_;         // by mutex_
  std::atomic<bool> has_failed_{false};  // whether there is one
  std::atomic<bool> discarding_{false};
  std::unique_ptr<OrderedWorker> worker_;  // last: its thread uses the others
};

}  // namespace av1hw
