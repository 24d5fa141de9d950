// SPDX-License-Identifier: LGPL-2.1-or-later
// Posts our errors as element messages.
#include "elements/element_error.h"

namespace av1hw {
namespace {

struct GstCode {
  GQuark domain;
  gint code;
};

GstCode gst_code_of(ErrorCode code) {
  switch (code) {
  case ErrorCode::NotSupported: return {GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE};
  case ErrorCode::Unavailable: return {GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_INIT};
  case ErrorCode::Busy: return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_BUSY};
  case ErrorCode::OutOfMemory: return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT};
  case ErrorCode::DeviceLost: return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_FAILED};
  case ErrorCode::InvalidData: return {GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT};
  case ErrorCode::InvalidSettings: return {GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS};
  case ErrorCode::Failed: break;
  }
  return {GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_FAILED};
}

}  // namespace

void post_error(GstElement* element, const Error& error) {
  const GstCode code = gst_code_of(error.code);
  // The message function takes the text over.
  gst_element_message_full(element, GST_MESSAGE_ERROR, code.domain, code.code,
                           g_strdup(error.message.c_str()), g_strdup(error_code_name(error.code)),
                           __FILE__, __func__, __LINE__);
}

}  // namespace av1hw
