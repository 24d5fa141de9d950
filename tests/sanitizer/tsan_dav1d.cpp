// SPDX-License-Identifier: LGPL-2.1-or-later
// Preloaded under ThreadSanitizer: tells it what dav1d orders.
//
// dav1d counts references by atomic operations without instrumentation, and its own threads give up
// the last ones. So the callbacks by which it gives memory back run on threads of its own, after
// everything that the caller did with that memory.
#include <dav1d/dav1d.h>

#include <memory>

#include "tsan_edges.h"

using av1hw::tsan::acquire;
using av1hw::tsan::release;

namespace {

// The allocator's part in it: what it did to a picture, and what was done with the picture until it
// was given up, comes before its end.
int allocate_picture(Dav1dPicture* picture, void* allocator) {
  const auto* real = static_cast<const Dav1dPicAllocator*>(allocator);
  const int error = real->alloc_picture_callback(picture, real->cookie);
  if (error == 0) release(picture->allocator_data);
  return error;
}

void release_picture(Dav1dPicture* picture, void* allocator) {
  acquire(picture->allocator_data);
  const auto* real = static_cast<const Dav1dPicAllocator*>(allocator);
  real->release_picture_callback(picture, real->cookie);
}

// What was done with data before dav1d got them comes before they are given back.
struct WrappedData {
  void (*release)(const uint8_t* data, void* cookie);
  void* cookie;
};

void release_data(const uint8_t* data, void* wrapped) {
  const std::unique_ptr<WrappedData> held(static_cast<WrappedData*>(wrapped));
  acquire(wrapped);
  held->release(data, held->cookie);
}

}  // namespace

extern "C" int dav1d_open(Dav1dContext** context, const Dav1dSettings* settings) {
  REAL(dav1d_open);
  // dav1d's own allocator is nobody else's business.
  if (!settings->allocator.cookie) return real_function(context, settings);
  Dav1dSettings ours = *settings;
  // Pictures may outlive the context, so this stays.
  ours.allocator = {new Dav1dPicAllocator(settings->allocator), allocate_picture, release_picture};
  return real_function(context, &ours);
}

extern "C" void dav1d_picture_unref(Dav1dPicture* picture) {
  REAL(dav1d_picture_unref);
  release(picture->allocator_data);
  real_function(picture);
}

extern "C" int dav1d_data_wrap(Dav1dData* data, const uint8_t* bytes, size_t size,
                               void (*release_callback)(const uint8_t*, void*), void* cookie) {
  REAL(dav1d_data_wrap);
  auto wrapped = std::make_unique<WrappedData>(release_callback, cookie);
  release(wrapped.get());
  const int error = real_function(data, bytes, size, release_data, wrapped.get());
  if (error == 0) wrapped.release();
  return error;
}
