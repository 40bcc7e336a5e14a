// An ESP32-CAM (AI-Thinker) on a Peyk server: live pictures, photos, flash, camera settings and two servos.
// Libraries: "WebSockets" by Markus Sattler, 2.4 or newer. Board package: esp32 by Espressif, 2.x or 3.x.
// What to change is in config.h.

#include <Arduino.h>
#include <WebSocketsClient.h>
#include <WiFi.h>
#include <esp_camera.h>

#include "config.h"
#include "json.h"

const char *const VERSION = "1.0.0";
const int FLASH_PIN = 4;
// The camera's clock has channel 0 and timer 0; these have timers of their own.
const uint8_t FLASH_CHANNEL = 2, SERVO1_CHANNEL = 4, SERVO2_CHANNEL = 5;
const uint32_t SERVO_HZ = 50;
const uint8_t SERVO_BITS = 16, FLASH_BITS = 8;

// Milliseconds.
const unsigned long HEARTBEAT = 10000, ACK_PATIENCE = 10000, RECONNECT = 3000;
const long MAX_FPS = 25;
const size_t REMEMBERED = 32;

WebSocketsClient webSocket;
bool connected = false;     // the socket is open
bool acknowledged = false;  // the server has greeted us: now it listens
unsigned long openedAt = 0, lastFrame = 0, lastHeartbeat = 0, restartAt = 0;
long fps = FIRST_FPS;
long framesSinceHeartbeat = 0;
long photoQuality = 80, flashIntensity = 50;
bool flashIsOn = false;

// Commands that ran: one that comes twice, because the connection broke before the answer, must not run twice.
std::string ranIds[REMEMBERED];
size_t ranCount = 0;

// A photo is taken in loop(), between two frames.
struct Photo {
  bool wanted = false;
  long quality = 80, intensity = 50;
  bool flash = false;
  std::string commandId;
} photo;

// A setting of the camera. It stands here because the Arduino IDE declares all functions before the first one.
struct Setting {
  const char *name;
  int (*apply)(sensor_t *sensor, long value);
  bool isFlag;
};

// ---- pins ----

void attachPwm(uint8_t pin, uint8_t channel, uint32_t hz, uint8_t bits) {
#if ESP_ARDUINO_VERSION_MAJOR >= 3
  ledcAttachChannel(pin, hz, bits, channel);
#else
  ledcSetup(channel, hz, bits);
  ledcAttachPin(pin, channel);
#endif
}

void writePwm(uint8_t pin, uint8_t channel, uint32_t duty) {
#if ESP_ARDUINO_VERSION_MAJOR >= 3
  (void)channel;
  ledcWrite(pin, duty);
#else
  (void)pin;
  ledcWrite(channel, duty);
#endif
}

// 0.5 ms for 0 degrees, 2.5 ms for 180, in a period of 20 ms.
void writeServo(uint8_t pin, uint8_t channel, long angle) {
  const long pulse = 500 + constrain(angle, 0L, 180L) * 2000 / 180;
  writePwm(pin, channel, (uint32_t)(((uint64_t)pulse << SERVO_BITS) / 20000));
}

void releaseServos() {
  writePwm(SERVO1_PIN, SERVO1_CHANNEL, 0);
  writePwm(SERVO2_PIN, SERVO2_CHANNEL, 0);
}

void moveServos(long angle1, long angle2) {
  writeServo(SERVO1_PIN, SERVO1_CHANNEL, angle1);
  writeServo(SERVO2_PIN, SERVO2_CHANNEL, angle2);
}

void setFlash(bool on, long intensity) {
  flashIsOn = on;
  flashIntensity = constrain(intensity, 0L, 100L);
  writePwm(FLASH_PIN, FLASH_CHANNEL, on ? (uint32_t)(flashIntensity * 255 / 100) : 0);
}

// ---- camera ----

// 1 to 100, more is better, as the sensor counts: 63 to 4, less is better.
int sensorQuality(long quality) { return (int)(63 - constrain(quality, 1L, 100L) * 59 / 100); }

