"""A server that logs: a process that appends lines at a steady rate, each by a write of its own,
and remembers when."""
import array
import gc
import multiprocessing
import os
import time

PAUSE_S = 0.001


class Writer:
    """A context: it writes from its beginning on, for so many seconds."""

    def __init__(self, path, rate, seconds):
        self.mine, theirs = multiprocessing.Pipe(duplex=False)
        self.process = multiprocessing.Process(target=write, args=(path, rate, seconds, theirs))

    def __enter__(self):
        self.process.start()
        return self

    def __exit__(self, *_):
        self.times()
        self.process.join()

    def is_writing(self):
        return not self.mine.poll()

    def times(self):
        """When each line was written, on the monotonic clock. Waits for the end."""
        if not hasattr(self, "written"):
            self.written = array.array("d", self.mine.recv_bytes())
        return self.written


def write(path, rate, seconds, result):
    """Lines that are due are written one by one; then it sleeps for a millisecond."""
    gc.disable()
    written, line, made = array.array("d"), b"", None
    fd = os.open(path, os.O_WRONLY | os.O_APPEND)
    began = time.monotonic()
    while len(written) < rate * seconds:
        due = min(rate * seconds, int((time.monotonic() - began) * rate))
        if made != int(time.time()):
            made = int(time.time())
            line = line_of(made)
        while len(written) < due:
            os.write(fd, line)
            written.append(time.monotonic())
        time.sleep(PAUSE_S)
    result.send_bytes(written.tobytes())


def line_of(second):
    at = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(second))
    return (
        'shop.example:443 192.0.2.7 - - [%s] "GET /product/4711 HTTP/1.1" 200 2326 '
        '"https://shop.example/" "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Firefox/128.0"\n' % at
    ).encode()
