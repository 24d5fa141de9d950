// SPDX-License-Identifier: LGPL-2.1-or-later
// A render node's display, as an element shares it with the rest of its pipeline.
#include "vaapi/va_device.h"

#include <utility>

namespace av1hw {

VaDisplayHandle VaDevice::in_use() const {
  const std::scoped_lock lock(lock_);
  return VaDisplayHandle{display_ ? GST_VA_DISPLAY(gst_object_ref(display_.get())) : nullptr};
}

VADisplay VaDevice::display() const {
  const VaDisplayHandle display = in_use();
  return display ? gst_va_display_get_va_dpy(display.get()) : nullptr;
}

bool VaDevice::take_offered() {
  const std::scoped_lock lock(lock_);
  if (offered_ && !display_) display_.reset(GST_VA_DISPLAY(gst_object_ref(offered_.get())));
  return display_ != nullptr;
}

// The lock is not held while others are asked, since they answer through set_context().
Result<> VaDevice::open(GstElement* element, DriverCalls& calls) {
  if (take_offered()) return {};
  gst_va_context_query(element, GST_VA_DISPLAY_HANDLE_CONTEXT_TYPE_STR);
  if (take_offered()) return {};
  VaDisplayHandle made;
  {
    const DriverCall call(calls, "vaInitialize");
    made.reset(gst_va_display_drm_new_from_path(render_node_.c_str()));
  }
  if (!made) {
    return fail(ErrorCode::Unavailable, "the VA driver of " + render_node_ +
                                            " does not open; av1hw-info says more about it");
  }
  gst_va_element_propagate_display_context(element, made.get());
  const std::scoped_lock lock(lock_);
  display_ = std::move(made);
  return {};
}

void VaDevice::close() {
  const std::scoped_lock lock(lock_);
  display_.reset();
}

bool VaDevice::set_context(GstContext* context) {
  GstVaDisplay* display = nullptr;
  if (!gst_context_get_va_display(context, GST_VA_DISPLAY_HANDLE_CONTEXT_TYPE_STR,
                                  render_node_.c_str(), &display)) {
    return false;
  }
  const std::scoped_lock lock(lock_);
  offered_.reset(display);
  return true;
}

bool VaDevice::handle_context_query(GstElement* element, GstQuery* query) const {
  const VaDisplayHandle display = in_use();
  return display && gst_va_handle_context_query(element, query, display.get());
}

}  // namespace av1hw
