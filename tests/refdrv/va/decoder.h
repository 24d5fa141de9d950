// SPDX-License-Identifier: LGPL-2.1-or-later
// A VA context that decodes AV1: the picture that is being given, and what references hold.
#pragma once

#include <va/va.h>

#include <memory>
#include <vector>

#include "refdrv/resynth/resynthesizer.h"
#include "refdrv/va/context.h"

namespace refdrv::va {

class Decoder final : public Context {
 public:
  static Result<std::shared_ptr<Context>> create(Size size);
  Decoder(Size size, std::unique_ptr<Resynthesizer> resynthesizer);

 private:
  // A tile group: where its tiles are, and the bytes that they are in.
  struct Group {
    std::shared_ptr<Buffer> tiles;
    std::shared_ptr<Buffer> data;
  };
  struct Surfaces {
    std::shared_ptr<Surface> reconstructed;
    std::shared_ptr<Surface> displayed;  // the same one without film grain
  };

  Result<Surfaces> find_surfaces(const VADecPictureParameterBufferAV1& params,
                                 const Lookup& find) const;
  Result<> check_references(const VADecPictureParameterBufferAV1& params, const Lookup& find,
                            bool& damaged) const;
  Result<> take(std::shared_ptr<Buffer> buffer) override;
  Result<> run(Machine& machine, const Lookup& find) override;
  void forget() override;

  const Size size_;
  const std::unique_ptr<Resynthesizer> resynthesizer_;
  std::shared_ptr<Buffer> parameters_;
  std::vector<Group> groups_;
};

}  // namespace refdrv::va
