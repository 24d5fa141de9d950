// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads a format's layout from GStreamer's description of it.
#include "composite/sample_layout.h"

#include <algorithm>
#include <format>

namespace av1hw {
namespace {

bool is_composited(GstVideoFormat format) {
  auto is_in = [format](const auto& formats) { return std::ranges::contains(formats, format); };
  return is_in(composite_input_formats) || is_in(composite_output_formats);
}

// RGB10A2 and BGR10A2 have all components in one word of four bytes; the others have one word each.
bool shares_words(GstVideoFormat format) {
  return format == GST_VIDEO_FORMAT_RGB10A2_LE || format == GST_VIDEO_FORMAT_BGR10A2_LE;
}

// GStreamer's description does not say where they are in the word.
ComponentLayout part_of_word(GstVideoFormat format, unsigned component) {
  const bool swapped = format == GST_VIDEO_FORMAT_BGR10A2_LE && component < 3;
  const unsigned place = swapped ? 2 - component : component;
  return {.plane = 0, .offset = 0, .step = 4, .shift = static_cast<uint8_t>(10 * place)};
}

ComponentLayout component_layout(const GstVideoFormatInfo* format, unsigned component) {
  if (shares_words(format->format)) return part_of_word(format->format, component);
  ComponentLayout layout = {.plane = static_cast<uint8_t>(format->plane[component]),
                            .offset = static_cast<uint8_t>(format->poffset[component]),
                            .step = static_cast<uint8_t>(format->pixel_stride[component]),
                            .shift = static_cast<uint8_t>(format->shift[component])};
  // Its description has Cr one byte after Cb.
  if (format->format == GST_VIDEO_FORMAT_P010_10LE && component == 2) layout.offset = 2;
  return layout;
}

uint8_t word_bytes(const GstVideoFormatInfo* format) {
  if (shares_words(format->format)) return 4;
  return format->depth[0] > 8 ? 2 : 1;
}

// The luma position of the first sample of an axis that is subsampled by 1 << sub.
double first_position(unsigned sub, bool cosited) { return sub == 0 || cosited ? 0.5 : 1.0; }

}  // namespace

Result<SampleLayout> sample_layout(const GstVideoInfo& info) {
  const GstVideoFormatInfo* format = info.finfo;
  if (!format || !is_composited(format->format))
    return fail(ErrorCode::NotSupported, std::format("pictures of format {} are not composited",
                                                     format ? format->name : "UNKNOWN"));
  if (info.width <= 0 || info.height <= 0)
    return fail(ErrorCode::NotSupported,
                std::format("pictures of {} x {} are not composited", info.width, info.height));
  SampleLayout layout;
  layout.format = format->format;
  layout.width = info.width;
  layout.height = info.height;
  layout.planes = static_cast<uint8_t>(format->n_planes);
  layout.word_bytes = word_bytes(format);
  layout.depth = static_cast<uint8_t>(format->depth[0]);
  layout.rgb = GST_VIDEO_FORMAT_INFO_IS_RGB(format);
  layout.sub_x = static_cast<uint8_t>(format->w_sub[1]);
  layout.sub_y = static_cast<uint8_t>(format->h_sub[1]);
  const bool unsaid = info.chroma_site == GST_VIDEO_CHROMA_SITE_UNKNOWN;
  layout.chroma_x =
      first_position(layout.sub_x, unsaid || (info.chroma_site & GST_VIDEO_CHROMA_SITE_H_COSITED));
  layout.chroma_y =
      first_position(layout.sub_y, info.chroma_site & GST_VIDEO_CHROMA_SITE_V_COSITED);
  for (unsigned component = 0; component < 3; component++) {
    layout.components[component] = component_layout(format, component);
  }
  if (GST_VIDEO_FORMAT_INFO_HAS_ALPHA(format)) {
    layout.alpha_depth = static_cast<uint8_t>(format->depth[3]);
    layout.components[3] = component_layout(format, 3);
  }
  return layout;
}

}  // namespace av1hw
