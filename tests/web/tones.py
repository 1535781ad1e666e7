"""The strongest tones of a recording, in Hz: tones.py FILE"""

import subprocess
import sys

import numpy

RATE = 16000
raw = subprocess.run(["ffmpeg", "-v", "error", "-i", sys.argv[1], "-ac", "1", "-ar", str(RATE), "-f", "f32le", "-"],
                     check=True, stdout=subprocess.PIPE).stdout
samples = numpy.frombuffer(raw, dtype=numpy.float32)
middle = samples[len(samples) // 4: len(samples) // 4 + RATE * 4]
if len(middle) < RATE // 2:
    sys.exit()
power = numpy.abs(numpy.fft.rfft(middle * numpy.hanning(len(middle))))
power[: int(100 * len(middle) / RATE)] = 0
peaks = []
for _ in range(6):
    top = int(numpy.argmax(power))
    peaks.append(round(top * RATE / len(middle)))
    power[max(0, top - 200): top + 200] = 0
print(*peaks)
