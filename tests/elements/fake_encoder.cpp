// SPDX-License-Identifier: LGPL-2.1-or-later
// An asynchronous encoder whose units have true headers and no tiles, and the memory of its device.
#include "elements/fake_encoder.h"

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <thread>
#include <utility>

#include "av1/frame_header_writer.h"
#include "av1/obu_writer.h"
#include "av1/sequence_header_writer.h"
#include "codec/coded_sequence.h"
#include "codec/input_memory.h"
#include "codec/ordered_worker.h"
#include "elements/encoder_element.h"
#include "memory/video_pool.h"

namespace av1hw::test {
namespace {

std::unique_ptr<FakeEncoderScript>& script() {
  static auto instance = std::make_unique<FakeEncoderScript>();
  return instance;
}

class FakeInputMemory final : public InputMemory {
 public:
  Result<> open(GstElement*) override {
    if (fake_encoder().device_error) return std::unexpected(*fake_encoder().device_error);
    fake_encoder().devices++;
    open_ = true;
    return {};
  }
  void close() override {
    if (std::exchange(open_, false)) fake_encoder().devices--;
  }
  bool set_context(GstElement*, GstContext* context) override {
    if (!gst_context_has_context_type(context, fake_input_context)) return false;
    fake_encoder().context_seen = true;
    return true;
  }
  bool handle_context_query(GstElement*, GstQuery* query) override {
    const gchar* type = nullptr;
    gst_query_parse_context_type(query, &type);
    if (g_strcmp0(type, fake_input_context) != 0) return false;
    GstContext* context = gst_context_new(fake_input_context, TRUE);
    gst_query_set_context(query, context);
    gst_context_unref(context);
    return true;
  }
  Result<PoolHandle> make_pool(MemoryDomain domain, const GstVideoInfo& info, GstCaps*,
                               unsigned min_buffers) override {
    fake_encoder().pool_requests +=
        std::string(memory_domain_feature(domain)) + " " + std::to_string(min_buffers) + ";";
    if (!fake_encoder().offers_pool) return nullptr;
    return make_video_pool(info, {});
  }

 private:
  bool open_ = false;
};

// An input frame; counted for as long as it is held.
class Picture {
 public:
  explicit Picture(BufferHandle buffer) : buffer_(std::move(buffer)) { fake_encoder().pictures++; }
  Picture(Picture&& other) noexcept : buffer_(std::move(other.buffer_)) {}
  Picture& operator=(Picture&&) = delete;
  ~Picture() {
    if (buffer_) fake_encoder().pictures--;
  }

 private:
  BufferHandle buffer_;
};

class FakeEncoder final : public Encoder {
 public:
  FakeEncoder(InputMemory* memory, std::string element)
      : memory_(memory), element_(std::move(element)) {}

  bool is_asynchronous() const override { return fake_encoder().asynchronous; }

  Result<> open(const EncoderSettings& settings, const EncoderInput& input,
                EncoderClient& client) override {
    flush();
    FakeEncoderScript& s = fake_encoder();
    s.open_calls++;
    s.input = input;
    s.settings = settings;
    const bool refused = s.open_error_of.empty() || s.open_error_of == element_;
    if (s.open_error && refused) return std::unexpected(*s.open_error);
    if (s.most_bitrate && settings.bitrate > *s.most_bitrate)
      return fail(ErrorCode::InvalidSettings, "so many bits are too many");
    s.element = element_;
    auto aligned = [](int size, unsigned alignment) {
      return (static_cast<unsigned>(size) + alignment - 1) / alignment * alignment;
    };
    input_ = input;
    const Result<SequenceHeader> made =
        make_sequence_header({.info = input.info,
                              .coded_width = aligned(input.info.width, s.align_width),
                              .coded_height = aligned(input.info.height, s.align_height)},
                             {});
    if (!made) return std::unexpected(made.error());
    sequence_ = *made;
    client_ = &client;
    if (s.asynchronous && !worker_) worker_ = std::make_unique<OrderedWorker>(s.room);
    if (worker_ && !worker_->has_thread()) {
      worker_.reset();
      return std::unexpected(OrderedWorker::no_thread());
    }
    s.opened++;
    key_next_ = true;
    return {};
  }

