// SPDX-License-Identifier: LGPL-2.1-or-later
// Decoders and encoders that fail on purpose.
#include "fake_codecs.h"

#include <gst/video/video.h>

#include <string>

namespace av1hw::test {
namespace {

enum class Fault { Ready, Caps, First, Quiet, Late };

struct FakeDecoder {
  GstVideoDecoder parent;
  int frames;
};
struct FakeDecoderClass {
  GstVideoDecoderClass parent_class;
  Fault fault;
};
struct FakeEncoder {
  GstVideoEncoder parent;
  int frames;
};
struct FakeEncoderClass {
  GstVideoEncoderClass parent_class;
  Fault fault;
};

constexpr int failing_frame = 3;
constexpr int late_frame = 10;

template <typename Class>
Fault fault_of(gpointer element) {
  return reinterpret_cast<Class*>(G_OBJECT_GET_CLASS(element))->fault;
}

template <typename Class>
GstStateChangeReturn change_state(GstElement* element, GstStateChange transition) {
  if (transition == GST_STATE_CHANGE_NULL_TO_READY && fault_of<Class>(element) == Fault::Ready) {
    GST_ELEMENT_ERROR(element, RESOURCE, OPEN_READ, ("the device is on fire"), (nullptr));
    return GST_STATE_CHANGE_FAILURE;
  }
  auto* parent = GST_ELEMENT_CLASS(g_type_class_peek_parent(G_OBJECT_GET_CLASS(element)));
  return parent->change_state(element, transition);
}

gboolean decoder_set_format(GstVideoDecoder* decoder, GstVideoCodecState* input) {
  const Fault fault = fault_of<FakeDecoderClass>(decoder);
  if (fault == Fault::Late) {
    gst_video_codec_state_unref(
        gst_video_decoder_set_output_state(decoder, GST_VIDEO_FORMAT_I420, 160, 120, input));
  }
  return fault != Fault::Caps;
}

// Puts out a few pictures, and then no more.
GstFlowReturn decode_for_a_while(GstVideoDecoder* decoder, GstVideoCodecFrame* frame) {
  auto* self = reinterpret_cast<FakeDecoder*>(decoder);
  if (++self->frames <= late_frame) {
    gst_video_decoder_allocate_output_frame(decoder, frame);
    return gst_video_decoder_finish_frame(decoder, frame);
  }
  gst_video_decoder_release_frame(decoder, frame);
  GST_ELEMENT_ERROR(decoder, STREAM, DECODE, ("the device was unplugged"), (nullptr));
  return GST_FLOW_ERROR;
}

GstFlowReturn decoder_handle_frame(GstVideoDecoder* decoder, GstVideoCodecFrame* frame) {
  auto* self = reinterpret_cast<FakeDecoder*>(decoder);
  const Fault fault = fault_of<FakeDecoderClass>(decoder);
  if (fault == Fault::Late) return decode_for_a_while(decoder, frame);
  gst_video_decoder_release_frame(decoder, frame);
  self->frames++;
  if (fault == Fault::Quiet && self->frames == 2)
    GST_ELEMENT_ERROR(decoder, STREAM, DECODE, ("the engine hangs"), (nullptr));
  if (fault != Fault::First || self->frames < failing_frame) return GST_FLOW_OK;
  GST_ELEMENT_ERROR(decoder, STREAM, DECODE, ("no session is free"), (nullptr));
  return GST_FLOW_ERROR;
}

gboolean encoder_set_format(GstVideoEncoder* encoder, GstVideoCodecState*) {
  return fault_of<FakeEncoderClass>(encoder) != Fault::Caps;
}

GstFlowReturn encoder_handle_frame(GstVideoEncoder* encoder, GstVideoCodecFrame* frame) {
  auto* self = reinterpret_cast<FakeEncoder*>(encoder);
  frame->output_buffer = nullptr;
  gst_video_codec_frame_unref(frame);
  if (++self->frames < failing_frame) return GST_FLOW_OK;
  GST_ELEMENT_ERROR(encoder, STREAM, ENCODE, ("no session is free"), (nullptr));
  return GST_FLOW_ERROR;
}

void add_template(GstElementClass* klass, const char* name, GstPadDirection direction,
                  const char* caps_text) {
  GstCaps* caps = gst_caps_from_string(caps_text);
  gst_element_class_add_pad_template(klass,
                                     gst_pad_template_new(name, direction, GST_PAD_ALWAYS, caps));
  gst_caps_unref(caps);
}

constexpr const char* av1_caps = "video/x-av1, stream-format=obu-stream, alignment=tu";
constexpr const char* raw_caps = "video/x-raw, format=I420";

void decoder_class_init(gpointer klass, gpointer fault) {
  static_cast<FakeDecoderClass*>(klass)->fault = static_cast<Fault>(GPOINTER_TO_INT(fault));
  auto* decoder_class = GST_VIDEO_DECODER_CLASS(klass);
  decoder_class->set_format = decoder_set_format;
  decoder_class->handle_frame = decoder_handle_frame;
  auto* element_class = GST_ELEMENT_CLASS(klass);
  element_class->change_state = change_state<FakeDecoderClass>;
  add_template(element_class, "sink", GST_PAD_SINK, av1_caps);
  add_template(element_class, "src", GST_PAD_SRC, raw_caps);
  gst_element_class_set_static_metadata(element_class, "Failing decoder", "Codec/Decoder/Video",
                                        "Fails", "The av1hw authors");
}

void encoder_class_init(gpointer klass, gpointer fault) {
  static_cast<FakeEncoderClass*>(klass)->fault = static_cast<Fault>(GPOINTER_TO_INT(fault));
  auto* encoder_class = GST_VIDEO_ENCODER_CLASS(klass);
  encoder_class->set_format = encoder_set_format;
  encoder_class->handle_frame = encoder_handle_frame;
  auto* element_class = GST_ELEMENT_CLASS(klass);
  element_class->change_state = change_state<FakeEncoderClass>;
  add_template(element_class, "sink", GST_PAD_SINK, raw_caps);
  add_template(element_class, "src", GST_PAD_SRC, av1_caps);
  gst_element_class_set_static_metadata(element_class, "Failing encoder",
                                        "Codec/Encoder/Video/Hardware", "Fails",
                                        "The av1hw authors");
}

void add(const char* name, const char* type_name, GType parent, GClassInitFunc init, Fault fault,
         guint16 class_size, guint16 instance_size) {
  GTypeInfo info = {};
  info.class_size = class_size;
  info.class_init = init;
  info.class_data = GINT_TO_POINTER(static_cast<int>(fault));
  info.instance_size = instance_size;
  const GType type = g_type_register_static(parent, type_name, &info, GTypeFlags{});
  gst_element_register(nullptr, name, GST_RANK_NONE, type);
}

void add_decoder(const char* name, const char* type_name, Fault fault) {
  add(name, type_name, GST_TYPE_VIDEO_DECODER, decoder_class_init, fault, sizeof(FakeDecoderClass),
      sizeof(FakeDecoder));
}

void add_encoder(const char* name, const char* type_name, Fault fault) {
  add(name, type_name, GST_TYPE_VIDEO_ENCODER, encoder_class_init, fault, sizeof(FakeEncoderClass),
      sizeof(FakeEncoder));
}

struct Fake {
  const char* name;
  const char* type_name;
  Fault fault;
};
constexpr Fake decoders[] = {{"fakedec-ready", "FakeDecReady", Fault::Ready},
                             {"fakedec-caps", "FakeDecCaps", Fault::Caps},
                             {"fakedec-first", "FakeDecFirst", Fault::First},
                             {"fakedec-quiet", "FakeDecQuiet", Fault::Quiet},
                             {"fakedec-late", "FakeDecLate", Fault::Late}};
constexpr Fake encoders[] = {{"fakeenc-ready", "FakeEncReady", Fault::Ready},
                             {"fakeenc-caps", "FakeEncCaps", Fault::Caps},
                             {"fakeenc-first", "FakeEncFirst", Fault::First}};

void set_rank(const char* name, guint rank) {
  GstPluginFeature* feature = gst_registry_lookup_feature(gst_registry_get(), name);
  gst_plugin_feature_set_rank(feature, rank);
  gst_object_unref(feature);
}

void set_ranks(guint rank) {
  for (const Fake& fake : decoders) set_rank(fake.name, rank);
  for (const Fake& fake : encoders) set_rank(fake.name, rank);
}

}  // namespace

void register_fake_codecs() {
  for (const Fake& fake : decoders) add_decoder(fake.name, fake.type_name, fake.fault);
  for (const Fake& fake : encoders) add_encoder(fake.name, fake.type_name, fake.fault);
}

FakeCodecsFirst::FakeCodecsFirst() { set_ranks(GST_RANK_PRIMARY + 50); }

FakeCodecsFirst::~FakeCodecsFirst() { set_ranks(GST_RANK_NONE); }

}  // namespace av1hw::test
