// SPDX-License-Identifier: LGPL-2.1-or-later
// A VA context for video processing: copies, scales, and converts between 8 and 10 bits.
#pragma once

#include <va/va.h>
#include <va/va_vpp.h>

#include <memory>

#include "refdrv/va/context.h"

namespace refdrv::va {

class Processor final : public Context {
 private:
  Result<> take(std::shared_ptr<Buffer> buffer) override;
  Result<> run(Machine& machine, const Lookup& find) override;
  void forget() override { parameters_ = nullptr; }

  std::shared_ptr<Buffer> parameters_;
};

}  // namespace refdrv::va
