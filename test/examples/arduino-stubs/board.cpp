// A board for the sketch of examples/esp32cam-arduino on this machine: the camera gives a tiny JPEG, pins and Wi-Fi
// do nothing, and what the WebSocket library would do on the network goes through stdin and stdout. Each message is a
// line `<word> <bytes>` and so many bytes after it.
#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <cstdarg>
#include <cstdio>

#include "Arduino.h"
#include "WebSocketsClient.h"
#include "WiFi.h"
#include "esp_camera.h"

void setup();
void loop();

// ---- core ----

HardwareSerial Serial;
EspClass ESP;
WiFiClass WiFi;

unsigned long millis() {
  static const auto start = std::chrono::steady_clock::now();
  const auto passed = std::chrono::steady_clock::now() - start;
  return (unsigned long)std::chrono::duration_cast<std::chrono::milliseconds>(passed).count() + 1;
}
void delay(uint32_t ms) { usleep(ms * 1000); }
long random(long howbig) { return howbig / 2; }
bool psramFound() { return true; }

String::String(const char *text) : text(text) {}
String::String(const String &other) : text(other.text) {}
String &String::operator=(const String &other) {
  text = other.text;
  return *this;
}
const char *String::c_str() const { return text.c_str(); }
unsigned int String::length() const { return (unsigned int)text.size(); }

void HardwareSerial::begin(unsigned long) {}
size_t HardwareSerial::println(const char text[]) { return (size_t)fprintf(stderr, "%s\n", text); }
size_t HardwareSerial::printf(const char *format, ...) {
  va_list values;
  va_start(values, format);
  const int written = vfprintf(stderr, format, values);
  va_end(values);
  return (size_t)written;
}
void EspClass::restart() {
  fprintf(stderr, "restart\n");
  exit(0);
}
uint32_t EspClass::getFreeHeap() { return 100000; }

bool ledcAttachChannel(uint8_t, uint32_t, uint8_t, int8_t) { return true; }
bool ledcWrite(uint8_t pin, uint32_t duty) {
  fprintf(stderr, "pin %d: %u\n", pin, duty);
  return true;
}

bool WiFiClass::mode(wifi_mode_t) { return true; }
bool WiFiClass::setSleep(bool) { return true; }
bool WiFiClass::setAutoReconnect(bool) { return true; }
wl_status_t WiFiClass::begin(const char *, const char *, int32_t, const uint8_t *, bool) { return WL_CONNECTED; }
wl_status_t WiFiClass::status() { return WL_CONNECTED; }
IPAddress WiFiClass::localIP() { return IPAddress(); }
String IPAddress::toString() const { return String("192.0.2.7"); }
String WiFiClass::macAddress() { return String("24:0A:C4:00:01:10"); }
// The name of a network may hold anything.
String WiFiClass::SSID() const { return String("my \"home\" \\ \x01 \xff"); }

// ---- camera ----

static uint8_t picture[64] = {0xff, 0xd8};
static camera_fb_t frame = {picture, sizeof picture};
static int accept(sensor_t *, int) { return 0; }
static int refuse(sensor_t *, int) { return -1; }
static int currentQuality = 0;
static int quality(sensor_t *, int value) {
  currentQuality = value;
  return 0;
}
static sensor_t sensor = {accept, accept, accept, refuse, quality, accept, accept};

esp_err_t esp_camera_init(const camera_config_t *) { return ESP_OK; }
camera_fb_t *esp_camera_fb_get(void) {
  picture[2]++;
  picture[3] = (uint8_t)currentQuality;
  return &frame;
}
void esp_camera_fb_return(camera_fb_t *) {}
sensor_t *esp_camera_sensor_get(void) { return &sensor; }

// ---- WebSocket library ----

static std::string headers, address;
static WebSocketsClient::WebSocketClientEvent onEvent;
static bool isOpen = false, isAsked = false;

static bool put(const char *word, const void *data, size_t length) {
  printf("%s %zu\n", word, length);
  fwrite(data, 1, length, stdout);
  return fflush(stdout) == 0;
}

void WebSocketsClient::begin(const char *host, uint16_t port, const char *url, const char *) {
  address = std::string("ws://") + host + ":" + std::to_string(port) + url;
}
void WebSocketsClient::onEvent(WebSocketClientEvent handler) { ::onEvent = handler; }
void WebSocketsClient::setExtraHeaders(const char *text) { headers = text; }
void WebSocketsClient::setReconnectInterval(unsigned long) {}
void WebSocketsClient::enableHeartbeat(uint32_t, uint32_t, uint8_t) {}
void WebSocketsClient::disconnect() { put("disconnect", "", 0); }
bool WebSocketsClient::sendTXT(const uint8_t *text, size_t length) { return isOpen && put("text", text, length); }
bool WebSocketsClient::sendBIN(const uint8_t *data, size_t length) { return isOpen && put("binary", data, length); }

static void receive() {
  char word[16];
  size_t length = 0;
  if (scanf("%15s %zu", word, &length) != 2) exit(0);
  getchar();
  std::string data(length, '\0');
  if (fread(&data[0], 1, length, stdin) != length) exit(0);
  const std::string kind = word;
  if (kind == "text") return ::onEvent(WStype_TEXT, (uint8_t *)&data[0], length);
  isOpen = kind == "open";
  isAsked = isOpen;
  ::onEvent(isOpen ? WStype_CONNECTED : WStype_DISCONNECTED, NULL, 0);
}

void WebSocketsClient::loop() {
  if (!isAsked) {
    const std::string request = address + "\r\n" + headers;
    isAsked = put("connect", request.data(), request.size());
  }
  pollfd input = {STDIN_FILENO, POLLIN, 0};
  while (poll(&input, 1, 0) > 0) receive();
}

int main() {
  // What poll() sees must not lie in a buffer already.
  setvbuf(stdin, NULL, _IONBF, 0);
  setup();
  for (;;) {
    loop();
    usleep(1000);
  }
}
