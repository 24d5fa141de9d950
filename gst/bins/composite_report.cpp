// SPDX-License-Identifier: LGPL-2.1-or-later
// What av1compositebin says of itself: the choices of all stages, and the frames that they moved.
#include <format>
#include <map>
#include <string_view>

#include "bins/composite_bin.h"
#include "bins/composite_pad.h"
#include "memory/copy_accounting.h"

namespace av1hw {
namespace {

StructureHandle structure_of(GstElement* element, const char* property) {
  GstStructure* value = nullptr;
  g_object_get(element, property, &value, nullptr);
  return StructureHandle(value);
}

std::string text_of(GstElement* element, const char* property) {
  gchar* value = nullptr;
  g_object_get(element, property, &value, nullptr);
  std::string text = value ? value : "";
  g_free(value);
  return text;
}

void append(GValue* array, StructureHandle structure) {
  GValue item = G_VALUE_INIT;
  g_value_init(&item, GST_TYPE_STRUCTURE);
  g_value_take_boxed(&item, structure.release());
  gst_value_array_append_and_take_value(array, &item);
}

void add(GstStructure* sums, const char* field, guint64 amount) {
  guint64 before = 0;
  gst_structure_get_uint64(sums, field, &before);
  gst_structure_set(sums, field, G_TYPE_UINT64, before + amount, nullptr);
}

// Adds every field of `from` that counts moves of frames.
void add_moves(const GstStructure* from, GstStructure* sums) {
  for (size_t i = 0; from && i < frame_move_count; i++) {
    const std::string move = frame_move_name(static_cast<FrameMove>(i));
    for (const char* unit : {"-frames", "-bytes"}) {
      const std::string field = move + unit;
      guint64 amount = 0;
      if (gst_structure_get_uint64(from, field.c_str(), &amount)) add(sums, field.c_str(), amount);
    }
  }
}

}  // namespace

// "2 x cpuav1dec (cpu), compositor (cpu), cpusvtav1enc (cpu)".
std::string CompositeBin::chosen_text() const {
  std::map<std::string, unsigned> decoders;
  for (const PadHandle& pad : pads()) {
    if (const ElementHandle decoder = input_of(pad.get()).decoder()) {
      if (std::string name = text_of(decoder.get(), "chosen"); !name.empty()) decoders[name]++;
    }
  }
  std::string text;
  for (const auto& [name, count] : decoders)
    text += count > 1 ? std::format("{} x {}, ", count, name) : name + ", ";
  {
    std::lock_guard guard(lock_);
    text += blend_report_.chosen_text();
  }
  if (const std::string encoder = text_of(encoder_.get(), "chosen"); av1_out_ && !encoder.empty())
    text += ", " + encoder;
  return text;
}

StructureHandle CompositeBin::report() const {
  StructureHandle report(gst_structure_new("av1hw-report", "stage", G_TYPE_STRING, "composite",
                                           "chosen", G_TYPE_STRING, chosen_text().c_str(),
                                           nullptr));
  GValue stages = G_VALUE_INIT;
  gst_value_array_init(&stages, 0);
  for (const PadHandle& pad : pads()) {
    const CompositeInput& input = input_of(pad.get());
    const ElementHandle decoder = input.decoder();
    if (!decoder) continue;
    StructureHandle stage = structure_of(decoder.get(), "report");
    gst_structure_set(stage.get(), "input", G_TYPE_STRING, input.name().c_str(), "failed",
                      G_TYPE_BOOLEAN, input.failed(), nullptr);
    append(&stages, std::move(stage));
  }
  {
    std::lock_guard guard(lock_);
    append(&stages, report_structure(blend_report_));
  }
  if (av1_out_) append(&stages, structure_of(encoder_.get(), "report"));
  gst_structure_take_value(report.get(), "stages", &stages);
  return report;
}

void CompositeBin::add_stats_of(GstElement* element, GstStructure* sums) const {
  const StructureHandle stats = structure_of(element, "stats");
  add_moves(stats.get(), sums);
}

StructureHandle CompositeBin::stats() const {
  StructureHandle sums(gst_structure_new_empty("av1hw-composite-stats"));
  CopyAccounting().add_to(sums.get());
  const std::vector<PadHandle> inputs = pads();
  guint64 frames_in = 0;
  for (const PadHandle& pad : inputs) {
    const CompositeInput& input = input_of(pad.get());
    frames_in += input.frames();
    if (const ElementHandle decoder = input.decoder()) add_stats_of(decoder.get(), sums.get());
  }
  if (av1_out_) add_stats_of(encoder_.get(), sums.get());
  const ElementHandle blending = blender();
  if (blending && g_object_class_find_property(G_OBJECT_GET_CLASS(blending.get()), "stats"))
    add_stats_of(blending.get(), sums.get());
  std::lock_guard guard(lock_);
  add_moves(past_stats_.get(), sums.get());
  gst_structure_set(sums.get(), "inputs", G_TYPE_UINT, static_cast<guint>(inputs.size()),
                    "frames-in", G_TYPE_UINT64, frames_in + past_frames_in_, "frames-out",
                    G_TYPE_UINT64, frames_out_.load(), nullptr);
  return sums;
}

}  // namespace av1hw
