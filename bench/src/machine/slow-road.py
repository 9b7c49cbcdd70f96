# Carries packets between two TUN devices. Each arrives late, and some do not arrive: not every kernel has netem.
# Arguments: the delay in milliseconds, the share that is lost (0 to 1), and the names of the devices.
import collections
import contextlib
import fcntl
import os
import random
import select
import struct
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TUN_WITHOUT_HEADER = 0x1001


def open_tun(name):
    device = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN_WITHOUT_HEADER))
    return device


delay = float(sys.argv[1]) / 1000
lost = float(sys.argv[2])
near, far = (open_tun(name) for name in sys.argv[3:5])
other = {near: far, far: near}
waiting = collections.deque()
print("ready", flush=True)
while True:
    pause = max(0, waiting[0][0] - time.monotonic()) if waiting else None
    for device in select.select([near, far], [], [], pause)[0]:
        packet = os.read(device, 65536)
        if random.random() >= lost:
            waiting.append((time.monotonic() + delay, other[device], packet))
    while waiting and waiting[0][0] <= time.monotonic():
        _, device, packet = waiting.popleft()
        # A device that is still down, or whose queue is full, loses it.
        with contextlib.suppress(OSError):
            os.write(device, packet)
