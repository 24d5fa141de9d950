// SPDX-License-Identifier: LGPL-2.1-or-later
// What av1decbin and av1encbin have in common: choosing an element when caps come, and moving on to
// the next where one does not work.
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "bins/exchange.h"
#include "bins/held_input.h"
#include "bins/policy_properties.h"
#include "bins/report.h"
#include "registry/candidate_source.h"

namespace av1hw {

// The choice is made on the streaming thread, when caps arrive. Until the chosen element has put
// out its first buffer, what came in is kept (up to a bound), so that the next candidate can be
// given it should this one fail; its errors are no errors of the bin's until then.
class CodecBin {
 public:
  // What may be held back until the first output.
  struct HoldLimits {
    size_t buffers;
    size_t bytes;
  };

  // What to say of an element that is put in place.
  struct ChainNotes {
    std::vector<std::string> lost;  // settings that were asked for and that it can't honour
    std::vector<std::string> others;
  };

  CodecBin(GstBin* bin, GstElementClass* klass, CodecDirection direction, guint first_policy_id,
           HoldLimits limits);
  virtual ~CodecBin() = default;
  CodecBin(const CodecBin&) = delete;
  CodecBin& operator=(const CodecBin&) = delete;

  // NULL to READY: fails, with an error posted, if the policy leaves no candidate at all.
  bool open();
  void start();  // READY to PAUSED, before the pads are active
  void follow(GstState state) { exchange_.follow(state); }  // between PAUSED and PLAYING
  void begin_stop();  // PAUSED to READY, before the children stop
  void end_stop();    // ..., after they did and no thread streams any more
  void close();       // READY to NULL

  // Takes the errors of an element that is on trial; true: the message goes no further.
  bool take_message(GstMessage* message);

  // False: no such property.
  bool set_property(guint id, const GValue* value, const GParamSpec* spec);
  bool get_property(guint id, GValue* value) const;

 protected:
  virtual bool set_codec_property(guint id, const GValue* value, const GParamSpec* spec) = 0;
  virtual bool get_codec_property(guint id, GValue* value) const = 0;
  virtual Request request_for(const GstCaps* caps) const = 0;
  // What raw or coded caps the bin takes for now.
  virtual CapsHandle accepted_caps() const = 0;
  // A CONTEXT query from upstream that nobody in the bin answered.
  virtual bool answer_context(GstQuery*) { return false; }
  // READY to NULL: gives back what that took.
  virtual void forget_contexts() {}
  // Whether the codec's own properties contradict each other, which no candidate can help.
  virtual Result<> check_properties() const { return {}; }
  // Completes the policy with what the codec's own properties say.
  virtual void complete(Policy& policy) const = 0;
  // The elements to put in place for `source`, `codec` among them, and what a user should know of
  // it.
  virtual Result<std::vector<ElementHandle>> build_chain(const CandidateSource& source,
                                                         const ElementHandle& codec,
                                                         const GstCaps* caps,
                                                         ChainNotes& notes) = 0;

  GstBin* bin() const { return bin_; }
  GstPad* sink_pad() const { return exchange_.sink_pad(); }
  GstPad* src_pad() const { return exchange_.src_pad(); }
  // The candidates of this direction that the policy accepts for `request`, best first.
  std::vector<CandidateSource> ranked_sources(const Request& request) const;
  // The codec element in use and what it is; the element may be empty.
  ElementHandle codec() const;
  bool codec_is_own() const;
  void add_note(const std::string& note);
  // The `stats` of the codec in use, or of the last one.
  void get_stats(GValue* value) const;

  mutable std::mutex lock_;  // everything that properties read or write

 private:
  struct Callbacks;

  void install_pad_functions();
  void watch_for_output();
  Policy current_policy() const;
  bool negotiate(GstEvent* caps_event);
  void draw_up_list(const GstCaps* caps);
  bool keep_current(GstEvent* caps_event);
  bool try_next();
  Result<> put_in_place(size_t index);
  void mark(size_t index, ReportVerdict verdict, const std::string& reason);
  void publish_choice();
  void warn_of_lost_settings();
  void post_nothing_left(const Report& report);
  GstFlowReturn chain(GstBuffer* buffer);
  GstFlowReturn chain_list(GstBufferList* list);
  bool decide();
  GstFlowReturn audition(BufferHandle buffer);
  GstFlowReturn replay(const std::vector<BufferHandle>& inputs);
  bool has_failed(GstFlowReturn flow) const;
  bool interrupted() const;
  std::string take_complaint();
  void settle();
  void forget_codec();
  bool sink_event(GstEvent* event);
  bool sink_query(GstQuery* query);
  bool src_event(GstEvent* event);
  bool src_query(GstQuery* query);
  StructureHandle codec_stats() const;

  GstBin* const bin_;
  const CodecDirection direction_;
  const guint first_policy_id_;
  Exchange exchange_;

  // Guarded by lock_.
  Policy policy_;
  Report report_;
  ElementHandle codec_;
  bool codec_is_own_ = false;
  std::string complaint_;  // what an element on trial posted as its first error
  StructureHandle last_stats_;

  // The streaming thread's.
  std::vector<CandidateSource> sources_;
  std::vector<size_t> untried_;   // into sources_, the best last
  std::vector<size_t> entry_of_;  // sources_ -> report_.entries
  size_t current_ = 0;
  std::vector<std::string> lost_;  // settings, with the element that was put in place last
  GstHandle<GstEvent> caps_event_;
  HeldInput held_;
  bool undecided_ = false;  // a flush came while the choice for `caps_event_` was made

  std::atomic<bool> settled_ = false;  // the element in use has shown that it works
  std::atomic<bool> stopping_ = true;
  std::atomic<bool> watching_ = false;      // for the first output
  std::atomic<bool> driver_hangs_ = false;  // of the element on trial, as it said; that is an error
};

// The GObject side: a GstBin with one pointer. Subclasses set `impl` in their instance_init.
struct Av1HwCodecBin {
  GstBin parent;
  CodecBin* impl;
};
struct Av1HwCodecBinClass {
  GstBinClass parent_class;
};
GType av1hw_codec_bin_get_type();

// For the class_init of subclasses: property functions, which GObject does not hand down, the
// codec's properties, and the policy's from `first_policy_id` on.
void set_up_codec_bin_class(GObjectClass* klass, guint first_policy_id,
                            void (*install_codec_properties)(GObjectClass* klass));

}  // namespace av1hw
