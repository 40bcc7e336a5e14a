// What the sketch of examples/esp32cam-arduino uses of the Arduino core for ESP32 (versions 2 and 3), with the core's
// own signatures. board.cpp makes them do something.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>

#ifndef ESP_ARDUINO_VERSION_MAJOR
#error "say -DESP_ARDUINO_VERSION_MAJOR=2 or 3"
#endif

#define constrain(amt, low, high) ((amt) < (low) ? (low) : ((amt) > (high) ? (high) : (amt)))

unsigned long millis();
void delay(uint32_t ms);
long random(long howbig);
bool psramFound();

class String {
 public:
  String(const char *cstr = "");
  String(const String &str);
  String &operator=(const String &rhs);
  unsigned int length() const;
  const char *c_str() const;

 private:
  std::string text;
};

class HardwareSerial {
 public:
  void begin(unsigned long baud);
  size_t printf(const char *format, ...) __attribute__((format(printf, 2, 3)));
  size_t println(const char text[]);
};
extern HardwareSerial Serial;

class EspClass {
 public:
  [[noreturn]] void restart();
  uint32_t getFreeHeap();
};
extern EspClass ESP;

// The core brings the sockets of lwIP along, so a sketch cannot call a variable of its own like that.
int socket(int domain, int type, int protocol);

#if ESP_ARDUINO_VERSION_MAJOR >= 3
bool ledcAttachChannel(uint8_t pin, uint32_t freq, uint8_t resolution, int8_t channel);
bool ledcWrite(uint8_t pin, uint32_t duty);
#else
uint32_t ledcSetup(uint8_t channel, uint32_t freq, uint8_t resolution_bits);
void ledcAttachPin(uint8_t pin, uint8_t channel);
void ledcWrite(uint8_t channel, uint32_t duty);
#endif
