// SPDX-License-Identifier: LGPL-2.1-or-later
// libnvcuvid: the functions of the video parser that clients call.
#include "refdrv/nv/parser/video_parser.h"

#include <map>
#include <memory>
#include <mutex>

#include "refdrv/nv/driver.h"

using namespace refdrv;
using namespace refdrv::nv;

namespace {

// Parsers by the handle that the client has. A parser is its client's thread's own.
class Parsers {
 public:
  CUvideoparser add(std::shared_ptr<VideoParser> parser) {
    const std::scoped_lock lock(mutex_);
    const auto handle = reinterpret_cast<CUvideoparser>(next_ += 16);
    parsers_.emplace(handle, std::move(parser));
    return handle;
  }
  std::shared_ptr<VideoParser> find(CUvideoparser handle) const {
    const std::scoped_lock lock(mutex_);
    const auto found = parsers_.find(handle);
    return found != parsers_.end() ? found->second : nullptr;
  }
  bool remove(CUvideoparser handle) {
    const std::scoped_lock lock(mutex_);
    return parsers_.erase(handle) > 0;
  }

 private:
  mutable std::mutex mutex_;
  std::map<CUvideoparser, std::shared_ptr<VideoParser>> parsers_;
  uintptr_t next_ = 0x3000;
};

Parsers& parsers() {
  static Parsers instance;
  return instance;
}

}  // namespace

REFDRV_API CUresult cuvidCreateVideoParser(CUvideoparser* handle, CUVIDPARSERPARAMS* params) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Nothing, driver)) return error;
  if (!handle || !params) return driver->misuse(__func__, "no parameters");
  if (params->CodecType != cudaVideoCodec_AV1) return not_supported;
  *handle = parsers().add(std::make_shared<VideoParser>(*params));
  return success;
}

REFDRV_API CUresult cuvidDestroyVideoParser(CUvideoparser handle) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Nothing, driver)) return error;
  if (!parsers().remove(handle)) return driver->misuse(__func__, "no such parser", invalid_handle);
  return success;
}

REFDRV_API CUresult cuvidParseVideoData(CUvideoparser handle, CUVIDSOURCEDATAPACKET* packet) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Nothing, driver)) return error;
  const auto parser = parsers().find(handle);
  if (!parser) return driver->misuse(__func__, "no such parser", invalid_handle);
  if (!packet) return driver->misuse(__func__, "no packet");
  const auto parsed = parser->parse(*packet);
  if (parsed) return success;
  driver->machine().counters().add("parser_errors");
  // Streams are what they are: no misuse.
  if (parsed.error().fault == Fault::Stream) return unknown_error;
  return driver->failure(__func__, parsed.error());
}