bool startCamera() {
  camera_config_t config = {};
  config.ledc_channel = LEDC_CHANNEL_0;
  config.ledc_timer = LEDC_TIMER_0;
  config.pin_pwdn = 32;
  config.pin_reset = -1;
  config.pin_xclk = 0;
  config.pin_sccb_sda = 26;
  config.pin_sccb_scl = 27;
  config.pin_d7 = 35;
  config.pin_d6 = 34;
  config.pin_d5 = 39;
  config.pin_d4 = 36;
  config.pin_d3 = 21;
  config.pin_d2 = 19;
  config.pin_d1 = 18;
  config.pin_d0 = 5;
  config.pin_vsync = 25;
  config.pin_href = 23;
  config.pin_pclk = 22;
  config.xclk_freq_hz = 20000000;
  config.pixel_format = PIXFORMAT_JPEG;
  config.frame_size = psramFound() ? FRAMESIZE_SVGA : FRAMESIZE_VGA;
  config.jpeg_quality = sensorQuality(photoQuality);
  config.fb_count = psramFound() ? 2 : 1;
  config.fb_location = psramFound() ? CAMERA_FB_IN_PSRAM : CAMERA_FB_IN_DRAM;
  config.grab_mode = psramFound() ? CAMERA_GRAB_LATEST : CAMERA_GRAB_WHEN_EMPTY;
  const esp_err_t error = esp_camera_init(&config);
  if (error == ESP_OK) return true;
  Serial.printf("The camera does not start (0x%x): check its ribbon cable and the supply.\n", error);
  return false;
}

// ---- words to the server ----

void say(const JsonOut &message) {
  const std::string text = message.done();
  webSocket.sendTXT((const uint8_t *)text.c_str(), text.size());
}

JsonOut message(const char *type) { return JsonOut(type).text("timestamp", std::to_string(millis())); }

void logLine(const char *level, const std::string &text) {
  Serial.println(text.c_str());
  if (acknowledged) say(message("log").text("message", text).text("log_type", level));
}

// The answer to a command: named like what was asked, with the command's own id.
JsonOut answer(const char *type, const std::string &commandId) {
  JsonOut out = message(type).text("status", "success");
  return commandId.empty() ? out : out.text("command_id", commandId);
}

std::string settings() {
  return JsonOut()
      .number("quality", photoQuality)
      .number("flash_intensity", flashIntensity)
      .flag("flash_enabled", flashIsOn)
      .done();
}

void introduce() {
  say(message("device_info")
          .text("device", WiFi.macAddress().c_str())
          .text("version", VERSION)
          .text("wifi_ssid", WiFi.SSID().c_str())
          .number("memory_free", (long)ESP.getFreeHeap())
          .raw("capabilities",
               "[\"photo\",\"flash\",\"stream\",\"camera_control\",\"command_ids\",\"stream_control\"]")
          .raw("current_settings", settings()));
}

void heartbeat() {
  const long seconds = (long)(HEARTBEAT / 1000);
  say(message("heartbeat")
          .number("fps", framesSinceHeartbeat / seconds)
          .number("memory", (long)ESP.getFreeHeap())
          .raw("settings", settings()));
  framesSinceHeartbeat = 0;
}

// ---- pictures ----

void sendFrame() {
  camera_fb_t *frame = esp_camera_fb_get();
  if (frame == NULL) return;
  say(message("frame_metadata").number("size", (long)frame->len).text("format", "jpeg"));
  if (webSocket.sendBIN((const uint8_t *)frame->buf, frame->len)) framesSinceHeartbeat++;
  esp_camera_fb_return(frame);
}

// Pictures that were taken before the light went on.
void dropOldFrames() {
  for (int i = 0; i < 2; i++) {
    camera_fb_t *old = esp_camera_fb_get();
    if (old != NULL) esp_camera_fb_return(old);
  }
}

void sendPhoto(camera_fb_t *frame) {
  say(message("photo_data")
          .number("size", (long)frame->len)
          .text("format", "jpeg")
          .number("quality", photo.quality)
          .flag("flash_enabled", photo.flash)
          .number("flash_intensity", photo.intensity));
  webSocket.sendBIN((const uint8_t *)frame->buf, frame->len);
  say(message("photo_sent")
          .number("size", (long)frame->len)
          .number("quality", photo.quality)
          .number("flash_intensity", photo.intensity)
          .text("command_id", photo.commandId));
}

void takePhoto() {
  photo.wanted = false;
  sensor_t *sensor = esp_camera_sensor_get();
  const bool flashBefore = flashIsOn;
  const long intensityBefore = flashIntensity;
  sensor->set_quality(sensor, sensorQuality(photo.quality));
  if (photo.flash) setFlash(true, photo.intensity);
  delay(photo.flash ? 200 : 0);
  dropOldFrames();
  camera_fb_t *frame = esp_camera_fb_get();
  if (photo.flash) setFlash(flashBefore, intensityBefore);
  sensor->set_quality(sensor, sensorQuality(photoQuality));
  if (frame == NULL) {
    say(message("photo_error").text("message", "the camera gave no picture").text("command_id", photo.commandId));
    return;
  }
  sendPhoto(frame);
  esp_camera_fb_return(frame);
}

