// SPDX-License-Identifier: LGPL-2.1-or-later
// The buffers that a VA context writes coded pictures into.
#pragma once

#include <va/va.h>

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/driver_calls.h"
#include "base/result.h"

namespace av1hw {

// A bounded number of one size, made when they are needed. One that is let go, by whatever thread,
// comes back.
class VaCodedBuffers : public std::enable_shared_from_this<VaCodedBuffers> {
 public:
  class Lent {
   public:
    Lent(std::shared_ptr<VaCodedBuffers> owner, VABufferID id)
        : owner_(std::move(owner)), id_(id) {}
    Lent(Lent&&) = default;
    Lent& operator=(Lent&&) = delete;
    ~Lent() {
      if (owner_) owner_->give_back(id_);
    }
    VABufferID id() const { return id_; }
    size_t size() const { return owner_->size_; }

   private:
    std::shared_ptr<VaCodedBuffers> owner_;
    VABufferID id_;
  };

  // `size` bytes each, `most` of them.
  VaCodedBuffers(VADisplay display, VAContextID context, std::shared_ptr<DriverCalls> calls,
                 size_t size, size_t most)
      : display_(display), context_(context), calls_(std::move(calls)), size_(size), most_(most) {}

  // Busy: all are in use, or the driver gives no more.
  Result<Lent> acquire();
  // Before the context is destroyed; what is lent then no longer comes back.
  void destroy();

 private:
  Result<VABufferID> make() const;
  void give_back(VABufferID id);

  const VADisplay display_;
  const VAContextID context_;
  const std::shared_ptr<DriverCalls> calls_;
  const size_t size_;
  const size_t most_;
  std::mutex lock_;
  std::vector<VABufferID> made_;
  std::vector<VABufferID> idle_;
};

}  // namespace av1hw
