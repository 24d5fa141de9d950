// SPDX-License-Identifier: LGPL-2.1-or-later
// One input of av1compositebin: its pad, what decodes it, and its place in the picture.
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <mutex>
#include <string>

#include "base/result.h"
#include "bins/composite_layout.h"
#include "composite/planner.h"
#include "memory/copy_accounting.h"
#include "memory/handles.h"

namespace av1hw {

struct PadSettings {
  int xpos = 0;
  int ypos = 0;
  int width = -1;
  int height = -1;
  double alpha = 1;
  guint zorder = 0;
  SizingPolicy sizing_policy = SizingPolicy::None;
  BlendOperator blend_operator = BlendOperator::Over;
  bool repeat_after_eos = false;
  guint64 max_last_buffer_repeat = G_MAXUINT64;
};

class CompositeInput;

// The bin, as its inputs see it.
class CompositeOwner {
 public:
  virtual GstBin* bin() const = 0;
  // A decoder with the bin's policy set on it.
  virtual ElementHandle make_decoder(const std::string& name) = 0;
  virtual void input_size_changed() = 0;
  // An element was taken out; what it counted is still asked for.
  virtual void element_gone(GstElement* element) = 0;
  // An input came to an end because of an error; the others go on.
  virtual void input_failed(CompositeInput& input, const std::string& reason) = 0;
  // Frames come to the blender in system memory alone: it failed with others.
  virtual bool system_memory_only() const = 0;
  // Waits while the blender is being exchanged. The number of the one that is in place.
  virtual unsigned await_blender() = 0;
  virtual void blender_got_frame() = 0;
  // Blender `number` answered a frame with `flow`, which is no success. True: another one is in its
  // place, which may take a while. False: this is how it is.
  virtual bool await_other_blender(unsigned number, GstFlowReturn flow) = 0;

 protected:
  ~CompositeOwner() = default;
};

// Pad -> av1decbin (AV1) or nothing (raw video) -> queue -> blender, and before that an adapter
// where the blender does not take what comes. What goes wrong in here ends this input alone:
// upstream is told EOS, the blender gets EOS after the pictures that were good.
class CompositeInput {
 public:
  // `pad` is the ghost pad that owns this; `owner` outlives both.
  CompositeInput(GstPad* pad, guint index, CompositeOwner& owner);
  ~CompositeInput();
  CompositeInput(const CompositeInput&) = delete;
  CompositeInput& operator=(const CompositeInput&) = delete;

  GstPad* pad() const { return pad_; }
  std::string name() const;
  guint index() const { return index_; }  // the number in the pad's name

  // Puts the queue into the bin; the pad may carry data afterwards.
  void build();
  // Takes everything out of the bin. The streaming thread is woken and has left when this returns.
  void tear_down();
  // Links to a pad of the blender, which gets and follows the settings. Any thread; what is
  // attached already stays, and what was removed is left alone.
  void attach(GstElement* blender);
  void detach();
  // After another blender was attached while data flows: tells it of an input that had ended.
  void resume();

  // A new start: what failed before may be tried again.
  void reset() { failed_ = false; }
  bool failed() const { return failed_; }
  // Whether a message from `source` comes from an element of this input.
  bool contains(GstObject* source) const;
  // Ends this input. Any thread.
  void fail(const std::string& reason);

  PadSettings settings() const;
  void set_rectangle(const Rectangle& rectangle);
  bool set_property(guint id, const GValue* value);
  bool get_property(guint id, GValue* value) const;

  // The decoded picture's size; 0 x 0 until it is known.
  Rectangle picture() const;
  // What its caps say of a field that is a string; empty: nothing.
  std::string caps_field(const char* field) const;
  guint64 frames() const { return frames_; }
  ElementHandle decoder() const;
  // The memory that frames are in when they leave the queue ("memory:CUDAMemory"); empty: none did.
  std::string memory() const;
  // The elements that adapt them for the blender ("cudadownload"); empty: none are needed.
  std::string adapter_text() const;
  // What those did.
  const CopyAccounting& adapter_moves() const { return adapter_moves_; }
  // What the blender takes, the cheapest for it first; empty: there is none.
  CapsHandle blender_caps() const;

 private:
  struct Callbacks;

  GstFlowReturn chain(BufferHandle buffer);
  GstFlowReturn chain_list(GstBufferList* list);
  bool event(GstEvent* event);
  bool flush_start(GstEvent* event);
  bool query(GstQuery* query);
  bool prepare_for(const GstCaps* caps);
  bool insert_decoder();
  void remove_decoder();
  void note_caps(GstCaps* caps);
  void forward_all();
  void forward(const char* property);

  // The link between queue and blender: composite_link.cpp.
  void watch_queue();
  GstPadProbeReturn on_event(GstPadProbeInfo* info);
  GstPadProbeReturn on_frame(GstPadProbeInfo* info);
  GstPadProbeReturn on_query(GstPadProbeInfo* info) const;
  CapsHandle raw_caps(const GstCaps* filter) const;
  bool takes(const GstCaps* caps) const;
  PadHandle blender_pad() const;
  void route(const GstCaps* caps);
  void link_again();
  Result<> put_adapter(const GstCaps* caps, GstPad* target);
  void take_adapter_out();
  void count_adapted(GstBuffer* buffer);

  GstPad* const pad_;
  const guint index_;
  CompositeOwner& owner_;
  std::mutex routing_;       // held while the link to the blender is changed
  mutable std::mutex lock_;  // settings_, decoder_, blender_*, adapter_*, picture_*
  PadSettings settings_;
  ElementHandle decoder_;
  ElementHandle queue_;
  ElementHandle blender_;
  PadHandle blender_pad_;
  ElementHandle adapter_;
  std::string adapter_text_;
  std::string refusal_;  // why no adapter helps
  FrameMove adapter_move_ = FrameMove::SystemCopy;
  CopyAccounting adapter_moves_;
  CapsHandle picture_caps_;
  int picture_width_ = 0;
  int picture_height_ = 0;
  std::atomic<guint64> frames_ = 0;
  std::atomic<bool> failed_ = false;
  std::atomic<bool> removed_ = false;
};

}  // namespace av1hw
