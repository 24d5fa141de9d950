// SPDX-License-Identifier: LGPL-2.1-or-later
// Notes on each memory which registration it has, and counts the pictures that are coded from it.
#include "nvcodec/nvenc_registrations.h"

#include <utility>

namespace av1hw {

// What a GstCudaMemory keeps for an element: whose registration it has, or that it can have none.
struct NvencRegistrations::Note {
  std::weak_ptr<NvencRegistrations> owner;
  NvencLayout layout;
  uint64_t id = 0;  // 0: refused
};

NvencPin::~NvencPin() {
  if (registrations_) registrations_->unpin(id_);
}

NvencRegistrations::~NvencRegistrations() {
  for (const auto& [id, entry] : entries_) session_->unregister_memory(entry.handle);
}

void NvencRegistrations::drop_note(gpointer data) {
  const std::unique_ptr<Note> note(static_cast<Note*>(data));
  if (const auto owner = note->owner.lock(); owner && note->id != 0) owner->forget(note->id);
}

// With the mutex held, as all that follows but pin(), unpin(), forget() and close().
void NvencRegistrations::make_room() {
  if (entries_.size() < limit) return;
  auto oldest = entries_.end();
  for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
    if (entry->second.pins > 0) continue;
    if (oldest == entries_.end() || entry->second.last_used < oldest->second.last_used)
      oldest = entry;
  }
  if (oldest == entries_.end()) return;
  session_->unregister_memory(oldest->second.handle);
  entries_.erase(oldest);
}

// Gives 0 for memory of a stream-ordered pool, say. Whatever else is wrong a copy would meet, too.
Result<uint64_t> NvencRegistrations::add(const NvencLayout& layout) {
  make_room();
  const Result<NV_ENC_REGISTERED_PTR> registered = session_->register_memory(layout);
  if (registered) {
    entries_[next_id_] = {.layout = layout, .handle = *registered};
    return next_id_++;
  }
  const ErrorCode code = registered.error().code;
  if (code != ErrorCode::Failed && code != ErrorCode::NotSupported)
    return std::unexpected(registered.error());
  GST_INFO("frames are copied: %s", registered.error().message.c_str());
  return 0;
}

Result<std::optional<NvencPin>> NvencRegistrations::map(uint64_t id, Entry& entry) {
  if (entry.pins == 0) {
    const Result<NV_ENC_INPUT_PTR> mapped = session_->map(entry.handle);
    if (!mapped) return std::unexpected(mapped.error());
    entry.mapped = *mapped;
  }
  entry.pins++;
  entry.last_used = ++uses_;
  return NvencPin(shared_from_this(), id, entry.mapped);
}

Result<std::optional<NvencPin>> NvencRegistrations::pin(GstCudaMemory* memory,
                                                        const NvencLayout& layout) {
  const auto* note = static_cast<const Note*>(gst_cuda_memory_get_token_data(memory, token_));
  const bool noted = note && note->owner.lock().get() == this;
  if (noted && note->id == 0 && note->layout == layout) return std::nullopt;
  std::unique_lock lock(mutex_);
  if (const auto known = entries_.find(noted ? note->id : 0); known != entries_.end()) {
    if (known->second.layout == layout) return map(known->first, known->second);
    if (known->second.pins > 0) return std::nullopt;
    session_->unregister_memory(known->second.handle);
    entries_.erase(known);
  }
  const Result<uint64_t> id = add(layout);
  if (!id) return std::unexpected(id.error());
  Result<std::optional<NvencPin>> pinned =
      *id != 0 ? map(*id, entries_[*id]) : Result<std::optional<NvencPin>>(std::nullopt);
  // The note that it replaces takes the mutex as it goes.
  lock.unlock();
  gst_cuda_memory_set_token_data(memory, token_, new Note{weak_from_this(), layout, *id},
                                 drop_note);
  return pinned;
}

// A memory that can't be unmapped is registered anew when it comes again.
void NvencRegistrations::unpin(uint64_t id) {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end() || --found->second.pins > 0) return;
  if (!session_->unmap(found->second.mapped)) entries_.erase(found);
}

// The memory is gone.
void NvencRegistrations::forget(uint64_t id) {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end()) return;
  session_->unregister_memory(found->second.handle);
  entries_.erase(found);
}

void NvencRegistrations::close() {
  const std::scoped_lock lock(mutex_);
  entries_.clear();
  session_->close();
}

}  // namespace av1hw
