# SPDX-License-Identifier: LGPL-2.1-or-later
"""An encoder's stream goes through FFmpeg's RTP packetizer and comes back out of it whole.

Usage: rtp_test.py ENCODER [PROPERTY=VALUE]...
The packets are taken apart here, by the AV1 RTP payload format, and by FFmpeg.
"""
import pathlib
import subprocess
import sys
import tempfile

from rtp_packets import Receiver, depacketize, replay, temporal_units
from tap import Tap

FRAMES = 30
CLOCK = 90000  # of RTP timestamps of video, per second
RATE = 30
FFMPEG = ["ffmpeg", "-hide_banner", "-loglevel", "error", "-nostdin"]


def run(command, **options):
    """What a command prints; RuntimeError with its complaints."""
    done = subprocess.run(command, capture_output=True, timeout=60, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def encode(encoder, settings, folder):
    """The stream as OBUs, and in a container that keeps its times."""
    obus, container = folder / "stream.obu", folder / "stream.mp4"
    run(["gst-launch-1.0", "-q", "videotestsrc", f"num-buffers={FRAMES}", "pattern=smpte",
         "horizontal-speed=5", "!", f"video/x-raw,width=640,height=360,framerate={RATE}/1",
         "!", encoder, *settings, "!", "tee", "name=t",
         "t.", "!", "queue", "!", "av1parse", "!", "video/x-av1,stream-format=obu-stream,alignment=tu",
         "!", "filesink", f"location={obus}",
         "t.", "!", "queue", "!", "av1parse", "!", "mp4mux", "!", "filesink", f"location={container}"])
    return obus.read_bytes(), container


def send(container, folder):
    """The packets that FFmpeg makes of a file, and the description for who receives them."""
    description = folder / "stream.sdp"
    with Receiver() as receiver:
        sender = subprocess.Popen(
            [*FFMPEG, "-re", "-i", container, "-c", "copy", "-strict", "experimental", "-f", "rtp", "-sdp_file", description,
             f"rtp://127.0.0.1:{receiver.port}?pkt_size=1200"], stderr=subprocess.PIPE)
        packets = receiver.until_end_of(sender)
        _, complaints = sender.communicate()
    if sender.returncode != 0:
        raise RuntimeError(complaints.decode(errors="replace").strip())
    return packets, description


def check_packets(stream, packets):
    """Each temporal unit in order, its last packet marked, its timestamp that of its frame."""
    problems = []
    sent = temporal_units(stream)
    received = depacketize(packets)
    if len(received) != len(sent):
        problems.append(f"{len(received)} temporal units arrive of {len(sent)}")
    for number, (unit, came) in enumerate(zip(sent, received)):
        if came.obus != unit:
            problems.append(f"unit {number}: its OBUs differ")
        due = (received[0].timestamp + number * CLOCK // RATE) % 2**32
        if came.timestamp != due:
            problems.append(f"unit {number}: timestamp {came.timestamp}, and {due} is due")
    if received and not received[0].begins_sequence:
        problems.append("no packet says that a coded video sequence begins")
    return problems


def pictures(*source):
    """The MD5 of each picture that FFmpeg decodes."""
    lines = run([*FFMPEG, "-xerror", *source, "-map", "0:v", "-f", "framemd5", "-"]).decode()
    return [line.split(",")[-1].strip() for line in lines.splitlines() if line[0] != "#"]


def check_pictures(container, packets, description, folder):
    """FFmpeg decodes what it receives to what it decodes from the file."""
    from_file = pictures("-i", container)
    with Receiver() as free:
        port = free.port
    there = folder / "there.sdp"
    lines = description.read_text().splitlines()
    there.write_text("\n".join(f"m=video {port} " + line.split(" ", 2)[2] if line.startswith("m=video")
                               else line for line in lines if not line.startswith("SDP:")) + "\n")
    with replay(packets, port):
        arrived = folder / "arrived.ivf"
        run([*FFMPEG, "-listen_timeout", "3", "-protocol_whitelist", "file,udp,rtp", "-i", there,
             "-c", "copy", "-frames:v", str(FRAMES), arrived])
    received = pictures("-i", arrived)
    if len(from_file) != FRAMES:
        return [f"{len(from_file)} pictures are in the file"]
    return [] if received == from_file else [f"{len(received)} pictures arrive, or others than sent"]


def main():
    encoder, *settings = sys.argv[1:]
    tap = Tap()
    if subprocess.run(["gst-inspect-1.0", "--exists", encoder], check=False).returncode != 0:
        tap.skip("RTP takes the stream", f"there is no {encoder}")
        tap.done()
        return
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        stream, container = encode(encoder, settings, folder)
        try:
            packets, description = send(container, folder)
        except RuntimeError as error:
            if "Unsupported codec" not in str(error):
                raise
            tap.skip("RTP takes the stream", "this FFmpeg packetizes no AV1 (8.0 and later do)")
            tap.done()
            return
        tap.result("RTP takes the stream", check_packets(stream, packets))
        tap.result("what arrives decodes to what was sent",
                   check_pictures(container, packets, description, folder))
    tap.done()


if __name__ == "__main__":
    main()