  Result<> encode(const InputFrame& frame) override {
    FakeEncoderScript& s = fake_encoder();
    if (s.hangs_in_encode) {
      const DriverCall call(*memory_->calls(), "fakeEncode");
      std::this_thread::sleep_for(std::chrono::milliseconds(700));
    }
    const unsigned number = count_++;
    if (s.refuses_at == number) return fail(ErrorCode::InvalidData, "a frame that is none");
    if (s.breaks_at == number) return fail(ErrorCode::DeviceLost, "the device broke");
    s.note({frame.force_key_frame, frame.mark_long_term, frame.use_long_term});
    held_.push_back({Picture(share(frame.buffer)), frame.frame_number,
                     std::exchange(key_next_, false) || frame.force_key_frame});
    if (held_.size() > s.held_back) code(1);
    return {};
  }

  Result<> drain() override {
    code(held_.size());
    if (worker_) worker_->wait_idle();
    fake_encoder().drained++;
    key_next_ = true;
    return {};
  }

  void flush() override {
    held_.clear();
    dropping_ = true;
    if (worker_) worker_->wait_idle();
    dropping_ = false;
    fake_encoder().flushed++;
    key_next_ = true;
  }

  Result<> set_bitrate(unsigned kbit_per_s) override {
    fake_encoder().bitrate = kbit_per_s;
    if (fake_encoder().bitrate_error) return std::unexpected(*fake_encoder().bitrate_error);
    return {};
  }

  unsigned latency_frames() const override { return fake_encoder().held_back; }
  unsigned frames_in_use() const override {
    return fake_encoder().held_back + fake_encoder().room + 1;
  }

 private:
  struct Held {
    Picture picture;
    uint64_t number;
    bool key;
  };

  void code(size_t frames) {
    for (; frames > 0; frames--) {
      Held frame = std::move(held_.front());
      held_.pop_front();
      if (worker_) {
        worker_->push([this, moved = std::move(frame)]() mutable {
          wait_for_device();
          const auto [number, key] = done_with(std::move(moved));
          finish(number, key);
        });
      } else {
        const auto [number, key] = done_with(std::move(frame));
        finish(number, key);
      }
    }
  }

  static void wait_for_device() {
    fake_encoder().pass_gate();
    std::this_thread::sleep_for(fake_encoder().frame_time);
  }

  // The picture goes.
  static std::pair<uint64_t, bool> done_with(Held frame) { return {frame.number, frame.key}; }

  void finish(uint64_t number, bool key) {
    FakeEncoderScript& s = fake_encoder();
    if (dropping_ || failed_) return;
    const bool faulty = s.fails_at_of.empty() || s.fails_at_of == element_;
    if (s.fails_at == finished_++ && faulty) {
      failed_ = true;
      client_->failed({ErrorCode::DeviceLost, "the device went up in smoke"});
      return;
    }
    client_->moved(FrameMove::SameObject, 0);
    if (!client_->output({make_unit(key), number, key})) s.output_refused = true;
  }

  BufferHandle make_unit(bool key) const {
    std::vector<uint8_t> unit = write_obu(ObuType::TemporalDelimiter, {});
    auto append = [&unit](const std::vector<uint8_t>& obu) {
      unit.insert(unit.end(), obu.begin(), obu.end());
    };
    if (key) append(write_obu(ObuType::SequenceHeader, write_sequence_header(sequence_)));
    FrameHeaderParams params;
    params.plan.type = FrameType::Key;
    params.plan.refresh_frame_flags = all_frames;
    params.tiles = uniform_tiles(
        tile_limits(sequence_.max_frame_width, sequence_.max_frame_height, false), 1, 1);
    const bool padded = static_cast<int>(sequence_.max_frame_width) != input_.info.width ||
                        static_cast<int>(sequence_.max_frame_height) != input_.info.height;
    if (padded && fake_encoder().writes_render_size) {
      params.render_width = static_cast<uint32_t>(input_.info.width);
      params.render_height = static_cast<uint32_t>(input_.info.height);
    }
    const Result<WrittenFrameHeader> header = write_frame_header(sequence_, params);
    EXPECT_TRUE(header);
    if (header) append(write_obu(ObuType::Frame, header->bytes));
    return BufferHandle{gst_buffer_new_memdup(unit.data(), unit.size())};
  }

