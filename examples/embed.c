/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An application that transcodes a file to AV1 in Matroska and says what did it, and what was
 * copied.
 *
 *   cc embed.c -o embed $(pkg-config --cflags --libs gstreamer-1.0)
 *   ./embed input.mp4 output.mkv
 */
#include <gst/gst.h>
#include <stdlib.h>

/* parsebin finds the demuxer and parser; the bins choose what decodes and what encodes. */
static const char* const description =
    "filesrc name=in ! parsebin ! av1decbin name=dec ! queue ! "
    "av1encbin name=enc preset=10 bitrate=1000 ! av1parse ! matroskamux ! filesink name=out";

static void show_choice(GstElement* pipeline, const char* name) {
  GstElement* bin = gst_bin_get_by_name(GST_BIN(pipeline), name);
  char* chosen = NULL;
  GstStructure* stats = NULL;

  g_object_get(bin, "chosen", &chosen, "stats", &stats, NULL);
  g_print("%s: %s\n", name, chosen ? chosen : "nothing was chosen");
  if (stats) {
    char* text = gst_structure_to_string(stats);
    g_print("  %s\n", text);
    g_free(text);
    gst_structure_free(stats);
  }
  g_free(chosen);
  gst_object_unref(bin);
}

/* Waits for the end; TRUE: there was no error. */
static gboolean wait_for_end(GstElement* pipeline) {
  GstBus* bus = gst_element_get_bus(pipeline);
  GstMessage* message =
      gst_bus_timed_pop_filtered(bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  gboolean good = GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS;

  if (!good) {
    GError* error = NULL;
    char* details = NULL;
    gst_message_parse_error(message, &error, &details);
    g_printerr("%s\n%s\n", error->message, details ? details : "");
    g_error_free(error);
    g_free(details);
  }
  gst_message_unref(message);
  gst_object_unref(bus);
  return good;
}

static void set_location(GstElement* pipeline, const char* name, const char* path) {
  GstElement* element = gst_bin_get_by_name(GST_BIN(pipeline), name);
  g_object_set(element, "location", path, NULL);
  gst_object_unref(element);
}

int main(int argc, char** argv) {
  GError* error = NULL;
  GstElement* pipeline;
  gboolean good;

  gst_init(&argc, &argv);
  if (argc != 3) {
    g_printerr("Usage: %s INPUT OUTPUT.mkv\n", argv[0]);
    return 2;
  }
  pipeline = gst_parse_launch(description, &error);
  if (!pipeline || error) {
    g_printerr("%s\n", error->message);
    g_clear_error(&error);
    gst_clear_object(&pipeline);
    return EXIT_FAILURE;
  }
  set_location(pipeline, "in", argv[1]);
  set_location(pipeline, "out", argv[2]);

  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  good = wait_for_end(pipeline);
  if (good) {
    show_choice(pipeline, "dec");
    show_choice(pipeline, "enc");
  }
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
  return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
