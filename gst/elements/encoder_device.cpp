// SPDX-License-Identifier: LGPL-2.1-or-later
// Opens an encoder's device, and offers its pools upstream.
#include "elements/encoder_device.h"

#include <gst/video/gstvideometa.h>

#include "elements/element_error.h"
#include "elements/encoder_input.h"

namespace av1hw {

bool EncoderDevice::open(unsigned driver_timeout) {
  if (!memory_) return true;
  watch_.start(element_, memory_->calls(), driver_timeout);
  const Result<> opened = memory_->open(element_);
  if (!opened && !hung()) post_error(element_, opened.error());
  if (opened && !hung()) return true;
  close();
  return false;
}

void EncoderDevice::close() {
  if (memory_) memory_->close();
  watch_.stop();
}

void EncoderDevice::set_context(GstContext* context) {
  if (memory_) memory_->set_context(element_, context);
}

bool EncoderDevice::handle_query(GstQuery* query) {
  return memory_ && GST_QUERY_TYPE(query) == GST_QUERY_CONTEXT &&
         memory_->handle_context_query(element_, query);
}

bool EncoderDevice::propose_allocation(GstQuery* query, unsigned min_buffers) {
  GstCaps* caps = nullptr;
  gboolean need_pool = FALSE;
  gst_query_parse_allocation(query, &caps, &need_pool);
  if (!memory_ || !caps) return false;
  const Result<EncoderInput> input = read_encoder_input(caps);
  if (!input) return false;
  if (need_pool) {
    const DriverCall call(*memory_->calls(), "the allocation of a frame");
    const Result<PoolHandle> pool =
        memory_->make_pool(input->memory, input->info, caps, min_buffers);
    if (pool && *pool) {
      gst_query_add_allocation_pool(query, pool->get(), static_cast<guint>(input->info.size),
                                    min_buffers, 0);
      return true;
    }
    if (!pool) GST_INFO_OBJECT(element_, "no pool is offered: %s", pool.error().message.c_str());
  }
  // The base class would offer system memory.
  if (!on_device(input->memory)) return false;
  // Producers have pools of their own, which learn from this how many frames have to be in them.
  gst_query_add_allocation_pool(query, nullptr, static_cast<guint>(input->info.size), min_buffers,
                                0);
  return true;
}

}  // namespace av1hw
