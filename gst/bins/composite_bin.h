// SPDX-License-Identifier: LGPL-2.1-or-later
// av1compositebin: any number of AV1 or raw inputs, one picture, AV1 or raw out.
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "bins/blender.h"
#include "bins/composite_input.h"
#include "bins/report.h"
#include "registry/candidate.h"

namespace av1hw {

enum class CompositeLayout { Manual, Grid };
enum class CompositeOutput { Auto, Av1, Raw };
// What shows where no picture is; the compositor's own names and numbers.
enum class CompositeBackground { Checker = 0, Black = 1, White = 2, Transparent = 3 };

struct CompositeSettings {
  CompositeLayout layout = CompositeLayout::Grid;
  CompositeOutput output = CompositeOutput::Auto;
  CompositeBackground background = CompositeBackground::Black;
  BlenderChoice blender = BlenderChoice::Auto;
  int width = 0;          // 0: chosen
  int height = 0;         // 0: chosen
  int framerate_num = 0;  // 0: chosen
  int framerate_den = 1;
  bool force_live = false;
  bool ignore_inactive_pads = false;
  guint64 latency = 0;  // ns
  Policy policy;        // for every codec bin inside
};

class CompositeBin final : public CompositeOwner {
 public:
  CompositeBin(GstBin* bin, GstElementClass* klass);
  ~CompositeBin();

  bool open();   // NULL to READY: the blender
  bool start();  // READY to PAUSED: what comes out
  void stop();   // after PAUSED to READY
  void close();  // after READY to NULL
  GstPad* request_pad(GstPadTemplate* pad_template, const char* name);
  void release_pad(GstPad* pad);
  bool take_message(GstMessage* message);

  bool set_property(guint id, const GValue* value, const GParamSpec* spec);
  bool get_property(guint id, GValue* value) const;

  // CompositeOwner
  GstBin* bin() const override { return bin_; }
  ElementHandle make_decoder(const std::string& name) override;
  void input_size_changed() override { arrange(); }
  void decoder_gone(GstElement* decoder) override;
  void input_failed(CompositeInput& input, const std::string& reason) override;

 private:
  struct Callbacks;

  // Holds every input's pad, so that none goes while it is looked at.
  std::vector<PadHandle> pads() const;
  void apply_policy(GObject* codec_bin) const;
  bool downstream_wants_av1() const;
  bool connect_output();
  // Properties are set, and inputs come and go, while another thread opens or closes.
  ElementHandle blender() const;
  void post_not_encodable() const;
  void update_output_caps();
  void arrange();
  Rectangle output_size() const;
  void note_output(GstPadProbeInfo* info);
  CapsHandle with_hdr_metadata(GstCaps* caps) const;
  std::string chosen_text() const;
  StructureHandle report() const;
  StructureHandle stats() const;
  void add_stats_of(GstElement* element, GstStructure* sums) const;

  GstBin* const bin_;
  GstPad* src_;            // owned by the bin
  ElementHandle encoder_;  // av1encbin, always there: applications reach it as the child "encoder"
  ElementHandle filter_;   // capsfilter behind the blender
  ElementHandle queue_;    // between blender and encoder, so that both work at once
  gulong probe_ = 0;

  mutable std::mutex lock_;  // what follows
  ElementHandle blender_;    // empty in NULL
  CompositeSettings settings_;
  Report blend_report_;
  std::vector<GstPad*> inputs_;  // in the order of their numbers; the bin owns them
  guint next_index_ = 0;
  CapsHandle frozen_;           // what was put out first; empty until then
  StructureHandle past_stats_;  // of decoders that are gone
  guint64 past_frames_in_ = 0;

  mutable std::mutex arranging_;  // one at a time places pictures
  std::atomic<guint64> frames_out_ = 0;
  std::atomic<bool> av1_out_ = true;
};

}  // namespace av1hw
