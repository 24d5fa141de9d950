// SPDX-License-Identifier: LGPL-2.1-or-later
// A VA context: the order of the calls that give it a picture, whatever it does with one.
#pragma once

#include <va/va.h>

#include <functional>
#include <memory>

#include "refdrv/common/machine.h"
#include "refdrv/va/objects.h"

namespace refdrv::va {

// The objects that parameters name; nullptr for what is not there.
struct Lookup {
  std::function<std::shared_ptr<Surface>(VASurfaceID)> surface;
  std::function<std::shared_ptr<Buffer>(VABufferID)> buffer;
};

class Context {
 public:
  static constexpr uint32_t first_id = 0x02000000;
  static constexpr const char* name = "context";

  virtual ~Context() = default;

  Result<> begin(VASurfaceID target);
  // The content is the buffer's as it is now; the client may destroy it afterwards. In null mode,
  // where nobody reads tiles, it is whatever the buffer's is when the picture ends.
  Result<> add(const Machine& machine, const std::shared_ptr<Buffer>& buffer);
  // Does the work with what was given since begin().
  Result<> end(Machine& machine, const Lookup& find);
  // The picture that was begun is over, and nothing was done.
  void abandon();
  // What was given is of no use: end() fails, which is then nobody's mistake.
  void spoil() { spoiled_ = true; }
  bool begun() const { return begun_; }

 protected:
  VASurfaceID target() const { return target_; }

 private:
  virtual Result<> take(std::shared_ptr<Buffer> buffer) = 0;
  virtual Result<> run(Machine& machine, const Lookup& find) = 0;
  virtual void forget() = 0;

  bool begun_ = false;
  bool spoiled_ = false;
  VASurfaceID target_ = VA_INVALID_SURFACE;
};

}  // namespace refdrv::va
