// SPDX-License-Identifier: LGPL-2.1-or-later
// Finds the elements that move or convert frames, by what their pad templates say.
#include "bins/adapter.h"

#include <array>
#include <format>
#include <span>
#include <string_view>
#include <vector>

#include "base/unique_handle.h"
#include "bins/memory_caps.h"
#include "memory/frame_use.h"

namespace av1hw {
namespace {

// Of GStreamer's plugins; each only where it is installed and its device is there.
constexpr const char* downloads[] = {"cudadownload", "vulkandownload", "vapostproc"};
// Not vulkanupload: it (1.26) does not wait for the device, which then reads memory that is gone.
constexpr const char* uploads[] = {"cudaupload", "vapostproc"};
constexpr const char* converter = "videoconvert";

using FactoryHandle = GstHandle<GstElementFactory>;

FactoryHandle find_factory(const char* name) {
  return FactoryHandle(gst_element_factory_find(name));
}

CapsHandle template_caps(GstElementFactory* factory, GstPadDirection direction) {
  CapsHandle caps(gst_caps_new_empty());
  for (const GList* l = gst_element_factory_get_static_pad_templates(factory); l; l = l->next) {
    auto* pad_template = static_cast<GstStaticPadTemplate*>(l->data);
    if (pad_template->direction == direction)
      caps.reset(gst_caps_merge(caps.release(), gst_static_pad_template_get_caps(pad_template)));
  }
  return caps;
}

// `caps` without what a conversion of formats changes.
CapsHandle of_any_format(const GstCaps* caps) {
  CapsHandle open(gst_caps_copy(caps));
  for (guint i = 0; i < gst_caps_get_size(open.get()); i++)
    gst_structure_remove_fields(gst_caps_get_structure(open.get(), i), "format", "drm-format",
                                "colorimetry", "chroma-site", nullptr);
  return open;
}

CapsHandle in_system_memory(const GstCaps* caps) {
  CapsHandle moved(gst_caps_copy(caps));
  set_memory(moved.get(), GST_CAPS_FEATURE_MEMORY_SYSTEM_MEMORY);
  // A DMA-BUF's format is hidden in its drm-format.
  for (guint i = 0; i < gst_caps_get_size(moved.get()); i++) {
    GstStructure* s = gst_caps_get_structure(moved.get(), i);
    if (gst_structure_has_field(s, "drm-format"))
      gst_structure_remove_fields(s, "format", "drm-format", nullptr);
  }
  return moved;
}

// The first of `names` with pads for both caps; nullptr: none.
const char* first_between(std::span<const char* const> names, const GstCaps* from,
                          const GstCaps* to) {
  for (const char* name : names) {
    const FactoryHandle factory = find_factory(name);
    if (factory && gst_caps_can_intersect(template_caps(factory.get(), GST_PAD_SINK).get(), from) &&
        gst_caps_can_intersect(template_caps(factory.get(), GST_PAD_SRC).get(), to))
      return name;
  }
  return nullptr;
}

// The last pictures that went through a pad.
struct RecentPictures {
  RecentPictures() = default;
  RecentPictures(const RecentPictures&) = delete;
  RecentPictures& operator=(const RecentPictures&) = delete;
  ~RecentPictures() {
    for (const BufferHandle& picture : kept) {
      if (picture) wait_until_unused(picture.get());
    }
  }

