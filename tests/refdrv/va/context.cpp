// SPDX-License-Identifier: LGPL-2.1-or-later
// A VA context: the order of the calls that give it a picture, whatever it does with one.
#include "refdrv/va/context.h"

#include <utility>

namespace refdrv::va {

Result<> Context::begin(VASurfaceID target) {
  if (begun_) return client_fault("the picture before was not ended");
  forget();
  begun_ = true;
  target_ = target;
  return {};
}

Result<> Context::add(const Machine& machine, const std::shared_ptr<Buffer>& buffer) {
  if (!begun_) return client_fault("no picture was begun");
  if (buffer->mapped) return client_fault("a buffer is mapped");
  return take(machine.null_mode() ? buffer : std::make_shared<Buffer>(*buffer));
}

Result<> Context::end(Machine& machine, const Lookup& find) {
  if (!begun_) return client_fault("no picture was begun");
  const auto done = spoiled_ ? fault(Fault::System, "parameters were refused") : run(machine, find);
  abandon();
  return done;
}

void Context::abandon() {
  begun_ = spoiled_ = false;
  forget();
}

}  // namespace refdrv::va
