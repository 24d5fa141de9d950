// SPDX-License-Identifier: LGPL-2.1-or-later
// A GstObject's lock, held for as long as this lives.
#pragma once

#include <gst/gst.h>

namespace av1hw {

class ObjectLock {
 public:
  explicit ObjectLock(gpointer object) : object_(GST_OBJECT_CAST(object)) {
    GST_OBJECT_LOCK(object_);
  }
  ~ObjectLock() { GST_OBJECT_UNLOCK(object_); }
  ObjectLock(const ObjectLock&) = delete;
  ObjectLock& operator=(const ObjectLock&) = delete;

 private:
  GstObject* object_;
};

}  // namespace av1hw
