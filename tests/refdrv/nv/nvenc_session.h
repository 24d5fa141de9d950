// SPDX-License-Identifier: LGPL-2.1-or-later
// One encode session of libnvidia-encode: what it was configured to, its buffers, its pictures.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "refdrv/nv/aom_encoder.h"
#include "refdrv/nv/driver.h"
#include "refdrv/nv/frame_hider.h"
#include "refdrv/nv/nvenc_config.h"
#include "refdrv/nv/nvenc_input.h"
#include "refdrv/nv/nvenc_types.h"
#include "refdrv/nv/picture_order.h"
#include "refdrv/nv/temporal_unit.h"

namespace refdrv::nv {

// Objects by the handle that the client has. No handle of a process is given twice.
template <typename Object>
class Handles {
 public:
  void* add(std::shared_ptr<Object> object) {
    void* handle = next_handle();
    objects_.emplace(handle, std::move(object));
    return handle;
  }
  std::shared_ptr<Object> find(void* handle) const {
    const auto found = objects_.find(handle);
    return found != objects_.end() ? found->second : nullptr;
  }
  void remove(void* handle) { objects_.erase(handle); }
  size_t size() const { return objects_.size(); }

 private:
  static void* next_handle();
  std::map<void*, std::shared_ptr<Object>> objects_;
};

uintptr_t next_nvenc_handle();

template <typename Object>
void* Handles<Object>::next_handle() {
  return reinterpret_cast<void*>(next_nvenc_handle());
}

// An output buffer, from the picture that is to come into it until the client has read that.
struct Bitstream {
  enum class State : uint8_t { Free, Waiting, Queued, Done, Locked };

  State state = State::Free;  // Waiting: for more input
  std::vector<uint8_t> bytes;
  NVENCSTATUS status = NV_ENC_SUCCESS;
  NV_ENC_PIC_TYPE type = NV_ENC_PIC_TYPE_UNKNOWN;
  uint64_t time = 0;
  uint64_t duration = 0;
  uint32_t frame_index = 0;
  uint32_t frame_number = 0;
  unsigned quantizer = 0;
  unsigned temporal_id = 0;
  unsigned tiles = 1;
};

// Thread-safe. Pictures are coded on a thread of the session's own, as by hardware.
class EncodeSession {
 public:
  EncodeSession(Driver& driver, CUcontext context) : driver_(driver), context_(context) {}
  EncodeSession(const EncodeSession&) = delete;
  EncodeSession& operator=(const EncodeSession&) = delete;
  ~EncodeSession();

  // Ends the work, and every call that waits for it. What is not coded yet is dropped.
  void close();

  CUcontext context() const { return context_; }
  void set_last_error(const std::string& text);
  const char* last_error();

  Outcome<> initialize(const NV_ENC_INITIALIZE_PARAMS& params);
  Outcome<> reconfigure(const NV_ENC_RECONFIGURE_PARAMS& params);
  Outcome<> sequence_header(NV_ENC_SEQUENCE_PARAM_PAYLOAD& payload);
  // Of an encoder that would be initialised so.
  Outcome<> sequence_header_for(const NV_ENC_INITIALIZE_PARAMS& params,
                                NV_ENC_SEQUENCE_PARAM_PAYLOAD& payload);
  Outcome<> set_streams(NV_ENC_CUSTREAM_PTR input, NV_ENC_CUSTREAM_PTR output);

  Outcome<> create_input(NV_ENC_CREATE_INPUT_BUFFER& params);
  Outcome<> destroy_input(NV_ENC_INPUT_PTR handle);
  Outcome<> lock_input(NV_ENC_LOCK_INPUT_BUFFER& params);
  Outcome<> unlock_input(NV_ENC_INPUT_PTR handle);
  Outcome<> register_resource(NV_ENC_REGISTER_RESOURCE& params);
  Outcome<> unregister_resource(NV_ENC_REGISTERED_PTR handle);
  Outcome<> map_resource(NV_ENC_MAP_INPUT_RESOURCE& params);
  Outcome<> unmap_resource(NV_ENC_INPUT_PTR handle);
  Outcome<> create_bitstream(NV_ENC_CREATE_BITSTREAM_BUFFER& params);
  Outcome<> destroy_bitstream(NV_ENC_OUTPUT_PTR handle);