// ---- commands ----

bool ranBefore(const std::string &id) {
  for (size_t i = 0; i < REMEMBERED; i++)
    if (!id.empty() && ranIds[i] == id) return true;
  if (!id.empty()) ranIds[ranCount++ % REMEMBERED] = id;
  return false;
}

void acknowledge(const std::string &id, const char *status, const char *detail) {
  if (id.empty()) return;
  say(message("ack").text("command_id", id).text("status", status).text("detail", detail));
}

void runAction(const JsonIn &command, const std::string &id) {
  const std::string action = command.text("action");
  const long intensity = command.number("intensity", flashIntensity);
  if (action == "capture_photo") {
    photo.wanted = true;
    photo.quality = constrain(command.number("quality", photoQuality), 1L, 100L);
    photo.flash = command.flag("flash", false);
    photo.intensity = constrain(intensity, 0L, 100L);
    photo.commandId = id;
  } else if (action == "flash_on" || action == "flash_off") {
    setFlash(action == "flash_on", intensity);
    say(answer("flash", id).flag("on", flashIsOn).number("intensity", flashIntensity));
  } else if (action == "reset_position") {
    moveServos(90, 90);
    say(answer("reset_position", id));
  } else if (action == "emergency_stop") {
    releaseServos();
    setFlash(false, flashIntensity);
    say(answer("emergency_stop", id));
  } else if (action == "system_reboot") {
    say(answer("system_reboot", id));
    restartAt = millis() + 1000;  // the answer must leave first
  } else {
    say(message("unknown_action").text("message", "unknown action " + action).text("command_id", id));
  }
}

const Setting SETTINGS[] = {
    {"photo_quality",
     [](sensor_t *sensor, long value) {
       photoQuality = constrain(value, 1L, 100L);
       return sensor->set_quality(sensor, sensorQuality(photoQuality));
     },
     false},
    {"brightness", [](sensor_t *s, long value) { return s->set_brightness(s, (int)value); }, false},
    {"contrast", [](sensor_t *s, long value) { return s->set_contrast(s, (int)value); }, false},
    {"saturation", [](sensor_t *s, long value) { return s->set_saturation(s, (int)value); }, false},
    {"sharpness", [](sensor_t *s, long value) { return s->set_sharpness(s, (int)value); }, false},
    {"auto_exposure", [](sensor_t *s, long value) { return s->set_exposure_ctrl(s, (int)value); }, true},
    {"auto_white_balance", [](sensor_t *s, long value) { return s->set_whitebal(s, (int)value); }, true},
};

// The sensor of most boards, an OV2640, has no sharpness of its own: it then says so, and the rest still counts.
int apply(const Setting &setting, const JsonIn &values) {
  const long value = setting.isFlag ? values.flag(setting.name, true) : values.number(setting.name, 0);
  return setting.apply(esp_camera_sensor_get(), value);
}

void replyOfSetting(const char *type, const std::string &id, int failures) {
  if (failures == 0) return say(answer(type, id));
  const std::string why = "the sensor did not take it: " + std::string(type);
  say(message(type).text("status", "error").text("message", why).text("command_id", id));
}

bool runSettings(const JsonIn &command, const std::string &id) {
  const JsonIn several = command.object("camera_settings");
  bool found = false;
  int failures = 0;
  for (const Setting &setting : SETTINGS) {
    if (several.has(setting.name) && apply(setting, several) != 0) failures++;
    if (!command.has(setting.name)) continue;
    found = true;
    replyOfSetting(setting.name, id, apply(setting, command));
  }
  if (command.has("camera_settings")) replyOfSetting("camera_settings_updated", id, failures);
  return found || command.has("camera_settings");
}

bool runServos(const JsonIn &command, const std::string &id) {
  if (!command.has("servo1") && !command.has("servo2")) return false;
  const long angle1 = command.number("servo1", 90), angle2 = command.number("servo2", 90);
  moveServos(angle1, angle2);
  say(answer("servo_command", id).number("servo1", angle1).number("servo2", angle2));
  return true;
}

bool runFlash(const JsonIn &command, const std::string &id) {
  if (!command.has("flash")) return false;
  setFlash(command.flag("flash", false), command.number("intensity", flashIntensity));
  say(answer("flash", id).flag("on", flashIsOn).number("intensity", flashIntensity));
  return true;
}

