# What touches the hardware. On a computer there is none: then the servos print what they would do.

import gc

try:
    import asyncio
except ImportError:  # MicroPython before 1.21
    import uasyncio as asyncio

try:
    import machine
    import network
    from machine import PWM, Pin
except ImportError:
    network = None

WIFI_PATIENCE = 30  # seconds


class Servo:
    """A hobby servo: 50 pulses a second, 0.5 ms long for 0 degrees and 2.5 ms for 180."""

    def __init__(self, pin):
        self.angle = 90
        self._pin = pin
        self._pwm = None
        if network:
            self._pwm = PWM(Pin(pin))
            self._pwm.freq(50)

    def write(self, angle):
        self.angle = angle
        if self._pwm:
            self._pwm.duty_ns(500_000 + angle * 2_000_000 // 180)
        else:
            print("servo on pin", self._pin, "goes to", angle)

    def release(self):
        """No more pulses: the servo stops pushing."""
        if self._pwm:
            self._pwm.duty_ns(0)
        else:
            print("servo on pin", self._pin, "is released")


def wifi_connected():
    return network is None or network.WLAN(network.STA_IF).isconnected()


async def connect_wifi(ssid, password):
    """Returns when there is Wi-Fi. Raises OSError that says what to check."""
    if wifi_connected():
        return
    wlan = network.WLAN(network.STA_IF)
    wlan.active(False)
    wlan.active(True)
    wlan.config(pm=0xA11140)  # no power saving: it delays commands, and loses connections
    wlan.connect(ssid, password)
    for _ in range(WIFI_PATIENCE * 5):
        if wlan.isconnected():
            print("Wi-Fi:", wlan.ifconfig()[0])
            return
        await asyncio.sleep(0.2)
    raise OSError("no Wi-Fi %r (status %s): check name and password; it must be 2.4 GHz" % (ssid, wlan.status()))


def set_clock():
    """Certificates have dates, and a board begins in 2021."""
    if network:
        import ntptime

        ntptime.settime()


def memory_free():
    gc.collect()
    return gc.mem_free() if hasattr(gc, "mem_free") else 0


def restart():
    if network:
        machine.reset()
    print("this is where the board would restart")
