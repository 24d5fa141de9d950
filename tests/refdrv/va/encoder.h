// SPDX-License-Identifier: LGPL-2.1-or-later
// A VA context that codes AV1: the picture that is being given, and what references hold.
#pragma once

#include <va/va.h>

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "refdrv/encode/software_encoder.h"
#include "refdrv/va/context.h"
#include "refdrv/va/encode_checks.h"
#include "refdrv/va/encode_picture.h"
#include "refdrv/va/rate_control.h"

namespace refdrv::va {

class CodedWriter;

class Encoder final : public Context {
 public:
  static Result<std::shared_ptr<Context>> create(const EncoderProfile& profile,
                                                 const Config& config, Size size);
  Encoder(const EncoderProfile& profile, const Config& config, Size size,
          std::unique_ptr<SoftwareEncoder> coder);

 private:
  struct Objects {
    std::shared_ptr<Surface> input;
    std::shared_ptr<Surface> reconstructed;
    std::shared_ptr<Buffer> coded;
  };
  // A sequence header as it was packed, and as it is coded.
  struct Sequence {
    nv::SequenceHeader packed;
    nv::SequenceHeader coded;
    std::vector<uint8_t> payload;  // as it is coded
  };
  // A picture while it is worked on.
  struct Work {
    Objects objects;
    std::vector<PackedObu> obus;
    PackedFrame frame;
    HeaderBits header;  // as it is coded
    uint8_t base_q_idx = 0;
  };

  Result<> take(std::shared_ptr<Buffer> buffer) override;
  Result<> run(Machine& machine, const Lookup& find) override;
  void forget() override;

  bool is_rate_controlled() const { return rate_.mode != VA_RC_CQP; }
  Result<Objects> find_objects(const Lookup& find) const;
  Result<> run_null(Machine& machine, const Objects& objects) const;
  Result<> apply_settings();
  Result<> read_headers(Work& work);
  Result<> read_sequence(const PackedObu& obu);
  Result<> show_existing(const PackedObu& obu);
  Result<> check(const Work& work) const;
  Result<> check_sizes(const Work& work) const;
  Result<> check_surfaces(const Work& work) const;
  Result<> follow_shown_key_frames();
  void fill_slots(uint8_t from);
  void choose(Machine& machine, Work& work);
  Result<> code(Machine& machine, Work& work);
  Result<CodedData> write(const Work& work, const EncodedFrame& coded) const;
  Result<> store(const Work& work);

  const EncoderProfile& profile_;
  const Config config_;
  const Size size_;
  const std::unique_ptr<SoftwareEncoder> coder_;
  EncodePicture picture_;
  std::optional<VAEncSequenceParameterBufferAV1> sequence_parameters_;
  std::optional<Sequence> sequence_;
  RateSettings rate_;
  RateController controller_;
  nv::Slots slots_;
  std::array<VASurfaceID, nv::slot_count> slot_surfaces_;
  std::array<bool, nv::slot_count> hidden_key_ = {};
};

}  // namespace refdrv::va
