// SPDX-License-Identifier: LGPL-2.1-or-later
// What video processing can do: no filters, and one input.
#include <va/va.h>
#include <va/va_backend.h>
#include <va/va_backend_vpp.h>

#include "refdrv/va/driver.h"

namespace refdrv::va {

namespace {

VAStatus query_filters(VADriverContextP driver_context, VAContextID id, VAProcFilterType*,
                       unsigned* count) {
  Call call(driver_context, "vaQueryVideoProcFilters");
  if (call.status || !call.context(id)) return call.status;
  *count = 0;
  return VA_STATUS_SUCCESS;
}

VAStatus query_filter_caps(VADriverContextP driver_context, VAContextID id, VAProcFilterType, void*,
                           unsigned* count) {
  Call call(driver_context, "vaQueryVideoProcFilterCaps");
  if (call.status || !call.context(id)) return call.status;
  *count = 0;
  return VA_STATUS_ERROR_UNSUPPORTED_FILTER;
}

VAStatus query_pipeline_caps(VADriverContextP driver_context, VAContextID id, VABufferID*,
                             unsigned filters, VAProcPipelineCaps* caps) {
  Call call(driver_context, "vaQueryVideoProcPipelineCaps");
  if (call.status || !call.context(id)) return call.status;
  if (filters > 0) return VA_STATUS_ERROR_UNSUPPORTED_FILTER;
  *caps = {};
  caps->max_input_width = caps->max_output_width = call.profile().max_size.width;
  caps->max_input_height = caps->max_output_height = call.profile().max_size.height;
  caps->min_input_width = caps->min_output_width = 1;
  caps->min_input_height = caps->min_output_height = 1;
  return VA_STATUS_SUCCESS;
}

}  // namespace

void set_processing_functions(VADriverVTableVPP& table) {
  table.version = VA_DRIVER_VTABLE_VPP_VERSION;
  table.vaQueryVideoProcFilters = query_filters;
  table.vaQueryVideoProcFilterCaps = query_filter_caps;
  table.vaQueryVideoProcPipelineCaps = query_pipeline_caps;
}

}  // namespace refdrv::va
