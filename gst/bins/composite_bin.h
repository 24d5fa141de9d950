// SPDX-License-Identifier: LGPL-2.1-or-later
// av1compositebin: any number of AV1 or raw inputs, one picture, AV1 or raw out.
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <condition_variable>
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

  bool open();        // NULL to READY: the blender
  bool start();       // READY to PAUSED: what comes out
  void begin_stop();  // PAUSED to READY, before the children stop
  void stop();        // ..., after they did
  void close();       // after READY to NULL
  GstPad* request_pad(GstPadTemplate* pad_template, const char* name);
  void release_pad(GstPad* pad);
  bool take_message(GstMessage* message);

  bool set_property(guint id, const GValue* value, const GParamSpec* spec);
  bool get_property(guint id, GValue* value) const;

  // CompositeOwner
  GstBin* bin() const override { return bin_; }
  ElementHandle make_decoder(const std::string& name) override;
  void input_size_changed() override { arrange(); }
  void element_gone(GstElement* element) override;
  void input_failed(CompositeInput& input, const std::string& reason) override;
  bool system_memory_only() const override { return !reason_for_system_memory().empty(); }
  unsigned await_blender() override;
  void blender_got_frame() override;
  bool await_other_blender(unsigned number, GstFlowReturn flow) override;

 private:
  // Holds every input's pad, so that none goes while it is looked at.
  std::vector<PadHandle> pads() const;
  void apply_policy(GObject* codec_bin) const;
  bool downstream_wants_av1() const;
  bool connect_output();
  bool link_output(GstPad* out);
  void connect_output_again();
  void disconnect_output();
  // Properties are set, and inputs come and go, while another thread opens or closes.
  ElementHandle blender() const;
  void put_blender_in_place(Blender chosen);
  void attach_inputs();
  void start_blender();
  void take_blender_out();
  bool fall_back(const std::string& reason);
  bool uses_device_memory() const;
  void exchange_blender();
  std::string reason_for_system_memory() const;
  bool complain_of_blender(GstMessage* message);
  void post_not_encodable() const;
  void post_not_negotiated();
  PadHandle output_pad(const GstCaps* taken);
  std::string best_output_memory(const GstCaps* taken) const;
  void update_output_caps();
  void arrange();
  Rectangle output_size() const;
  GstPadProbeReturn note_output(GstPadProbeInfo* info);
  void note_frame(GstBuffer* frame);
  CapsHandle with_hdr_metadata(GstCaps* caps) const;
  std::string chosen_text() const;
  StructureHandle report() const;
  void add_links(GstStructure* report) const;
  StructureHandle stats() const;
  void add_stats_of(GstElement* element, GstStructure* sums) const;
  void note_past(const CopyAccounting& moves);

  GstBin* const bin_;
  GstPad* src_;            // owned by the bin
  ElementHandle encoder_;  // av1encbin, always there: applications reach it as the child "encoder"
  ElementHandle filter_;   // capsfilter behind the blender
  ElementHandle queue_;    // between blender and encoder, so that both work at once
  CopyAccounting output_adapter_moves_;
  gulong probe_ = 0;

  std::mutex changing_;  // held while a blender is exchanged
  std::mutex exchange_lock_;
  std::condition_variable exchanged_;
  bool exchanging_ = false;               // under exchange_lock_
  bool replaced_ = false;                 // likewise: the next one is in its place by then
  bool stopping_ = true;                  // under exchange_lock_
  unsigned blender_number_ = 0;           // under exchange_lock_
  std::atomic<bool> complained_ = false;  // that nothing was negotiated, since the start

  mutable std::mutex lock_;        // what follows
  ElementHandle blender_;          // empty in NULL
  GstElement* leaving_ = nullptr;  // the blender that is being taken out
  ElementHandle
      output_adapter_;  // behind the filter; empty: downstream takes what the blender gives
  std::string output_adapter_text_;
  CompositeSettings settings_;
  Report blend_report_;
  std::vector<GstPad*> inputs_;  // in the order of their numbers; the bin owns them
  guint next_index_ = 0;
  CapsHandle frozen_;          // what was put out first; empty until then
  std::string output_memory_;  // that downstream likes best, of what the blender gives; empty: any
  std::string why_system_;     // the blender failed with frames in device memory, and how
  GstClockTime next_output_ = GST_CLOCK_TIME_NONE;  // running time of the frame to come
  StructureHandle past_stats_;                      // of elements that are gone
  guint64 past_frames_in_ = 0;

  mutable std::mutex arranging_;  // one at a time places pictures
  std::atomic<guint64> frames_out_ = 0;
  std::atomic<bool> ignores_inactive_pads_ = true;  // false: it is yet to be told to
  std::atomic<bool> av1_out_ = true;
};

}  // namespace av1hw