void runCommand(const JsonIn &command) {
  const std::string id = command.text("command_id");
  if (ranBefore(id)) {
    if (!(photo.wanted && photo.commandId == id)) acknowledge(id, "success", "it ran when it came first");
    return;
  }
  if (command.has("action")) return runAction(command, id);
  const bool known = runServos(command, id) || runFlash(command, id) || runSettings(command, id);
  if (!known) acknowledge(id, "error", "this sketch does not know the command");
}

void receive(const std::string &text) {
  const JsonIn in(text);
  const std::string type = in.text("type");
  if (type == "connection_ack") {
    if (acknowledged) return;
    acknowledged = true;
    lastHeartbeat = millis();
    introduce();
    logLine("info", "connected, " + std::to_string(ESP.getFreeHeap()) + " bytes free");
  } else if (type == "ping") {
    say(message("pong"));
  } else if (type == "stream") {
    fps = constrain(in.number("fps", FIRST_FPS), 0L, MAX_FPS);
  } else if (type == "error") {
    // What follows may be a close: the server says here why, because the library does not hand on the close reason.
    Serial.printf("The server says: %s\n", in.text("message").c_str());
  } else if (type == "" || in.has("command_id")) {
    runCommand(in);
  }
  // Anything else needs no answer. Above all an `ack` must not have one.
}

// ---- connection ----

void onSocket(WStype_t type, uint8_t *payload, size_t length) {
  if (type == WStype_CONNECTED) {
    connected = true;
    acknowledged = false;
    openedAt = millis();
    Serial.println("Connected; waiting for connection_ack.");
  } else if (type == WStype_DISCONNECTED) {
    if (connected) Serial.println("Disconnected. The library connects again by itself.");
    connected = acknowledged = false;
  } else if (type == WStype_TEXT) {
    receive(std::string((const char *)payload, length));
  }
}

void startSocket() {
  // One string with all headers; it replaces the library's own `Origin`.
  const std::string headers = std::string("Authorization: Bearer " TOKEN "\r\nX-Device-ID: ") +
                              WiFi.macAddress().c_str() + "\r\nX-Device-Type: ESP32CAM\r\nX-Device-Version: " + VERSION;
  webSocket.setExtraHeaders(headers.c_str());
  webSocket.onEvent(onSocket);
  webSocket.setReconnectInterval(RECONNECT + random(2000));  // boards that lost one server must not come back at once
  webSocket.enableHeartbeat(15000, 5000, 2);
#if SERVER_TLS
  webSocket.beginSslWithCA(SERVER_HOST, SERVER_PORT, "/ws/esp32cam", ROOT_CA, "");
#else
  webSocket.begin(SERVER_HOST, SERVER_PORT, "/ws/esp32cam", "");
#endif
}

void startWifi() {
  WiFi.mode(WIFI_STA);
  WiFi.setSleep(false);  // power saving delays pictures, and loses connections
  WiFi.setAutoReconnect(true);
  WiFi.begin(WIFI_SSID, WIFI_PASSWORD);
  for (int i = 0; WiFi.status() != WL_CONNECTED; i++) {
    delay(500);
    if (i % 20 == 19) Serial.println("No Wi-Fi yet: check name and password; it must be 2.4 GHz.");
  }
  Serial.printf("Wi-Fi: %s\n", WiFi.localIP().toString().c_str());
}

void setup() {
  Serial.begin(115200);
  if (!startCamera()) {
    delay(10000);
    ESP.restart();
  }
  attachPwm(FLASH_PIN, FLASH_CHANNEL, 5000, FLASH_BITS);
  attachPwm(SERVO1_PIN, SERVO1_CHANNEL, SERVO_HZ, SERVO_BITS);
  attachPwm(SERVO2_PIN, SERVO2_CHANNEL, SERVO_HZ, SERVO_BITS);
  setFlash(false, flashIntensity);
  startWifi();
  startSocket();
}

void loop() {
  webSocket.loop();
  const unsigned long now = millis();
  if (restartAt != 0 && (long)(now - restartAt) >= 0) ESP.restart();
  if (connected && !acknowledged && now - openedAt > ACK_PATIENCE) {
    Serial.println("No connection_ack: is this a Peyk server, and the token right?");
    webSocket.disconnect();
  }
  if (!acknowledged) return;
  if (now - lastHeartbeat >= HEARTBEAT) {
    lastHeartbeat = now;
    heartbeat();
  }
  if (photo.wanted) takePhoto();
  if (fps > 0 && now - lastFrame >= 1000UL / (unsigned long)fps) {
    lastFrame = now;
    sendFrame();
  }
}
