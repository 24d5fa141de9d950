// SPDX-License-Identifier: LGPL-2.1-or-later
// A DecoderClient that writes down what a decoder told it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "codec/decoder.h"

namespace av1hw::test {

class RecordingClient : public DecoderClient {
 public:
  virtual ~RecordingClient() = default;

  Result<BufferHandle> allocate(const PictureFormat&, const MemoryNeeds&) override {
    return BufferHandle(gst_buffer_new());
  }
  bool output(Picture picture) override {
    pictures.push_back(std::move(picture));
    return pictures.size() < takes;
  }
  void no_picture(uint64_t frame_number) override { without.push_back(frame_number); }
  void left_out(uint64_t frame_number) override { late.push_back(frame_number); }
  void damaged(const Damage& damage) override { damages.push_back(damage); }

  // The frame numbers of what came out.
  std::vector<uint64_t> numbers() const {
    std::vector<uint64_t> all;
    for (const Picture& picture : pictures) all.push_back(picture.frame_number);
    return all;
  }
  bool accounts_for(uint64_t frame_number) const {
    const auto is_it = [frame_number](const auto& item) {
      return item.frame_number == frame_number;
    };
    return std::ranges::any_of(pictures, is_it) || std::ranges::any_of(damages, is_it) ||
           std::ranges::find(without, frame_number) != without.end();
  }
  std::string complaints() const {
    std::string text;
    for (const Damage& damage : damages) text += damage.message + "\n";
    return text;
  }

  size_t takes = SIZE_MAX;  // pictures; then it wants no more
  std::vector<Picture> pictures;
  std::vector<uint64_t> without;  // packets without a picture
  std::vector<uint64_t> late;     // packets whose picture was left out for that
  std::vector<Damage> damages;
};

}  // namespace av1hw::test
