# A Pico W with two servos on a Peyk server. MicroPython runs this file when the board gets power.

import time

try:
    import asyncio
except ImportError:  # MicroPython before 1.21
    import uasyncio as asyncio

import board
import config
from peyk import Device

VERSION = "1.0.0"
REST = 90  # degrees
STEP = 2  # degrees for each step of a smooth movement
STEP_TIME = 0.02  # seconds

servo1 = board.Servo(config.SERVO1_PIN)
servo2 = board.Servo(config.SERVO2_PIN)
started = time.time()
# Counts stops: a smooth movement ends when this has changed.
stops = 0


def position():
    return "X=%d°, Y=%d°" % (servo1.angle, servo2.angle)


def clamped(value):
    return max(config.SERVO_MIN, min(config.SERVO_MAX, int(value)))


def move(angle1, angle2):
    servo1.write(angle1)
    servo2.write(angle2)


def targets(message):
    command = message["command"]
    return clamped(command.get("servo1", servo1.angle)), clamped(command.get("servo2", servo2.angle))


async def on_servo(message):
    move(*targets(message))
    return position()


async def on_servo_smooth(message):
    await glide(*targets(message))
    return position()


async def glide(angle1, angle2):
    before = stops
    while (servo1.angle, servo2.angle) != (angle1, angle2):
        move(nearer(servo1.angle, angle1), nearer(servo2.angle, angle2))
        await asyncio.sleep(STEP_TIME)
        if stops != before:
            raise RuntimeError("stopped at " + position())


def nearer(angle, target):
    return min(angle + STEP, target) if angle < target else max(angle - STEP, target)


async def on_action(message):
    action = message["command"]["action"]
    if action == "reset_position":
        move(REST, REST)
        return position()
    if action in ("emergency_stop", "emergency_stop_smooth"):
        return stop(release=action == "emergency_stop")
    if action == "system_reboot":
        asyncio.create_task(restart_soon())
        return "restarting"
    raise ValueError("this board does not know the action " + action)


def stop(release):
    """A smooth movement ends where it is. Released servos no longer hold their load."""
    global stops
    stops += 1
    if release:
        servo1.release()
        servo2.release()
    return "stopped at " + position()


async def restart_soon():
    await asyncio.sleep(1)  # the answer must leave first
    board.restart()


async def on_status(_):
    return {
        "servo1": servo1.angle,
        "servo2": servo2.angle,
        "memory_free": board.memory_free(),
        "uptime": time.time() - started,
        "wifi_connected": board.wifi_connected(),
    }


def is_urgent(message):
    """A stop does not wait for the movement that it is to stop."""
    return message.get("type") == "action" and "stop" in str(message.get("command"))


async def before_connect():
    await board.connect_wifi(config.WIFI_SSID, config.WIFI_PASSWORD)
    if config.CA_FILE:
        board.set_clock()


async def on_connected(device):
    """Readings of your own go the same way: await device.send({"type": "sensor_data", ...})"""
    await device.log("connected; up for %d s, %d bytes free" % (time.time() - started, board.memory_free()))


async def main():
    device = Device(
        url=config.SERVER,
        token=config.TOKEN,
        name=config.DEVICE,
        version=VERSION,
        handlers={
            "servo": on_servo,
            "servo_smooth": on_servo_smooth,
            "action": on_action,
            "status": on_status,
        },
        urgent=is_urgent,
        before_connect=before_connect,
        on_connected=on_connected,
        ca_file=config.CA_FILE,
    )
    await device.run()


asyncio.run(main())