  Outcome<> encode(const NV_ENC_PIC_PARAMS& params);
  Outcome<> lock_bitstream(NV_ENC_LOCK_BITSTREAM& params);
  Outcome<> unlock_bitstream(NV_ENC_OUTPUT_PTR handle);
  Outcome<> statistics(NV_ENC_STAT& stat);
  // The picture with this time shall not be referred to any more.
  Outcome<> invalidate(uint64_t time);

  // Buffers that the client has not destroyed.
  size_t left_buffers();

 private:
  using Lock = std::unique_lock<std::mutex>;

  // A picture that was given, until it is coded.
  struct Picture {
    std::shared_ptr<InputSurface> input;
    std::shared_ptr<Bitstream> output;
    std::shared_ptr<const EncodeConfig> config;
    TileSizes tiles;
    std::vector<Metadata> metadata;
    PictureRole role = PictureRole::Forward;
    bool reference = true;
    bool fresh = false;  // rate control and references begin anew
    bool sequence_header = false;
    uint64_t fingerprint = 0;
    // What came of it.
    bool hidden = false;
    unsigned quantizer = 0;
    unsigned temporal_id = 0;
  };

  // A group's last picture is coded first and hidden, and shown in its turn.
  enum class Step : uint8_t { Code, Hide, Show };
  struct Work {
    std::shared_ptr<Picture> picture;
    Step step = Step::Code;
  };

  Outcome<> require_initialized() const;
  Outcome<Picture> read_params(const NV_ENC_PIC_PARAMS& params);
  Outcome<std::shared_ptr<InputSurface>> find_input(const NV_ENC_PIC_PARAMS& params) const;
  Outcome<std::shared_ptr<Bitstream>> find_output(const NV_ENC_PIC_PARAMS& params) const;
  Outcome<> submit(Picture picture, const NV_ENC_PIC_PARAMS& params);
  Outcome<> end_of_stream();
  void queue(const std::vector<PlannedPicture>& planned);
  // Waits until the surface is in no picture's use; an error where that could never be.
  Outcome<> wait_for(Lock& lock, const InputSurface& surface, std::string_view what);

  Result<std::unique_ptr<AomEncoder>> create_encoder(const CodingSettings& settings) const;
  void run();
  void perform(const Work& work);
  Outcome<> prepare_encoder(const Picture& picture);
  Outcome<CodedPicture> encode_samples(const Picture& picture);
  Outcome<> hide(Picture& picture);
  Outcome<> code(Picture& picture);
  Outcome<> show(Picture& picture);
  Outcome<> put_out(const Picture& picture, std::span<const uint8_t> frames);
  void finish(Picture& picture, const Outcome<>& outcome);

  Driver& driver_;
  const CUcontext context_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string last_error_;
  std::shared_ptr<const EncodeConfig> config_;
  CUstream input_stream_ = nullptr;  // the default one
  bool restart_ = false;             // the next picture is an IDR
  bool fresh_ = false;
  bool ended_ = false;
  PictureOrder order_;
  uint64_t pictures_given_ = 0;
  std::deque<uint64_t> recent_times_;  // of pictures that can be invalidated

  Handles<InputSurface> inputs_;     // of nvEncCreateInputBuffer
  Handles<InputSurface> resources_;  // registered
  Handles<InputSurface> mappings_;
  Handles<Bitstream> bitstreams_;

  std::map<uint64_t, Picture> waiting_;
  std::deque<Work> queued_;
  std::vector<uint8_t> header_;  // the sequence's
  bool closing_ = false;
  std::thread worker_;

  // The worker's own.
  std::unique_ptr<AomEncoder> encoder_;
  std::shared_ptr<const EncodeConfig> encoder_config_;
  TileSizes encoder_tiles_;
  FrameHider hider_;
  std::vector<uint8_t> hidden_;  // a frame for the next unit
  bool header_written_ = false;
  uint32_t pictures_coded_ = 0;
};

}  // namespace refdrv::nv
