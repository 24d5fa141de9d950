// SPDX-License-Identifier: LGPL-2.1-or-later
// Chooses an element for the stream that comes in, tries it, and moves on where it fails.
#include "bins/codec_bin.h"

#include <algorithm>
#include <format>
#include <ranges>
#include <utility>

#include "base/unique_handle.h"
#include "bins/log.h"
#include "elements/driver_watch.h"
#include "elements/element_error.h"
#include "registry/encoder_speed.h"
#include "registry/ranker.h"

namespace av1hw {
namespace {

std::vector<Candidate> facts_of(const std::vector<CandidateSource>& sources) {
  std::vector<Candidate> facts;
  for (const CandidateSource& source : sources) facts.push_back(source.facts());
  return facts;
}

Report report_of(CodecDirection direction, const std::vector<Candidate>& candidates,
                 const std::vector<Verdict>& verdicts) {
  Report report;
  report.stage = codec_direction_name(direction);
  for (const Verdict& verdict : verdicts) {
    ReportEntry entry = report_entry(candidates[verdict.candidate]);
    entry.verdict = verdict.accepted ? ReportVerdict::Accepted : ReportVerdict::Rejected;
    entry.reason = verdict.reason;
    report.entries.push_back(std::move(entry));
  }
  return report;
}

}  // namespace

CodecBin::CodecBin(GstBin* bin, GstElementClass* klass, CodecDirection direction,
                   guint first_policy_id, HoldLimits limits)
    : bin_(bin),
      direction_(direction),
      first_policy_id_(first_policy_id),
      exchange_(bin, gst_element_class_get_pad_template(klass, "sink"),
                gst_element_class_get_pad_template(klass, "src")),
      held_(limits.buffers, limits.bytes) {
  report_.stage = codec_direction_name(direction);
  install_pad_functions();
}

Policy CodecBin::current_policy() const {
  Policy policy;
  {
    std::lock_guard guard(lock_);
    policy = policy_;
  }
  complete(policy);
  return policy;
}

std::vector<CandidateSource> CodecBin::ranked_sources(const Request& request) const {
  std::vector<CandidateSource> all = all_candidates(direction_);
  const std::vector<Candidate> facts = facts_of(all);
  std::vector<CandidateSource> ranked;
  for (const Verdict& verdict : rank(request, current_policy(), facts, encoder_speed)) {
    if (verdict.accepted) ranked.push_back(std::move(all[verdict.candidate]));
  }
  return ranked;
}

bool CodecBin::open() {
  sources_ = all_candidates(direction_);
  Request any;
  any.direction = direction_;
  const std::vector<Candidate> facts = facts_of(sources_);
  const std::vector<Verdict> verdicts = rank(any, current_policy(), facts, encoder_speed);
  Report report = report_of(direction_, facts, verdicts);
  const bool some = std::ranges::any_of(verdicts, &Verdict::accepted);
  if (!some) post_nothing_left(report);
  std::lock_guard guard(lock_);
  report_ = std::move(report);
  return some;
}

void CodecBin::start() {
  stopping_ = false;
  driver_hangs_ = false;
  exchange_.start();
}

void CodecBin::begin_stop() {
  stopping_ = true;
  exchange_.stop();
}

void CodecBin::end_stop() {
  forget_codec();
  exchange_.remove();
  held_.clear();
  caps_event_.reset();
  undecided_ = false;
  settled_ = false;
}

void CodecBin::close() {
  sources_.clear();
  forget_contexts();
}

void CodecBin::draw_up_list(const GstCaps* caps) {
  const std::vector<Candidate> facts = facts_of(sources_);
  const std::vector<Verdict> verdicts =
      rank(request_for(caps), current_policy(), facts, encoder_speed);
  untried_.clear();
  entry_of_.assign(sources_.size(), 0);
  for (size_t i = 0; i < verdicts.size(); i++) {
    entry_of_[verdicts[i].candidate] = i;
    if (verdicts[i].accepted) untried_.push_back(verdicts[i].candidate);
  }
  std::ranges::reverse(untried_);
  std::lock_guard guard(lock_);
  report_ = report_of(direction_, facts, verdicts);
}

bool CodecBin::negotiate(GstEvent* caps_event) {
  caps_event_.reset(gst_event_ref(caps_event));
  GstCaps* caps = nullptr;
  gst_event_parse_caps(caps_event, &caps);
  GST_DEBUG_OBJECT(bin_, "choosing for %" GST_PTR_FORMAT, static_cast<void*>(caps));
  undecided_ = false;
  if (const Result<> sane = check_properties(); !sane) {
    post_error(GST_ELEMENT(bin_), sane.error());
    return false;
  }
  draw_up_list(caps);
  if (keep_current(caps_event)) return true;
  if (!interrupted()) {
    exchange_.drain();
    forget_codec();
    exchange_.remove();
    held_.clear();
    settled_ = false;
    if (try_next()) return true;
  }
  undecided_ = interrupted();
  return undecided_;
}

// Makes a choice that was interrupted; false: there is nothing left to choose.
bool CodecBin::decide() { return !undecided_ || interrupted() || negotiate(caps_event_.get()); }

// An element at work that takes the new caps as well stays: exchanging it would cost a key frame at
// best. Before it has put anything out, only the best may stay.
bool CodecBin::keep_current(GstEvent* caps_event) {
  if (!exchange_.installed() || std::ranges::find(untried_, current_) == untried_.end())
    return false;
  if (!settled_ && current_ != untried_.back()) return false;
  if (!exchange_.offer_caps(caps_event)) return false;
  const std::string reason = [&] {
    std::lock_guard guard(lock_);
    return report_.entries[entry_of_[current_]].reason;
  }();
  mark(current_, ReportVerdict::Chosen, reason);
  return true;
}

// While the bin is stopped or flushed every element refuses everything, which says nothing of it.
bool CodecBin::interrupted() const { return stopping_ || GST_PAD_IS_FLUSHING(sink_pad()); }

bool CodecBin::try_next() {
  while (!untried_.empty() && !interrupted() && !driver_hangs_) {
    const size_t index = untried_.back();
    untried_.pop_back();
    const Result<> result = put_in_place(index);
    if (result) {
      current_ = index;
      publish_choice();
      return true;
    }
    if (interrupted()) return false;
    mark(index, ReportVerdict::Failed, result.error().message);
  }
  if (interrupted() || driver_hangs_) return false;
  Report report;
  {
    std::lock_guard guard(lock_);
    report = report_;
  }
  post_nothing_left(report);
  return false;
}

Result<> CodecBin::put_in_place(size_t index) {
  const CandidateSource& source = sources_[index];
  GST_DEBUG_OBJECT(bin_, "trying %s", source.facts().element.c_str());
  take_complaint();
  const ElementHandle codec = source.create();
  if (!codec) return fail(ErrorCode::Unavailable, "could not be created");
  GstCaps* caps = nullptr;
  gst_event_parse_caps(caps_event_.get(), &caps);
  ChainNotes notes;
  Result<std::vector<ElementHandle>> elements = build_chain(source, codec, caps, notes);
  if (!elements) return std::unexpected(elements.error());
  watch_for_output();
  Result<> result = exchange_.install(std::move(*elements));
  if (result) {
    result = exchange_.offer_caps(caps_event_.get());
    if (!result) exchange_.remove();
  }
  if (!result) {
    const std::string complaint = take_complaint();
    if (!complaint.empty()) result.error().message += ": " + complaint;
    return result;
  }
  std::lock_guard guard(lock_);
  codec_.reset(static_cast<GstElement*>(gst_object_ref(codec.get())));
  codec_is_own_ = source.facts().own;
  ReportEntry& entry = report_.entries[entry_of_[index]];
  entry.verdict = ReportVerdict::Chosen;
  entry.notes = std::move(notes.others);
  entry.notes.insert(entry.notes.end(), notes.lost.begin(), notes.lost.end());
  lost_ = std::move(notes.lost);
  return {};
}

void CodecBin::mark(size_t index, ReportVerdict verdict, const std::string& reason) {
  GST_INFO_OBJECT(bin_, "%s: %s", sources_[index].facts().element.c_str(), reason.c_str());
  std::lock_guard guard(lock_);
  ReportEntry& entry = report_.entries[entry_of_[index]];
  entry.verdict = verdict;
  entry.reason = reason;
}

void CodecBin::publish_choice() {
  Report report;
  {
    std::lock_guard guard(lock_);
    report = report_;
  }
  GST_INFO_OBJECT(bin_, "chose %s", report.chosen_text().c_str());
  post_chosen(GST_ELEMENT(bin_), report);
  warn_of_lost_settings();
  g_object_notify(G_OBJECT(bin_), "chosen");
  gst_element_post_message(GST_ELEMENT(bin_), gst_message_new_latency(GST_OBJECT(bin_)));
}

void CodecBin::warn_of_lost_settings() {
  std::string text;
  for (const std::string& setting : std::exchange(lost_, {}))
    text += (text.empty() ? "" : "; ") + setting;
  if (!text.empty()) GST_ELEMENT_WARNING(bin_, LIBRARY, SETTINGS, ("%s", text.c_str()), (nullptr));
}

void CodecBin::post_nothing_left(const Report& report) {
  std::string text = std::format("No element is left that can {} this stream\n{}",
                                 codec_direction_name(direction_), report.text());
  // Elements that are not there have no line of their own.
  const Policy policy = current_policy();
  const auto is_there = [&policy](const ReportEntry& entry) {
    return entry.backend == backend_name(*policy.backend);
  };
  if (policy.backend && std::ranges::none_of(report.entries, is_there))
    text += std::format("\nNone is there of backend {}: av1hw-info says why",
                        backend_name(*policy.backend));
  else if (!policy.device.empty())
    text += "\nav1hw-info lists the devices, and says what is wrong with them";
  GST_ELEMENT_ERROR(bin_, STREAM, CODEC_NOT_FOUND, ("%s", text.c_str()), (nullptr));
}

GstFlowReturn CodecBin::chain(GstBuffer* buffer) {
  BufferHandle held(buffer);
  if (!decide()) return GST_FLOW_NOT_NEGOTIATED;
  if (!settled_) return audition(std::move(held));
  return exchange_.push(held.release());
}

GstFlowReturn CodecBin::chain_list(GstBufferList* list) {
  if (settled_ && !undecided_) return exchange_.push(list);
  const GstHandle<GstBufferList> held(list);
  GstFlowReturn flow = GST_FLOW_OK;
  for (guint i = 0; flow == GST_FLOW_OK && i < gst_buffer_list_length(list); i++)
    flow = chain(gst_buffer_ref(gst_buffer_list_get(list, i)));
  return flow;
}

GstFlowReturn CodecBin::audition(BufferHandle buffer) {
  if (!exchange_.installed()) return interrupted() ? GST_FLOW_FLUSHING : GST_FLOW_NOT_NEGOTIATED;
  if (!held_.add(buffer.get())) settle();
  GstFlowReturn flow = exchange_.push(buffer.release());
  std::vector<BufferHandle> kept;
  while (true) {
    // Output that is still on its way when the element fails has what is held given back.
    if (std::vector<BufferHandle> held = held_.buffers(); !held.empty()) kept = std::move(held);
    if (!has_failed(flow)) break;
    const std::string complaint = take_complaint();
    mark(current_, ReportVerdict::Failed,
         complaint.empty() ? std::format("failed on its first input ({})", gst_flow_get_name(flow))
                           : complaint);
    forget_codec();
    exchange_.remove();
    if (!try_next()) {
      undecided_ = interrupted();
      return undecided_ ? GST_FLOW_FLUSHING : GST_FLOW_ERROR;
    }
    flow = replay(kept);
  }
  // The first output may have come before this input was added.
  if (settled_) held_.clear();
  return flow;
}

GstFlowReturn CodecBin::replay(const std::vector<BufferHandle>& inputs) {
  GstFlowReturn flow = GST_FLOW_OK;
  for (const BufferHandle& buffer : inputs) {
    flow = exchange_.push(gst_buffer_ref(buffer.get()));
    if (flow != GST_FLOW_OK || has_failed(flow)) break;
  }
  return flow;
}

// Whether the element on trial failed. Flushing, EOS and not-linked come from elsewhere.
bool CodecBin::has_failed(GstFlowReturn flow) const {
  if (settled_ || interrupted()) return false;
  if (flow == GST_FLOW_ERROR || flow == GST_FLOW_NOT_NEGOTIATED || flow == GST_FLOW_NOT_SUPPORTED)
    return true;
  std::lock_guard guard(lock_);
  return flow == GST_FLOW_OK && !complaint_.empty();
}

// What was held goes back to its producer at once: it may have no other buffer for the next input.
void CodecBin::settle() {
  if (!settled_.exchange(true))
    GST_DEBUG_OBJECT(bin_, "the element in use works, nothing is held back any longer");
  held_.clear();
}

bool CodecBin::take_message(GstMessage* message) {
  if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_ERROR || settled_ || stopping_ ||
      !exchange_.contains(GST_MESSAGE_SRC(message)))
    return false;
  GError* error = nullptr;
  gchar* debug = nullptr;
  gst_message_parse_error(message, &error, &debug);
  const GErrorPtr held_error(error);
  const GCharPtr held_debug(debug);
  GST_INFO_OBJECT(bin_, "error of an element on trial: %s (%s)", error->message, debug);
  std::lock_guard guard(lock_);
  if (complaint_.empty()) complaint_ = error->message;
  // No other can be tried while the streaming thread is stuck in this one, so it is the bin's
  // error.
  const GstStructure* details = nullptr;
  gst_message_parse_error_details(message, &details);
  if (details && gst_structure_has_name(details, driver_hang_details)) driver_hangs_ = true;
  return !driver_hangs_;
}

std::string CodecBin::take_complaint() {
  std::lock_guard guard(lock_);
  return std::exchange(complaint_, {});
}

void CodecBin::forget_codec() {
  StructureHandle stats = codec_stats();
  std::lock_guard guard(lock_);
  codec_.reset();
  if (stats) last_stats_ = std::move(stats);
}

ElementHandle CodecBin::codec() const {
  std::lock_guard guard(lock_);
  return codec_ ? ElementHandle(static_cast<GstElement*>(gst_object_ref(codec_.get()))) : nullptr;
}

}  // namespace av1hw
