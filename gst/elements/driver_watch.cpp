// SPDX-License-Identifier: LGPL-2.1-or-later
// Posts the error of a driver that does not return.
#include "elements/driver_watch.h"

#include <format>
#include <string>

#include "memory/handles.h"

namespace av1hw {
namespace {

// An element that may be gone when it is asked for.
class WeakElement {
 public:
  explicit WeakElement(GstElement* element) { g_weak_ref_init(&ref_, element); }
  WeakElement(const WeakElement&) = delete;
  WeakElement& operator=(const WeakElement&) = delete;
  ~WeakElement() { g_weak_ref_clear(&ref_); }
  ElementHandle get() { return ElementHandle(static_cast<GstElement*>(g_weak_ref_get(&ref_))); }

 private:
  GWeakRef ref_;
};

void post_hang(GstElement* element, const StuckCall& call) {
  const auto milliseconds = static_cast<guint64>(call.since.count());
  const std::string text = std::format(
      "The driver has not returned from {} for {:.1f} s: it or the GPU hangs. Until it returns, "
      "this element can't be stopped. Restart the process, or the machine should it happen again; "
      "or deny this backend",
      call.name, static_cast<double>(milliseconds) / 1000);
  GstStructure* details = gst_structure_new(driver_hang_details, "call", G_TYPE_STRING, call.name,
                                            "milliseconds", G_TYPE_UINT64, milliseconds, nullptr);
  gst_element_message_full_with_details(
      element, GST_MESSAGE_ERROR, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_FAILED,
      g_strdup(text.c_str()), g_strdup("device-lost"), __FILE__, __func__, __LINE__, details);
}

constexpr unsigned longest_driver_timeout = 3600 * 1000;

}  // namespace

GParamSpec* make_driver_timeout_spec() {
  return g_param_spec_uint("driver-timeout", "Driver timeout",
                           "Milliseconds that the driver may take to return from a call; then an "
                           "error names the call, while it still lasts. 0: any time",
                           0, longest_driver_timeout, default_driver_timeout,
                           static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
                                                    GST_PARAM_MUTABLE_READY));
}

void DriverWatch::start(GstElement* element, const std::shared_ptr<DriverCalls>& calls,
                        unsigned limit) {
  forget();
  stop();
  if (limit == 0) return;
  const auto weak = std::make_shared<WeakElement>(element);
  alarm_.emplace(calls, std::chrono::milliseconds(limit),
                 [weak, hung = hung_](const StuckCall& call) {
                   const ElementHandle alive = weak->get();
                   if (alive && !hung->exchange(true)) post_hang(alive.get(), call);
                 });
}

}  // namespace av1hw
