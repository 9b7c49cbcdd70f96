"""k9s, on a terminal of its own: keys go in, and the screen is looked at as a person would."""
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time

import pyte
from steps import namespace, pod, run, say

lines, columns = 50, 180
screen = pyte.Screen(columns, lines)
stream = pyte.ByteStream(screen)
master, slave = pty.openpty()
fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
k9s = subprocess.Popen(
    [sys.argv[1], "--namespace", namespace, "--command", "pods", "--logoless", "--refresh", "1"],
    stdin=slave, stdout=slave, stderr=slave, close_fds=True, start_new_session=True,
    preexec_fn=lambda: fcntl.ioctl(slave, termios.TIOCSCTTY, 0), env={**os.environ, "TERM": "xterm-256color", "COLORTERM": ""},
)


def text():
    return "\n".join(line.rstrip() for line in screen.display)


def look(seconds=0.2):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        ready, _, _ = select.select([master], [], [], 0.05)
        if ready:
            try:
                stream.feed(os.read(master, 65536))
            except OSError:
                return


def shows(pattern, seconds=30):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        look()
        found = re.search(pattern, text())
        if found:
            return found.group(0)
    raise AssertionError(f"the screen never shows {pattern}: {[line for line in text().split(chr(10)) if line.strip()][:30]}")


def keys(what):
    os.write(master, what.encode())
    look(0.3)


def go(command):
    keys(":")
    keys(command)
    keys("\r")


def the_list_of_pods():
    return " ".join(shows(rf"{pod} .*Running").split()[:1]), "Running"


def the_version_of_the_cluster():
    return shows(r"K8s Rev: +v[0-9.]+").split()[-1]


def a_description():
    keys("d")
    shows(r"Describe\(")
    seen = shows(r"Service Account: +default")
    keys("\x1b")
    shows(r"[Pp]ods\(")
    return seen.split()


def logs():
    keys("l")
    seen = shows(r"started")
    keys("\x1b")
    shows(r"[Pp]ods\(")
    return seen


def a_shell_in_the_pod():
    keys("s")
    shows(r"[/~] ?[#$]")
    keys("echo k9s-$((40+2))\r")
    seen = shows(r"k9s-42")
    keys("exit\r")
    shows(r"[Pp]ods\(")
    return seen


def other_kinds():
    go("configmaps")
    shows(r"[Cc]onfigmaps\(")
    return shows(r"kube-root-ca.crt")


def a_deletion():
    go("configmaps")
    keys("/")
    keys("doomed\r")
    shows(r"doomed")
    keys("\x04")
    shows(r"Delete")
    keys("\t")
    keys("\r")
    until = time.monotonic() + 20
    while time.monotonic() < until:
        look(0.5)
        if not re.search(r"doomed +\d", text()):
            return "gone from the list"
    raise AssertionError(f"it is still in the list: {text()}")


run([the_list_of_pods, the_version_of_the_cluster, a_description, logs, a_shell_in_the_pod, other_kinds, a_deletion], go_on=False)
go("quit")
look(1)
try:
    k9s.wait(10)
    say("quitting", "passed", k9s.returncode)
except subprocess.TimeoutExpired:
    k9s.kill()
    say("quitting", "it goes on")
