// SPDX-License-Identifier: LGPL-2.1-or-later
// Chooses the element that blends.
#include "bins/blender.h"

namespace av1hw {

Result<Blender> choose_blender() {
  GstElement* element = gst_element_factory_make("compositor", nullptr);
  if (!element)
    return fail(ErrorCode::Unavailable,
                "the element compositor is not installed (gst-plugins-base)");
  Blender blender;
  blender.element.reset(static_cast<GstElement*>(gst_object_ref_sink(element)));
  ReportEntry entry;
  entry.element = "compositor";
  entry.backend = backend_name(BackendKind::Cpu);
  entry.device = "cpu";
  entry.verdict = ReportVerdict::Chosen;
  entry.reason = "software, in system memory; no other blender is known";
  blender.report.stage = "blend";
  blender.report.entries.push_back(std::move(entry));
  return blender;
}

}  // namespace av1hw