  std::array<BufferHandle, 2> kept;
  size_t next = 0;
};

GstPadProbeReturn keep_picture(GstPad*, GstPadProbeInfo* info, gpointer data) {
  auto& recent = *static_cast<RecentPictures*>(data);
  recent.kept[recent.next] = BufferHandle(gst_buffer_ref(GST_PAD_PROBE_INFO_BUFFER(info)));
  recent.next = (recent.next + 1) % recent.kept.size();
  return GST_PAD_PROBE_OK;
}

// vulkandownload (1.26) gives a picture back as soon as the fence of its copy is signalled, when
// the queue's thread of Mesa's drivers may still look at the picture's semaphores. That thread is
// through with one once the next is done, or once the queue has nothing to do.
void keep_recent_pictures(GstElement* download) {
  const PadHandle sink(gst_element_get_static_pad(download, "sink"));
  gst_pad_add_probe(sink.get(), GST_PAD_PROBE_TYPE_BUFFER, keep_picture, new RecentPictures,
                    [](gpointer data) { delete static_cast<RecentPictures*>(data); });
}

GstPad* ghost(const char* name, GstElement* element) {
  const PadHandle target(gst_element_get_static_pad(element, name));
  return gst_ghost_pad_new(name, target.get());
}

Result<Adapter> assemble(const std::vector<const char*>& names, FrameMove move) {
  Adapter adapter = {
      ElementHandle(static_cast<GstElement*>(gst_object_ref_sink(gst_bin_new(nullptr)))), "", move};
  GstElement *first = nullptr, *last = nullptr;
  for (const char* name : names) {
    GstElement* element = gst_element_factory_make(name, nullptr);
    if (!element) return fail(ErrorCode::Unavailable, std::format("{} can't be made", name));
    gst_bin_add(GST_BIN(adapter.element.get()), element);
    if (last && !gst_element_link(last, element))
      return fail(ErrorCode::Unavailable,
                  std::format("{} can't be linked to {}", GST_OBJECT_NAME(last), name));
    if (std::string_view(name) == "vulkandownload") keep_recent_pictures(element);
    if (!first) first = element;
    last = element;
    adapter.text += (adapter.text.empty() ? "" : " ! ") + std::string(name);
  }
  gst_element_add_pad(adapter.element.get(), ghost("sink", first));
  gst_element_add_pad(adapter.element.get(), ghost("src", last));
  return adapter;
}

}  // namespace

CapsHandle adaptable_caps() {
  CapsHandle all(gst_caps_new_empty());
  const CapsHandle system(gst_caps_new_empty_simple("video/x-raw"));
  for (const char* name : downloads) {
    const FactoryHandle factory = find_factory(name);
    if (!factory) continue;
    const CapsHandle takes = template_caps(factory.get(), GST_PAD_SINK);
    for (guint i = 0; i < gst_caps_get_size(takes.get()); i++) {
      CapsHandle one(gst_caps_copy_nth(takes.get(), i));
      if (in_device_memory(one.get())) all.reset(gst_caps_merge(all.release(), one.release()));
    }
  }
  if (const FactoryHandle factory = find_factory(converter))
    all.reset(gst_caps_merge(
        all.release(),
        gst_caps_intersect(template_caps(factory.get(), GST_PAD_SINK).get(), system.get())));
  return all;
}

Result<Adapter> make_adapter(const GstCaps* caps, const GstCaps* taken) {
  const GCharPtr text(gst_caps_to_string(caps));
  std::vector<const char*> names;
  FrameMove move = FrameMove::SystemCopy;
  if (in_device_memory(caps)) {
    const CapsHandle system(gst_caps_new_empty_simple("video/x-raw"));
    const char* download = first_between(downloads, caps, system.get());
    if (!download)
      return fail(
          ErrorCode::Unavailable,
          std::format("no element is installed that takes {} to system memory", text.get()));
    names.push_back(download);
    move = FrameMove::Download;
  }
  const CapsHandle moved = in_system_memory(caps);
  const CapsHandle wanted = system_memory_only(taken);
  if (!gst_caps_can_intersect(moved.get(), wanted.get())) {
    const CapsHandle open = of_any_format(moved.get());
    if (!gst_caps_can_intersect(open.get(), wanted.get()) || !find_factory(converter))
      return fail(ErrorCode::NotSupported, std::format("nothing converts {}", text.get()));
    names.push_back(converter);
  }
  if (names.empty()) return fail(ErrorCode::NotSupported, std::format("{} is refused", text.get()));
  return assemble(names, move);
}

Result<Adapter> make_upload(const GstCaps* given, const GstCaps* taken) {
  const CapsHandle system = system_memory_only(given);
  const char* upload = first_between(uploads, system.get(), taken);
  if (!upload) {
    const GCharPtr text(gst_caps_to_string(taken));
    return fail(ErrorCode::Unavailable,
                std::format("no element is installed that takes system memory to {}", text.get()));
  }
  return assemble({upload}, FrameMove::Upload);
}

}  // namespace av1hw
