// SPDX-License-Identifier: LGPL-2.1-or-later
// A VA buffer of parameters that serves picture after picture.
#pragma once

#include <va/va.h>

#include <cstddef>

#include "base/result.h"

namespace av1hw {

// libva lets a buffer be sent again once vaEndPicture has returned. To write into one costs a
// driver less than to make and destroy one for each picture.
class VaParameterBuffer {
 public:
  explicit VaParameterBuffer(VABufferType type) : type_(type) {}
  VaParameterBuffer(const VaParameterBuffer&) = delete;
  VaParameterBuffer& operator=(const VaParameterBuffer&) = delete;
  // destroy() came before, since the display is not known here.
  ~VaParameterBuffer() = default;

  // Copies `count` elements of `size` bytes into the buffer, which is made anew where it is not of
  // that many, and gives its id: the driver's until vaEndPicture.
  Result<VABufferID> write(VADisplay display, VAContextID context, size_t size, size_t count,
                           const void* elements);
  // Before the context is destroyed.
  void destroy(VADisplay display);

 private:
  Result<> make(VADisplay display, VAContextID context, size_t size, size_t count);

  const VABufferType type_;
  VABufferID id_ = VA_INVALID_ID;
  size_t bytes_ = 0;
};

}  // namespace av1hw
