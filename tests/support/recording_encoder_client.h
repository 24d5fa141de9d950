// SPDX-License-Identifier: LGPL-2.1-or-later
// An EncoderClient that writes down what an encoder told it, on whichever thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "codec/encoder.h"

namespace av1hw::test {

class RecordingEncoderClient : public EncoderClient {
 public:
  virtual ~RecordingEncoderClient() = default;

  bool output(EncodedUnit unit) override {
    if (on_output) on_output();
    const std::lock_guard guard(lock_);
    units_.push_back(std::move(unit));
    changed_.notify_all();
    return true;
  }
  void moved(FrameMove, uint64_t) override {}
  void warn(const std::string& message) override { warnings.push_back(message); }
  void failed(const Error& error) override {
    const std::lock_guard guard(lock_);
    failures_.push_back(error);
    changed_.notify_all();
  }

  // Waits for so many units to have come out.
  void wait_for_units(size_t count) {
    std::unique_lock guard(lock_);
    changed_.wait(guard, [&] { return units_.size() >= count; });
  }
  void wait_for_failure() {
    std::unique_lock guard(lock_);
    changed_.wait(guard, [&] { return !failures_.empty(); });
  }
  // What came out since the last call.
  std::vector<EncodedUnit> take_units() {
    const std::lock_guard guard(lock_);
    return std::exchange(units_, {});
  }
  std::vector<Error> failures() const {
    const std::lock_guard guard(lock_);
    return failures_;
  }

  std::vector<std::string> warnings;
  std::function<void()> on_output;  // before a unit is written down

 private:
  mutable std::mutex lock_;
  std::condition_variable changed_;
  std::vector<EncodedUnit> units_;
  std::vector<Error> failures_;
};

}  // namespace av1hw::test