  InputMemory* const memory_;
  const std::string element_;
  EncoderClient* client_ = nullptr;
  EncoderInput input_;
  SequenceHeader sequence_;
  std::deque<Held> held_;
  unsigned count_ = 0;
  unsigned finished_ = 0;
  bool key_next_ = true;
  std::atomic<bool> dropping_{false};
  std::atomic<bool> failed_{false};
  std::unique_ptr<OrderedWorker> worker_;  // last: it uses the others
};

}  // namespace

void FakeEncoderScript::close_gate() {
  const std::lock_guard guard(lock_);
  open_ = false;
}

void FakeEncoderScript::open_gate() {
  {
    const std::lock_guard guard(lock_);
    open_ = true;
  }
  changed_.notify_all();
}

void FakeEncoderScript::pass_gate() {
  std::unique_lock guard(lock_);
  changed_.wait(guard, [this] { return open_; });
}

void FakeEncoderScript::note(SeenFrame frame) {
  const std::lock_guard guard(lock_);
  frames_.push_back(frame);
}

std::vector<SeenFrame> FakeEncoderScript::frames() {
  const std::lock_guard guard(lock_);
  return frames_;
}

FakeEncoderScript& fake_encoder() { return *script(); }
void reset_fake_encoder() { script() = std::make_unique<FakeEncoderScript>(); }

namespace {

struct FakeKind {
  const char* name;
  const char* type_name;
  BackendKind backend;
  const char* device;
  std::vector<std::string> memory;
};

void register_kind(const FakeKind& kind) {
  EncoderDescriptor d;
  d.name = kind.name;
  d.type_name = kind.type_name;
  d.long_name = "Encoder of a device that is none";
  d.klass = "Codec/Encoder/Video/Hardware";
  d.description = "For tests";
  d.library = "nothing 1.0";
  for (const std::string& memory : kind.memory) {
    const bool dma_buf = memory == "memory:DMABuf";
    if (!d.sink_caps.empty()) d.sink_caps += "; ";
    d.sink_caps += "video/x-raw(" + memory + "), " +
                   (dma_buf ? "format=DMA_DRM, drm-format={ NV12, NV12:0x0102030405060708, "
                              "NV12:0x0102030405060709, P010 }"
                            : "format={ NV12, I420, P010_10LE }");
  }
  d.properties = {{.id = EncoderProperty::Bitrate},
                  {.id = EncoderProperty::MaxBitrate},
                  {.id = EncoderProperty::RateControlMode},
                  {.id = EncoderProperty::LowLatency}};
  d.create_memory = [] { return std::make_unique<FakeInputMemory>(); };
  d.create = [name = d.name](InputMemory* memory) -> std::unique_ptr<Encoder> {
    return memory ? std::make_unique<FakeEncoder>(memory, name) : nullptr;
  };
  RegisteredElement element;
  element.backend = kind.backend;
  element.device = kind.device;
  element.capability = {.direction = CodecDirection::Encode,
                        .element = kind.name,
                        .usable = true,
                        .reason = {},
                        .profiles = {0},
                        .bit_depths = {8, 10},
                        .chroma = {"4:2:0"},
                        .memory = kind.memory};
  register_encoder_element(nullptr, std::move(d), std::move(element), GST_RANK_NONE);
}

}  // namespace

void register_fake_encoder() {
  register_kind({"fakehwenc",
                 "Av1HwTestHwEnc",
                 BackendKind::Va,
                 "0000:0a:00.0",
                 {"memory:VAMemory", "memory:DMABuf", "memory:CUDAMemory", "memory:VulkanImage",
                  "memory:SystemMemory"}});
}

void register_fake_encoders_of_two_devices() {
  register_kind({"fakevaenc",
                 "Av1HwTestVaEnc",
                 BackendKind::Va,
                 "renderD128",
                 {"memory:VAMemory", "memory:DMABuf", "memory:SystemMemory"}});
  register_kind({"fakenvenc",
                 "Av1HwTestNvEnc",
                 BackendKind::Nv,
                 "cuda0",
                 {"memory:CUDAMemory", "memory:SystemMemory"}});
}

}  // namespace av1hw::test
