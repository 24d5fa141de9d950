// SPDX-License-Identifier: LGPL-2.1-or-later
// The state behind one VADisplay, and what every call of a client begins with.
#pragma once

#include <va/va.h>
#include <va/va_backend.h>
#include <va/va_backend_vpp.h>

#include <atomic>
#include <chrono>
#include <format>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "refdrv/common/machine.h"
#include "refdrv/va/context.h"
#include "refdrv/va/objects.h"
#include "refdrv/va/surface.h"

namespace refdrv::va {

// Objects by the ids that clients have. No id is given twice in a process, so that a stale one is
// noticed, and one of another display or of another kind.
template <typename Object>
class IdTable {
 public:
  uint32_t add(std::shared_ptr<Object> object) {
    const uint32_t id = Object::first_id + next_.fetch_add(1);
    objects_.emplace(id, std::move(object));
    return id;
  }
  std::shared_ptr<Object> find(uint32_t id) const {
    const auto found = objects_.find(id);
    return found != objects_.end() ? found->second : nullptr;
  }
  std::shared_ptr<Object> remove(uint32_t id) {
    const auto node = objects_.extract(id);
    return node ? node.mapped() : nullptr;
  }
  size_t size() const { return objects_.size(); }

 private:
  static inline std::atomic<uint32_t> next_{1};
  std::map<uint32_t, std::shared_ptr<Object>> objects_;
};

struct Driver {
  explicit Driver(Machine& m) : machine(m) {}

  Machine& machine;
  std::mutex mutex;  // of all that follows
  IdTable<Config> configs;
  IdTable<Surface> surfaces;
  IdTable<Context> contexts;
  IdTable<Buffer> buffers;
  IdTable<Image> images;
};

// Surfaces of all displays, which the device's memory limits.
std::atomic<unsigned>& live_surfaces();

// One call: counted, interrupted as the fault script says, and alone on its display for as long as
// this lives.
class Call {
 public:
  Call(VADriverContextP context, const char* name);

  // Set by what goes wrong; to be returned at once where it is no success.
  VAStatus status = VA_STATUS_SUCCESS;
  Driver& driver() { return driver_; }
  Machine& machine() { return driver_.machine; }
  const DeviceProfile& profile() const { return driver_.machine.profile(); }

  // What the client did wrong: says so, counts it, gives `code` back.
  VAStatus misuse(std::string_view what, VAStatus code = VA_STATUS_ERROR_INVALID_PARAMETER);
  VAStatus failure(const Error& error);
  // Lets others have the display meanwhile.
  void wait_until(std::chrono::steady_clock::time_point time);

  // The object of an id. Without one `status` is `code`, and it was misuse.
  template <typename Object>
  std::shared_ptr<Object> find(const IdTable<Object>& table, uint32_t id, VAStatus code) {
    auto found = table.find(id);
    if (!found) status = misuse(std::format("there is no {} {:#x}", Object::name, id), code);
    return found;
  }
  std::shared_ptr<Config> config(VAConfigID id) {
    return find(driver_.configs, id, VA_STATUS_ERROR_INVALID_CONFIG);
  }
  std::shared_ptr<Surface> surface(VASurfaceID id) {
    return find(driver_.surfaces, id, VA_STATUS_ERROR_INVALID_SURFACE);
  }
  std::shared_ptr<Context> context(VAContextID id) {
    return find(driver_.contexts, id, VA_STATUS_ERROR_INVALID_CONTEXT);
  }
  std::shared_ptr<Buffer> buffer(VABufferID id) {
    return find(driver_.buffers, id, VA_STATUS_ERROR_INVALID_BUFFER);
  }
  std::shared_ptr<Image> image(VAImageID id) {
    return find(driver_.images, id, VA_STATUS_ERROR_INVALID_IMAGE);
  }

 private:
  Driver& driver_;
  const char* name_;
  std::unique_lock<std::mutex> lock_;
};

// The functions of a part of the interface go into the driver's tables.
void set_config_functions(VADriverVTable& table);
void set_surface_functions(VADriverVTable& table);
void set_buffer_functions(VADriverVTable& table);
void set_image_functions(VADriverVTable& table);
void set_picture_functions(VADriverVTable& table);
void set_processing_functions(VADriverVTableVPP& table);

}  // namespace refdrv::va
