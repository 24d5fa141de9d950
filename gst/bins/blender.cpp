// SPDX-License-Identifier: LGPL-2.1-or-later
// Chooses the element that blends.
#include "bins/blender.h"

#include <optional>

#include "registry/blender_table.h"

namespace av1hw {
namespace {

constexpr const char* cpu_blender = "compositor";

ElementHandle own(GstElement* element) {
  return ElementHandle(element ? static_cast<GstElement*>(gst_object_ref_sink(element)) : nullptr);
}

// A device may be gone since it was probed; going to READY opens it.
bool opens(GstElement* element) {
  const bool opened = gst_element_set_state(element, GST_STATE_READY) != GST_STATE_CHANGE_FAILURE;
  gst_element_set_state(element, GST_STATE_NULL);
  return opened;
}

struct Try {
  ElementHandle element;
  ReportEntry entry;
};

Try try_vulkan(BlenderChoice choice) {
  Try attempt;
  attempt.entry.element = "vkcompositor";
  attempt.entry.backend = backend_name(BackendKind::Vk);
  const std::optional<RegisteredBlender>& blender = registered_blender();
  if (!blender) {
    attempt.entry.reason = "no Vulkan device was found that it runs on (av1hw-info says why)";
    return attempt;
  }
  attempt.entry.device = blender->device;
  if (choice == BlenderChoice::Cpu) {
    attempt.entry.reason = "compositor=cpu was asked for";
    return attempt;
  }
  if (choice == BlenderChoice::Auto && blender->software) {
    attempt.entry.reason = blender->device_name + " is no GPU; compositor=vk uses it all the same";
    return attempt;
  }
  attempt.element = own(GST_ELEMENT(g_object_new(blender->type, nullptr)));
  if (opens(attempt.element.get())) {
    attempt.entry.reason = "blends on " + blender->device_name;
    return attempt;
  }
  attempt.element.reset();
  attempt.entry.verdict = ReportVerdict::Failed;
  attempt.entry.reason = blender->device_name + " could not be opened";
  return attempt;
}

Try try_cpu(BlenderChoice choice) {
  Try attempt;
  attempt.entry.element = cpu_blender;
  attempt.entry.backend = backend_name(BackendKind::Cpu);
  attempt.entry.device = "cpu";
  if (choice == BlenderChoice::Vk) {
    attempt.entry.reason = "compositor=vk was asked for";
    return attempt;
  }
  attempt.element = own(gst_element_factory_make(cpu_blender, nullptr));
  attempt.entry.reason =
      attempt.element ? "software, in system memory" : "it is not installed (gst-plugins-base)";
  return attempt;
}

ReportEntry not_needed() {
  ReportEntry entry;
  entry.element = cpu_blender;
  entry.backend = backend_name(BackendKind::Cpu);
  entry.device = "cpu";
  entry.verdict = ReportVerdict::Accepted;
  entry.reason = "software: each frame would leave the GPU";
  return entry;
}

}  // namespace

Result<Blender> choose_blender(BlenderChoice choice) {
  Blender blender;
  blender.report.stage = "blend";
  const auto consider = [&blender](Try attempt) {
    if (attempt.element) attempt.entry.verdict = ReportVerdict::Chosen;
    blender.element = std::move(attempt.element);
    blender.report.entries.push_back(std::move(attempt.entry));
  };
  consider(try_vulkan(choice));
  if (blender.element)
    blender.report.entries.push_back(not_needed());
  else
    consider(try_cpu(choice));
  if (!blender.element)
    return fail(ErrorCode::Unavailable, "nothing blends here:\n" + blender.report.text());
  return blender;
}

}  // namespace av1hw
