// SPDX-License-Identifier: LGPL-2.1-or-later
// The two pads of a bin and the chain of elements between them, which can be exchanged while data
// flows.
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <mutex>
#include <vector>

#include "base/result.h"
#include "memory/handles.h"

namespace av1hw {

// A chain is installed, offered caps and removed by the streaming thread of the sink pad (which
// holds its stream lock) or while no data flows. stop() may come from any thread, and keeps later
// installs out.
class Exchange {
 public:
  // Adds a ghost pad of each template to `bin`. `bin` outlives this.
  Exchange(GstBin* bin, GstPadTemplate* sink, GstPadTemplate* src);

  GstPad* sink_pad() const { return sink_; }
  GstPad* src_pad() const { return src_; }
  bool installed() const { return !chain_.empty(); }
  // The same, for those who are not the streaming thread.
  bool has_output() const { return has_output_; }

  // Puts `chain` (to be linked in this order) between the pads and brings it to the bin's state. On
  // an error, which says what an element complained of as far as that is known here, nothing is in
  // place.
  Result<> install(std::vector<ElementHandle> chain);

  // Pushes everything sticky into the chain, the caps of `caps_event` among it. An error: its first
  // element refuses them.
  Result<> offer_caps(GstEvent* caps_event);

  // Pushes into the chain what came in on the sink pad.
  GstFlowReturn push(GstBuffer* buffer);
  GstFlowReturn push(GstBufferList* list);

  // Takes a flush that came in on the sink pad to the source pad and beyond. A chain which is put
  // in place or taken out meanwhile would not, or only half of it.
  bool flush(GstEvent* event);

  // Lets the chain finish what it holds back; what it puts out goes downstream, but its EOS does
  // not.
  void drain();

  // Takes the chain out of the bin and down to NULL.
  void remove();

  // No install succeeds between stop() and start(), which makes PAUSED the chain's state.
  void stop();
  void start();
  // The chain's state from now on, PAUSED or PLAYING. The bin's own state changes pass the chain
  // by: they could meet an element that is just being taken out.
  void follow(GstState state);

  // Whether a message from `source` comes from within the chain.
  bool contains(GstObject* source) const;

 private:
  void take_out();
  Result<> link_chain();
  Result<> activate_chain() const;

  GstBin* bin_;
  GstPad* sink_;                   // owned by the bin
  GstPad* src_;                    // owned by the bin
  PadHandle feed_;                 // what the sink ghost pushes from
  mutable std::mutex chain_lock_;  // `chain_`, for those outside of the streaming thread
  std::vector<ElementHandle> chain_;
  std::mutex install_lock_;  // held while a chain is put in place, taken out or changes its state
  bool stopped_ = true;
  GstState state_ = GST_STATE_PAUSED;
  std::atomic<bool> has_output_ = false;
};

}  // namespace av1hw
