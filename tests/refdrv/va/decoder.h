// SPDX-License-Identifier: LGPL-2.1-or-later
// A VA context that decodes AV1: the picture that is being given, and what references hold.
#pragma once

#include <va/va.h>

#include <functional>
#include <memory>
#include <vector>

#include "refdrv/common/machine.h"
#include "refdrv/resynth/resynthesizer.h"
#include "refdrv/va/objects.h"

namespace refdrv::va {

using FindSurface = std::function<std::shared_ptr<Surface>(VASurfaceID)>;

class Context {
 public:
  static constexpr uint32_t first_id = 0x02000000;
  static constexpr const char* name = "context";

  static Result<std::shared_ptr<Context>> create(std::shared_ptr<const Config> config, Size size);
  Context(std::shared_ptr<const Config> config, Size size,
          std::unique_ptr<Resynthesizer> resynthesizer);

  Result<> begin(VASurfaceID target);
  // The content is the buffer's as it is now; the client may destroy it afterwards.
  Result<> add(const std::shared_ptr<Buffer>& buffer);
  // Decodes what was given since begin().
  Result<> end(Machine& machine, const FindSurface& find);
  // The picture that was begun is over, and was not decoded.
  void abandon();
  // What was given is not to be decoded: end() fails, which is then nobody's mistake.
  void spoil() { spoiled_ = true; }
  bool begun() const { return begun_; }

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
                                 const FindSurface& find) const;
  Result<> check_references(const VADecPictureParameterBufferAV1& params, const FindSurface& find,
                            bool& damaged) const;
  Result<> decode(Machine& machine, const FindSurface& find);

  const std::shared_ptr<const Config> config_;
  const Size size_;
  const std::unique_ptr<Resynthesizer> resynthesizer_;
  bool begun_ = false;
  bool spoiled_ = false;
  VASurfaceID target_ = VA_INVALID_SURFACE;
  std::shared_ptr<Buffer> parameters_;
  std::vector<Group> groups_;
};

}  // namespace refdrv::va
