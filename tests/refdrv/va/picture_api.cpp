// SPDX-License-Identifier: LGPL-2.1-or-later
// Contexts, and pictures given to them: begun, rendered into, ended.
#include <span>

#include "refdrv/va/decoder.h"
#include "refdrv/va/driver.h"
#include "refdrv/va/encode_capabilities.h"
#include "refdrv/va/encoder.h"
#include "refdrv/va/processor.h"

namespace refdrv::va {

namespace {

bool within(const Size& least, const Size& most, Size size) {
  return size.width >= least.width && size.width <= most.width && size.height >= least.height &&
         size.height <= most.height;
}

Result<std::shared_ptr<Context>> make_context(const DeviceProfile& profile, const Config& config,
                                              Size size) {
  if (config.entrypoint == VAEntrypointVideoProc) return std::make_shared<Processor>();
  if (config.entrypoint == VAEntrypointVLD) return Decoder::create(size);
  return Encoder::create(profile.encoder, config, size);
}

VAStatus create_context(VADriverContextP driver_context, VAConfigID config_id, int width,
                        int height, int, VASurfaceID* targets, int count, VAContextID* id) {
  Call call(driver_context, "vaCreateContext");
  if (call.status) return call.status;
  const auto config = call.config(config_id);
  if (!config) return call.status;
  const bool is_codec = config->entrypoint != VAEntrypointVideoProc;
  if (is_codec && (width <= 0 || height <= 0)) {
    return call.misuse(std::format("pictures of {}x{}", width, height));
  }
  const Size size{static_cast<uint32_t>(width), static_cast<uint32_t>(height)};
  const DeviceProfile& profile = call.profile();
  const bool is_encoder = is_encode_entrypoint(config->entrypoint);
  const Size least = is_encoder ? profile.encoder.min_size : profile.min_size;
  const Size most = is_encoder ? profile.encoder.max_size : profile.max_size;
  if (is_codec && !within(least, most, size)) {
    return VA_STATUS_ERROR_RESOLUTION_NOT_SUPPORTED;
  }
  for (int i = 0; i < count; i++) {
    if (!call.surface(targets[i])) return call.status;
  }
  auto context = make_context(profile, *config, size);
  if (!context) return call.failure(context.error());
  *id = call.driver().contexts.add(std::move(*context));
  call.machine().counters().raise("most_contexts", call.driver().contexts.size());
  return VA_STATUS_SUCCESS;
}

VAStatus destroy_context(VADriverContextP driver_context, VAContextID id) {
  Call call(driver_context, "vaDestroyContext");
  if (call.status) return call.status;
  const auto context = call.context(id);
  if (!context) return call.status;
  if (context->begun()) call.misuse("a picture was not ended");
  call.driver().contexts.remove(id);
  return VA_STATUS_SUCCESS;
}

VAStatus outcome(Call& call, const Result<>& result) {
  return result ? VA_STATUS_SUCCESS : call.failure(result.error());
}

bool codes(VADriverContextP driver_context, VAContextID id) {
  auto& driver = *static_cast<Driver*>(driver_context->pDriverData);
  const std::scoped_lock lock(driver.mutex);
  const auto context = driver.contexts.find(id);
  return context && !std::dynamic_pointer_cast<Processor>(context);
}

VAStatus begin_picture(VADriverContextP driver_context, VAContextID id, VASurfaceID target) {
  auto& driver = *static_cast<Driver*>(driver_context->pDriverData);
  if (codes(driver_context, id)) driver.machine.begin_picture();
  Call call(driver_context, "vaBeginPicture");
  if (call.status) return call.status;
  const auto context = call.context(id);
  if (!context || !call.surface(target)) return call.status;
  return outcome(call, context->begin(target));
}

VAStatus render_buffers(Call& call, Context& context, std::span<const VABufferID> buffers) {
  for (const VABufferID id : buffers) {
    const auto buffer = call.buffer(id);
    if (!buffer) return call.status;
    if (const auto added = context.add(call.machine(), buffer); !added)
      return call.failure(added.error());
  }
  return VA_STATUS_SUCCESS;
}

VAStatus render_picture(VADriverContextP driver_context, VAContextID id, VABufferID* buffers,
                        int count) {
  Call call(driver_context, "vaRenderPicture");
  const auto context = call.status ? call.driver().contexts.find(id) : call.context(id);
  if (!context) return call.status;
  const VAStatus status =
      call.status ? call.status
                  : render_buffers(call, *context, {buffers, static_cast<size_t>(count)});
  if (status) context->spoil();
  return status;
}

VAStatus end_picture(VADriverContextP driver_context, VAContextID id) {
  Call call(driver_context, "vaEndPicture");
  const auto context = call.driver().contexts.find(id);
  // What fails here is not coded, but it is over.
  if (call.status) {
    if (context) context->abandon();
    return call.status;
  }
  if (!call.context(id)) return call.status;
  const Lookup find{
      .surface = [&](VASurfaceID surface) { return call.driver().surfaces.find(surface); },
      .buffer = [&](VABufferID buffer) { return call.driver().buffers.find(buffer); }};
  return outcome(call, context->end(call.machine(), find));
}

}  // namespace

void set_picture_functions(VADriverVTable& table) {
  table.vaCreateContext = create_context;
  table.vaDestroyContext = destroy_context;
  table.vaBeginPicture = begin_picture;
  table.vaRenderPicture = render_picture;
  table.vaEndPicture = end_picture;
}

}  // namespace refdrv::va
