// SPDX-License-Identifier: LGPL-2.1-or-later
// What av1compositebin says of itself: the choices of all stages, and the frames that they moved.
#include <format>
#include <map>
#include <string_view>

#include "bins/composite_bin.h"
#include "bins/composite_pad.h"
#include "bins/memory_caps.h"
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

bool has_stats(GstElement* element) {
  return g_object_class_find_property(G_OBJECT_GET_CLASS(element), "stats");
}

// "copies": how `element` moved frames, where it counts that.
void add_copies(GstElement* element, GstStructure* stage) {
  if (!has_stats(element)) return;
  const StructureHandle stats = structure_of(element, "stats");
  if (!stats) return;
  const StructureHandle copies(gst_structure_new_empty("copies"));
  add_moves(stats.get(), copies.get());
  gst_structure_set(stage, "copies", GST_TYPE_STRUCTURE, copies.get(), nullptr);
}

StructureHandle link_of(const std::string& from, const std::string& to, const std::string& memory,
                        const std::string& adapter, const CopyAccounting& moves) {
  StructureHandle link(gst_structure_new(
      "link", "from", G_TYPE_STRING, from.c_str(), "to", G_TYPE_STRING, to.c_str(), "memory",
      G_TYPE_STRING, memory.c_str(), "adapter", G_TYPE_STRING, adapter.c_str(), nullptr));
  moves.add_to(link.get());
  return link;
}

// Adds the moves of `moves` to the sums.
void add_moves(const CopyAccounting& moves, GstStructure* sums) {
  const StructureHandle counted(gst_structure_new_empty("counted"));
  moves.add_to(counted.get());
  add_moves(counted.get(), sums);
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

// "links": where frames go from one element to the next, and in which memory.
void CompositeBin::add_links(GstStructure* report) const {
  GValue links = G_VALUE_INIT;
  gst_value_array_init(&links, 0);
  std::string blender, memory, adapter;
  {
    std::lock_guard guard(lock_);
    blender = blend_report_.chosen_text();
    memory = memory_of(frozen_.get());
    adapter = output_adapter_text_;
  }
  for (const PadHandle& pad : pads()) {
    const CompositeInput& input = input_of(pad.get());
    append(&links, link_of(input.name(), blender, input.memory(), input.adapter_text(),
                           input.adapter_moves()));
  }
  append(&links, link_of(blender, av1_out_ ? text_of(encoder_.get(), "chosen") : "src", memory,
                         adapter, output_adapter_moves_));
  gst_structure_take_value(report, "links", &links);
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
    add_copies(decoder.get(), stage.get());
    append(&stages, std::move(stage));
  }
  StructureHandle blend;
  {
    std::lock_guard guard(lock_);
    blend = report_structure(blend_report_);
  }
  if (const ElementHandle blending = blender()) add_copies(blending.get(), blend.get());
  append(&stages, std::move(blend));
  if (av1_out_) {
    StructureHandle stage = structure_of(encoder_.get(), "report");
    add_copies(encoder_.get(), stage.get());
    append(&stages, std::move(stage));
  }
  gst_structure_take_value(report.get(), "stages", &stages);
  add_links(report.get());
  return report;
}

void CompositeBin::add_stats_of(GstElement* element, GstStructure* sums) const {
  if (!has_stats(element)) return;
  const StructureHandle stats = structure_of(element, "stats");
  add_moves(stats.get(), sums);
}

// With lock_ held.
void CompositeBin::note_past(const CopyAccounting& moves) {
  if (!past_stats_) past_stats_.reset(gst_structure_new_empty("past"));
  add_moves(moves, past_stats_.get());
}

StructureHandle CompositeBin::stats() const {
  StructureHandle sums(gst_structure_new_empty("av1hw-composite-stats"));
  CopyAccounting().add_to(sums.get());
  const std::vector<PadHandle> inputs = pads();
  guint64 frames_in = 0;
  for (const PadHandle& pad : inputs) {
    const CompositeInput& input = input_of(pad.get());
    frames_in += input.frames();
    add_moves(input.adapter_moves(), sums.get());
    if (const ElementHandle decoder = input.decoder()) add_stats_of(decoder.get(), sums.get());
  }
  add_moves(output_adapter_moves_, sums.get());
  if (av1_out_) add_stats_of(encoder_.get(), sums.get());
  const ElementHandle blending = blender();
  if (blending) add_stats_of(blending.get(), sums.get());
  std::lock_guard guard(lock_);
  add_moves(past_stats_.get(), sums.get());
  gst_structure_set(sums.get(), "inputs", G_TYPE_UINT, static_cast<guint>(inputs.size()),
                    "frames-in", G_TYPE_UINT64, frames_in + past_frames_in_, "frames-out",
                    G_TYPE_UINT64, frames_out_.load(), nullptr);
  return sums;
}

}  // namespace av1hw
